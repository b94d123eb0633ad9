/** What a plan says of the labels of a run, compared with what the run does. */
import assert from "node:assert/strict";
import { encodeTiff } from "../../fixtures/tiff.ts";
import { planCcboost } from "../../src/stages/run.ts";
import { lookAtLabels } from "../../src/stages/training/look_at_labels.ts";
import type { Zyx } from "../../src/volume/region.ts";
import { createZarr, writeRegion } from "../../src/volume/zarr/mod.ts";
import { runJob, settingsOf, writeGenerated } from "../helpers/run_job.ts";
import { inTempFolder } from "../helpers/temp_folder.ts";
import { PLATE_VOXELS, TINY, tinyVolume, writeTiny } from "../helpers/run_tiny.ts";

const RESOURCES = { memory: 2 ** 30, workers: 1 };
const SHAPE: Zyx = [64, 80, 72];

async function planOf(folder: string, set: readonly string[] = []) {
  return await planCcboost({ settings: await settingsOf(folder, set), resources: RESOURCES });
}

/** Largest size of the feature matrix while the run is watched, and what it said. */
async function watched(folder: string, set: readonly string[]): Promise<{ bytes: number; said: string }> {
  let bytes = 0;
  const look = () => {
    const files = (name: string) => Array.from(Deno.readDirSync(name), (one) => `${name}/${one.name}`);
    try {
      const sizes = files(`${folder}/out-work/gather`).map((path) => Deno.statSync(path).size);
      bytes = Math.max(bytes, sizes.reduce((sum, size) => sum + size, 0));
    } catch (cause) {
      if (!(cause instanceof Deno.errors.NotFound)) throw cause; // not there yet, or gone again
    }
  };
  const timer = setInterval(look, 5);
  try {
    return { said: (await runJob(folder, { set })).said, bytes };
  } finally {
    clearInterval(timer);
  }
}

Deno.test("planCcboost() counts synapses and bounds the samples and the feature matrix, within a few times of what a run takes", () =>
  inTempFolder(async (folder) => {
    const text = `outFileName = "out"; numStumps = 4; numWLToExplorePerIter = 10; candidatePoses = 40;
borderMinDist = 4; minPosRegionSize = 10; crossFitFolds = 4;`;
    await writeGenerated(folder, { shape: SHAPE, anisotropy: 1, text });
    for (const set of [["test=()"], ["test=()", "NegSampleProportion=3.0"]]) {
      const { training, disk, stages } = await planOf(folder, set);
      assert.deepEqual([training?.synapses, training?.leastSynapses], [4, 6]);
      assert.deepEqual(
        stages.map(({ name }) => name).filter((name) => /cross-fit|scores|cells|second/.test(name)),
        ["training scores", "cells", "second stage"],
        "too few for cross-fitting",
      );
      const matrix = disk.find(({ what }) => /features/.test(what))?.bytes ?? 0;
      const { said, bytes } = await watched(folder, set);
      const [, positives, negatives] = /training on (\d+) .*?positives and (\d+)/.exec(said) ??
        assert.fail(said);
      const samples = Number(positives) + Number(negatives);
      const most = training?.samples ?? 0;
      assert.ok(samples <= most && most < 8 * samples, `${samples} of at most ${most}`);
      assert.ok(bytes > 0 && bytes <= matrix && matrix < 16 * bytes, `${bytes} of at most ${matrix}`);
      await Deno.remove(`${folder}/out-work`, { recursive: true });
      await Deno.remove(`${folder}/out-stumps.cfg`);
    }
    const { stages } = await planOf(folder, ["crossFitFolds=2"]);
    assert.ok(stages.some(({ name }) => name === "cross-fit"), "four are enough for two folds");
  }));

Deno.test("lookAtLabels() reads labels of every kind and leaves out small and unused synapses", () =>
  inTempFolder(async (folder) => {
    await writeTiny(folder);
    const settings = await settingsOf(folder);
    const train = settings.train[0] ?? assert.fail();
    const { labels } = tinyVolume(1);
    const negative = labels.filter((label) => label === 0).length;
    const look = (
      more: Partial<typeof train> = {},
      memory = 2 ** 30,
      limits: Partial<typeof settings> = {},
    ) => lookAtLabels({ ...settings, ...limits }, { ...train, ...more }, memory);
    const all = PLATE_VOXELS.reduce((sum, n) => sum + n, 0);
    assert.deepEqual(await look(), { synapses: 4, positive: all, negative });
    assert.deepEqual(await look({ useSynapses: [1, 2] }, 2 ** 30, { minPosRegionSize: 100 }), {
      synapses: 2,
      positive: (PLATE_VOXELS[0] ?? 0) + (PLATE_VOXELS[1] ?? 0),
      negative,
    });
    const path = `${folder}/ids.zarr`;
    const ids = await createZarr(path, { shape: TINY, chunk: [8, 16, 16], dtype: "uint32" });
    const numbers = Uint32Array.from(labels, (label, i) => label === 255 ? 1 + i : 0);
    await writeRegion(ids, { start: [0, 0, 0], shape: TINY }, numbers);
    assert.equal((await look({ groundTruth: path, labels: "ids" }))?.positive, all);
    await Deno.writeFile(`${folder}/one.tif`, encodeTiff(labels.map(() => 7), TINY));
    await assert.rejects(look({ groundTruth: `${folder}/one.tif`, labels: "binary" }), /only one value/);
    assert.equal(await look({}, 1000), undefined, "more than the memory allows");
    assert.equal(await look({ groundTruthErodeRadius: 1 }), undefined, "what is left then is not known");
  }));
