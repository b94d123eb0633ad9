/** Context features and stumps against means that are added up voxel by voxel (docs/algorithm.md, section 5). */
import assert from "node:assert/strict";
import fc from "fast-check";
import { POSE_COUNT, poseAt, poseIndex } from "../../../src/boosting/mod.ts";
import { loadKernels } from "../../../src/kernels/mod.ts";
import { averageBoxes, writePoses } from "../../../src/block/context/box_means.ts";
import type { PlacedSupervoxels } from "../../../src/block/context/placed.ts";
import { fixedPointLimit } from "../../../src/block/columns.ts";
import { halfWidths, poseReach } from "../../../src/block/context/pose_reach.ts";
import { gatherPoses, voteAll } from "../../../src/block/context/context_features.ts";
import { copyCorners, cornersBytes } from "../../../src/block/context/corners.ts";
import { exactMeans } from "../../../src/stages/score/test_features.ts";
import { growRegion, intersectRegions, voxelCount, type Zyx } from "../../../src/volume/region.ts";
import { boxOf, makeScene, naiveMean, numbers, place, type Scene, scenes } from "./scene.ts";

const kernels = await loadKernels();

const pose = fc.integer({ min: 0, max: POSE_COUNT - 1 });

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
  const { table, own, flipped } = place(kernels, scene, poses);
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
        const { table, own } = place(kernels, scene, [pose]);
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
        const { table, own, flipped } = place(kernels, scene, poses);
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
