/** The volumes of an evaluation: read where they are as far as their formats allow, else converted. */
import { checkShapes } from "../analysis/evaluate.ts";
import { boxVoxels, keepingRows, rowVoxels } from "../analysis/file_source.ts";
import { restrictSource } from "../analysis/restricted_source.ts";
import { type VoxelSource, zarrBytes, zarrScores } from "../analysis/voxel_source.ts";
import { requireKind } from "../stages/convert/checks.ts";
import { UserError } from "../user_error.ts";
import type { Voxels } from "../volume/dtype.ts";
import { fileState } from "../volume/file.ts";
import { type OpenVolume, openVolume, requireProcessMemory } from "../volume/open.ts";
import { type Region, zipAxes } from "../volume/region.ts";
import type { Call } from "./command.ts";
import { describePart, labelsFlag } from "./flag_values.ts";
import { checkPainted } from "./open_labels.ts";
import { planReading, type ReadingWay, readingWay } from "./read_plan.ts";
import { memoryOf } from "./resource_flags.ts";
import { openVolumeFile, usualType } from "./volumes.ts";

/** Scores of either type. */
type Scores = VoxelSource<Float32Array> | VoxelSource<Uint8Array>;

/** What is compared, or the part of it. */
export interface ComparedVolumes {
  readonly scores: Scores;
  /** 255 positive, 0 negative, anything else ignored. */
  readonly labels: VoxelSource<Uint8Array>;
  /** Bytes that their readers hold. */
  readonly heldBytes: number;
}

/** What to read. */
export interface ReadOptions {
  /** For arrays that are made. */
  readonly folder: string;
  /** The part that is wanted; undefined: all. */
  readonly region: Region | undefined;
  /** Bytes for what readers hold. */
  readonly bytes: number;
}

/**
 * Does something with scores and labels.
 * @param blockVoxels voxels of a block at most
 * @throws {UserError} where they cannot be compared, or changed while they were read
 */
export async function withCompared<T>(
  call: Call,
  [prediction, labels]: readonly [prediction: string, labels: string],
  options: ReadOptions & { readonly blockVoxels: number },
  work: (volumes: ComparedVolumes) => Promise<T>,
): Promise<T> {
  const meaning = labelsFlag(call.flags);
  using scored = await openFile(call, { path: prediction, dtype: await usualType(prediction) });
  using labelled = await openFile(call, { path: labels, dtype: "uint8", labels: meaning });
  const [scoresWay, labelsWay] = [readingWay(scored.open), readingWay(labelled.open, meaning)];
  const { shape } = volumeOf(scored.open);
  checkShapes({ name: prediction, shape }, { name: labels, shape: volumeOf(labelled.open).shape });
  const part = options.region?.shape ?? shape;
  const plan = planReading([scoresWay, labelsWay], part, options);
  const chunk = plan && { chunk: zipAxes(Math.min, plan.chunk, part) };
  const read = async (file: OpenFile, way: ReadingWay, keptBytes = 0) => {
    const isDirect = plan !== undefined && (way.kind === "rows" || way.kind === "boxes");
    const source = isDirect ? keepingRows(fileSource(file), keptBytes) : await converted(call, file, options);
    return { ...partOf(file, source, options.region), ...chunk };
  };
  const scores = await read(scored, scoresWay, plan?.keptBytes[0]);
  const truth = await read(labelled, labelsWay, plan?.keptBytes[1]);
  await checkPainted(call, labels, truth);
  const done = await work({ scores, labels: truth, heldBytes: plan?.heldBytes ?? 0 });
  for (const file of [scored, labelled]) file.check();
  return done;
}

/** Does something with an image of which little is read. */
export async function withImage<T>(
  call: Call,
  path: string,
  options: ReadOptions,
  work: (image: Scores) => Promise<T>,
): Promise<T> {
  using file = await openFile(call, { path, dtype: await usualType(path) });
  const isDirect = readingWay(file.open).kind === "rows" ||
    (file.open.kind === "boxes" && file.open.source.heldBytes <= options.bytes);
  const source = isDirect ? fileSource(file) : await converted(call, file, options);
  const done = await work(partOf(file, source, options.region));
  file.check();
  return done;
}

/** A file, and what is made of its values. */
interface VolumeFile {
  readonly path: string;
  readonly dtype: "uint8" | "float32";
  /** What values of labels mean; undefined for others. */
  readonly labels?: string;
}

/** A file that is open until it is disposed of. */
interface OpenFile extends VolumeFile, Disposable {
  readonly open: OpenVolume;
  /** @throws {UserError} where it is still open and has changed */
  check(): void;
}

async function openFile(call: Call, file: VolumeFile): Promise<OpenFile> {
  const { path } = file;
  requireProcessMemory(path, memoryOf(call.flags));
  const open = await openVolume(path, { checksAll: true });
  const files = open.kind === "zarr" ? [] : open.source.files;
  const state = stateOf(files);
  let isOpen = open.kind !== "zarr";
  return {
    ...file,
    open,
    check() {
      if (!isOpen || stateOf(files) === state) return;
      throw new UserError(`${path}: changed while it was read; wait until it is complete and start again`);
    },
    [Symbol.dispose]() {
      if (isOpen && open.kind !== "zarr") open.source.close();
      isOpen = false;
    },
  };
}

/** Sizes and times of change; those of a folder say nothing of the chunks in it. */
function stateOf(files: readonly string[]): string {
  return files.map((path) => {
    const state = fileState(path);
    return state?.isDirectory ? "" : `${state?.bytes} ${state?.mtime}`;
  }).join();
}

function volumeOf(open: OpenVolume) {
  return open.kind === "zarr" ? open.volume : open.source;
}

/** A file that is read where it is. @throws {UserError} where it holds no such values */
function fileSource({ path, dtype, labels, open }: OpenFile): VoxelSource<Voxels> {
  if (open.kind === "zarr") throw new TypeError(`${path}: an array, not a file`);
  requireKind(open.source, path, { dtype, labels, anyComponents: labels === undefined });
  return open.kind === "rows" ? rowVoxels(open.source, dtype) : boxVoxels(open.source, dtype);
}

/** What is read as a Zarr array; of what becomes one first, the wanted part alone. */
async function converted(
  call: Call,
  file: OpenFile,
  { folder, region }: ReadOptions,
): Promise<VoxelSource<Voxels>> {
  const { path, dtype, labels } = file;
  file[Symbol.dispose](); // what is converted is opened again
  const volume = await openVolumeFile(call, path, folder, dtype, labels, region);
  const source = labels === undefined ? zarrScores(volume) : zarrBytes(volume);
  return region !== undefined && volume.shape.join() === region.shape.join()
    ? { ...source, origin: region.start }
    : source;
}

function partOf({ path }: OpenFile, source: VoxelSource<Voxels>, region: Region | undefined) {
  if (region === undefined) return { ...source, name: path };
  const part = source.origin === undefined ? restrictSource(source, region) : source;
  return { ...part, name: `${path}, ${describePart(region)}` };
}
