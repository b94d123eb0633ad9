import assert from "node:assert/strict";
import { progressOf, reviewOf } from "../../../../src/stages/synapses/review/fold.ts";
import { UNTOUCHED } from "../../../../src/stages/synapses/review/records.ts";
import { sampleOrder } from "../../../../src/stages/synapses/review/sample.ts";
import { matchPlaces } from "../../../../src/stages/synapses/review/table_places.ts";
import { seededRandom } from "../../../helpers/seeded_random.ts";
import { createReviewing, cubes } from "./reviewing.ts";

const TABLE = cubes(6);

/** What a review says of a synapse, in short. */
function told(reviewing: ReturnType<typeof createReviewing>, id: number, table = TABLE) {
  const item = reviewOf(reviewing.decisions, table).items.get(id);
  return item && [item.verdict, item.isFlipped, item.seeds.length, item.mergedWith.join("+"), item.comment];
}

Deno.test("reviewOf() keeps every kind of decision, and undoes and redoes each", () => {
  const reviewing = createReviewing();
  const { ask } = reviewing;
  ask({ kind: "verdict", id: 1, verdict: "accepted" }, TABLE);
  ask({ kind: "verdict", id: 2, verdict: "rejected" }, TABLE);
  ask({ kind: "flip", id: 3 }, TABLE);
  ask({ kind: "split", id: 4, seeds: [[11, 11, 61], [16, 16, 66]] }, TABLE);
  ask({ kind: "merge", ids: [6, 5] }, TABLE);
  ask({ kind: "comment", id: 2, comment: "  a fold, not a cleft " }, TABLE);
  ask({ kind: "add", id: null, runs: [1, 1, 1, 4] }, TABLE);
  ask({ kind: "add", id: -1, runs: [1, 2, 1, 4] }, TABLE);
  const all = () => [1, 2, 3, 4, 5, 6, -1].map((id) => told(reviewing, id));
  const end = all();
  assert.deepEqual(end, [
    ["accepted", false, 0, "", ""],
    ["rejected", false, 0, "", "a fold, not a cleft"],
    ["accepted", true, 0, "", ""],
    ["accepted", false, 2, "", ""],
    ["accepted", false, 0, "5+6", ""],
    ["accepted", false, 0, "5+6", ""],
    ["accepted", false, 0, "", ""],
  ]);
  assert.deepEqual(reviewOf(reviewing.decisions, TABLE).items.get(-1)?.runs, [1, 1, 1, 4, 1, 2, 1, 4]);
  for (let i = 0; i < 8; i++) ask({ kind: "undo" }, TABLE);
  assert.equal(reviewOf(reviewing.decisions, TABLE).items.size, 0);
  assert.throws(() => ask({ kind: "undo" }, TABLE), /nothing to undo/);
  for (let i = 0; i < 8; i++) ask({ kind: "redo" }, TABLE);
  assert.deepEqual(all(), end);
  assert.throws(() => ask({ kind: "redo" }, TABLE), /nothing to do again/);
  // of two that are one, what is said of either is said of both
  ask({ kind: "verdict", id: 5, verdict: "rejected" }, TABLE);
  assert.deepEqual([told(reviewing, 5)?.[0], told(reviewing, 6)?.[0]], ["rejected", "rejected"]);
  // what is undone first is what was done last; a new decision ends what could be done again
  ask({ kind: "undo" }, TABLE);
  ask({ kind: "flip", id: 3 }, TABLE);
  assert.equal(told(reviewing, 3)?.[1], false);
  assert.throws(() => ask({ kind: "redo" }, TABLE), /nothing to do again/);
});

Deno.test("recordsOf() takes an action that is sent twice once", () => {
  const reviewing = createReviewing();
  const action = crypto.randomUUID();
  assert.equal(reviewing.ask({ kind: "flip", id: 1 }, TABLE, action), 2); // the table and the decision
  assert.equal(reviewing.ask({ kind: "flip", id: 1 }, TABLE, action), 0);
  assert.equal(reviewing.ask({ kind: "flip", id: 2 }, TABLE), 1);
  assert.equal(told(reviewing, 1)?.[1], true);
});

Deno.test("recordsOf() refuses what cannot be, and keeps nothing of it", () => {
  const reviewing = createReviewing();
  const { ask } = reviewing;
  ask({ kind: "split", id: 1, seeds: [[11, 11, 1], [16, 16, 6]] }, TABLE);
  ask({ kind: "merge", ids: [2, 3] }, TABLE);
  const before = reviewing.decisions.done.length;
  const refused = [
    [{ kind: "verdict", id: 7, verdict: "accepted" }, /no synapse 7 in this table/],
    [{ kind: "verdict", id: 0, verdict: "accepted" }, /no synapse 0/],
    [{ kind: "verdict", id: -1, verdict: "accepted" }, /no synapse -1.*undone/],
    [{ kind: "merge", ids: [1, 4] }, /synapse 1 is split/],
    [{ kind: "merge", ids: [4, 4] }, /choose two synapses/],
    [{ kind: "split", id: 2, seeds: [[11, 11, 21], [16, 16, 26]] }, /synapse 2 is merged/],
    [{ kind: "split", id: 4, seeds: [[11, 11, 61]] }, /two or more different places/],
    [{ kind: "split", id: 4, seeds: [[11, 11, 61], [11, 11, 61]] }, /two or more different places/],
    [{ kind: "split", id: 4, seeds: [[11, 11, 61], [11, 11, 68]] }, /x 68, y 11, z 11 is not in synapse 4/],
    [{ kind: "add", id: 4, runs: [0, 0, 0, 1] }, /no synapse 4/],
    [{ kind: "add", id: null, runs: new Array(2 ** 21 + 4).fill(0) }, /too much/],
  ] as const;
  for (const [action, message] of refused) assert.throws(() => ask(action, TABLE), message);
  assert.equal(reviewing.decisions.done.length, before);
});

Deno.test("reviewOf() carries decisions over to a table that was made anew, and says what does not apply", () => {
  const reviewing = createReviewing();
  const { ask } = reviewing;
  ask({ kind: "verdict", id: 1, verdict: "rejected" }, TABLE);
  ask({ kind: "split", id: 3, seeds: [[11, 11, 41], [16, 16, 46]] }, TABLE);
  ask({ kind: "merge", ids: [5, 6] }, TABLE);
  ask({ kind: "add", id: null, runs: [1, 1, 1, 4] }, TABLE);
  // Synapse 1 is gone, so that all others have other numbers; all lie a voxel further, and the last is missing.
  const other = cubes(5, 21);
  const moved = cubes(4, 21);
  const review = reviewOf(reviewing.decisions, other);
  assert.deepEqual([...review.items.keys()].sort((a, b) => a - b), [-1, 2, 4, 5]);
  assert.deepEqual([review.carried, review.lost], [2, 1]);
  assert.equal(review.items.get(2)?.isCarried, true);
  assert.deepEqual(review.items.get(4)?.mergedWith, [4, 5]);
  assert.equal(reviewOf(reviewing.decisions, moved).lost, 2);
  // A decision about the new table stands beside those about the old one; back at the old one it is carried.
  ask({ kind: "verdict", id: 1, verdict: "accepted" }, other);
  assert.deepEqual(told(reviewing, 1, other)?.[0], "accepted");
  assert.deepEqual(told(reviewing, 2)?.[0], "accepted");
  assert.deepEqual(told(reviewing, 1)?.[0], "rejected");
  assert.deepEqual(reviewOf(reviewing.decisions, TABLE).lost, 0);
});

Deno.test("matchPlaces() finds synapses whose boxes share half, of about the same size, each once", () => {
  const place = (x: number, voxels = 500) => [10, 10, x, 8, 8, 8, voxels];
  const match = (places: readonly number[][]) =>
    [...matchPlaces(new Map(places.map((at, i) => [i + 1, at])), cubes(4))].sort((a, b) => a[0] - b[0]);
  assert.deepEqual(match([place(2), place(25), place(40, 1100), place(60, 260)]), [[1, 1], [4, 4]]);
  assert.deepEqual(match([place(21), place(20)]), [[2, 2]]); // both could be, the better one is
  const large = [0, 0, 0, 30, 30, 5000, 500];
  assert.deepEqual(match([large, place(0)]), [[2, 1]]);
});

Deno.test("matchPlaces() finds the same as a comparison of all with all", () => {
  const random = seededRandom(5);
  const places = Array.from({ length: 300 }, () => {
    const [z, y, x] = [0, 0, 0].map(() => Math.floor(random() * 100));
    return [z, y, x, ...[0, 0, 0].map(() => 20 + Math.floor(random() * 90)), 500] as number[];
  });
  const values = new Uint32Array(places.flatMap((place) => place));
  const shifted = places.map(([z = 0, y = 0, x = 0, ...more]) => [z + 3, y, x + 2, ...more]);
  const table = {
    count: 300,
    place: (id: number) => [...values.subarray(7 * id - 7, 7 * id)],
  };
  const shared = (a: readonly number[], b: readonly number[]) => {
    const spans = [0, 1, 2].map((axis) => {
      const [[fromA, lengthA], [fromB, lengthB]] = [a, b].map((c) => [c[axis] ?? 0, c[axis + 3] ?? 0]) as [
        [number, number],
        [number, number],
      ];
      const both = Math.max(0, Math.min(fromA + lengthA, fromB + lengthB) - Math.max(fromA, fromB));
      return { both, lengthA, lengthB };
    });
    const product = (of: "both" | "lengthA" | "lengthB") => spans.reduce((all, span) => all * span[of], 1);
    return product("both") / (product("lengthA") + product("lengthB") - product("both"));
  };
  const pairs = shifted.flatMap((a, i) => places.map((b, j) => [i + 1, j + 1, shared(a, b)] as const))
    .filter(([, , s]) => s >= 0.5).sort((a, b) => b[2] - a[2] || a[0] - b[0] || a[1] - b[1]);
  const found = new Map<number, number>();
  for (const [i, j] of pairs) if (!found.has(i) && ![...found.values()].includes(j)) found.set(i, j);
  const match = matchPlaces(new Map(shifted.map((place, i) => [i + 1, place])), table);
  assert.deepEqual([...match].sort(), [...found].sort());
  assert.ok(match.size > 250);
});

Deno.test("sampleOrder() has each synapse once, in an order that does not follow theirs", () => {
  for (const count of [0, 1, 2, 5000]) {
    const order = sampleOrder(count);
    assert.deepEqual([...order].sort((a, b) => a - b), Array.from({ length: count }, (_, i) => i + 1));
  }
  const order = [...sampleOrder(5000)];
  const mean = order.slice(0, 500).reduce((sum, id) => sum + id) / 500;
  assert.ok(Math.abs(mean - 2500) < 200, `${mean}`); // three standard errors
  assert.ok(order.filter((id, i) => id === (order[i - 1] ?? 0) + 1).length < 10);
});

Deno.test("progressOf() estimates precision from the sample alone, and its interval holds the truth in 95 % of reviews", () => {
  // Which synapses are right depends on their place in the table, as it does where these are sorted by score.
  const count = 640, looked = 50, reviews = 1500;
  const order = sampleOrder(count);
  const random = seededRandom(19);
  for (const precision of [0.5, 0.91, 0.98]) {
    let held = 0;
    for (let review = 0; review < reviews; review++) {
      const right = new Set<number>();
      while (right.size < Math.round(precision * count)) {
        right.add(1 + Math.floor(count * Math.sqrt(random())));
      }
      // The person also looks at the 100 last ones, which say nothing of the others.
      const ids = [...order.subarray(0, looked), ...Array.from({ length: 100 }, (_, i) => count - i)];
      const items = new Map(ids.map((id) => [id, {
        ...UNTOUCHED,
        id,
        verdict: right.has(id) ? "accepted" as const : "rejected" as const,
      }]));
      const { estimate } = progressOf({ items }, count, order);
      assert.ok(estimate.looked >= looked);
      if (estimate.from <= right.size / count && right.size / count <= estimate.to) held++;
    }
    assert.ok(held / reviews >= 0.95, `precision ${precision}: ${held} of ${reviews}`);
  }
});

Deno.test("progressOf() stops the sample at the first synapse that was not looked at, and counts what is unsure as either", () => {
  const reviewing = createReviewing();
  const table = cubes(40);
  const order = sampleOrder(40);
  const at = (i: number) => order[i] ?? 0;
  for (const i of [0, 1, 2, 4, 5]) reviewing.ask({ kind: "verdict", id: at(i), verdict: "accepted" }, table);
  reviewing.ask({ kind: "verdict", id: at(1), verdict: "unsure" }, table);
  reviewing.ask({ kind: "add", id: null, runs: [0, 0, 0, 1] }, table);
  const progress = () => progressOf(reviewOf(reviewing.decisions, table), 40);
  const { estimate, ...counts } = progress();
  assert.deepEqual(counts, { count: 40, accepted: 4, rejected: 0, unsure: 1, added: 1 });
  assert.deepEqual([estimate.looked, estimate.accepted, estimate.unsure, estimate.precision], [3, 2, 1, 1]);
  assert.ok(estimate.to === 1 && estimate.from < 0.5);
  reviewing.ask({ kind: "verdict", id: at(3), verdict: "rejected" }, table);
  assert.deepEqual([progress().estimate.looked, progress().estimate.precision], [6, 0.8]);
});
