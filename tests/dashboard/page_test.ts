/** The page's own arithmetic: axes, planes, slices, links. */
import assert from "node:assert/strict";
import fc from "fast-check";
import type { ArrayInfo } from "../../src/dashboard/api.ts";
import { axisAcross, polarityOf, sideOf } from "../../src/dashboard/page/axis.ts";
import {
  niceLength,
  PLANES,
  type PlaneView,
  toPixel,
  toPoint,
  visibleRange,
} from "../../src/dashboard/page/geometry.ts";
import { cutSlice } from "../../src/dashboard/page/slice.ts";
import {
  DEFAULT_VIEW,
  firstView,
  linkOf,
  overlaysOf,
  PLANE_NAMES,
  titleOf,
  viewOfLink,
} from "../../src/dashboard/page/view_state.ts";
import { roundText, trainingCurve } from "../../src/dashboard/page/training_curve.ts";
import { volumeOf } from "./volume.ts";

type Triple = readonly [number, number, number];

const direction = fc.tuple(...[0, 1, 2].map(() => fc.double({ min: -1, max: 1, noNaN: true })))
  .filter((d) => Math.hypot(...d) > 0.2)
  .map((d) => {
    const length = Math.hypot(...d);
    return [(d[0] ?? 0) / length, (d[1] ?? 0) / length, (d[2] ?? 0) / length] as const;
  });

Deno.test("axisAcross() finds the normal of a flat disc, also in anisotropic voxels", () => {
  fc.assert(
    fc.property(direction, fc.constantFrom(1, 2), (normal, anisotropy) => {
      const voxels: Triple[] = [];
      for (let z = -20; z <= 20; z++) {
        for (let y = -20; y <= 20; y++) {
          for (let x = -20; x <= 20; x++) {
            const at = [z * anisotropy, y, x] as const;
            const away = at.reduce((sum, n, k) => sum + n * (normal[k] ?? 0), 0);
            if (Math.abs(away) <= 2.5 && Math.hypot(...at) <= 18) voxels.push([z, y, x]);
          }
        }
      }
      const found = axisAcross(voxels, anisotropy);
      const cosine = found.reduce((sum, n, k) => sum + n * (normal[k] ?? 0), 0);
      assert.ok(Math.abs(cosine) > 0.97, `${found} for ${normal}`);
      assert.ok(Math.abs(Math.hypot(...found) - 1) < 1e-6);
    }),
    { numRuns: 30 },
  );
});

Deno.test("polarityOf() rounds a direction to -1, 0 and 1, x first, on the side that sideOf() tells", () => {
  assert.deepEqual(polarityOf([0.02, -0.1, 0.99], 1), [1, 0, 0]);
  assert.deepEqual(polarityOf([0.02, -0.1, 0.99], -1).map((n) => n + 0), [-1, 0, 0]);
  assert.deepEqual(polarityOf([0.7, -0.7, 0.1], 1).map((n) => n + 0), [0, -1, 1]);
  fc.assert(fc.property(direction, fc.constantFrom(1 as const, -1 as const), (axis, sign) => {
    const polarity = polarityOf(axis, sign);
    assert.ok(polarity.some((n) => n !== 0));
    assert.equal(sideOf(axis, polarity), sign);
  }));
});

Deno.test("toPoint() is the inverse of toPixel() on every plane", () => {
  const place = fc.tuple(...[0, 1, 2].map(() => fc.double({ min: 0, max: 500, noNaN: true })));
  fc.assert(
    fc.property(
      fc.constantFrom(...PLANES),
      place,
      place,
      fc.double({ min: 0.1, max: 20, noNaN: true }),
      (plane, a, b, zoom) => {
        const [centre, point] = [a, b].map((p): Triple => [p[0] ?? 0, p[1] ?? 0, p[2] ?? 0]);
        assert.ok(centre && point);
        const view: PlaneView = { plane, centre, zoom, anisotropy: 3.5, width: 300, height: 200 };
        const [across, down] = toPixel(view, point);
        const back = toPoint(view, across, down, point);
        for (const axis of [0, 1, 2] as const) assert.ok(Math.abs(back[axis] - point[axis]) < 1e-6);
      },
    ),
  );
});

Deno.test("cutSlice() takes every voxel from its place, on every plane, at any zoom", () => {
  const shape = [9, 11, 13] as const;
  const volume = volumeOf(shape, [4, 3, 5], "");
  fc.assert(fc.property(
    fc.constantFrom(...PLANES),
    fc.constantFrom(0.2, 0.5, 1, 3),
    fc.tuple(fc.nat(8), fc.nat(10), fc.nat(12)),
    (plane, zoom, at) => {
      const centre = [at[0] + 0.5, at[1] + 0.5, at[2] + 0.5] as const;
      const view: PlaneView = { plane, centre, zoom, anisotropy: 1, width: 20, height: 16 };
      const depth = { from: at[plane.cut], to: at[plane.cut] + 1, take: "one" } as const;
      const { values, columns, rows, from, step, isComplete } = cutSlice(volume, 0, view, depth);
      assert.ok(isComplete && columns > 0 && rows > 0);
      for (let j = 0; j < rows; j++) {
        for (let i = 0; i < columns; i++) {
          const voxel: [number, number, number] = [...at];
          [voxel[plane.across], voxel[plane.down]] = [from[0] + i * step[0], from[1] + j * step[1]];
          assert.equal(values[j * columns + i], voxel[0] * 10000 + voxel[1] * 100 + voxel[2]);
        }
      }
      const [low, high] = visibleRange(view, plane.across, view.width, shape[plane.across]);
      assert.ok(from[0] <= low && from[0] + columns * step[0] >= high);
    },
  ));
});

Deno.test("cutSlice() projects the largest and the smallest, and leaves out what has not come", () => {
  const [plane] = PLANES;
  assert.ok(plane);
  const view: PlaneView = { plane, centre: [4, 5, 6], zoom: 1, anisotropy: 1, width: 30, height: 30 };
  const whole = volumeOf([9, 11, 13], [4, 3, 5], "");
  assert.equal(cutSlice(whole, 0, view, { from: 0, to: 9, take: "max" }).values[0], 80000);
  assert.equal(cutSlice(whole, 0, view, { from: 2, to: 9, take: "min" }).values[0], 20000);
  const part = cutSlice(volumeOf([9, 11, 13], [4, 3, 5], "1,0,0"), 0, view, { from: 5, to: 6, take: "one" });
  assert.equal(part.isComplete, false);
  assert.ok(Number.isNaN(part.values[0]) && part.values[5] === 50005);
});

Deno.test("cutSlice() takes a coarser level where a pixel is larger than a voxel", () => {
  const [plane] = PLANES;
  assert.ok(plane);
  const volume = volumeOf([8, 12, 16], [4, 4, 4], "", [2, 2, 2]);
  const view: PlaneView = { plane, centre: [4, 6, 8], zoom: 0.5, anisotropy: 1, width: 30, height: 30 };
  const { values, columns, rows, step } = cutSlice(volume, 0, view, { from: 3, to: 4, take: "one" });
  assert.deepEqual([values[0], columns, rows, step], [-1, 8, 6, [2, 2]]);
  assert.equal(cutSlice(volume, 0, { ...view, zoom: 2 }, { from: 3, to: 4, take: "one" }).values[0], 30000);
});

Deno.test("viewOfLink() reads what linkOf() writes, and leaves out what is wrong", () => {
  const number = fc.integer({ min: -1000, max: 1000 }).map((n) => n / 8);
  const point = fc.tuple(number, number, number);
  const view = fc.record({
    at: point,
    centre: point,
    zoom: number,
    low: number,
    high: number,
    threshold: number,
    raw: fc.string(),
    over: fc.string(),
    drawn: fc.constantFrom("filled" as const, "outlines" as const),
    plane: fc.constantFrom("" as const, ...PLANE_NAMES),
    greyLow: number,
    greyHigh: number,
  });
  fc.assert(fc.property(view, (part) => {
    const whole = { ...DEFAULT_VIEW, ...part };
    const back = viewOfLink(`#/view?${linkOf(whole)}`);
    const { component: _, voxelSize: __, drawn, greyLow, greyHigh, plane, high, ...others } = whole;
    const shown = {
      ...others,
      ...(drawn === "outlines" ? { drawn } : {}),
      ...(greyHigh > greyLow ? { greyLow, greyHigh } : {}), // else contrast is automatic
      ...(plane === "" ? {} : { plane }),
      ...(high > whole.low ? { high } : {}), // else the largest that was seen
    };
    assert.deepEqual(back, shown);
  }));
  assert.deepEqual(viewOfLink("#/view?at=1,2&zoom=x&map=none&range=x"), {});
  assert.deepEqual(viewOfLink("#/view?scores"), {}, "the first view");
});

Deno.test("firstView() opens the test volume that has scores, with them over it", () => {
  const array = (path: string, role: ArrayInfo["role"], volume: string): ArrayInfo => ({
    ...volumeOf([4, 6, 8], [4, 4, 4], "").info,
    path,
    role,
    volumes: [volume],
  });
  const arrays = [
    array("train", "raw", "train"),
    array("labels", "labels", "train"),
    array("test", "raw", "test 0"),
    array("scores/0-min.zarr", "score", "test 0"),
    array("scores/0-max.zarr", "score", "test 0"),
  ];
  const view = firstView(arrays, {});
  assert.deepEqual([view.raw, view.over, view.at], ["test", "scores/0-max.zarr", [2.5, 3.5, 4.5]]);
  const refined = { ...array("scores/0-max.zarr", "score", "test 0"), threshold: 2.75 };
  const first = array("scores/0-first.zarr", "score", "test 0");
  const all = [first, ...arrays.slice(0, -1), refined];
  assert.deepEqual(overlaysOf(all, all[3]).slice(0, 3).map(titleOf), [
    "synapse score",
    "score without its surroundings",
    "score of the less likely direction",
  ]);
  assert.deepEqual([firstView(all, {}).over, firstView(all, {}).threshold], [refined.path, 2.75]);
  assert.equal(firstView(all, { threshold: 1 }).threshold, 1, "a link tells its own");
  assert.equal(firstView(all, { over: first.path }).threshold, 0);
  assert.equal(firstView(arrays, { raw: "train" }).over, "labels");
  assert.equal(firstView(arrays.slice(0, 1), {}).over, "");
});

Deno.test("trainingCurve() parts the models, whose rounds are numbered on", () => {
  const rows = [1, 2, 3, 4, 5].map((round) => [round, round / 10, round, round / 100] as const).toReversed();
  const models = { count: 3, rounds: 2 };
  const { rounds, curves } = trainingCurve(rows, models);
  assert.deepEqual(rounds, [1, 2, 2.5, 3, 4, 4.5, 5]);
  assert.deepEqual(curves[0], [0.1, 0.2, null, 0.3, 0.4, null, 0.5]);
  assert.ok(curves.every((curve) => curve.length === rounds.length));
  assert.equal(roundText(4, models), "model 2 of 3, round 2");
  assert.equal(roundText(4.5, models), "model 3 of 3, round 1");
  assert.deepEqual(trainingCurve(rows, null).rounds, [1, 2, 3, 4, 5]);
  assert.equal(roundText(4, { count: 1, rounds: 300 }), "round 4");
  assert.equal(roundText(null, models), "");
});

/** Relative luminance of `#rrggbb`, as WCAG defines it. */
function luminance(colour: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((i) => Number.parseInt(colour.slice(i, i + 2), 16) / 255)
    .map((c) => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

Deno.test("the page's colours have the contrast of WCAG AA, light and dark", async () => {
  const css = await Deno.readTextFile(new URL("../../src/dashboard/page/style.css", import.meta.url));
  const schemes = Array.from(
    css.matchAll(/:root \{([^}]*)\}/g),
    ([, block = ""]) =>
      new Map(
        Array.from(
          block.matchAll(/--([\w-]+): (#[0-9a-f]{6});/g),
          ([, name = "", colour = ""]) => [name, colour],
        ),
      ),
  );
  assert.equal(schemes.length, 2);
  const pairs = [
    ...["ground", "card", "bad-ground"].flatMap((ground) =>
      ["text", "quiet"].map((text) => [text, ground, 4.5] as const)
    ),
    ...["accent", "good", "bad", "working-text"].map((text) => [text, "card", 4.5] as const),
    ["accent-text", "accent", 4.5],
    ["card", "good", 4.5],
    ["text", "pending", 4.5],
    ["accent", "ground", 4.5],
    ...["edge", "working", "series-1", "series-2", "series-3"].map((mark) => [mark, "card", 3] as const),
    ["accent", "pending", 3],
    ["good", "pending", 3],
  ] as const;
  for (const colours of schemes) {
    for (const [front, back, least] of pairs) {
      const [a, b] = [front, back].map((name) => luminance(colours.get(name) ?? assert.fail(`no ${name}`)));
      const contrast = (Math.max(a ?? 0, b ?? 0) + 0.05) / (Math.min(a ?? 0, b ?? 0) + 0.05);
      assert.ok(contrast >= least, `${front} on ${back}: ${contrast.toFixed(2)}`);
    }
  }
});

Deno.test("niceLength() is 1, 2 or 5 times a power of ten, and the longest that fits", () => {
  assert.deepEqual([1, 4.9, 5, 99, 100, 730].map(niceLength), [1, 2, 5, 50, 100, 500]);
});
