/** Volumes as the analyses see them: something that is read or written region by region, on disk or in memory. */
import { UserError } from "../user_error.ts";
import { copyBox } from "../volume/box.ts";
import { bytesOf, bytesPerVoxel, type Dtype, dtypeOf, type Voxels } from "../volume/dtype.ts";
import {
  intersectRegions,
  type Region,
  voxelCount,
  wholeRegion,
  zipAxes,
  type Zyx,
} from "../volume/region.ts";
import { readRegion, writeRegion, type ZarrVolume } from "../volume/zarr/mod.ts";

/** A volume to read from. */
export interface VoxelSource<T extends Voxels> {
  /** How messages call it, such as a path. */
  readonly name: string;
  /** Size in voxels. */
  readonly shape: Zyx;
  /** Regions of whole chunks are read without waste. */
  readonly chunk: Zyx;
  /** Type of the voxels. */
  readonly dtype: Dtype;
  /** Where its first voxel is in the volume that messages name, if it is a part of one. */
  readonly origin?: Zyx;
  /** Reads a region inside the volume into the first voxels of `out`, dense, `[z, y, x]`. */
  read(region: Region, out: T): Promise<void>;
  /** Of labels: whether a region is known to hold none, so that it need not be read. */
  isUnlabelled?(region: Region): boolean;
}

/** A volume to write to. */
export interface VoxelSink<T extends Voxels> {
  /** Size in voxels. */
  readonly shape: Zyx;
  /** Regions to write must be whole chunks, or end at the volume's end. */
  readonly chunk: Zyx;
  /** Writes a region from the first voxels of `data`, dense, `[z, y, x]`. */
  write(region: Region, data: T): Promise<void>;
  /** Whether voxels that are never written are 0. */
  readonly isZeroAtFirst?: boolean;
}

/** Labels or other bytes in a Zarr array. @throws UserError if its voxels are not uint8 */
export function zarrBytes(volume: ZarrVolume): VoxelSource<Uint8Array> {
  if (volume.dtype !== "uint8") throw wrongType(volume, "uint8");
  return zarrSource(volume);
}

/** Scores in a Zarr array. @throws UserError if its voxels are not float32 */
export function zarrFloats(volume: ZarrVolume): VoxelSource<Float32Array> {
  if (volume.dtype !== "float32") throw wrongType(volume, "float32");
  return zarrSource(volume);
}

/** Scores in a Zarr array: float32, or uint8 where they are probabilities. @throws UserError if it is neither */
export function zarrScores(volume: ZarrVolume): VoxelSource<Float32Array> | VoxelSource<Uint8Array> {
  if (volume.dtype === "uint32") throw wrongType(volume, "float32 or uint8");
  return volume.dtype === "float32" ? zarrSource<Float32Array>(volume) : zarrSource<Uint8Array>(volume);
}

/** Numbers of components in a Zarr array. @throws UserError if its voxels are not uint32 */
export function zarrNumbers(volume: ZarrVolume): VoxelSource<Uint32Array> {
  if (volume.dtype !== "uint32") throw wrongType(volume, "uint32");
  return zarrSource(volume);
}

/** Scores as labels: 255 where they are at least the threshold, 0 elsewhere and where they are not a number. */
export function atLeast(
  scores: VoxelSource<Float32Array> | VoxelSource<Uint8Array>,
  threshold: number,
): VoxelSource<Uint8Array> {
  const { name, shape, chunk } = scores;
  return {
    name,
    shape,
    chunk,
    dtype: "uint8",
    async read(region, out) {
      const values = await readScores(scores, region);
      for (let i = 0; i < values.length; i++) out[i] = (values[i] ?? NaN) >= threshold ? 255 : 0;
    },
  };
}

/**
 * Reads scores of either type as numbers, dense, `[z, y, x]`.
 * @param values receives them; as long as there are voxels
 */
export async function readScores(
  scores: VoxelSource<Float32Array> | VoxelSource<Uint8Array>,
  region: Region,
  values: Float32Array = new Float32Array(voxelCount(region.shape)),
): Promise<Float32Array> {
  if (isFloat(scores)) {
    await scores.read(region, values);
    return values;
  }
  const bytes = new Uint8Array(values.length);
  await scores.read(region, bytes);
  values.set(bytes);
  return values;
}

function isFloat(
  source: VoxelSource<Float32Array> | VoxelSource<Uint8Array>,
): source is VoxelSource<Float32Array> {
  return source.dtype === "float32";
}

function zarrSource<T extends Voxels>(volume: ZarrVolume): VoxelSource<T> {
  const { path, shape, chunk, dtype } = volume;
  return { name: path, shape, chunk, dtype, read: (region, out) => readRegion(volume, region, out) };
}

function wrongType(volume: ZarrVolume, expected: string): UserError {
  return new UserError(
    `${volume.path}: voxels are ${volume.dtype}, expected ${expected}; use another volume`,
  );
}

/** Writes to a Zarr array whose voxel type is that of `T`. */
export function zarrSink<T extends Voxels>(volume: ZarrVolume): VoxelSink<T> {
  const { shape, chunk } = volume;
  const isZeroAtFirst = !volume.storesAll && volume.fillValue === 0;
  return { shape, chunk, isZeroAtFirst, write: (region, data) => writeRegion(volume, region, data) };
}

/** A volume in memory, dense, `[z, y, x]`. */
export function arraySource<T extends Voxels>(
  name: string,
  voxels: T,
  shape: Zyx,
  chunk: Zyx = shape,
): VoxelSource<T> {
  const dtype = dtypeOf(voxels);
  return {
    name,
    shape,
    chunk,
    dtype,
    read(region, out) {
      const from = { bytes: bytesOf(voxels), shape, start: region.start };
      const to = { bytes: bytesOf(out), shape: region.shape, start: [0, 0, 0] as const };
      copyBox(from, to, region.shape, bytesPerVoxel(dtype));
      return Promise.resolve();
    },
  };
}

/** Writes into memory, dense, `[z, y, x]`. */
export function arraySink<T extends Voxels>(voxels: T, shape: Zyx, chunk: Zyx = shape): VoxelSink<T> {
  return {
    shape,
    chunk,
    write(region, data) {
      const from = { bytes: bytesOf(data), shape: region.shape, start: [0, 0, 0] as const };
      const to = { bytes: bytesOf(voxels), shape, start: region.start };
      copyBox(from, to, region.shape, bytesPerVoxel(dtypeOf(voxels)));
      return Promise.resolve();
    },
  };
}

/**
 * Divides a region into blocks of whole chunks, in raster order. A block is as many chunks as fit `maxVoxels`, about as
 * long on each axis, and at least one.
 *
 * @param region must begin at a chunk's first voxel
 */
export function chunkBlocks(region: Region, chunk: Zyx, maxVoxels: number): Region[] {
  const [depth, height, width] = blockShape(region.shape, chunk, maxVoxels);
  const [nz, ny, nx] = region.shape;
  const [z0, y0, x0] = region.start;
  const blocks: Region[] = [];
  for (let z = 0; z < nz; z += depth) {
    for (let y = 0; y < ny; y += height) {
      for (let x = 0; x < nx; x += width) {
        const block: Region = { start: [z0 + z, y0 + y, x0 + x], shape: [depth, height, width] };
        blocks.push(intersectRegions(block, region));
      }
    }
  }
  return blocks;
}

/** Voxels up to which small chunks are put together. */
export const USUAL_CHUNK = 1 << 18;

/** The shape of the blocks of `chunkBlocks`; may reach beyond the end of the volume. */
export function blockShape(shape: Zyx, chunk: Zyx, maxVoxels: number): Zyx {
  let block = chunk;
  for (;;) {
    // The shortest axis that can still grow, by one chunk.
    const grown = [0, 1, 2].filter((axis) => (block[axis] ?? 0) < (shape[axis] ?? 0))
      .map((axis) => zipAxes((n, c) => n + c, block, zipAxes((c, on) => c * on, chunk, oneAt(axis))))
      .filter((larger) => voxelCount(zipAxes(Math.min, larger, shape)) <= maxVoxels)
      .sort((a, b) => Math.max(...a) - Math.max(...b) || voxelCount(a) - voxelCount(b))[0];
    if (grown === undefined) return block;
    block = grown;
  }
}

function oneAt(axis: number): Zyx {
  return [axis === 0 ? 1 : 0, axis === 1 ? 1 : 0, axis === 2 ? 1 : 0];
}

/** All blocks of a volume, as `chunkBlocks`. */
export function volumeBlocks({ shape, chunk }: { shape: Zyx; chunk: Zyx }, maxVoxels: number): Region[] {
  return chunkBlocks(wholeRegion(shape), chunk, maxVoxels);
}

/** How a long run reports and stops. */
export interface RunControl {
  /** Called with the share that is done, 0 ... 1. */
  readonly onProgress?: ((done: number) => void) | undefined;
  /** Ends the run with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}
