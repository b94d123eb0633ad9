/** What is predicted of cross-fitted models and of what follows them. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { formatStumps, type Model, UNFITTED_PLATT } from "../../src/boosting/mod.ts";
import type { Settings } from "../../src/config/settings.ts";
import { plannedFiles } from "../../src/stages/free_space.ts";
import {
  mayRefine,
  refinementToPlan,
  roundsOf,
  settingsOfModel,
  stumpsOf,
} from "../../src/stages/refine/expected.ts";
import { foldsToPlan } from "../../src/stages/training/folds.ts";
import { regionEnd, voxelCount, type Zyx } from "../../src/volume/region.ts";
import { settingsOf } from "../helpers/run_job.ts";
import { writeTiny } from "../helpers/run_tiny.ts";
import { inTempFolder } from "../helpers/temp_folder.ts";

Deno.test("foldsToPlan() gives parts of whole chunks along the longest axis, apart from each other and within the limit", () => {
  const length = fc.integer({ min: 1, max: 700 });
  fc.assert(fc.property(
    fc.tuple(length, length, length),
    fc.integer({ min: 2, max: 9 }),
    fc.constantFrom(1, 2.5, 10),
    fc.constantFrom(2 ** 18, 2 ** 24),
    (sides, folds, anisotropy, mostVoxels) => {
      const shape: Zyx = [...sides];
      const { parts, chunk } = foldsToPlan({ folds, shape, anisotropy, chunk: [32, 64, 64], mostVoxels });
      assert.ok(parts.length >= 1 && parts.length <= folds);
      const lengths = [shape[0] * anisotropy, shape[1], shape[2]];
      const axis = [1, 2, 0].find((a) => lengths[a] === Math.max(...lengths)) ?? 0;
      let end = 0, voxels = 0;
      for (const part of parts) {
        const over = regionEnd(part);
        for (const a of [0, 1, 2] as const) {
          assert.equal(part.start[a] % chunk[a], 0);
          assert.ok(over[a] === shape[a] || over[a] % chunk[a] === 0);
          assert.ok(part.shape[a] > 0 && over[a] <= shape[a]);
        }
        assert.ok((part.start[axis] ?? 0) >= end);
        end = over[axis] ?? 0;
        voxels += voxelCount(part.shape);
      }
      const isShort = parts.every((part) =>
        ([0, 1, 2] as const).every((a) => a === axis || part.shape[a] <= chunk[a])
      );
      assert.ok(voxels <= mostVoxels || isShort, `${voxels} voxels in ${parts.length} parts`);
      if (voxelCount(shape) <= mostVoxels) assert.equal(voxels, voxelCount(shape));
    },
  ));
});

/** Settings of the tiny job, which train and score. */
function withSettings(
  test: (settings: Settings, folder: string) => Promise<void> | void,
): () => Promise<void> {
  return () =>
    inTempFolder(async (folder) => {
      await writeTiny(folder);
      await test(await settingsOf(folder, ["crossFitFolds=4"]), folder);
    });
}

const STUMP = { pose: 0, column: 0, threshold: 1, invert: false, alpha: 1 };
const MODEL: Model = {
  stumps: [STUMP, STUMP, STUMP, STUMP],
  platt: UNFITTED_PLATT,
  join: "nearest",
  models: [2, 2],
};
const SMOOTHED: Model = { ...MODEL, refinement: { smoothing: { sigma: [3, 0], platt: UNFITTED_PLATT } } };
const REFINED: Model = {
  ...MODEL,
  refinement: {
    smoothing: { sigma: [3, 0], platt: UNFITTED_PLATT },
    autoContext: { space: "volume", features: [], bias: 0, trees: [], platt: UNFITTED_PLATT },
  },
};

Deno.test(
  "mayRefine() and roundsOf() follow the settings, and a model that is looked at",
  withSettings((settings) => {
    const { numStumps } = settings;
    assert.equal(roundsOf(settings), 4 * numStumps);
    assert.equal(stumpsOf(settings), 4 * numStumps);
    assert.ok(mayRefine(settings));
    assert.ok(!mayRefine({ ...settings, crossFitFolds: 1 }));
    assert.equal(roundsOf({ ...settings, crossFitFolds: 1 }), numStumps);
    assert.ok(mayRefine({ ...settings, crossFitFolds: 1, smoothing: [2, 0] }));
    assert.ok(!mayRefine({ ...settings, autoContext: false, smoothing: [0, 0] }));
    assert.ok(mayRefine({ ...settings, autoContext: false }));

    const loading = { ...settings, savedStumpsPath: "stumps.cfg" };
    assert.ok(
      mayRefine({ ...loading, crossFitFolds: 1 }),
      "a model that was not looked at may have a second stage",
    );
    assert.equal(roundsOf(loading), numStumps, "nothing is boosted");
    const plain = settingsOfModel(loading, MODEL);
    assert.deepEqual([mayRefine(plain), stumpsOf(plain)], [false, 4]);
    assert.equal(refinementToPlan(plain, 1), undefined);
    const smoothed = settingsOfModel(loading, SMOOTHED);
    assert.deepEqual(refinementToPlan(smoothed, 1)?.smoothing.sigma, [3, 0]);
    assert.equal(refinementToPlan(smoothed, 1)?.autoContext, undefined);
    assert.ok(!mayRefine(settingsOfModel({ ...loading, smoothing: [0, 0] }, SMOOTHED)));

    assert.equal(refinementToPlan(settings, 1)?.autoContext?.space, "volume");
    assert.equal(refinementToPlan(settings, 1)?.smoothedBy, undefined);
    assert.deepEqual(refinementToPlan({ ...settings, smoothing: [2, 0] }, 1)?.smoothedBy, [2, 0]);
    const refined = (smoothing: Settings["smoothing"]) =>
      refinementToPlan(settingsOfModel({ ...loading, smoothing }, REFINED), 1);
    assert.ok(refined("auto")?.autoContext);
    assert.equal(
      refined("auto")?.smoothedBy,
      undefined,
      "the smoothing that a model has is instead of its second stage",
    );
    assert.deepEqual(refined([4, 1])?.smoothedBy, [4, 1]);
    assert.ok((refinementToPlan(settings, 2.5)?.autoContext?.features.length ?? 0) > 20);
  }),
);

Deno.test(
  "plannedFiles() counts the scores of both stages where the model may have a second one",
  withSettings(async (settings, folder) => {
    const scoresOf = async (more: Partial<Settings>) => {
      const files = await plannedFiles({ ...settings, ...more }, `${folder}/out-work`);
      return files.filter(({ path }) => path.includes("/scores/")).map(({ path }) =>
        path.replace(/.*\//, "")
      );
    };
    assert.deepEqual(await scoresOf({}), ["0-first.zarr", "0-max.zarr"]);
    assert.deepEqual(await scoresOf({ crossFitFolds: 1 }), ["0-max.zarr"]);
    const path = `${folder}/known.cfg`;
    await Deno.writeTextFile(path, formatStumps(MODEL, 1));
    assert.deepEqual(await scoresOf({ savedStumpsPath: path }), ["0-max.zarr"]);
    await Deno.writeTextFile(path, formatStumps(SMOOTHED, 1));
    assert.deepEqual(await scoresOf({ savedStumpsPath: path, numStumps: 2 }), ["0-first.zarr", "0-max.zarr"]);
    assert.deepEqual(
      await scoresOf({ savedStumpsPath: path, numStumps: 1 }),
      ["0-max.zarr"],
      "a part of a model has none",
    );
  }),
);
