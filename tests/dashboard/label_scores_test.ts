/** Which scores the labelling page shows, and from which score on. */
import assert from "node:assert/strict";
import type { LayerStyle } from "../../src/dashboard/page/layer_style.ts";
import { PLANES, type PlaneView } from "../../src/dashboard/page/geometry.ts";
import {
  drawLabelPlane,
  type PlanePictures,
  type Scene,
  type ScoresPicture,
} from "../../src/dashboard/page/label/label_draw.ts";
import { type ModelScores, shownScores, withNewScores } from "../../src/dashboard/page/label/model_scores.ts";
import type { Slice } from "../../src/dashboard/page/slice_values.ts";
import type { Volume } from "../../src/dashboard/page/volume.ts";
import { volumeOf } from "./volume.ts";

Deno.test("shownScores() are of a new model from its threshold on, and withNewScores() keeps what was shown", () => {
  const [first, second, third] = ["1.zarr", "2.zarr", "3.zarr"].map((path) => {
    const volume = volumeOf([1, 1, 1], [1, 1, 1], "");
    return { ...volume, info: { ...volume.info, path } };
  });
  assert.ok(first && second && third);
  const thresholds = new Map<string, number>();
  const next = (known: ModelScores, volume: Volume) => withNewScores(known, volume, thresholds);
  const shown = (known: ModelScores) => {
    const { now, before } = shownScores(known, thresholds.has(known.now?.info.path ?? ""));
    return [now?.info.path, before?.info.path];
  };
  const one = next({ now: undefined, before: undefined }, first);
  assert.deepEqual(shown(one), ["1.zarr", undefined], "there is nothing else");
  thresholds.set("1.zarr", 9);
  const two = next(one, second);
  assert.deepEqual(shown(two), ["1.zarr", undefined]);
  const three = next(two, third);
  assert.deepEqual(shown(three), ["1.zarr", undefined], "the second model had no threshold in time");
  thresholds.set("3.zarr", 4);
  assert.deepEqual(shown(three), ["3.zarr", "1.zarr"]);
});

/** A canvas on which nothing is seen. */
const NOWHERE = new Proxy({}, {
  get: () => () => ({ width: 0 }),
  set: () => true,
}) as CanvasRenderingContext2D;

Deno.test("drawLabelPlane() shows the scores of each model from its own threshold on", () => {
  const [plane] = PLANES;
  assert.ok(plane);
  const view: PlaneView = { plane, centre: [1, 5, 5], zoom: 1, anisotropy: 1, width: 10, height: 10 };
  const slice = { values: Float32Array.of(3, 30) } as unknown as Slice;
  const drawn: LayerStyle[] = [];
  const picture = (path: string): ScoresPicture => ({
    path,
    picture: {
      draw(_context, _view, _number, _named, styleOf) {
        drawn.push(styleOf(slice));
        return slice;
      },
      renew: () => {},
    },
  });
  const pictures: PlanePictures = {
    raw: undefined,
    scores: picture("2.zarr"),
    scoresBefore: picture("1.zarr"),
    labels: { draw: () => {}, mend: () => {} },
  };
  const scene = {
    thresholdOf: (path: string) => path === "2.zarr" ? 4 : 9,
    at: [1, 5, 5],
    large: plane,
  } as unknown as Scene;
  drawLabelPlane(NOWHERE, view, pictures, scene);
  assert.deepEqual(
    drawn.map((style) => style.kind === "score" && [style.threshold, style.low, style.high]),
    [[9, 9, 30], [4, 4, 30]],
  );
});
