import assert from "node:assert/strict";
import { REVIEW_COLUMN, REVIEWS, withReview } from "../../src/dashboard/page/review/review_column.ts";
import {
  chooseRows,
  histogramOf,
  parseSynapses,
  rowsInSight,
  valueAt,
} from "../../src/dashboard/page/synapse_rows.ts";

const CSV = `id,x,voxels,mean_score,agreement,unit,touches_border
1,10.5,300,2.5,,nm,false
2,20,100,3.5,0.75,nm,true
3,30,1000,2.5,0.5,nm,false
`;

function parse(csv: string) {
  return parseSynapses(new TextEncoder().encode(csv));
}

function choose(more: Partial<Parameters<typeof chooseRows>[1]>) {
  const choice = { sortBy: "id", isDescending: false, least: new Map(), withoutBorder: false, ...more };
  return [...chooseRows(parse(CSV), choice)];
}

Deno.test("parseSynapses() reads the table that a run writes, and nothing else", () => {
  const rows = parse(CSV);
  assert.equal(rows.count, 3);
  assert.equal(rows.unit, "nm");
  assert.equal(valueAt(rows, "x", 0), 10.5);
  assert.ok(Number.isNaN(valueAt(rows, "agreement", 0)));
  assert.equal(valueAt(rows, "touches_border", 1), 1);
  assert.equal(parse("id,voxels\n").count, 0);
  assert.throws(() => parse("a,b\n1,2\n"), /not a table of synapses/);
});

Deno.test("chooseRows() leaves out what was said otherwise of", () => {
  const item = { comment: "", isFlipped: false, seeds: [], mergedWith: [], isCarried: false, runs: [] };
  const rows = withReview(parse(CSV), [
    { ...item, id: 2, verdict: "rejected" },
    { ...item, id: 3, verdict: null, comment: "?" },
    { ...item, id: -1, verdict: "accepted" },
  ]);
  const choose = (value: number) => [...chooseRows(rows, {
    sortBy: "id",
    isDescending: false,
    least: new Map(),
    withoutBorder: false,
    only: { column: REVIEW_COLUMN, value },
  })];
  assert.deepEqual(REVIEWS.map((_, value) => choose(value)), [[0, 2], [], [], [1]]);
});

Deno.test("parseSynapses() reads every number as JavaScript does", () => {
  const texts = ["0", "-0.5", "0.1", "1.234567e-7", "123456789012345", "0.0000123", "-98765.43", "7e20", "3"];
  const rows = parse(`id,voxels,mean_score\r\n${texts.map((text, i) => `${i},5,${text}\r\n`).join("")}`);
  assert.deepEqual([...rows.columns.get("mean_score") ?? []], texts.map(Number));
  const endless = parse("id,voxels,mean_score\n1,2,0.25\n3,4,");
  assert.deepEqual([...endless.columns.get("mean_score") ?? []], [0.25, NaN]);
  assert.deepEqual([...endless.columns.get("id") ?? []], [1, 3]);
});

Deno.test("chooseRows() sorts with unknown values last and equal ones in the order of the table", () => {
  assert.deepEqual(choose({ sortBy: "voxels" }), [1, 0, 2]);
  assert.deepEqual(choose({ sortBy: "voxels", isDescending: true }), [2, 0, 1]);
  assert.deepEqual(choose({ sortBy: "mean_score", isDescending: true }), [1, 0, 2]);
  assert.deepEqual(choose({ sortBy: "agreement" }), [2, 1, 0]);
  assert.deepEqual(choose({ sortBy: "agreement", isDescending: true }), [1, 2, 0]);
});

Deno.test("chooseRows() keeps rows that reach every least value, and leaves out the border's where asked", () => {
  assert.deepEqual(choose({ least: new Map([["voxels", 300]]) }), [0, 2]);
  assert.deepEqual(choose({ least: new Map([["voxels", 200], ["agreement", 0.1]]) }), [2]);
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

Deno.test("rowsInSight() gives a few rows however many there are", () => {
  const sight = (top: number, count: number) => rowsInSight({ top, height: 320, rowHeight: 32, count });
  assert.deepEqual(sight(0, 1e6), { from: 0, to: 18 });
  assert.deepEqual(sight(32_000, 1e6), { from: 992, to: 1018 });
  assert.deepEqual(sight(1e9, 5), { from: 5, to: 5 });
  assert.deepEqual(sight(0, 0), { from: 0, to: 0 });
});
