/** Supervoxels as the context kernels take them: points and frames in kernel memory, relative to a table's region. */
import { type Pose, poseAt } from "../../boosting/mod.ts";
import { type Arena, type Kernels, threadsOf } from "../../kernels/mod.ts";
import { type Region, zipAxes, type Zyx } from "../../volume/region.ts";
import type { VolumeJob } from "../volume_job.ts";
import { boundingBox } from "../volume_block.ts";
import { halfWidths, halvings } from "./pose_reach.ts";

/**
 * Supervoxels that are visited together, pose after pose, while their part of an integral image is in the processor's cache; they are
 * numbered so that neighbours are near each other. A multiple of 4.
 */
export const TILE = 2048;

/** Bytes of a setup of the kernel of single features, and of those of as many threads as a team may have. */
export const SETUP_BYTES = 128;
const SETUPS_BYTES = 256 * SETUP_BYTES;

/** Number of tiles of supervoxels. */
export function tilesOf({ capacity }: Pick<PlacedSupervoxels, "capacity">): number {
  return Math.ceil(capacity / TILE);
}

/** Begin and end of a tile. */
export function tileAt(tile: number, capacity: number): [begin: number, end: number] {
  return [tile * TILE, Math.min((tile + 1) * TILE, capacity)];
}

/** Supervoxels in kernel memory. */
export interface PlacedSupervoxels {
  readonly count: number;
  /** `count` rounded up to a multiple of 4; the spare ones repeat the last. */
  readonly capacity: number;
  /** Entries from one coordinate's array to the next. */
  readonly stride: number;
  readonly points: number;
  readonly frames: number;
  /** What the kernel of single features needs, once for each thread, since it also notes down there. */
  readonly setup: number;
  readonly threads: number;
  /** 1 / anisotropy. */
  readonly perZ: number;
  readonly anisotropy: number;
  readonly gridStep: VolumeJob["gridStep"];
  /** Of the tables. */
  readonly region: Region;
  readonly volumeShape: Zyx;
  /** Smallest region of the volume that holds the points. */
  readonly bounds: Region;
}

/** Bytes that `placeSupervoxels` allocates. */
export function placedBytes(count: number): number {
  return (count + 4) * 12 * 4 + SETUPS_BYTES;
}

/**
 * Lays supervoxels out for the kernels.
 * @param centroids z, y, x of each in the whole volume
 * @param frames e2 and e3 of each, x, y, z each; e1 = e2 x e3
 * @param region region of the tables, within a volume of `volumeShape`
 */
export function placeSupervoxels(
  kernels: Kernels,
  centroids: Int32Array,
  frames: Float32Array,
  region: Region,
  volumeShape: Zyx,
  { anisotropy, gridStep }: Pick<VolumeJob, "anisotropy" | "gridStep">,
): PlacedSupervoxels {
  const { arena } = kernels;
  const threads = threadsOf(kernels);
  const count = centroids.length / 3;
  const capacity = Math.ceil(count / 4) * 4;
  const points = arena.alloc(capacity * 12);
  const frameAddress = arena.alloc(capacity * 36);
  const setup = arena.alloc(threads * SETUP_BYTES);
  const p = arena.i32(points, capacity * 3);
  const f = arena.f32(frameAddress, capacity * 9);
  const [originZ, originY, originX] = region.start;
  for (let slot = 0; slot < capacity; slot++) {
    const i = Math.min(slot, count - 1);
    p[slot] = (centroids[i * 3 + 2] ?? 0) - originX;
    p[capacity + slot] = (centroids[i * 3 + 1] ?? 0) - originY;
    p[2 * capacity + slot] = (centroids[i * 3] ?? 0) - originZ;
    const x2 = frames[i * 6] ?? 0, y2 = frames[i * 6 + 1] ?? 0, z2 = frames[i * 6 + 2] ?? 0;
    const x3 = frames[i * 6 + 3] ?? 0, y3 = frames[i * 6 + 4] ?? 0, z3 = frames[i * 6 + 5] ?? 0;
    f[slot] = y2 * z3 - z2 * y3;
    f[capacity + slot] = z2 * x3 - x2 * z3;
    f[2 * capacity + slot] = x2 * y3 - y2 * x3;
    f[3 * capacity + slot] = x2;
    f[4 * capacity + slot] = y2;
    f[5 * capacity + slot] = z2;
    f[6 * capacity + slot] = x3;
    f[7 * capacity + slot] = y3;
    f[8 * capacity + slot] = z3;
  }
  writeSetup(arena, { setup, threads }, region, volumeShape, capacity);
  return {
    count,
    capacity,
    stride: capacity,
    points,
    frames: frameAddress,
    setup,
    threads,
    perZ: 1 / anisotropy,
    anisotropy,
    gridStep,
    region,
    volumeShape,
    bounds: boundingBox(centroids),
  };
}

/** Entries of a table's row and slice, and the volume's first and last voxel relative to the table's region. */
export type TableExtent = readonly [
  ...[row: number, slice: number],
  ...[lowX: number, lowY: number, lowZ: number],
  ...[highX: number, highY: number, highZ: number],
];

export function tableExtent({ start, shape }: Region, volumeShape: Zyx): TableExtent {
  const [z, y, x] = start;
  const [, ny, nx] = shape;
  const [endZ, endY, endX] = volumeShape;
  const row = nx + 1;
  return [row, row * (ny + 1), -x, -y, -z, endX - 1 - x, endY - 1 - y, endZ - 1 - z];
}

function writeSetup(
  arena: Arena,
  { setup, threads }: Pick<PlacedSupervoxels, "setup" | "threads">,
  region: Region,
  volumeShape: Zyx,
  stride: number,
): void {
  const values = [...tableExtent(region, volumeShape), stride];
  for (let thread = 0; thread < threads; thread++) arena.i32(setup + thread * SETUP_BYTES, 9).set(values);
}

/** The same supervoxels for tables of another region. What was placed before is not to be used any more. */
export function moveTables(
  { arena }: Pick<Kernels, "arena">,
  placed: PlacedSupervoxels,
  region: Region,
): PlacedSupervoxels {
  const { stride, capacity, points } = placed;
  const [dz, dy, dx] = zipAxes((from, to) => from - to, placed.region.start, region.start);
  for (const [axis, shift] of [dx, dy, dz].entries()) {
    const values = arena.i32(points + axis * stride * 4, capacity);
    for (const [i, value] of values.entries()) values[i] = value + shift;
  }
  writeSetup(arena, placed, region, placed.volumeShape, stride);
  return { ...placed, region };
}

/**
 * The supervoxels in some places, ascending, moved to the front of their arrays. What was placed before is not to be used any more.
 */
export function keepPlaced(
  { arena }: Pick<Kernels, "arena">,
  placed: PlacedSupervoxels,
  places: Int32Array,
): PlacedSupervoxels {
  const { stride, points, frames } = placed;
  const count = places.length;
  const capacity = Math.ceil(count / 4) * 4;
  for (const [address, arrays] of [[points, 3], [frames, 9]] as const) {
    for (let k = 0; k < arrays; k++) {
      const values = arena.u32(address + k * stride * 4, stride);
      for (const [to, from] of places.entries()) values[to] = values[from] ?? 0;
      values.fill(values[count - 1] ?? 0, count, capacity);
    }
  }
  const { start } = placed.region;
  const axes = [2, 1, 0].map((k) => extent(arena.i32(points + k * stride * 4, count)));
  const [z = [0, 0], y = [0, 0], x = [0, 0]] = axes;
  const bounds: Region = count === 0 ? { start, shape: [0, 0, 0] } : {
    start: [start[0] + z[0], start[1] + y[0], start[2] + x[0]],
    shape: [z[1] - z[0] + 1, y[1] - y[0] + 1, x[1] - x[0] + 1],
  };
  return { ...placed, count, capacity, bounds };
}

function extent(values: Int32Array): readonly [low: number, high: number] {
  let low = Infinity, high = -Infinity;
  for (const value of values) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  return [low, high];
}

/** A pose's numbers as the kernels take them. */
export type PoseArguments = readonly [
  ...offset: Pose["offset"],
  perZ: number,
  radius: number,
  radiusZ: number,
  halved: number,
  halvedZ: number,
];

export function poseArguments(
  index: number,
  { perZ, anisotropy, gridStep }: PlacedSupervoxels,
): PoseArguments {
  const { offset, radius } = poseAt(index);
  const [halvedZ, halved] = halvings(radius, { anisotropy, gridStep });
  return [...offset, perZ, radius, halfWidths(radius, anisotropy)[0], halved, halvedZ];
}

/** The other frame of each supervoxel: e1 and e3 negated. Takes and gives e2 and e3, x, y, z each. */
export function flippedFrames(frames: Float32Array): Float32Array {
  return frames.map((value, i) => i % 6 < 3 ? value : -value);
}
