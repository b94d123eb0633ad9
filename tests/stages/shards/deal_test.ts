import assert from "node:assert/strict";
import fc from "fast-check";
import { alongCurve, dealItems } from "../../../src/stages/shards/deal.ts";
import type { Zyx } from "../../../src/volume/region.ts";

Deno.test("dealItems() gives every item to one shard, in order, and no shard much more than its part", () => {
  fc.assert(fc.property(
    fc.array(fc.integer({ min: 1, max: 1000 }), { maxLength: 60 }),
    fc.integer({ min: 1, max: 70 }),
    (costs, shards) => {
      const dealt = dealItems(costs, shards);
      assert.equal(dealt.length, shards);
      assert.equal(dealt[0]?.[0], 0);
      assert.equal(dealt.at(-1)?.[1], costs.length);
      for (const [i, [from]] of dealt.entries()) assert.equal(from, dealt[i - 1]?.[1] ?? 0);
      const total = costs.reduce((sum, cost) => sum + cost, 0);
      for (const [from, to] of dealt) {
        const own = costs.slice(from, to).reduce((sum, cost) => sum + cost, 0);
        assert.ok(own <= total / shards + Math.max(0, ...costs), `${own} of ${total} for one of ${shards}`);
      }
    },
  ));
});

Deno.test("dealItems() deals items without cost evenly", () => {
  assert.deepEqual(dealItems([0, 0, 0, 0], 2), [[0, 2], [2, 4]]);
});

Deno.test("alongCurve() orders points alike whatever their order was, neighbours near each other", () => {
  const side = 8;
  const points = Array.from({ length: side ** 3 }, (_, i): Zyx => [i >> 6, (i >> 3) & 7, i & 7]);
  const expected = alongCurve(points, (point) => point);
  fc.assert(
    fc.property(fc.shuffledSubarray(points, { minLength: points.length }), (shuffled) => {
      assert.deepEqual(alongCurve(shuffled, (point) => point), expected);
    }),
    { numRuns: 20 },
  );
  // an eighth of the list is a cube of half the side
  for (let from = 0; from < expected.length; from += 64) {
    const piece = expected.slice(from, from + 64);
    for (const axis of [0, 1, 2] as const) {
      const along = piece.map((point) => point[axis]);
      assert.equal(Math.max(...along) - Math.min(...along), 3);
    }
  }
});
