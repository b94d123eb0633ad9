/** Runs the reference configuration that names every key, where the reference data is. */
import assert from "node:assert/strict";
import { parseChannelName } from "../../src/channels/mod.ts";
import { loadSettings } from "../../src/config/settings.ts";
import { createReporter } from "../../src/engine/mod.ts";
import { runCcboost } from "../../src/stages/run.ts";
import { referencePath } from "../helpers/project.ts";
import { inTempFolder } from "../helpers/temp_folder.ts";

Deno.test("runCcboost() runs the configuration that names every key of the original", async () => {
  const config = referencePath("configs/every-key.cfg");
  if (!await Deno.stat(config).catch(() => undefined)) {
    // deno-lint-ignore no-console -- says why a test did not run
    console.log(`skipped: no reference data in ${referencePath("")}`);
    return;
  }
  await inTempFolder(async (folder) => {
    const settings = await loadSettings(config, {
      isKnownChannel: (stem) => parseChannelName(stem) !== undefined,
      overrides: [
        `outFileName=${folder}/every-key`,
        `saveTrainingWeightsPosFileName=${folder}/positive.nrrd`,
        `saveTrainingWeightsNegFileName=${folder}/negative.nrrd`,
        "candidatePoses=40", // of 500, for time
      ],
    });
    const report = await runCcboost({
      settings,
      polarity: "config",
      resources: { memory: 2 ** 30, workers: 2 },
      workFolder: `${folder}/work`,
      reporter: createReporter({ mode: "quiet", write() {} }),
      command: "test",
    });
    assert.deepEqual(report.files.map(({ path }) => path.slice(folder.length + 1)), [
      "every-key-stumps.cfg",
      "positive.nrrd",
      "negative.nrrd",
      "every-key-0-ab-max.tif",
      "every-key-0--predOrient.nrrd",
      "every-key-0-synapses.csv",
      "every-key-0-synapses.json",
    ]);
    assert.ok(report.files.every(({ path, bytes }) => bytes > (path.includes("synapses") ? 100 : 1000)));
    assert.equal((await Deno.readTextFile(report.model)).match(/poseIdx/g)?.length, 4 * 20); // of each of the models
  });
});
