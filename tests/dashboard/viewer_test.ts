/** The viewer: what it shows first, what it never paints, contrast, hatched places, the line across a cleft. */
import assert from "node:assert/strict";
import { nothingShown } from "../../src/dashboard/page/legend.tsx";
import type { ArrayInfo } from "../../src/dashboard/api.ts";
import { angleBetween, type Direction, directionOf } from "../../src/dashboard/page/axis.ts";
import { grabbedEnd, pointedSide, turnedAxis } from "../../src/dashboard/page/axis_line.ts";
import { contrastOf, createContrasts } from "../../src/dashboard/page/contrast.ts";
import { numberText } from "../../src/dashboard/page/fields.tsx";
import { PLANES, type PlaneView, toPoint } from "../../src/dashboard/page/geometry.ts";
import { timeTexts } from "../../src/dashboard/page/text.ts";
import { cutSlice } from "../../src/dashboard/page/slice.ts";
import { labelColour, luminance } from "../../src/dashboard/page/colours.ts";
import { leftView, volumesOf } from "../../src/dashboard/page/view_memory.ts";
import {
  DEFAULT_VIEW,
  firstView,
  linkOf,
  overlaysOf,
  titleOf,
  unknownIn,
  viewOfLink,
} from "../../src/dashboard/page/view_state.ts";
import { greyOf, noteHighest, overStyle } from "../../src/dashboard/page/viewer_draw.ts";
import type { Volume } from "../../src/dashboard/page/volume.ts";
import { volumeOf } from "./volume.ts";

const XY = PLANES[0] ?? assert.fail();

function array(
  path: string,
  role: ArrayInfo["role"],
  volumes: string[],
  more: Partial<ArrayInfo> = {},
): ArrayInfo {
  return { ...volumeOf([4, 6, 8], [4, 4, 4], "").info, path, name: path, role, volumes, ...more };
}

/** A volume whose chunks hold one value each, or what they are instead. */
function volumeWith(role: ArrayInfo["role"], values: readonly (number | "damaged" | "missing")[]): Volume {
  const volume = volumeOf([2 * values.length, 4, 4], [2, 4, 4], "");
  return {
    ...volume,
    info: { ...volume.info, role, dtype: "uint8" },
    chunk(_level, _component, [z]) {
      const value = values[z] ?? 0;
      return typeof value === "number" ? new Float32Array(32).fill(value) : value;
    },
  };
}

const view: PlaneView = { plane: XY, centre: [2, 2, 2], zoom: 4, anisotropy: 1, width: 16, height: 16 };

Deno.test("firstView() shows scores from their threshold on where one file is learned from and scored", () => {
  const arrays = [
    array("ground-truth/components.zarr", "components", ["train"]),
    array("scores/0-max.zarr", "score", ["test 0"], { threshold: 56.8 }),
    array("scores/0-min.zarr", "score", ["test 0"]),
    array("volumes/labels-55b625af.zarr", "labels", ["train"]),
    array("volumes/volume-ee63f4eb.zarr", "raw", ["test 0", "train"]),
  ];
  const { raw, over, threshold, low } = firstView(arrays, {});
  assert.deepEqual([raw, over, threshold, low], [arrays[4]?.path, "scores/0-max.zarr", 56.8, 56.8]);
  const roles = overlaysOf(arrays, arrays[4]).map(({ role }) => role);
  assert.deepEqual(roles, ["score", "score", "labels", "components"]);
  assert.equal(
    titleOf(array("volumes/volume-ee63f4eb.zarr", "raw", [], { name: "volume-ee63f4eb.zarr" })),
    "volume",
  );
});

Deno.test("leftView() keeps what was looked at, and makes way for scores where nobody chose anything", () => {
  const raw = array("volumes/train.zarr", "raw", ["train", "test 0"]);
  const labels = array("volumes/labels.zarr", "labels", ["train"]);
  const score = array("scores/0-max.zarr", "score", ["test 0"], { threshold: 3 });
  const early = [labels, raw], late = [score, labels, raw];
  const offered = volumesOf(firstView(early, {}));
  const left = { raw: raw.path, over: labels.path, at: [1, 2, 3], threshold: 0 } as const;
  assert.deepEqual(leftView(early, left, offered), left);
  assert.deepEqual(leftView(late, left, offered), { at: [1, 2, 3] }, "the same place, and scores");
  const chosen = { ...left, over: "" };
  assert.deepEqual(leftView(late, chosen, offered), chosen);
  const other = array("volumes/test.zarr", "raw", ["test 0"]);
  const ofTrain = array("volumes/train.zarr", "raw", ["train"]);
  assert.deepEqual(
    leftView([score, labels, ofTrain, other], left, offered),
    {},
    "another volume has the scores",
  );
});

Deno.test("linkOf() leaves out the threshold of the model, so that a view follows a new one", () => {
  const view = { ...DEFAULT_VIEW, threshold: 3, low: 3 };
  assert.equal(viewOfLink(`#/view?${linkOf(view, 3)}`).threshold, undefined);
  assert.equal(viewOfLink(`#/view?${linkOf(view, 4)}`).threshold, 3);
  assert.equal(viewOfLink(`#/view?${linkOf({ ...view, low: 1 }, 3)}`).low, 1);
});

Deno.test("labelColour() is never too dark to stand out from membranes", () => {
  for (let label = 1; label < 2000; label++) {
    const light = luminance(labelColour(label));
    assert.ok(light > 0.295 && light < 1, `${label}: ${light}`);
  }
});

Deno.test("firstView() of a volume that is served alone shows it with nothing over it", () => {
  const alone = [array("stack.zarr", "other", [])];
  assert.deepEqual([firstView(alone, {}).raw, firstView(alone, {}).over], ["stack.zarr", ""]);
});

Deno.test("unknownIn() names what an address asks for and is not there", () => {
  const arrays = [array("a", "raw", [])];
  assert.equal(unknownIn(arrays, { raw: "a", over: "" }), "");
  assert.equal(unknownIn(arrays, { raw: "b", over: "c" }), "b and c");
});

Deno.test("labels of unsure places are neither painted nor projected", () => {
  const labels = volumeWith("labels", [0, 128, 255]);
  const style = overStyle(labels, DEFAULT_VIEW, new WeakMap());
  assert.ok(style.kind === "label" && style.only === 255);
  const { only } = style;
  const value = (from: number, to: number) =>
    cutSlice(labels, 0, view, { from, to, take: "max", only }).values[0];
  assert.deepEqual([value(0, 4), value(0, 6)], [0, 255]);
  assert.equal(cutSlice(labels, 0, view, { from: 2, to: 3, take: "one", only }).values[0], 0);
});

Deno.test("cutSlice() tells chunks that are damaged or missing, and gives them no value", () => {
  const volume = volumeWith("raw", [7, "damaged", "missing"]);
  const faults = (from: number, to: number) => {
    const { values, faults } = cutSlice(volume, 0, view, { from, to, take: to - from > 1 ? "max" : "one" });
    return [values[0], faults.map(({ kind }) => kind)];
  };
  assert.deepEqual(faults(0, 1), [7, []]);
  assert.deepEqual(faults(2, 3), [NaN, ["damaged"]]);
  assert.deepEqual(faults(4, 5), [NaN, ["missing"]]);
  assert.deepEqual(faults(0, 6), [7, ["missing"]], "a projection is hatched where a chunk of it lacks");
  const [fault] = cutSlice(volume, 0, view, { from: 2, to: 3, take: "one" }).faults;
  assert.deepEqual([fault?.from, fault?.to], [[0, 0], [4, 4]]);
});

Deno.test("contrast is automatic at first, never inverted, and the same on every slice", () => {
  const values = Float64Array.from({ length: 1000 }, (_, i) => 100 + i / 10);
  values[0] = 0;
  assert.deepEqual(contrastOf(values)?.map(Math.round), [101, 199]);
  assert.deepEqual(contrastOf(Float64Array.of(5, 5, NaN)), [5, 6]);
  assert.equal(contrastOf(Float64Array.of(NaN)), undefined);
  const volume = volumeWith("raw", [20, 200]);
  const contrasts = createContrasts();
  const grey = (part = {}) => greyOf(volume, { ...DEFAULT_VIEW, ...part }, contrasts);
  assert.deepEqual(grey(), { kind: "grey", low: 0, high: 255 });
  assert.equal(contrasts.note(volume, cutSlice(volume, 0, view, { from: 0, to: 1, take: "one" })), true);
  assert.equal(contrasts.note(volume, cutSlice(volume, 0, view, { from: 2, to: 3, take: "one" })), false);
  assert.deepEqual(grey(), { kind: "grey", low: 20, high: 21 });
  assert.deepEqual(grey({ greyLow: 30, greyHigh: 90 }), { kind: "grey", low: 30, high: 90 });
  assert.deepEqual(grey({ greyLow: 90, greyHigh: 30 }), { kind: "grey", low: 20, high: 21 });
});

Deno.test("colours of scores reach to the largest that was seen, also where all are negative", () => {
  const scores = { ...volumeWith("score", [1]), info: array("scores/0-max.zarr", "score", ["test 0"]) };
  const highest = new WeakMap<Volume, number>();
  const range = () => {
    const style = overStyle(scores, { ...DEFAULT_VIEW, low: -3 }, highest);
    assert.ok(style.kind === "score");
    return [style.low, style.high];
  };
  assert.equal(noteHighest(highest, scores, Float64Array.of(NaN, -2, -1)), true);
  assert.deepEqual(range(), [-3, -1]);
  assert.equal(noteHighest(highest, scores, Float64Array.of(-2)), false);
  assert.equal(noteHighest(highest, scores, Float64Array.of(40)), true);
  assert.deepEqual(range(), [-3, 40]);
});

Deno.test("timeTexts() writes times as fine as they are apart, and never on two lines", () => {
  const noon = new Date(2026, 10, 28, 12, 0, 0).getTime() / 1000;
  const texts = (step: number) => timeTexts([0, 1, 2].map((i) => noon + i * step));
  assert.match(texts(5)[1] ?? "", /^12:00:05/);
  assert.match(texts(300)[1] ?? "", /^12:05( PM)?$/);
  assert.match(texts(86400)[1] ?? "", /29/);
  assert.ok([1, 60, 3600, 86400].flatMap(texts).every((text) => !text.includes("\n") && text.length <= 11));
});

Deno.test("numberText() writes numbers as people do", () => {
  assert.deepEqual(
    [56.806434631347656, 0.123456, 1234.56, 128, -0.5, 0].map((value) => numberText(value)),
    ["56.8", "0.123", "1235", "128", "-0.5", "0"],
  );
});

Deno.test("the line across a cleft is grabbed at its ends, dragged in a plane, and tells the side of a click", () => {
  const line = { position: [10, 10, 10] as const, length: 8, anisotropy: 2 };
  const axis: Direction = [0, 1, 0]; // along y
  const wide: PlaneView = { ...view, centre: [10, 10, 10], width: 100, height: 100 };
  const at = (right: number, down: number) => toPoint(wide, 50 + right, 50 + down, [10, 10, 10]);
  assert.equal(grabbedEnd(axis, line, wide, at(0, 32)), 1);
  assert.equal(grabbedEnd(axis, line, wide, at(3, -30)), -1);
  assert.equal(grabbedEnd(axis, line, wide, at(0, 0)), undefined);
  assert.equal(pointedSide(axis, line, XY, at(9, 20)), 1);
  assert.equal(pointedSide(axis, line, XY, at(9, -20)), -1);
  assert.equal(pointedSide([1, 0, 0], line, XY, at(9, -20)), undefined, "it points at the viewer");
  const turned = turnedAxis(axis, line, XY, at(64, 0), 1);
  assert.ok(angleBetween(turned, [0, 0, 1]) < 1e-3 && turned[2] > 0);
  const other = turnedAxis(axis, line, XY, at(64, 0), -1);
  assert.ok(other[2] < 0, "the other end goes the other way");
  const short = turnedAxis(axis, line, XY, at(0, 16), 1);
  assert.ok(Math.abs(short[1] - 0.5) < 1e-9 && Math.abs(Math.hypot(...short) - 1) < 1e-9);
  assert.deepEqual(directionOf([1, 2, 3]), [3, 2, 1]);
  assert.equal(Math.round(angleBetween([0, 0, 1], [0, 1, -1])), 45);
});

Deno.test("nothingShown() tells the highest score where no score reaches the threshold", () => {
  const style = { kind: "score", map: "fire", low: 0, high: 1, threshold: 52.8, opacity: 1 } as const;
  assert.equal(nothingShown({ ...style, highest: 52.8 }), "");
  assert.equal(nothingShown(style), "");
  assert.match(nothingShown({ ...style, highest: -205.5 }), /the highest is [-−]20[56]/);
});
