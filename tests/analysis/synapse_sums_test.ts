import assert from "node:assert/strict";
import fc from "fast-check";
import { comesBefore, createSynapseSums } from "../../src/analysis/synapse_sums.ts";
import type { RowRun } from "../../src/analysis/component_table.ts";

const run = fc.record({
  z: fc.integer({ min: 0, max: 100_000 }),
  y: fc.integer({ min: 0, max: 100_000 }),
  start: fc.integer({ min: 0, max: 100_000 }),
  length: fc.integer({ min: 1, max: 90_000 }),
}).map(({ length, ...place }): RowRun => ({ ...place, end: place.start + length }));

/** Everything that is known of a synapse, exact. */
function recordOf(runs: readonly RowRun[]): ReturnType<typeof createSynapseSums> {
  const sums = createSynapseSums(0);
  const sorted = runs.toSorted((a, b) => comesBefore([a.z, a.y, a.start], [b.z, b.y, b.start]) ? -1 : 1);
  for (const one of sorted) {
    sums.addRun(0, one);
    sums.addScore(0, (one.z - 50_000) / 7);
    sums.addDirection(0, [one.z % 3 - 1, one.y % 3 - 1, one.start % 3 - 1]);
  }
  return sums;
}

Deno.test("merge() gives the record that all runs together give, however they were divided and whichever is merged first", () => {
  fc.assert(
    fc.property(
      fc.array(run, { minLength: 2, maxLength: 20 }),
      fc.nat(),
      fc.boolean(),
      (runs, at, isFirst) => {
        const cut = 1 + at % (runs.length - 1);
        const sums = createSynapseSums(0);
        sums.load(0, recordOf(runs.slice(0, cut)).records(0, 1));
        sums.load(1, recordOf(runs.slice(cut)).records(0, 1));
        const [from, into] = isFirst ? [0, 1] : [1, 0];
        sums.merge(from, into);
        assert.deepEqual([...sums.records(into, into + 1)], [...recordOf(runs).records(0, 1)]);
      },
    ),
  );
});

Deno.test("covariance() is exact where sums are beyond what a number holds", () => {
  // two plates of 2e9 voxels, 2 ** 20 voxels apart: sums of squares of 2e21
  const sums = createSynapseSums(1);
  const far = 2 ** 20;
  for (let i = 0; i < 2000; i++) {
    sums.addRun(0, { z: 0, y: i, start: 0, end: 1_000_000 });
    sums.addRun(1, { z: far, y: i, start: 0, end: 1_000_000 });
  }
  sums.merge(1, 0);
  assert.equal(sums.voxels(0), 4e9);
  assert.deepEqual(sums.centroid(0), [far / 2, 999.5, 499_999.5]);
  assert.equal(sums.covariance(0).zz, far * far / 4 + 1 / 12);
});
