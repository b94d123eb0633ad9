/** Volume files of any format as Zarr arrays, for commands that read them by region. */
import { basename, dirname, join, resolve } from "node:path";
import type { VoxelSource } from "../analysis/voxel_source.ts";
import { PAINTED_LABELS } from "../config/label_values.ts";
import { dividePick } from "../config/pick.ts";
import { UserError } from "../user_error.ts";
import { callbackStage, fingerprintOf } from "../engine/mod.ts";
import { convertVolume } from "../stages/convert/convert.ts";
import { exists, removeFolder } from "../run/work_folder.ts";
import type { Dtype, Voxels } from "../volume/dtype.ts";
import { describeVolumeFile, openVolume, requireProcessMemory } from "../volume/open.ts";
import { type Region, voxelCount } from "../volume/region.ts";
import { openZarr, type ZarrVolume } from "../volume/zarr/mod.ts";
import { forbiddenIsAbsent } from "../volume/remote/store.ts";
import { asListed, divideStack, isAddress } from "../config/location.ts";
import { type Call, operandAt } from "./command.ts";
import { pickedLocation, textOf } from "./flag_values.ts";
import type { FlagName } from "./flag_table.ts";
import type { GivenFlags } from "./flags.ts";
import { memoryOf } from "./resource_flags.ts";
import { conversionNotes } from "../stages/convert/options.ts";

/** Part of the memory budget, and the most, that voxels under way in a conversion take. */
const CONVERSION_SHARE = 1 / 8;
const CONVERSION_MOST = 128 * 2 ** 20;

/** What can be read, for help texts. */
export const VOLUME_HELP =
  "TIFF, slices/*.png, NRRD, MRC, NIfTI, DM3/DM4, file.h5:/path; Zarr, N5 or precomputed, or their URL";

/** Bytes of voxels that conversions and exports hold. */
export function conversionMemory({ flags }: Pick<Call, "flags">): number {
  return Math.min(memoryOf(flags) * CONVERSION_SHARE, CONVERSION_MOST);
}

/**
 * Runs work with a folder for temporary files: in the folder that `--work` names, else beside the command's main file, where
 * a volume of its size found room before. A stopped command finds its folder again; else it is removed at the end.
 *
 * @param beside the command's main file
 * @param identity what tells this command from others that work in the same folder
 */
export async function withTemporaryFolder<T>(
  { flags, signal }: Call,
  beside: string,
  identity: readonly string[],
  work: (folder: string) => Promise<T>,
): Promise<T> {
  const parent = resolve(textOf(flags, "work") ?? dirname(resolve(beside)));
  const id = (await fingerprintOf(identity)).slice(0, 8);
  const folder = join(parent, `.ccboost-${id}`);
  await makeFolder(folder);
  try {
    return await work(folder);
  } finally {
    if (!signal.aborted) await removeFolder(folder);
  }
}

/** Makes a folder and those above it. @throws {UserError} where it cannot */
export async function makeFolder(folder: string): Promise<void> {
  try {
    await Deno.mkdir(folder, { recursive: true });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new UserError(`cannot create the folder ${folder}: ${reason}; choose another one`, { cause });
  }
}

/**
 * Opens a volume; what is no Zarr array that is read where it is becomes one in the folder first.
 * @param path as of `describeVolumeFile`
 * @param dtype that of the file keeps its values
 * @param region of what has to be converted, this part alone
 * @param labels what the values of labels mean, as `parseLabels` understands it; they become 8-bit whatever their type
 */
export async function openVolumeFile(
  call: Call,
  path: string,
  folder: string,
  dtype: Dtype,
  labels?: string,
  region?: Region,
): Promise<ZarrVolume> {
  requireProcessMemory(path, memoryOf(call.flags));
  const opened = await openVolume(path);
  const { notes = [] } = opened.kind === "zarr" ? opened.volume : opened.source;
  for (const note of notes) call.reporter.warn(note);
  const isPainted = labels === undefined || labels === PAINTED_LABELS;
  if (opened.kind === "zarr") {
    const { dtype } = opened.volume;
    if (isPainted && (labels === undefined || dtype === "uint8")) return opened.volume;
  }
  const { shape } = opened.kind === "zarr" ? opened.volume : opened.source;
  if (opened.kind !== "zarr") opened.source.close();
  const identity = { path: resolve(path), dtype, region, ...(isPainted ? {} : { labels }) };
  const id = (await fingerprintOf(identity)).slice(0, 8);
  const voxels = voxelCount(region?.shape ?? shape);
  const stage = callbackStage(call.reporter, `convert ${basename(path)}`, voxels);
  const volume = await convertVolume(path, join(folder, `${id}.zarr`), {
    dtype,
    labels,
    region,
    anyComponents: labels === undefined,
    anisotropy: 1,
    memory: conversionMemory(call),
    signal: call.signal,
    ...conversionNotes(call.reporter, path),
    onProgress: stage.onDone,
  });
  stage.done();
  return volume;
}

/** The type that keeps a file's values: uint8 where it has 8 bits and one component, else float32. */
export async function usualType(path: string): Promise<"uint8" | "float32"> {
  const { dtype, components } = await describeVolumeFile(path);
  return dtype === "uint8" && components === 1 ? "uint8" : "float32";
}

/** @throws {UserError} where a volume of scores or labels has several values per voxel, such as RGB */
export async function requireOneComponent(path: string): Promise<void> {
  const { components } = await describeVolumeFile(path);
  if (components === 1) return;
  throw new UserError(
    `${path} has ${components} components per voxel, expected 1; use a volume of scores or labels`,
  );
}

/**
 * A source that lets the program's other events pass before every region, so that Ctrl-C is heard in the middle of work that
 * waits for nothing.
 */
export function interruptible<T extends Voxels>(source: VoxelSource<T>): VoxelSource<T> {
  return {
    ...source,
    async read(region, out) {
      await new Promise((turn) => setTimeout(turn, 0));
      await source.read(region, out);
    },
  };
}

/** Flags that say how the volume which a command names first is read. */
export const VOLUME_FLAGS = [
  "channel",
  "time-point",
  "as-listed",
  "absent-403",
] as const satisfies readonly FlagName[];

/** An operand that names a volume, with what flags say of it. */
export function volumeAt(call: Call, index: number): string {
  return volumeNamed(operandAt(call, index), call.flags);
}

/** The location of a volume with what flags say: of its address, and which channel and time point of it. */
export function volumeNamed(text: string, flags: GivenFlags): string {
  const isMarked = flags.has("absent-403") && isAddress(text);
  const location = isMarked ? forbiddenIsAbsent(text) : flags.has("as-listed") ? asListed(text) : text;
  return pickedLocation(location, flags);
}

/** @throws {UserError} where a path's folder is missing, before any work is done */
export async function requireFolderOf(path: string): Promise<void> {
  if (isAddress(path)) {
    throw new UserError(
      `${path}: cannot be written there; write it into a folder and use export to send it to a bucket`,
    );
  }
  const folder = dirname(resolve(path));
  if (!await exists(folder)) throw new UserError(`${path}: no folder ${folder}; create it first`);
}

/** @throws {UserError} where an output would overwrite its own input */
export function requireDifferent(input: string, output: string): void {
  if (resolve(dividePick(divideStack(input).text).text) !== resolve(output)) return;
  throw new UserError(`${output} is both input and output; choose another output`);
}

/** @throws {UserError} where something is in an output's place and the command was not told to replace it */
export async function requireFree({ flags }: Pick<Call, "flags">, path: string): Promise<void> {
  if (flags.has("overwrite") || !await exists(path)) return;
  throw new UserError(`${path} already exists; choose another output, or use --overwrite to replace it`);
}

/** @throws {UserError} where an output that is replaced as a whole folder is something else than a Zarr array */
export async function requireReplaceable(path: string): Promise<void> {
  if (!await exists(path)) return;
  try {
    await openZarr(path);
  } catch (cause) {
    if (!(cause instanceof UserError)) throw cause;
    throw new UserError(`${path} already exists and is not a Zarr array; choose another output`, { cause });
  }
}
