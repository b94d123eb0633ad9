/** Context features and stumps against means that are added up voxel by voxel (docs/algorithm.md, section 5). */
import assert from "node:assert/strict";
import fc from "fast-check";
import { POSE_COUNT, poseAt, poseIndex } from "../../../src/boosting/mod.ts";
import { loadKernels } from "../../../src/kernels/mod.ts";
import { averageBoxes, writePoses } from "../../../src/block/context/box_means.ts";
import {
  flippedFrames,
  type PlacedSupervoxels,
  placeSupervoxels,
} from "../../../src/block/context/placed.ts";
import { fixedPointLimit } from "../../../src/block/columns.ts";
import { halfWidths, halvings, poseReach } from "../../../src/block/context/pose_reach.ts";
import { tableBytes } from "../../../src/block/context/tables.ts";
import { gatherPoses, voteAll } from "../../../src/block/context/context_features.ts";
import { copyCorners, cornersBytes } from "../../../src/block/context/corners.ts";
import { exactMeans } from "../../../src/stages/score/test_features.ts";
import {
  growRegion,
  intersectRegions,
  type Region,
  voxelCount,
  type Zyx,
} from "../../../src/volume/region.ts";

const kernels = await loadKernels();

/** Values of a column in fixed point, and the supervoxels at which to look at it. */
interface Scene {
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
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9 | 0;
    return (state >>> 0) / 2 ** 32;
  };
}

function makeScene(
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
function boxOf(scene: Scene, i: number, pose: number, flipped: boolean): Region | undefined {
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

function naiveMean({ values, shape }: Scene, { start, shape: box }: Region): number {
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
function place(scene: Scene, poses: readonly number[]) {
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

const pose = fc.integer({ min: 0, max: POSE_COUNT - 1 });

const scenes = fc.tuple(
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

/** A table with the corners of boxes between two voxels, where there are such. */
function tableOf(address: number, placed: PlacedSupervoxels) {
  if (placed.gridStep === 1) return { address };
  const corners = kernels.arena.alloc(cornersBytes(placed.region.shape, placed));
  return { address, corners: copyCorners(kernels, address, placed.region, placed, corners) };
}

/** Means of a pose's boxes from boxes averaged at every centre. */
function lookUp(table: number, placed: PlacedSupervoxels, pose: number): Uint16Array {
  const { run, arena } = kernels;
  const { points, frames, capacity, stride, perZ, count } = placed;
  const means = averageBoxes(kernels, tableOf(table, placed), placed, [pose], poseAt(pose).radius);
  const out = arena.alloc(capacity * 2);
  const poses = writePoses(arena, [{ pose, from: out, to: 0 }]);
  run.lookUpPoses(means.address, means.view, points, frames, stride * 4, 0, capacity, perZ, poses, 1);
  return arena.u16(out, count);
}

/** Number of supervoxels whose box was compared. */
function compareAll(scene: Scene, poses: readonly number[]): number {
  const { arena } = kernels;
  const mark = arena.mark();
  const { table, own, flipped } = place(scene, poses);
  const count = scene.centroids.length / 3;
  let compared = 0;
  for (const pose of poses) {
    for (const [placed, isFlipped] of [[own, false], [flipped, true]] as const) {
      const exact = exactMeans(kernels, { column: 0, address: table }, pose, placed).slice();
      const rounded = arena.alloc(placed.capacity * 2);
      gatherPoses(kernels, { address: table }, [pose], placed, false, rounded);
      const lookedUp = lookUp(table, placed, pose);
      for (let i = 0; i < count; i++) {
        const box = boxOf(scene, i, pose, isFlipped);
        if (box === undefined) continue;
        const mean = naiveMean(scene, box);
        assert.equal(exact[i], mean, `pose ${pose} of supervoxel ${i}`);
        assert.equal(arena.u16(rounded, count)[i], Math.floor(mean + 0.5));
        assert.equal(lookedUp[i], Math.floor(mean + 0.5), `mean of pose ${pose} at supervoxel ${i}`);
        compared++;
      }
    }
  }
  arena.release(mark);
  return compared;
}

Deno.test("contextFeatures() is the mean over the part of the box inside the volume, for any pose and frame", () => {
  let compared = 0;
  fc.assert(
    fc.property(scenes, fc.array(pose, { minLength: 1, maxLength: 3 }), (scene, poses) => {
      compared += compareAll(scene, poses);
    }),
    { numRuns: 60, seed: 1 },
  );
  assert.ok(compared > 1000, `${compared} boxes`);
});

Deno.test("contextFeatures() is right for the largest boxes at the largest distance, over every border", () => {
  const poses = Array.from({ length: POSE_COUNT }, (_, i) => i)
    .filter((i) => poseAt(i).radius === 20 && Math.abs(poseAt(i).distance) === 20)
    .filter((_, i) => i % 9 === 0);
  for (const anisotropy of [1, 2.5, 10]) {
    for (const gridStep of [1, 2] as const) {
      compareAll(makeScene([26, 30, 28], anisotropy, 62316, 5, 9, gridStep), poses);
    }
  }
});

Deno.test("averageBoxes() rounds like whole numbers do, for every size of box, saturated values and ones next to the half", () => {
  const { arena } = kernels;
  for (const anisotropy of [1, 2.5]) {
    const limit = fixedPointLimit(anisotropy);
    for (const offset of [0, 1, 2, 3]) {
      for (let radius = 0; radius <= 20; radius += 2) {
        const shape: Zyx = [43, 44, 46 + offset];
        const next = numbers(radius + 1);
        // columns of saturated values beside others, where means are of any size
        const values = Uint32Array.from(
          { length: voxelCount(shape) },
          (_, i) => i % shape[2] < 24 ? limit : Math.floor(next() * 9),
        );
        const centroids = Int32Array.from([21, 22, 23, 20, 21, 22, 0, 0, 0, 42, 43, shape[2] - 1]);
        const frames = Float32Array.from({ length: 24 }, (_, i) => [0, 1, 0, 0, 0, 1][i % 6] ?? 0);
        const scene = { shape, anisotropy, gridStep: 1 as const, limit, values, centroids, frames };
        const pose = poseIndex(0, 0, 5, radius / 2); // at the centroid
        const mark = arena.mark();
        const { table, own } = place(scene, [pose]);
        const means = averageBoxes(kernels, { address: table }, own, [pose], radius);
        const all = arena.u16(means.address, voxelCount(shape)).slice();
        for (let i = 0; i < all.length; i += 97) {
          const [z, y, x] = [
            Math.floor(i / shape[2] / shape[1]),
            Math.floor(i / shape[2]) % shape[1],
            i % shape[2],
          ];
          const half = halfWidths(radius, anisotropy);
          const low = [z, y, x].map((c, axis) => Math.max(0, c - (half[axis] ?? 0)));
          const end = [z, y, x].map((c, axis) => Math.min(shape[axis] ?? 0, c + (half[axis] ?? 0) + 1));
          const mean = naiveMean(scene, {
            start: low as unknown as Zyx,
            shape: end.map((e, axis) => e - (low[axis] ?? 0)) as unknown as Zyx,
          });
          assert.equal(all[i], Math.floor(mean + 0.5), `radius ${radius} at ${z},${y},${x}`);
        }
        arena.release(mark);
      }
    }
  }
});

Deno.test("voteAll() adds alpha where the rounded mean is at least the stump's and takes it elsewhere, in both frames", () => {
  const { arena } = kernels;
  const share = fc.double({ min: -0.2, max: 1.2, noNaN: true });
  fc.assert(
    fc.property(
      scenes,
      fc.array(fc.tuple(pose, share), { minLength: 1, maxLength: 4 }),
      fc.boolean(),
      (scene, looks, onMean) => {
        const mark = arena.mark();
        const poses = looks.map(([pose]) => pose);
        const { table, own, flipped } = place(scene, poses);
        const { capacity, count } = own;
        const meansOf = (placed: PlacedSupervoxels) =>
          poses.map((pose) =>
            exactMeans(kernels, { column: 0, address: table }, pose, placed).map((mean) =>
              Math.floor(mean + 0.5)
            )
          );
        const means = meansOf(own);
        const others = meansOf(flipped);
        const scores = { own: arena.alloc(capacity * 8), flipped: arena.alloc(capacity * 8) };
        arena.f64(scores.own, capacity).fill(1);
        arena.f64(scores.flipped, capacity).fill(1);
        // two stumps on each box, of which the second is inverted; alphas are sums of powers of 2, so that any order adds up alike
        const stumps = looks.flatMap(([pose, share], i) =>
          [0.25, -2].map((alpha, k) => {
            const cut = Math.round(scene.limit + 1 - 3000 * (1 - share));
            return { pose, column: 0, leastMean: onMean ? (means[i]?.[k] ?? 0) : cut, alpha, look: i };
          })
        );
        voteAll(kernels, tableOf(table, own), stumps, own, scores);
        const expected = (of: Float64Array[], i: number) =>
          stumps.reduce(
            (score, { look, leastMean, alpha }) =>
              score + ((of[look]?.[i] ?? 0) >= leastMean ? alpha : -alpha),
            1,
          );
        for (let i = 0; i < count; i++) {
          assert.equal(arena.f64(scores.own, count)[i], expected(means, i));
          assert.equal(arena.f64(scores.flipped, count)[i], expected(others, i));
        }
        arena.release(mark);
      },
    ),
    { numRuns: 60, seed: 2 },
  );
});

Deno.test("poseReach() holds every box of a pose, whatever the frame", () => {
  fc.assert(
    fc.property(pose, fc.constantFrom(1, 1.5, 2.5, 10, 40), fc.integer(), (index, anisotropy, seed) => {
      const wide: Zyx = [101, 101, 101];
      const scene = { ...makeScene([1, 1, 1], anisotropy, 3000, 3, seed), shape: wide };
      scene.centroids.fill(50);
      const reach = poseReach([index], anisotropy);
      const region = growRegion({ start: [50, 50, 50], shape: [1, 1, 1] }, reach, wide);
      for (let i = 0; i < 6; i++) {
        const box = boxOf(scene, i % 3, index, i >= 3);
        if (box !== undefined) assert.deepEqual(intersectRegions(region, box), box);
      }
    }),
    { numRuns: 300 },
  );
});
