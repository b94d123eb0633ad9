import assert from "node:assert/strict";
import fc from "fast-check";
import { globalSeed, localGrid, seedGrid, seedSteps } from "../../src/supervoxels/grid.ts";
import { chanceOf, type Purpose } from "../../src/supervoxels/identity.ts";
import type { Region, Zyx } from "../../src/volume/region.ts";
import { slicSettings } from "../helpers/supervoxels_support.ts";

const size = fc.integer({ min: 1, max: 200 });
const shapes: fc.Arbitrary<Zyx> = fc.tuple(size, size, size);

Deno.test("seedSteps() is S across and floor(S / a), at least 1, along z", () => {
  assert.deepEqual(seedSteps({ seed: 2, cubeness: 16, anisotropy: 1, join: "scan" }), [2, 2, 2]);
  assert.deepEqual(seedSteps({ seed: 5, cubeness: 16, anisotropy: 2, join: "scan" }), [2, 5, 5]);
  assert.deepEqual(seedSteps({ seed: 2, cubeness: 16, anisotropy: 10, join: "scan" }), [1, 2, 2]);
});

Deno.test("seedGrid() places seed i of n at i*S + floor(S/2) + trunc(i*(size - S*n)/n) with n = floor(size/S + 0.5)", () => {
  assert.deepEqual(
    seedGrid([1, 7, 20], { seed: 3, cubeness: 16, anisotropy: 1, join: "scan" }).positions.map((
      axis,
    ) => [...axis]),
    // 7 voxels hold 2 seeds and 1 voxel more; 20 hold 7, one voxel short
    [[0], [1, 4], [1, 4, 7, 10, 13, 16, 19]],
  );
  fc.assert(fc.property(shapes, slicSettings, (shape, settings) => {
    const { positions, counts } = seedGrid(shape, settings);
    const steps = seedSteps(settings);
    for (const axis of [0, 1, 2] as const) {
      const n = Math.max(1, Math.floor(shape[axis] / steps[axis] + 0.5));
      assert.equal(counts[axis], n);
      assert.equal(positions[axis].length, n);
      for (const [i, position] of positions[axis].entries()) {
        const spread = Math.trunc(i * (shape[axis] - steps[axis] * n) / n);
        // a single seed of a volume thinner than half a step has no place of its own
        const wanted = Math.min(shape[axis] - 1, i * steps[axis] + Math.floor(steps[axis] / 2) + spread);
        assert.equal(position, wanted);
        assert.ok(position > (positions[axis][i - 1] ?? -1));
      }
    }
  }));
});

Deno.test("localGrid() and globalSeed() number the seeds of a region as the whole grid does", () => {
  const cases = fc.tuple(shapes, slicSettings).chain(([shape, settings]) => {
    const axis = (n: number) =>
      fc.integer({ min: 0, max: n - 1 }).chain((start) =>
        fc.integer({ min: 1, max: n - start }).map((length) => [start, length] as const)
      );
    return fc.tuple(axis(shape[0]), axis(shape[1]), axis(shape[2])).map(([z, y, x]) => ({
      grid: seedGrid(shape, settings),
      region: { start: [z[0], y[0], x[0]], shape: [z[1], y[1], x[1]] } as Region,
    }));
  });
  fc.assert(
    fc.property(cases, ({ grid, region }) => {
      const local = localGrid(grid, region);
      const [nz, ny, nx] = local.counts;
      const found: number[] = [];
      for (let i = 0; i < nz * ny * nx; i++) found.push(globalSeed(grid, local, i));
      const inside = (axis: 0 | 1 | 2) =>
        [...grid.positions[axis].entries()].filter(([, p]) =>
          p >= region.start[axis] && p < region.start[axis] + region.shape[axis]
        ).map(([i]) => i);
      const [zs, ys, xs] = [inside(0), inside(1), inside(2)];
      const expected = zs.flatMap((z) =>
        ys.flatMap((y) => xs.map((x) => (z * grid.counts[1] + y) * grid.counts[2] + x))
      );
      assert.deepEqual(found, expected);
    }),
    { numRuns: 50 },
  );
});

Deno.test("chanceOf() spreads evenly, and independently by seed, purpose and supervoxel", () => {
  const purposes: readonly Purpose[] = ["negative", "positive", "flip", "normal", "pose"];
  const half = (draw: (i: number) => number) => {
    let low = 0;
    for (let i = 0; i < 4000; i++) low += Number(draw(i) < 0.5);
    return low / 4000;
  };
  for (const purpose of purposes) {
    assert.ok(Math.abs(half((i) => chanceOf(3, purpose, i, 8 * i + 5)) - 0.5) < 0.03, purpose);
    assert.ok(Math.abs(half((i) => chanceOf(3, purpose, 17, i * 2 ** 33)) - 0.5) < 0.03, purpose);
    for (const other of purposes) {
      const agree = half((i) =>
        (chanceOf(3, purpose, i, 9) < 0.5) === (chanceOf(3, other, i, 9) < 0.5) ? 0 : 1
      );
      assert.ok(other === purpose ? agree === 1 : Math.abs(agree - 0.5) < 0.03, `${purpose} and ${other}`);
    }
  }
  const drawn = new Set(Array.from({ length: 1000 }, (_, i) => chanceOf(i, "flip", 5, 2 ** 40 + 5)));
  assert.ok(drawn.size > 990);
  assert.equal(chanceOf(1, "flip", 2, 3), chanceOf(1, "flip", 2, 3));
  assert.notEqual(chanceOf(1, "flip", 2, 3), chanceOf(1, "flip", 3, 2));
});
