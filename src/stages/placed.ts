/** Supervoxels as the context kernels take them: points and frames in kernel memory, relative to a table's region. */
import { type Pose, poseAt } from "../boosting/mod.ts";
import type { Kernels } from "../kernels/mod.ts";
import type { Region, Zyx } from "../volume/region.ts";
import { boundingBox } from "./volume_block.ts";

/**
 * Supervoxels that are visited together, pose after pose, while their part of an integral image is in the processor's cache; they are
 * numbered so that neighbours are near each other. A multiple of 4.
 */
export const TILE = 2048;

/** Supervoxels in kernel memory. */
export interface PlacedSupervoxels {
  readonly count: number;
  /** `count` rounded up to a multiple of 4; the spare ones repeat the last. */
  readonly capacity: number;
  readonly points: number;
  readonly frames: number;
  readonly setup: number;
  /** 1 / anisotropy. */
  readonly perZ: number;
  readonly anisotropy: number;
  /** Of the tables. */
  readonly region: Region;
  readonly volumeShape: Zyx;
  /** Smallest region of the volume that holds the points. */
  readonly bounds: Region;
}

/** Bytes that `placeSupervoxels` allocates. */
export function placedBytes(count: number): number {
  return (count + 4) * 12 * 4 + 256;
}

/**
 * Lays supervoxels out for the kernels.
 * @param centroids z, y, x of each in the whole volume
 * @param frames e2 and e3 of each, x, y, z each; e1 = e2 x e3
 * @param region region of the tables, within a volume of `volumeShape`
 */
export function placeSupervoxels(
  { arena }: Kernels,
  centroids: Int32Array,
  frames: Float32Array,
  region: Region,
  volumeShape: Zyx,
  anisotropy: number,
): PlacedSupervoxels {
  const count = centroids.length / 3;
  const capacity = Math.ceil(count / 4) * 4;
  const points = arena.alloc(capacity * 12);
  const frameAddress = arena.alloc(capacity * 36);
  const setup = arena.alloc(128);
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
  const [, ny, nx] = region.shape;
  const low = (axis: 0 | 1 | 2) => -region.start[axis];
  const high = (axis: 0 | 1 | 2) => volumeShape[axis] - 1 - region.start[axis];
  arena.i32(setup, 9).set([
    nx + 1,
    (nx + 1) * (ny + 1),
    low(2),
    low(1),
    low(0),
    high(2),
    high(1),
    high(0),
    capacity,
  ]);
  return {
    count,
    capacity,
    points,
    frames: frameAddress,
    setup,
    perZ: 1 / anisotropy,
    anisotropy,
    region,
    volumeShape,
    bounds: boundingBox(centroids),
  };
}

/** A pose's numbers as the kernels take them: offset x, y, z, 1 / anisotropy, half-widths of the box. */
export function poseArguments(
  index: number,
  { perZ, anisotropy }: PlacedSupervoxels,
): [number, number, number, number, number, number] {
  const pose: Pose = poseAt(index);
  return [...pose.offset, perZ, pose.radius, Math.floor(pose.radius / anisotropy)];
}

/** The other frame of each supervoxel: e1 and e3 negated. Takes and gives e2 and e3, x, y, z each. */
export function flippedFrames(frames: Float32Array): Float32Array {
  return frames.map((value, i) => i % 6 < 3 ? value : -value);
}
