/** A labelling project: a stack with its labels, and perhaps further ones, from all of which one model is learned. */
import { basename, join, resolve } from "node:path";
import { createQueue } from "../engine/mod.ts";
import { UserError } from "../user_error.ts";
import type { VoxelSize } from "../volume/voxel_size.ts";
import { shownPath } from "../volume/shown_path.ts";
import { createChunkCache } from "./chunks.ts";
import { USUAL_LEARNING } from "./learn_settings.ts";
import { anisotropyOfVoxels, readProjectFile, STACKS_FOLDER } from "./project_file.ts";
import { type LabelStack, type OfProject, openLabelStack, type OpenStack } from "./stack.ts";

/** An open project, which is its first stack with what there is of others; one process has it at a time. */
export interface LabelProject extends LabelStack {
  /** All stacks in order, the first one included. */
  stacks(): readonly LabelStack[];
  /** Calls a function with each stack, and with those that are added later when they are. */
  eachStack(take: (stack: LabelStack) => void): void;
  /** Is told when the voxel size or how it learns was set, or a stack was added. */
  onSet(changed: () => void): void;
  /** Arrays of stacks outside of the folder that a server shows. */
  inPlace(): readonly string[];
  /**
   * Takes a further stack into the project.
   * @param id names its folder below `stacks`, in which `createStack` has made its files
   * @throws {UserError} where it does not belong to the others, or cannot be opened
   */
  add(id: string): Promise<LabelStack>;
  close(): Promise<void>;
}

/** Stacks that a project may have: each costs memory, and a line on the page. */
export const MOST_STACKS = 100;

/**
 * Opens a project: everything that was saved is there.
 * @throws {UserError} where another process has it, or it is damaged
 */
export async function openProject(given: string): Promise<LabelProject> {
  const folder = resolve(given);
  const { project: above, stacks: others = [] } = await readProjectFile(folder);
  if (above !== undefined) {
    const project = resolve(folder, above);
    throw new UserError(`${folder} is a further stack of the project ${project}; open that one`);
  }
  const opened: OpenStack[] = [];
  const listeners: ((stack: LabelStack) => void)[] = [];
  const inPlace: string[] = [];
  let settingsChanged = () => {};
  const first = () => {
    const [one] = opened;
    if (one) return one;
    throw new Error("the project has no stack yet");
  };
  const common = () => {
    const { anisotropy, learning } = first().file();
    return { anisotropy, learning: learning ?? USUAL_LEARNING };
  };
  const tellOthers = (but?: LabelStack) => {
    for (const stack of opened) if (stack !== but && stack.watchers() > 0) stack.tellState();
  };
  const set: OfProject["set"] = async (stack, { voxelSize, anisotropy, learning }) => {
    const main = first();
    const given = anisotropy ?? (voxelSize ? anisotropyOfVoxels(voxelSize) : main.file().anisotropy);
    if (anisotropy === undefined && voxelSize) requireOneAnisotropy(voxelSize, opened, stack);
    if (voxelSize && stack !== main) await stack.write({ ...stack.file(), voxelSize });
    const file = main.file();
    await main.write({
      ...file,
      voxelSize: voxelSize && stack === main ? voxelSize : file.voxelSize,
      anisotropy: given,
      learning: learning ?? file.learning,
    });
    opened.forEach((one) => one.tellState());
    settingsChanged();
  };
  const cache = createChunkCache();
  const open = (id: string) =>
    openLabelStack(id === "" ? folder : join(folder, STACKS_FOLDER, id), id, {
      common,
      stacks: () => opened.map((stack) => stack.summary()),
      set,
      onCount: tellOthers,
      cache,
      root: opened[0]?.served.root,
      pathInPlace: (raw) => shownPath(inPlace, inPlace.push(raw) - 1),
    });
  const close = async () => {
    for (const stack of opened.toReversed()) await stack.close();
  };
  try {
    opened.push(await open(""));
    for (const path of others) opened.push(await open(basename(path)));
  } catch (cause) {
    await close();
    throw cause;
  }
  const oneByOne = createQueue();
  return {
    ...first(),
    stacks: () => opened,
    eachStack(take) {
      listeners.push(take);
      opened.forEach(take);
    },
    onSet: (changed) => void (settingsChanged = changed),
    inPlace: () => inPlace,
    add: (id) =>
      oneByOne(async () => {
        const stack = await open(id);
        try {
          const { voxelSize } = stack.file();
          if (voxelSize) requireOneAnisotropy(voxelSize, opened, stack, common().anisotropy);
          await list(first(), stack);
        } catch (cause) {
          await stack.close();
          throw cause;
        }
        opened.push(stack);
        for (const take of listeners) take(stack);
        tellOthers(stack);
        settingsChanged();
        return stack;
      }),
    close,
  };
}

/** Notes a further stack, and what it tells of all. */
async function list(first: OpenStack, { id, file }: LabelStack): Promise<void> {
  const known = first.file();
  const { voxelSize } = file();
  const anisotropy = known.anisotropy ?? (voxelSize && anisotropyOfVoxels(voxelSize));
  await first.write({ ...known, anisotropy, stacks: [...known.stacks ?? [], `${STACKS_FOLDER}/${id}`] });
}

/** Anisotropies that differ by less are the same, of voxel sizes that were measured. */
const SAME = 0.01;

/**
 * @param common the anisotropy of the project where it is known apart from voxel sizes
 * @throws {UserError} where a stack cannot have this voxel size, since others have another anisotropy
 */
function requireOneAnisotropy(
  voxelSize: VoxelSize,
  stacks: readonly LabelStack[],
  stack: LabelStack,
  common: number | null = null,
): void {
  const own = anisotropyOfVoxels(voxelSize);
  const known = stacks.find((other) => other !== stack && other.file().voxelSize)?.file().voxelSize;
  const expected = common ?? anisotropyOfVoxels(known ?? voxelSize);
  if (Math.abs(own / expected - 1) <= SAME) return;
  const size = [...voxelSize].reverse().map((length) => Number(length.toPrecision(4))).join(" x ");
  throw new UserError(
    `voxels of ${size} nm (x, y, z) are ${own} times as long in z as in x and y, those of the project's other stacks ` +
      `${expected} times; all stacks of a project have the same ratio: begin another project for this one, or ` +
      "correct the voxel size",
  );
}
