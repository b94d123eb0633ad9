/** Runs on labels that have supervoxels of a class, but no whole cells of it. */
import assert from "node:assert/strict";
import { generated } from "../helpers/generated.ts";
import { runJob, writeGenerated } from "../helpers/run_job.ts";
import { inTempFolder } from "../helpers/temp_folder.ts";
import { encodeTiff } from "../../fixtures/tiff.ts";
import type { Zyx } from "../../src/volume/region.ts";

const SHAPE: Zyx = [40, 96, 60];
const SETTINGS = `outFileName = "out"; numStumps = 12; numWLToExplorePerIter = 60; candidatePoses = 12;
borderMinDist = 4; NegSampleProportion = 5.0; crossFitFolds = 2; seed = 1;`;

/** Runs where from a row on each cell of 2 x 2 x 2 voxels of the background has a voxel without a label. */
async function runWithout(folder: string, row: number) {
  await writeGenerated(folder, { shape: SHAPE, anisotropy: 1, text: SETTINGS });
  const { labels } = generated({ shape: SHAPE, anisotropy: 1, seed: 1, synapses: 4 });
  const [, ny, nx] = SHAPE;
  for (const [i, label] of labels.entries()) {
    const x = i % nx, y = Math.floor(i / nx) % ny, z = Math.floor(i / nx / ny);
    if (label === 0 && y >= row && x % 2 + y % 2 + z % 2 === 0) labels[i] = 128;
  }
  await Deno.writeFile(`${folder}/labels.tif`, encodeTiff(labels, SHAPE));
  const { said, report } = await runJob(folder);
  return { said, tables: report.tables, model: await Deno.readTextFile(`${folder}/out-stumps.cfg`) };
}

Deno.test("runCcboost() goes without a second stage where all background cells are in one fold, and lists synapses", () =>
  inTempFolder(async (folder) => {
    const { said, tables, model } = await runWithout(folder, 40);
    assert.match(said, /cross-fitting: 2 models/);
    assert.match(said, /no second stage: there are labelled negative cells in one part alone/);
    assert.match(model, /smoothing = /);
    assert.ok(!/autoContext = /.test(model));
    assert.equal(tables.length, 1);
  }));

Deno.test("runCcboost() finds a threshold in the labelled voxels where no cell of the background is labelled", () =>
  inTempFolder(async (folder) => {
    const { said, tables, model } = await runWithout(folder, 0);
    assert.match(said, /no second stage: the labelled cells in the scored part are all of one class/);
    assert.match(model, /bestThreshold = /);
    assert.equal(tables.length, 1);
  }));
