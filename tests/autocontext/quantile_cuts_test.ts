import assert from "node:assert/strict";
import fc from "fast-check";
import { quantileCuts } from "../../src/autocontext/quantile_cuts.ts";

/** The definition: by sorting everything. */
function plainCuts(values: Float32Array): number[] {
  const sorted = values.toSorted();
  const cuts: number[] = [];
  for (let k = 1; k <= 63; k++) {
    const cut = sorted[Math.floor(k * sorted.length / 64)] ?? 0;
    if (cut < (sorted.at(-1) ?? 0) && cut !== cuts.at(-1)) cuts.push(cut);
  }
  return cuts;
}

Deno.test("quantileCuts() gives what sorting all values gives, for few and many, equal and uneven ones", () => {
  const finite = fc.float({ noNaN: true, noDefaultInfinity: true });
  const lists = fc.oneof(
    fc.float32Array({ noNaN: true, noDefaultInfinity: true, maxLength: 300 }),
    fc.array(fc.constantFrom(-1, -0, 0, 0.5, 3e38, -3e38, 1e-45), { maxLength: 300 }),
    // far from 0 and close together, so that many share an interval
    fc.tuple(finite, fc.array(fc.integer({ min: 0, max: 5000 }), { minLength: 1, maxLength: 500 }))
      .map(([outlier, steps]) => [outlier, ...steps.map((step) => 1000 + step / 4096)]),
  );
  fc.assert(fc.property(lists, (list) => {
    const values = Float32Array.from(list);
    const cuts = quantileCuts(values);
    assert.deepEqual([...cuts], plainCuts(values));
  }));
});

Deno.test("quantileCuts() has 63 cuts where values differ, fewer where they repeat, none where all are equal", () => {
  const values = Float32Array.from({ length: 6400 }, (_, i) => i * 7919 % 6400);
  assert.deepEqual([...quantileCuts(values)], Array.from({ length: 63 }, (_, k) => 100 * (k + 1)));
  assert.deepEqual([...quantileCuts(values.map((value) => Math.floor(value / 3200)))], [0]);
  assert.equal(quantileCuts(new Float32Array(9).fill(2)).length, 0);
  assert.equal(quantileCuts(new Float32Array()).length, 0);
});
