import assert from "node:assert/strict";
import { anisotropyOf } from "../../src/config/settings.ts";
import { failure, load, SMALL, TEST } from "./cases.ts";

Deno.test("loadSettings() needs one anisotropy for all volumes", async () => {
  const overrides = ["train.zAnisotropyFactor=4", "test[0].zAnisotropyFactor=5"];
  assert.match(
    await failure(SMALL, { overrides }),
    /^--set test\[0\]\.zAnisotropyFactor: test\[0\]\.zAnisotropyFactor is 5 and train\.zAnisotropyFactor is 4; all volumes/,
  );
  const settings = await load(SMALL, { overrides: ["train.zAnisotropyFactor=4"] });
  assert.equal(settings.test[0]?.zAnisotropyFactor, 4);
});

Deno.test("loadSettings() needs the same channels for all volumes", async () => {
  const fewer = await failure(SMALL, { overrides: ['test[0].otherFeatures=["gauss-s1.0"]'] });
  assert.match(fewer, /test\[0\]\.otherFeatures differs from train\.otherFeatures: 1 channels instead of 8/);
  const overrides = [
    'train.otherFeatures=["extra.nrrd","gauss-s2.0"]',
    'test[0].otherFeatures=["labels.tif","gauss-s1.0"]',
  ];
  assert.match(await failure(SMALL, { overrides }), /channel 1 is gauss-s1\.0 instead of gauss-s2\.0/);
  const settings = await load(SMALL, {
    overrides: ['train.otherFeatures=["extra.nrrd"]', 'test[0].otherFeatures=["raw.tif"]'],
  });
  assert.equal(settings.test[0]?.otherFeatures.length, 1);
});

Deno.test("loadSettings() needs train unless a stump file is only tested", async () => {
  const test = `outFileName = "out"; ${TEST}`;
  const model = 'savedStumpsPath = "model.cfg";';
  const only = "usedSavedStumpsPathOnlyForTesting = true;";
  assert.match(await failure(test), /train is missing.*; add train = .*savedStumpsPath/);
  assert.match(await failure(test + only), /train is missing/);
  assert.match(await failure(test + only + 'savedStumpsPath = "";'), /train is missing/);
  assert.match(
    await failure(test + model),
    /train is missing; .*or set usedSavedStumpsPathOnlyForTesting = true/,
  );
  assert.deepEqual((await load(test + model + only)).train, []);
  assert.equal((await load(SMALL + only)).train.length, 1);
  assert.equal((await load(SMALL + model)).train.length, 1);
  assert.match(await failure('outFileName = "out";' + model + only), /nothing to do/);
});

Deno.test("loadSettings() does not read train where a stump file is only tested, but keeps its anisotropy for test", async () => {
  const text =
    `outFileName = "out"; ${TEST} savedStumpsPath = "model.cfg"; usedSavedStumpsPathOnlyForTesting = true;
    train = { rawVolume = "gone.tif"; groundTruth = "gone.tif"; zAnisotropyFactor = 6.0; };`;
  const settings = await load(text);
  assert.deepEqual(settings.train, []);
  assert.equal(anisotropyOf(settings), 6);
});

Deno.test("loadSettings() needs savedStumpsPath and train for relearnThresholds", async () => {
  const relearn = "relearnThresholds = true;";
  const model = 'savedStumpsPath = "model.cfg"; usedSavedStumpsPathOnlyForTesting = true;';
  assert.match(await failure(SMALL + relearn), /relearnThresholds = true needs a model.*savedStumpsPath/);
  assert.match(
    await failure(`outFileName = "o"; ${TEST}` + relearn + model),
    /relearnThresholds = true needs a training volume.*add train/,
  );
  assert.equal((await load(SMALL + relearn + model)).train.length, 1);
});

Deno.test("loadSettings() rejects one name for both volumes of training weights, if they are written", async () => {
  const same = 'saveTrainingWeightsPosFileName = "w.nrrd"; saveTrainingWeightsNegFileName = "./w.nrrd";';
  assert.match(
    await failure(`${SMALL} ${same} saveTrainingWeights = true;`),
    /are both \/data\/w\.nrrd/,
  );
  assert.equal((await load(SMALL + same)).saveTrainingWeights, false);
});
