import assert from "node:assert/strict";
import fc from "fast-check";
import { type CandidatePair, matchPairs } from "../../src/analysis/match_pairs.ts";

/** The most pairs that can be matched, by trying everything. */
function mostMatched(pairs: readonly CandidatePair[]): number {
  const [first, ...rest] = pairs;
  if (first === undefined) return 0;
  const others = rest.filter((p) => p.truth !== first.truth && p.prediction !== first.prediction);
  return Math.max(mostMatched(rest), 1 + mostMatched(others));
}

const anyPairs = fc.uniqueArray(
  fc.record({ truth: fc.integer({ min: 1, max: 6 }), prediction: fc.integer({ min: 1, max: 6 }) }),
  { maxLength: 14, selector: ({ truth, prediction }) => 10 * truth + prediction },
);

Deno.test("matchPairs() matches as many as possible, each once, and only pairs that were given", () => {
  fc.assert(
    fc.property(anyPairs, (pairs) => {
      const matched = matchPairs(pairs);
      assert.equal(new Set(matched.values()).size, matched.size);
      for (const [truth, prediction] of matched) {
        assert.ok(pairs.some((pair) => pair.truth === truth && pair.prediction === prediction));
      }
      assert.equal(matched.size, mostMatched(pairs));
    }),
    { numRuns: 500 },
  );
});

Deno.test("matchPairs() keeps matched what the best pairs in their order match", () => {
  fc.assert(fc.property(anyPairs, (pairs) => {
    const greedy = new Map<number, number>();
    for (const { truth, prediction } of pairs) {
      if (!greedy.has(truth) && ![...greedy.values()].includes(prediction)) greedy.set(truth, prediction);
    }
    const matched = matchPairs(pairs);
    const predictions = new Set(matched.values());
    for (const [truth, prediction] of greedy) assert.ok(matched.has(truth) && predictions.has(prediction));
    if (greedy.size === matched.size) {
      assert.deepEqual(new Map([...matched].sort()), new Map([...greedy].sort()));
    }
  }));
});

Deno.test("matchPairs() changes a choice along a long path, without recursion", () => {
  // Truth i takes prediction i first; the last truth has only prediction 0, so that all move by one.
  const length = 20_000;
  const pairs = Array.from({ length }, (_, i) => ({ truth: i, prediction: i }));
  const next = Array.from({ length }, (_, i) => ({ truth: i, prediction: i + 1 }));
  const matched = matchPairs([...pairs, ...next, { truth: length, prediction: 0 }]);
  assert.equal(matched.size, length + 1);
  assert.deepEqual([matched.get(0), matched.get(length)], [1, 0]);
});
