/** A stack of a labelling project with its labels: a folder with an array, a log of changes, and what is told of them. */
import { dirname, isAbsolute, join, relative, resolve } from "node:path";
import { isAddress } from "../config/location.ts";
import { lockFolder, openRecordLog } from "../engine/mod.ts";
import { UserError } from "../user_error.ts";
import { fileError, writeFileAtomic } from "../volume/file.ts";
import type { Zyx } from "../volume/region.ts";
import { nameOfVolume } from "../volume/volume_name.ts";
import type { VoxelSize } from "../volume/voxel_size.ts";
import { createZarr, openZarr, type ZarrVolume } from "../volume/zarr/mod.ts";
import { type ChunkCache, openLabelChunks } from "./chunks.ts";
import { createHistory } from "./history.ts";
import { createHub, type LabelHub } from "./hub.ts";
import { USUAL_LEARNING } from "./learn_settings.ts";
import { SCORES_FOLDER as SCORES } from "./live.ts";
import { LOG, type ProjectFile, readProjectFile, writeProjectFile } from "./project_file.ts";
import { placeOfChunk } from "./runs.ts";
import type { KnownLine, LabelModel, LabelState, LearnSettings, StackSummary } from "./state.ts";
import { type LabelStore, openLabelStore } from "./store.ts";

/** A stack of an open project. */
export interface LabelStack extends Pick<LabelHub, "listen" | "follow"> {
  /** Names it among the stacks of its project, as its folder does; empty: the first one. */
  readonly id: string;
  readonly folder: string;
  readonly raw: ZarrVolume;
  readonly store: LabelStore;
  /** What `project.json` in its folder holds now. */
  file(): ProjectFile;
  state(): LabelState;
  /**
   * Sets what the stack's file does not tell, and how the project learns.
   * @throws {UserError} where it cannot be saved, or other stacks of the project have another anisotropy
   */
  set(settings: ProjectSettings): Promise<LabelState>;
  /** Paths below the folder that a server shows. */
  readonly served: ServedPaths;
  /** Takes what is known of the directions across synapses, by their ids. */
  setLines(lines: ReadonlyMap<number, KnownLine>): void;
  /** Chunks that the last model has scored. */
  scored(): Zyx[];
  /** Tells all its pages what is known of the model. @param scored chunks of its scores that are new */
  tellModel(model: LabelModel, scored?: readonly string[]): void;
  /** How many pages show it. */
  watchers(): number;
}

/** What may be set of a project. */
export interface ProjectSettings {
  /** Of the stack. */
  readonly voxelSize?: VoxelSize | undefined;
  /** Of all stacks; default: by the voxel size. */
  readonly anisotropy?: number | undefined;
  readonly learning?: LearnSettings | undefined;
}

/** Paths below a folder, with slashes. */
export interface ServedPaths {
  /** The folder. */
  readonly root: string;
  readonly raw: string;
  readonly labels: string;
  readonly scores: string;
  /** Labels that are looked at before they are taken. */
  readonly imports: string;
}

/** What all stacks of a project have in common, and what its stacks ask of it. */
export interface OfProject {
  /** How it learns. */
  readonly common: () => Pick<LabelState, "anisotropy" | "learning">;
  /** All its stacks, in order. */
  readonly stacks: () => readonly StackSummary[];
  readonly set: (stack: OpenStack, settings: ProjectSettings) => Promise<void>;
  /** Is told when what a stack tells at a glance is another. */
  readonly onCount: (stack: OpenStack) => void;
  /** Chunks of labels that are kept in memory. */
  readonly cache: ChunkCache;
  /** The folder that a server shows; undefined: the nearest one that holds both the folder and the stack. */
  readonly root: string | undefined;
  /** The path of a stack outside of the folder that is shown. */
  readonly pathInPlace: (raw: string) => string;
}

/** A stack as its project has it. */
export interface OpenStack extends LabelStack {
  summary(): StackSummary;
  /** Replaces what `project.json` in its folder holds. @throws {UserError} where it cannot be saved */
  write(file: ProjectFile): Promise<void>;
  /** Tells its pages its state. */
  tellState(): void;
  close(): Promise<void>;
}

const LABELS = "labels.zarr";
/** Folder, in the stack's, of labels that are looked at before they are taken. */
export const IMPORT_FOLDER = "import";

/** Deep enough for a synapse, and 64^3 voxels as all arrays: some milliseconds to pack, 1 MiB in memory. */
const LABEL_CHUNK: Zyx = [16, 128, 128];

/** Makes the files around a stack that is Zarr. What was begun before and not finished is begun anew. */
export async function createStack(folder: string, raw: ZarrVolume, file: ProjectFile): Promise<void> {
  const path = join(folder, LABELS);
  const { shape } = raw;
  await createZarr(path, { shape, chunk: LABEL_CHUNK, dtype: "uint32", codec: "zstd" });
  await writeFileAtomic(join(folder, LOG), "");
  await writeProjectFile(folder, file);
}

/**
 * Opens a stack: everything that was saved is there.
 * @param id names it in its project
 * @throws {UserError} where another process has it, or it is damaged
 */
export async function openLabelStack(given: string, id: string, project: OfProject): Promise<OpenStack> {
  const folder = resolve(given);
  let file = await readProjectFile(folder);
  const raw = await openZarr(resolve(folder, file.raw));
  const path = join(folder, LOG);
  const opened = openLog(path);
  const lock = await lockFolder(folder, opened, "close that one, or open its page").catch((cause) => {
    opened.close();
    throw cause;
  });
  try {
    const labels = await openZarr(join(folder, LABELS));
    requireSameShape(labels, raw);
    await Deno.mkdir(join(folder, SCORES), { recursive: true });
    await Deno.mkdir(join(folder, IMPORT_FOLDER), { recursive: true });
    const history = createHistory(file.begun);
    const log = openRecordLog(opened, path, history.take);
    let model: LabelModel | null = null;
    let lines: ReadonlyMap<number, KnownLine> = new Map();
    let counts = { synapses: 0, open: 0 };
    const scored = new Map<string, Zyx>();
    const chunks = await openLabelChunks(labels, project.cache);
    const store: LabelStore = await openLabelStore({
      chunks,
      log,
      history,
      lineOf: (id) => lines.get(id),
      onChange(stroke) {
        const { synapses, open } = counts;
        hub.tell({ stroke, state: state() });
        if (counts.synapses !== synapses || counts.open !== open) project.onCount(stack);
      },
    });
    const served = servedPaths(folder, raw.path, project);
    const name = id === "" ? nameOfVolume(file.stack) : id;
    counts = countsOf(store.summary());
    const state = (): LabelState => {
      const summary = store.summary();
      counts = countsOf(summary);
      return {
        id,
        begun: file.begun,
        shape: raw.shape,
        raw: served.raw,
        labels: served.labels,
        chunk: labels.chunk,
        voxelSize: file.voxelSize,
        ...project.common(),
        usual: USUAL_LEARNING,
        ...summary,
        model,
        stacks: project.stacks(),
      };
    };
    const hub = createHub(() => history.seq, () => ({
      state: state(),
      ...(model ? { scores: { version: model.version, chunks: [...scored.keys()] } } : {}),
    }));
    const stack: OpenStack = {
      id,
      folder,
      raw,
      store,
      served,
      state,
      file: () => file,
      summary: () => ({ id, name, begun: file.begun, ...counts }),
      listen: hub.listen,
      follow: hub.follow,
      watchers: hub.count,
      tellState: () => hub.tell({ state: state() }),
      async set(settings) {
        await project.set(stack, settings);
        return state();
      },
      async write(changed) {
        await writeProjectFile(folder, changed);
        file = changed;
      },
      setLines: (known) => void (lines = known),
      scored: () => [...scored.values()],
      tellModel(told, chunks) {
        if (told.version !== model?.version) scored.clear();
        for (const key of chunks ?? []) scored.set(key, placeOfChunk(key));
        model = told;
        hub.tell({
          state: state(),
          ...(chunks ? { scores: { version: told.version, chunks } } : {}),
        });
      },
      async close() {
        await store.close();
        await lock.release();
      },
    };
    return stack;
  } catch (cause) {
    await lock.release();
    opened.close();
    throw cause;
  }
}

function countsOf({ objects }: Pick<LabelState, "objects">): Pick<StackSummary, "synapses" | "open"> {
  const painted = objects.filter(({ voxels }) => voxels > 0);
  return { synapses: painted.length, open: painted.filter(({ polarity }) => polarity === null).length };
}

function openLog(path: string): Deno.FsFile {
  try {
    return Deno.openSync(path, { read: true, write: true });
  } catch (cause) {
    throw fileError(path, "write", cause);
  }
}

function requireSameShape(labels: ZarrVolume, raw: ZarrVolume): void {
  if (labels.shape.every((length, axis) => length === raw.shape[axis])) return;
  throw new UserError(
    `${raw.path} has the shape ${raw.shape}, but its labels in ${labels.path} have ${labels.shape}; ` +
      "put the stack back that was labelled, or begin another project with --work",
  );
}

/** Where paths that a person gives start from: the folder of the stack, or, where that has an address, the one in which its own folder is. */
export function folderOfStack({ folder, file }: Pick<LabelStack, "folder" | "file">): string {
  const { stack } = file();
  if (isAddress(stack)) return dirname(folder);
  return dirname(resolve(folder, stack).replace(/[*?].*$/, "x"));
}

function servedPaths(folder: string, raw: string, { root: given, pathInPlace }: OfProject): ServedPaths {
  const root = given ?? rootOf(folder, raw);
  const below = (path: string) => relative(root, path).replaceAll("\\", "/");
  return {
    root,
    raw: isOutside(root, raw) ? pathInPlace(raw) : below(raw),
    labels: below(join(folder, LABELS)),
    scores: below(join(folder, SCORES)),
    imports: below(join(folder, IMPORT_FOLDER)),
  };
}

/** The nearest folder that holds both a folder and an array. */
function rootOf(folder: string, raw: string): string {
  let root = folder;
  while (isOutside(root, raw)) {
    const above = dirname(root);
    if (above === root) {
      throw new UserError(`${raw} is on another disk than ${folder}; use --work on the disk of the stack`);
    }
    root = above;
  }
  return root;
}

function isOutside(root: string, path: string): boolean {
  const below = relative(root, path);
  return below.startsWith("..") || isAbsolute(below);
}
