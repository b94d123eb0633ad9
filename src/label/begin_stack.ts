/** Begins a stack of a labelling project: the volume as Zarr of 8 bits, where it is or converted, and files without labels around it. */
import { join, relative, resolve } from "node:path";
import type { RescaleSetting } from "../config/settings_types.ts";
import { dividePick } from "../config/pick.ts";
import { isAddress } from "../config/location.ts";
import { convertVolume } from "../stages/convert/convert.ts";
import type { ConvertOptions } from "../stages/convert/options.ts";
import { removeFolder } from "../run/work_folder.ts";
import { UserError } from "../user_error.ts";
import { fileState } from "../volume/file.ts";
import { describeVolumeFile } from "../volume/open.ts";
import { nameOfVolume } from "../volume/volume_name.ts";
import type { VoxelSize } from "../volume/voxel_size.ts";
import { type LabelProject, MOST_STACKS } from "./project.ts";
import { anisotropyOfVoxels, LOG, type ProjectFile, STACKS_FOLDER } from "./project_file.ts";
import { createStack, type LabelStack } from "./stack.ts";

/** How a stack is begun. */
export interface BeginOptions {
  /** In the place of what the file tells. */
  readonly voxelSize?: VoxelSize | undefined;
  /** Which values become 0 and 255; default: none of 8 bits, else `auto`. */
  readonly rescale?: RescaleSetting | undefined;
  /** How it is converted. */
  readonly converting: Omit<ConvertOptions, "dtype" | "rescale" | "voxelSize" | "anisotropy">;
  /** Told what should be known of the file. */
  readonly warn: (note: string) => void;
}

/** What `project.json` of a new stack tells besides. */
type Others = Pick<ProjectFile, "anisotropy" | "project"> & Partial<Pick<ProjectFile, "voxelSize">>;

/**
 * Begins the first stack of a project in its folder.
 * @param given the volume, as a person types it
 * @throws {UserError} where it cannot be read
 */
export async function beginStack(given: string, folder: string, options: BeginOptions): Promise<void> {
  await begin(given, folder, options, ({ voxelSize }) => ({
    anisotropy: voxelSize ? anisotropyOfVoxels(voxelSize) : null,
  }));
}

/**
 * Adds a further stack to a project: what its file does not tell is as of the first one.
 * @throws {UserError} where it cannot be read, has voxels of another shape, or is there already
 */
export async function addStack(
  project: LabelProject,
  given: string,
  options: BeginOptions,
): Promise<LabelStack> {
  const stacks = project.stacks();
  const same = stackOf(project, given);
  if (same) {
    throw new UserError(`${given} is a stack of this project already: ${same.id || "the first"}`);
  }
  if (stacks.length >= MOST_STACKS) {
    throw new UserError(`a project has at most ${MOST_STACKS} stacks; begin another one`);
  }
  const id = freeId(nameOfVolume(dividePick(given).text), project);
  const folder = join(project.folder, STACKS_FOLDER, id);
  const first = project.file();
  const { rescale = first.rescale ?? undefined, ...others } = options;
  await begin(given, folder, { ...others, rescale }, ({ voxelSize }) => ({
    anisotropy: null,
    project: relative(folder, project.folder),
    ...(voxelSize ? {} : { voxelSize: first.voxelSize }),
  }));
  try {
    return await project.add(id);
  } catch (cause) {
    await removeFolder(folder); // nothing is labelled in it yet
    throw cause;
  }
}

/** The stack of a project that is this volume; undefined where none is. */
export function stackOf(project: Pick<LabelProject, "stacks">, given: string): LabelStack | undefined {
  return project.stacks().find(({ folder, file }) => {
    const { stack } = file();
    const known = isAddress(stack) ? stack : resolve(folder, stack);
    return given === known || (!isAddress(given) && resolve(given) === known);
  });
}

/** A name that no stack of the project has, nor labels of one that somebody took out of it. */
function freeId(name: string, project: LabelProject): string {
  const known = new Set(project.stacks().map(({ id }) => id));
  const hasLabels = (id: string) => (fileState(join(project.folder, STACKS_FOLDER, id, LOG))?.bytes ?? 0) > 0;
  let id = name;
  for (let number = 2; known.has(id) || hasLabels(id); number++) id = `${name}-${number}`;
  return id;
}

async function begin(
  given: string,
  folder: string,
  { voxelSize, rescale: told, converting, warn }: BeginOptions,
  others: (raw: { readonly voxelSize?: VoxelSize | undefined }) => Others,
): Promise<void> {
  const { dtype, notes = [] } = await describeVolumeFile(given);
  const rescale = told ?? (dtype === "uint8" ? undefined : "auto");
  notes.forEach(warn);
  await Deno.mkdir(folder, { recursive: true });
  const raw = await convertVolume(given, join(folder, "raw.zarr"), {
    dtype: "uint8",
    rescale,
    voxelSize,
    anisotropy: 1,
    ...converting,
  });
  await createStack(folder, raw, {
    format: 1,
    begun: new Date().toISOString(),
    stack: isAddress(given) ? given : relative(folder, resolve(given)),
    raw: relative(folder, raw.path),
    rescale: rescale ?? null,
    voxelSize: raw.voxelSize ?? null,
    learning: null,
    ...others(raw),
  });
}
