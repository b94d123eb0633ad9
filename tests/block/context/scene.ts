/** Columns and supervoxels for tests of context features, and means that are added up voxel by voxel (docs/algorithm.md, section 5). */
import fc from "fast-check";
import { poseAt } from "../../../src/boosting/mod.ts";
import type { Kernels } from "../../../src/kernels/mod.ts";
import { flippedFrames, placeSupervoxels } from "../../../src/block/context/placed.ts";
import { halvings, poseReach } from "../../../src/block/context/pose_reach.ts";
import { tableBytes } from "../../../src/block/context/tables.ts";
import { growRegion, type Region, voxelCount, type Zyx } from "../../../src/volume/region.ts";

/** Values of a column in fixed point, and the supervoxels at which to look at it. */
export interface Scene {
  readonly shape: Zyx;
  readonly anisotropy: number;
  readonly gridStep: 1 | 2;
  /** Largest value. */
  readonly limit: number;
  readonly values: Uint32Array;
  /** z, y, x of each. */
  readonly centroids: Int32Array;
  /** e2 and e3 of each. */
  readonly frames: Float32Array;
}

/** Deterministic numbers from 0 to 1. */
export function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9 | 0;
    return (state >>> 0) / 2 ** 32;
  };
}

export function makeScene(
  shape: Zyx,
  anisotropy: number,
  limit: number,
  count: number,
  seed: number,
  gridStep: 1 | 2 = 1,
): Scene {
  const next = numbers(seed);
  // large values, so that the sums of a large table wrap around
  const values = Uint32Array.from({ length: voxelCount(shape) }, () => limit - Math.floor(next() * 3000));
  const centroids = Int32Array.from(
    { length: count * 3 },
    (_, i) => Math.floor(next() * (shape[i % 3] ?? 1)),
  );
  const frames = new Float32Array(count * 6);
  for (let i = 0; i < count; i++) {
    const u = unit([next() - 0.5, next() - 0.5, next() - 0.5]);
    const v = unit([next() - 0.5, next() - 0.5, next() - 0.5]);
    frames.set([...u, ...unit(cross(u, v))], i * 6);
  }
  return { shape, anisotropy, gridStep, limit, values, centroids, frames };
}

type Vector = readonly [number, number, number];

function cross(a: Vector, b: Vector): Vector {
  return [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
}

function unit(v: Vector): Vector {
  const length = Math.hypot(...v);
  return [v[0] / length, v[1] / length, v[2] / length];
}

/** The part of a pose's box that lies in the volume; where a coordinate is within 1e-4 of the middle of two voxels, undefined. */
export function boxOf(scene: Scene, i: number, pose: number, flipped: boolean): Region | undefined {
  const { theta, phi, distance, radius } = poseAt(pose);
  const sign = flipped ? -1 : 1;
  const [x2 = 0, y2 = 0, z2 = 0, x3 = 0, y3 = 0, z3 = 0] = scene.frames.subarray(i * 6, i * 6 + 6);
  const e2: Vector = [x2, y2, z2], e3: Vector = [x3, y3, z3];
  const e1 = cross(e2, e3);
  const offset = [Math.cos(phi) * Math.sin(theta), Math.sin(phi) * Math.sin(theta), Math.cos(theta)];
  const moved = [0, 1, 2].map((axis) => {
    const along = (offset[0] ?? 0) * sign * (e1[axis] ?? 0) + (offset[1] ?? 0) * (e2[axis] ?? 0) +
      (offset[2] ?? 0) * sign * (e3[axis] ?? 0);
    return distance * along / (axis === 2 ? scene.anisotropy : 1);
  });
  if (moved.some((m) => Math.abs(m - Math.floor(m) - 0.5) < 1e-4)) return undefined;
  const half = [Math.floor(radius / scene.anisotropy), radius, radius];
  const halved = halvings(radius, scene);
  const start = [0, 1, 2].map((axis) => {
    const centre = (scene.centroids[i * 3 + axis] ?? 0) + Math.round(moved[2 - axis] ?? 0);
    // between a pair of voxels, or on one
    return halved[axis] === 1
      ? 2 * Math.floor(centre / 2) - (half[axis] ?? 0) + 1
      : centre - (half[axis] ?? 0);
  });
  const clip = (axis: 0 | 1 | 2): [number, number] => {
    // a box that lies wholly outside is moved to the border's voxels
    const last = scene.shape[axis] - 1;
    const low = Math.min(Math.max(start[axis] ?? 0, 0), last);
    return [
      low,
      Math.min(Math.max((start[axis] ?? 0) + 2 * (half[axis] ?? 0) - (halved[axis] ?? 0), 0), last) - low + 1,
    ];
  };
  const [z, y, x] = [clip(0), clip(1), clip(2)];
  return { start: [z[0], y[0], x[0]], shape: [z[1], y[1], x[1]] };
}

export function naiveMean({ values, shape }: Scene, { start, shape: box }: Region): number {
  let sum = 0;
  for (let z = start[0]; z < start[0] + box[0]; z++) {
    for (let y = start[1]; y < start[1] + box[1]; y++) {
      for (let x = start[2]; x < start[2] + box[2]; x++) {
        sum += values[(z * shape[1] + y) * shape[2] + x] ?? 0;
      }
    }
  }
  return sum / voxelCount(box);
}

/** Integrates the region that the poses reach, and lays out the supervoxels for it. */
export function place(kernels: Kernels, scene: Scene, poses: readonly number[]) {
  const { run, arena } = kernels;
  const { shape, anisotropy, centroids, limit } = scene;
  const low = [0, 1, 2].map((axis) => Math.min(...centroids.filter((_, i) => i % 3 === axis)));
  const high = [0, 1, 2].map((axis) => Math.max(...centroids.filter((_, i) => i % 3 === axis)));
  const box = { start: low, shape: high.map((h, i) => h - (low[i] ?? 0) + 1) } as unknown as Region;
  const region = growRegion(box, poseReach(poses, anisotropy), shape);
  const [nz, ny, nx] = region.shape;
  const table = arena.alloc(tableBytes(region.shape));
  const plane = arena.alloc(ny * nx * 4 + 32);
  const quantised = arena.alloc(ny * nx * 2);
  const sums = arena.alloc(nx * 4);
  const slice = (ny + 1) * (nx + 1) * 4;
  arena.u8(table, slice).fill(0);
  for (let z = 0; z < nz; z++) {
    const out = arena.f32(plane, ny * nx);
    for (let y = 0; y < ny; y++) {
      const from = ((region.start[0] + z) * shape[1] + region.start[1] + y) * shape[2] + region.start[2];
      out.set(scene.values.subarray(from, from + nx), y * nx);
    }
    run.quantise(plane, ny * nx, 0, 1, limit, quantised);
    run.sumStrips(quantised, ny, nx, ny, sums);
    run.integrateStrip(quantised, table + z * slice, table + (z + 1) * slice, nx, 0, ny, sums);
  }
  const on = (frames: Float32Array) => placeSupervoxels(kernels, centroids, frames, region, shape, scene);
  return { table, own: on(scene.frames), flipped: on(flippedFrames(scene.frames)) };
}

/** Scenes of all kinds, with room for whole boxes or without, with and without a grid. */
export const scenes = fc.tuple(
  fc.constantFrom<[Zyx, number, number]>(
    [[24, 30, 33], 1, 62316],
    [[20, 25, 41], 2.5, 65535],
    [[26, 64, 66], 2.5, 65535], // with room for whole boxes
    [[7, 37, 30], 10, 65535],
    [[1, 1, 1], 1, 60000],
    [[60, 61, 62], 1, 62316], // its own sum is 3 times 2^32
  ),
  fc.integer({ min: 1, max: 23 }),
  fc.integer({ min: 1, max: 1000 }),
  fc.constantFrom(1, 2),
).map(([[shape, anisotropy, limit], count, seed, gridStep]) =>
  makeScene(shape, anisotropy, limit, count, seed, gridStep)
);
