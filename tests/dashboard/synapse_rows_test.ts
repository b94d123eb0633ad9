import assert from "node:assert/strict";
import { REVIEW_COLUMN, withReview } from "../../src/dashboard/page/review/review_column.ts";
import fc from "fast-check";
import { UNTOUCHED } from "../../src/stages/synapses/review/records.ts";
import { REVIEWS, type SynapseRows } from "../../src/analysis/synapse_columns.ts";
import {
  filterRows,
  histogramOf,
  type RowChoice,
  rowsInSight,
  sortRows,
} from "../../src/dashboard/page/synapse_rows.ts";

const ROWS: SynapseRows = {
  count: 3,
  unit: "nm",
  columns: new Map(
    Object.entries({
      id: [1, 2, 3],
      voxels: [300, 100, 1000],
      mean_score: [2.5, 3.5, 2.5],
      agreement: [NaN, 0.75, 0.5],
      touches_border: [0, 1, 0],
    }).map(([name, values]) => [name, Float64Array.from(values)]),
  ),
};

function choose(more: Partial<RowChoice>) {
  const choice = { sortBy: "id", isDescending: false, within: new Map(), withoutBorder: false, ...more };
  return [...sortRows(ROWS, filterRows(ROWS, choice), choice)];
}

Deno.test("sortRows() sorts with unknown values last and equal ones in the order of the table", () => {
  assert.deepEqual(choose({ sortBy: "voxels" }), [1, 0, 2]);
  assert.deepEqual(choose({ sortBy: "voxels", isDescending: true }), [2, 0, 1]);
  assert.deepEqual(choose({ sortBy: "mean_score", isDescending: true }), [1, 0, 2]);
  assert.deepEqual(choose({ sortBy: "agreement" }), [2, 1, 0]);
  assert.deepEqual(choose({ sortBy: "agreement", isDescending: true }), [1, 2, 0]);
});

Deno.test("sortRows() sorts any numbers as a comparison does", () => {
  fc.assert(fc.property(fc.array(fc.double()), fc.boolean(), (values, isDescending) => {
    const columns = new Map([["value", Float64Array.from(values)]]);
    const rows = { count: values.length, unit: "", columns };
    const sorted = [...sortRows(rows, Uint32Array.from(values.keys()), { sortBy: "value", isDescending })];
    const compared = [...values.keys()].sort((a, b) => {
      const [left, right] = [values[a] ?? NaN, values[b] ?? NaN];
      const unknown = Number(Number.isNaN(left)) - Number(Number.isNaN(right));
      const less = left < right ? -1 : left > right ? 1 : 0;
      return unknown || (isDescending ? -less : less) || a - b;
    });
    assert.deepEqual(sorted, compared);
  }));
});

Deno.test("withReview() adds what was said of each synapse, by which rows are filtered", () => {
  const rows = withReview({ count: 3, unit: "nm", columns: new Map() }, [
    { ...UNTOUCHED, id: 2, verdict: "rejected" },
    { ...UNTOUCHED, id: 3, comment: "?" },
    { ...UNTOUCHED, id: -1, verdict: "accepted" },
  ]);
  const kept = (
    value: number,
  ) => [...filterRows(rows, { within: new Map([[REVIEW_COLUMN, [value, value]]]), withoutBorder: false })];
  assert.deepEqual(REVIEWS.map((_, value) => kept(value)), [[0, 2], [], [], [1]]);
});

Deno.test("filterRows() keeps rows that lie within every range, and leaves out the border's where asked", () => {
  assert.deepEqual(choose({ within: new Map([["voxels", [300, Infinity]]]) }), [0, 2]);
  const two = new Map([["voxels", [200, 1000]], ["agreement", [0.1, 1]]] as const);
  assert.deepEqual(choose({ within: two }), [2]);
  assert.deepEqual(choose({ within: new Map([["voxels", [100, 300]]]) }), [0, 1]);
  assert.deepEqual(choose({ withoutBorder: true }), [0, 2]);
});

Deno.test("histogramOf() counts each row once, the largest value in the last bar", () => {
  const values = Float64Array.of(1, 10, 100, NaN, 1000);
  const all = Uint32Array.of(0, 1, 2, 3, 4);
  const { edges, counts } = histogramOf(values, all, { bars: 3, isLogarithmic: true });
  assert.deepEqual(counts, [1, 1, 2]);
  assert.deepEqual(edges.map((edge) => Math.round(edge)), [1, 10, 100, 1000]);
  assert.deepEqual(histogramOf(values, Uint32Array.of(0), { bars: 2, isLogarithmic: false }).counts, [1, 0]);
  assert.deepEqual(histogramOf(values, Uint32Array.of(), { bars: 2, isLogarithmic: false }).counts, []);
});

Deno.test("rowsInSight() gives a few rows however many there are, and the place of all others", () => {
  const sight = (top: number, count: number) => rowsInSight({ top, height: 320, rowHeight: 32, count });
  assert.deepEqual(sight(0, 1e5), { from: 0, to: 18, before: 0, after: (1e5 - 18) * 32 });
  assert.deepEqual(sight(32_000, 1e5), { from: 992, to: 1018, before: 992 * 32, after: (1e5 - 1018) * 32 });
  assert.deepEqual(sight(1e9, 5), { from: 5, to: 5, before: 160, after: 0 });
  assert.deepEqual(sight(0, 0), { from: 0, to: 0, before: 0, after: 0 });
});

Deno.test("rowsInSight() reaches the first and the last of a million rows in an element that browsers can show", () => {
  const sight = (top: number) => rowsInSight({ top, height: 320, rowHeight: 32, count: 1e6 });
  const all = ({ before, from, to, after }: ReturnType<typeof sight>) => before + 32 * (to - from) + after;
  assert.equal(all(sight(0)), 8e6);
  assert.equal(sight(0).from, 0);
  const end = sight(8e6 - 320);
  assert.equal(end.to, 1e6);
  assert.equal(end.after, 0);
  const middle = sight(4e6);
  assert.ok(Math.abs(all(middle) - 8e6) < 1 && Math.abs(middle.from - 5e5) < 1000, JSON.stringify(middle));
  // the first row in sight is at the top of what is seen
  assert.ok(Math.abs(middle.before + 8 * 32 - 4e6) < 32);
});
