/** A block of a volume in kernel memory: raw voxels and, for every supervoxel in it, a point and a local frame. */
import type { Kernels } from "../kernels/mod.ts";
import { UserError } from "../user_error.ts";
import { computeFrames } from "../orientation/frames.ts";
import { type Region, voxelCount } from "../volume/region.ts";
import { openZarr, readRegion, type ZarrVolume } from "../volume/zarr/mod.ts";
import type { RawBlock } from "../channels/mod.ts";
import { frameStepsOf } from "./grid.ts";
import type { VolumeJob } from "./volume_job.ts";

/** The Zarr arrays of a volume, opened once per worker. */
export interface OpenVolume {
  readonly volume: VolumeJob;
  readonly raw: ZarrVolume;
  /** Orientation given as a file. */
  readonly frames: ZarrVolume | undefined;
  /** Column files by source. */
  readonly files: ReadonlyMap<number, ZarrVolume>;
}

/** A block's raw voxels with what else is needed to compute columns. */
export interface VolumeBlock {
  readonly volume: VolumeJob;
  readonly raw: RawBlock;
  openFile(source: number): ZarrVolume;
}

/** Opens everything that a volume's job names. */
export async function openVolume(volume: VolumeJob): Promise<OpenVolume> {
  const files = new Map<number, ZarrVolume>();
  for (const [index, source] of volume.sources.entries()) {
    if (source.kind === "file") files.set(index, await openZarr(source.path));
  }
  return {
    volume,
    raw: await openZarr(volume.raw),
    frames: volume.frames.kind === "file" ? await openZarr(volume.frames.path) : undefined,
    files,
  };
}

/** Reads a region of the raw volume into kernel memory. */
export async function readBlock({ arena }: Kernels, open: OpenVolume, region: Region): Promise<VolumeBlock> {
  const voxels = voxelCount(region.shape);
  const address = arena.alloc(voxels + 16);
  await readRegion(open.raw, region, arena.u8(address, voxels));
  return {
    volume: open.volume,
    raw: { address, region, volumeShape: open.raw.shape, anisotropy: open.volume.anisotropy },
    openFile(source) {
      const file = open.files.get(source);
      if (!file) throw new Error(`source ${source} is no file`);
      return file;
    },
  };
}

/** e2 and e3 of each supervoxel, x, y, z each: 6 numbers. */
export async function framesAt(
  kernels: Kernels,
  open: OpenVolume,
  block: VolumeBlock,
  centroids: Int32Array,
): Promise<Float32Array> {
  const { frames } = open.volume;
  const count = centroids.length / 3;
  if (count === 0) return new Float32Array(0);
  if (frames.kind === "computed") return computeAll(kernels, block, frames.sigma, centroids);
  if (!open.frames) throw new Error("the orientation file is not open");
  return await readFrames(kernels, open.frames, centroids);
}

/** Computes frames in the order of the centroids; the kernel wants them by slice and row. */
function computeAll(
  kernels: Kernels,
  { raw, volume }: VolumeBlock,
  sigma: number,
  centroids: Int32Array,
): Float32Array {
  const { arena } = kernels;
  const steps = frameStepsOf(volume);
  const count = centroids.length / 3;
  const points = centroids.map((voxel, i) => Math.floor(voxel / (steps[i % 3] ?? 1)));
  const order = orderByRow(points);
  const mark = arena.mark();
  const address = arena.alloc(count * 12);
  const out = arena.alloc(count * 24);
  const sorted = arena.i32(address, count * 3);
  for (let place = 0; place < count; place++) {
    const i = (order[place] ?? 0) * 3;
    for (let k = 0; k < 3; k++) sorted[place * 3 + k] = points[i + k] ?? 0;
  }
  computeFrames(kernels, raw, sigma, { address, count }, out, steps);
  const computed = arena.f32(out, count * 6);
  const frames = new Float32Array(count * 6);
  for (let place = 0; place < count; place++) {
    const i = (order[place] ?? 0) * 6;
    for (let k = 0; k < 6; k++) frames[i + k] = computed[place * 6 + k] ?? 0;
  }
  arena.release(mark);
  return frames;
}

/** Indices of the points (z, y, x each) by ascending z and y, in order within a row. */
function orderByRow(points: Int32Array): Uint32Array {
  const { start: [z0, y0], shape: [nz, ny] } = boundingBox(points);
  const rowOf = (i: number) => ((points[i * 3] ?? 0) - z0) * ny + (points[i * 3 + 1] ?? 0) - y0;
  const count = points.length / 3;
  const places = new Uint32Array(nz * ny + 1);
  for (let i = 0; i < count; i++) {
    const after = rowOf(i) + 1;
    places[after] = (places[after] ?? 0) + 1;
  }
  for (let row = 1; row < places.length; row++) places[row] = (places[row] ?? 0) + (places[row - 1] ?? 0);
  const order = new Uint32Array(count);
  for (let i = 0; i < count; i++) {
    const row = rowOf(i);
    const place = places[row] ?? 0;
    order[place] = i;
    places[row] = place + 1;
  }
  return order;
}

/** Reads e2 and e3 at points of an orientation file, slice by slice. */
async function readFrames(
  { arena }: Kernels,
  file: ZarrVolume,
  centroids: Int32Array,
): Promise<Float32Array> {
  const count = centroids.length / 3;
  const frames = new Float32Array(count * 6);
  if (count === 0) return frames;
  const box = boundingBox(centroids);
  const bySlice = new Map<number, number[]>();
  for (let i = 0; i < count; i++) {
    const z = centroids[i * 3] ?? 0;
    const slice = bySlice.get(z);
    if (slice) slice.push(i);
    else bySlice.set(z, [i]);
  }
  const [, ny, nx] = box.shape;
  const mark = arena.mark();
  const plane = arena.alloc(ny * nx * 4);
  for (const [z, points] of [...bySlice].sort(([a], [b]) => a - b)) {
    const slice: Region = { start: [z, box.start[1], box.start[2]], shape: [1, ny, nx] };
    for (let component = 0; component < 6; component++) {
      const values = arena.f32(plane, ny * nx);
      await readRegion(file, slice, values, component + 3);
      for (const i of points) {
        const y = (centroids[i * 3 + 1] ?? 0) - box.start[1];
        const x = (centroids[i * 3 + 2] ?? 0) - box.start[2];
        frames[i * 6 + component] = values[y * nx + x] ?? 0;
      }
    }
  }
  arena.release(mark);
  for (let i = 0; i < count; i++) requireFrame(file, frames.subarray(i * 6, i * 6 + 6), centroids, i);
  return frames;
}

/** How far lengths may be from 1, and products from 0: a box stays where the read region was planned for it. */
const FRAME_TOLERANCE = 0.01;

/** @throws {UserError} where e2 and e3 are no unit vectors at right angles */
function requireFrame(file: ZarrVolume, frame: Float32Array, centroids: Int32Array, index: number): void {
  const [x2 = 0, y2 = 0, z2 = 0, x3 = 0, y3 = 0, z3 = 0] = frame;
  const off = (value: number, wanted: number) => Math.abs(value - wanted) > FRAME_TOLERANCE;
  const isOff = off(x2 * x2 + y2 * y2 + z2 * z2, 1) || off(x3 * x3 + y3 * y3 + z3 * z3, 1) ||
    off(x2 * x3 + y2 * y3 + z2 * z3, 0);
  if (!isOff) return;
  const [z, y, x] = centroids.subarray(index * 3, index * 3 + 3);
  const source = file.attributes["source"] as { files?: readonly { path: string }[] } | undefined;
  const path = source?.files?.[0]?.path ?? file.path;
  throw new UserError(
    `orientEstimate ${path} has e2 = [${x2}, ${y2}, ${z2}] and e3 = [${x3}, ${y3}, ${z3}] at voxel ` +
      `[${x}, ${y}, ${z}]; expected unit vectors at right angles, as components 3 to 8 of 9`,
  );
}

/** The smallest region that holds all points (z, y, x each). */
export function boundingBox(points: Int32Array): Region {
  let lowZ = Infinity, lowY = Infinity, lowX = Infinity;
  let highZ = -Infinity, highY = -Infinity, highX = -Infinity;
  for (let i = 0; i < points.length; i += 3) {
    const z = points[i] ?? 0, y = points[i + 1] ?? 0, x = points[i + 2] ?? 0;
    lowZ = Math.min(lowZ, z);
    lowY = Math.min(lowY, y);
    lowX = Math.min(lowX, x);
    highZ = Math.max(highZ, z);
    highY = Math.max(highY, y);
    highX = Math.max(highX, x);
  }
  if (points.length === 0) return { start: [0, 0, 0], shape: [0, 0, 0] };
  return { start: [lowZ, lowY, lowX], shape: [highZ - lowZ + 1, highY - lowY + 1, highX - lowX + 1] };
}
