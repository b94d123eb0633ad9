/** What is chosen by scores of labelled cells. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { judge } from "../../../src/stages/refine/choose.ts";

const standsFor = { positive: 1, negative: 1 };

Deno.test("judge() gives 1 where all positives score higher, and the least score that takes all", () => {
  const judged = judge({ scores: [5, 1, 4, 2], labels: Uint8Array.of(1, 0, 1, 0), standsFor });
  assert.deepEqual(judged, { averagePrecision: 1, f1: 1, threshold: 4 });
});

Deno.test("judge() takes the lowest of the thresholds that are about as good", () => {
  // a hundred positives, then 2 negatives at 5 and 20 at 1: F1 is 1, 0.99 and 0.9
  const scores = [...Array(100).fill(9), 5, 5, ...Array(20).fill(1)];
  const labels = Uint8Array.from(scores, (score) => score === 9 ? 1 : 0);
  assert.equal(judge({ scores, labels, standsFor })?.threshold, 5);
});

Deno.test("judge() counts each cell as often as it stands for others", () => {
  fc.assert(fc.property(
    fc.array(fc.tuple(fc.integer({ min: 0, max: 9 }), fc.boolean()), { minLength: 2, maxLength: 30 })
      .filter((cells) => cells.some(([, is]) => is) && cells.some(([, is]) => !is)),
    fc.integer({ min: 1, max: 4 }),
    fc.integer({ min: 1, max: 4 }),
    (cells, positive, negative) => {
      const repeated = cells.flatMap((cell) =>
        Array.from({ length: cell[1] ? positive : negative }, () => cell)
      );
      const of = (some: typeof cells) => ({
        scores: some.map(([score]) => score),
        labels: Uint8Array.from(some, ([, is]) => is ? 1 : 0),
      });
      const weighted = judge({ ...of(cells), standsFor: { positive, negative } });
      const plain = judge({ ...of(repeated), standsFor });
      assert.ok(weighted && plain);
      assert.ok(Math.abs(weighted.averagePrecision - plain.averagePrecision) < 1e-9);
      assert.ok(Math.abs(weighted.f1 - plain.f1) < 1e-9);
    },
  ));
});

Deno.test("judge() has nothing to say of cells of one class", () => {
  assert.equal(judge({ scores: [1, 2], labels: Uint8Array.of(1, 1), standsFor }), undefined);
});
