/** Writing of regions of volumes. */
import { copyBox, fillBox } from "../box.ts";
import { bytesOf, bytesPerVoxel, dtypeOf, type Voxels } from "../dtype.ts";
import {
  describeRegion,
  intersectRegions,
  type Region,
  regionContains,
  regionEnd,
  voxelCount,
  wholeRegion,
  zipAxes,
  type Zyx,
} from "../region.ts";
import {
  fileState,
  removeIfExists,
  temporaryName,
  type WholeFiles,
  wholeFiles,
  writeTemporary,
} from "../file.ts";
import { discardLarge } from "../bytes.ts";
import type { ZarrVolume } from "./array.ts";
import {
  type ChunkedVolume,
  chunkPath,
  chunkScratch,
  encodeStored,
  fillBytes,
  requireWritable,
  storeChunk,
} from "./chunk.ts";
import { chunksOf } from "./read.ts";
import { chunksPerShard, writeShard } from "./shard.ts";

/** Chunks that reach the disk together, while the next ones are put together. */
const TOGETHER = 64;

/**
 * Writes a region of whole chunks: it begins at chunk boundaries and ends at chunk boundaries or at the volume's end.
 * Chunks appear whole, are on the disk when this returns, and are never read back, so that several workers can write
 * different chunks.
 *
 * @param data dense, `[z, y, x]`, of the volume's voxel type; only read
 * @throws RangeError if the region cuts a chunk or leaves the volume, or `data` does not fit
 * @throws UserError if a chunk cannot be written
 */
export async function writeRegion(
  volume: ZarrVolume,
  region: Region,
  data: Voxels,
  component = 0,
): Promise<void> {
  checkRegion(volume, region, data, component);
  let files = wholeFiles();
  let before: Flush | undefined;
  try {
    const scratch = chunkScratch(volume);
    for (const at of chunksOf(region, volume.shard)) {
      if (isSharded(volume)) {
        const path = chunkPath(volume, requireWritable(volume), component, at);
        const temporary = temporaryName(path);
        storeShard(volume, region, bytesOf(data), at, { path, temporary }, scratch);
        files.adopt(path, temporary);
      } else {
        gatherChunk(volume, region, bytesOf(data), at, scratch);
        storeChunk(volume, component, at, scratch, files);
      }
      if (files.pending() < TOGETHER) continue;
      await settle(before);
      before = flush(files);
      files = wholeFiles();
    }
    await settle(before);
    await files.complete();
    discardLarge(scratch);
  } catch (cause) {
    await before?.failure; // files must not be closed while they are flushed
    before?.files.abandon();
    files.abandon();
    throw cause;
  }
}

/** A region that several threads write, as plain data. */
export interface SharedRegion {
  readonly volume: ChunkedVolume;
  readonly component: number;
  readonly region: Region;
  /** Ends the temporary names of this writing. */
  readonly suffix: string;
}

/** A region that is written but for what the disk has to do: its voxels are not needed any more. */
export interface Writing {
  /** Returns when all chunks are on the disk and have their names. @throws UserError if one cannot be written */
  finish(): Promise<void>;
}

/**
 * Writes a region as {@link writeRegion} does, but lets others put chunks into files: `part` is called with some chunks at a time, and
 * returns when {@link writeChunks} was called for each. The disk is not waited for.
 */
export async function writeRegionShared(
  volume: ZarrVolume,
  region: Region,
  data: Voxels,
  component: number,
  part: (shared: SharedRegion, chunks: readonly Zyx[]) => void,
): Promise<Writing> {
  const { storage } = volume;
  if (storage.kind !== "plain") {
    await writeRegion(volume, region, data, component);
    return { finish: () => Promise.resolve() };
  }
  checkRegion(volume, region, data, component);
  const { path, chunk, shard, dtype, fillValue, storesAll } = volume;
  const suffix = `.${crypto.randomUUID()}.partial`;
  const shared: SharedRegion = {
    volume: { path, chunk, shard, dtype, fillValue, storesAll, storage },
    component,
    region,
    suffix,
  };
  const chunks = [...chunksOf(region, shard)];
  let before: Flush | undefined;
  const finish = async () => {
    try {
      await settle(before);
    } catch (cause) {
      before?.files.abandon();
      throw cause;
    }
  };
  for (let from = 0; from < chunks.length; from += TOGETHER) {
    const some = chunks.slice(from, from + TOGETHER);
    const paths = some.map((at) => chunkPath(volume, storage, component, at));
    const files = wholeFiles();
    try {
      part(shared, some);
      for (const path of paths) files.adopt(path, path + suffix);
      await finish();
    } catch (cause) {
      files.abandon();
      for (const path of paths) if (fileState(path + suffix) !== undefined) removeIfExists(path + suffix);
      throw cause;
    }
    before = flush(files);
  }
  return { finish };
}

/**
 * Puts chunks of a shared region into files with temporary names.
 * @param data the region's bytes
 * @param scratch of `scratchBytes`
 */
export function writeChunks(
  { volume, component, region, suffix }: SharedRegion,
  data: Uint8Array,
  chunks: readonly Zyx[],
  scratch: Uint8Array,
): void {
  for (const at of chunks) {
    if (isSharded(volume)) {
      const path = chunkPath(volume, requireWritable(volume), component, at);
      storeShard(volume, region, data, at, { path, temporary: path + suffix }, scratch);
      continue;
    }
    gatherChunk(volume, region, data, at, scratch);
    storeChunk(volume, component, at, scratch, {
      add: (path, bytes) => writeTemporary(path + suffix, path, bytes),
    });
  }
}

function isSharded({ storage }: ChunkedVolume): boolean {
  return storage.kind === "plain" && storage.shard !== undefined;
}

/** Puts shard `at` into a file with a temporary name; one of fill values alone has none, and what was there is removed. */
function storeShard(
  volume: ChunkedVolume,
  region: Region,
  data: Uint8Array,
  at: Zyx,
  file: { readonly path: string; readonly temporary: string },
  scratch: Uint8Array,
): void {
  const grid = chunksPerShard(volume);
  const isStored = writeShard(file, grid, (inner) => {
    const first = zipAxes((index, n) => index * n, at, grid);
    const chunk = zipAxes((s, i) => s + i, first, inner);
    if (!touches(region, chunk, volume.chunk)) return undefined;
    gatherChunk(volume, region, data, chunk, scratch);
    return encodeStored(volume, scratch);
  });
  if (!isStored) removeIfExists(file.path);
}

/** Whether a chunk is within the volume; only there a region of whole shards may end before its shard. */
function touches(region: Region, at: Zyx, chunk: Zyx): boolean {
  const start = zipAxes((index, length) => index * length, at, chunk);
  return voxelCount(intersectRegions(region, { start, shape: chunk }).shape) > 0;
}

/** Files on their way to the disk. */
interface Flush {
  readonly files: WholeFiles;
  /** Why it failed; undefined where it did not. */
  readonly failure: Promise<{ readonly cause: unknown } | undefined>;
}

function flush(files: WholeFiles): Flush {
  return { files, failure: files.complete().then(() => undefined, (cause: unknown) => ({ cause })) };
}

async function settle(flushed: Flush | undefined): Promise<void> {
  const failure = await flushed?.failure;
  if (failure !== undefined) throw failure.cause;
}

/** Copies what a region holds of a chunk to `scratch`. */
function gatherChunk(
  volume: Pick<ZarrVolume, "chunk" | "dtype" | "fillValue">,
  region: Region,
  source: Uint8Array,
  at: Zyx,
  scratch: Uint8Array,
): void {
  const chunkStart = zipAxes((index, length) => index * length, at, volume.chunk);
  const common = intersectRegions(region, { start: chunkStart, shape: volume.chunk });
  const to = { bytes: scratch, shape: volume.chunk, start: [0, 0, 0] as const };
  // The part of a chunk beyond the volume's end: the fill value, so that equal volumes are equal files.
  if (voxelCount(common.shape) < voxelCount(volume.chunk)) fillBox(to, volume.chunk, fillBytes(volume));
  const from = {
    bytes: source,
    shape: region.shape,
    start: zipAxes((a, b) => a - b, common.start, region.start),
  };
  copyBox(from, to, common.shape, bytesPerVoxel(volume.dtype));
}

function checkRegion(volume: ZarrVolume, region: Region, data: Voxels, component: number): void {
  const end = regionEnd(region);
  const aligned = region.start.every((start, axis) => {
    const shard = volume.shard[axis] ?? 1;
    const last = end[axis] ?? 0;
    return start % shard === 0 && (last % shard === 0 || last === volume.shape[axis]);
  });
  if (!aligned || !regionContains(wholeRegion(volume.shape), region)) {
    const files = isSharded(volume) ? `shards [${volume.shard}]` : `chunks [${volume.chunk}]`;
    throw new RangeError(
      `region ${describeRegion(region)} is not made of whole ${files} of ${volume.path} [${volume.shape}]`,
    );
  }
  if (dtypeOf(data) !== volume.dtype || data.length < voxelCount(region.shape)) {
    throw new RangeError(
      `region ${describeRegion(region)} of ${volume.path} needs ${voxelCount(region.shape)} voxels of ` +
        `${volume.dtype}, not ${data.length} of ${dtypeOf(data)}`,
    );
  }
  if (!Number.isInteger(component) || component < 0 || component >= volume.components) {
    throw new RangeError(`${volume.path} has ${volume.components} components, so no component ${component}`);
  }
}
