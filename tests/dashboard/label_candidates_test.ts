/** What the labelling page works out for candidates and sides by itself. */
import assert from "node:assert/strict";
import { PLANES, type PlaneView, type Point } from "../../src/dashboard/page/geometry.ts";
import { grabbedEnd, MISSED } from "../../src/dashboard/page/axis_line.ts";
import { edgesOf } from "../../src/dashboard/page/label/shape_outline.ts";
import { thresholdText, waitText } from "../../src/dashboard/page/label/label_text.ts";
import type { LabelModel } from "../../src/dashboard/api.ts";
import { firstLabelView, viewOf } from "../../src/dashboard/page/label/label_view.ts";
import { usualMinSize } from "../../src/label/candidate_shape.ts";

const [XY, ZY, XZ] = PLANES;

Deno.test("edgesOf() draws the border of a shape on each plane, also around a hole", () => {
  assert.ok(XY && ZY && XZ);
  // a ring of 3 x 3 without its middle in slice 4, one voxel in slice 5
  const runs = [4, 10, 20, 3, 4, 11, 20, 1, 4, 11, 22, 1, 4, 12, 20, 3, 5, 10, 21, 1];
  const ring = edgesOf(runs, XY, 4);
  assert.equal(ring.length, 12 + 4);
  for (const edge of [[20, 10, 21, 10], [23, 12, 23, 13], [21, 11, 21, 12], [21, 12, 22, 12]]) {
    assert.ok(ring.some((one) => one.join() === edge.join()), edge.join());
  }
  assert.equal(edgesOf(runs, XY, 5).length, 4);
  assert.deepEqual(edgesOf(runs, XY, 6), []);
  assert.equal(
    edgesOf(runs, ZY, 21).length,
    10,
    "two voxels that touch by nothing, and one beside the first",
  );
  assert.equal(edgesOf(runs, XZ, 10).length, 8 + 2, "three in a row, and one below the middle");
});

Deno.test("usualMinSize() is a quarter of the median synapse, and 50 at least", () => {
  const object = (voxels: number) => ({ voxels, box: { begin: [0, 0, 0], end: [1, 1, 1] } as const });
  assert.equal(usualMinSize([]), 50);
  assert.equal(usualMinSize([object(100)]), 50);
  assert.equal(usualMinSize([object(10), object(835), object(4000)]), 210);
});

Deno.test("thresholdText() says where a threshold is not of all labels", () => {
  assert.equal(thresholdText({ threshold: 9, labelsScored: 1 }, false), "");
  assert.match(thresholdText({ threshold: 9, labelsScored: 0.2 }, false), /scored so far/);
  assert.match(thresholdText({ threshold: null, labelsScored: 0 }, true), /the model before/);
  assert.match(thresholdText({ threshold: null, labelsScored: 0 }, false), /^until/);
});

Deno.test("waitText() waits for the model of the last labels until all in sight is scored, and for nothing that does not come", () => {
  const ready: LabelModel = {
    state: "ready",
    seconds: 1,
    trainedAt: "2026-01-02T03:04:05.000Z",
    strokes: 7,
    error: null,
    threshold: 9,
    labelsScored: 1,
    scores: "live/scores/1.zarr",
    version: 1,
  };
  const waits = (change: Partial<LabelModel>, seq = 7, isSet = false) =>
    waitText({ ...ready, ...change }, seq, isSet);
  assert.equal(waits({}), "");
  assert.match(waits({}, 8), /in sight/, "the stroke is learned from soon");
  assert.match(waits({ state: "training" }), /in sight/);
  assert.match(waits({ state: "scoring" }), /in sight/);
  assert.match(waits({ threshold: null }), /labels/);
  assert.equal(waits({ threshold: null }, 7, true), "");
  assert.equal(waits({ state: "failed" }, 8), "", "of these labels there will be no model");
  assert.equal(waits({ state: "waiting" }, 8), "");
  assert.match(waitText(null, 0, true), /something/);
});

Deno.test("viewOf() takes a view of this stack that was kept, and nothing else", () => {
  const shape: Point = [30, 40, 50];
  const view = { ...firstLabelView(shape), at: [29.5, 3.5, 7.5] as Point, zoom: 2.5 };
  const kept = JSON.parse(JSON.stringify(view));
  assert.deepEqual(viewOf(kept, shape), view);
  const wrong = [
    null,
    3,
    {},
    { ...kept, zoom: -1 },
    { ...kept, at: [31, 0, 0] },
    { ...kept, at: [1, 2] },
    {
      ...kept,
      large: { name: "xx" },
    },
    { ...kept, centre: ["1", 2, 3] },
    { ...kept, large: null },
  ];
  for (const value of wrong) assert.equal(viewOf(value, shape), undefined, JSON.stringify(value));
});

Deno.test("grabbedEnd() reaches further where it is only asked whether somebody missed", () => {
  assert.ok(XY);
  const view: PlaneView = { plane: XY, centre: [5, 50, 50], zoom: 1, anisotropy: 1, width: 100, height: 100 };
  const line = { position: [5, 50, 50] as Point, length: 60, anisotropy: 1 };
  const at = (x: number): Point => [5, 50, x];
  assert.equal(grabbedEnd([0, 0, 1], line, view, at(120)), 1);
  assert.equal(grabbedEnd([0, 0, 1], line, view, at(135)), undefined);
  assert.equal(grabbedEnd([0, 0, 1], line, view, at(135), MISSED), 1);
  assert.equal(grabbedEnd([0, 0, 1], line, view, at(160), MISSED), undefined);
});
