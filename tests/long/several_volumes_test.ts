/** Shards of a run that learns from several volumes, and its page. */
import assert from "node:assert/strict";
import { createReporter } from "../../src/engine/mod.ts";
import { runShard } from "../../src/stages/shards/run_shard.ts";
import { prepareShards, runStep } from "../../src/stages/shards/step.ts";
import { inChromium, play } from "../helpers/chromium.ts";
import { removeResults, results, runJob, settingsOf } from "../helpers/run_job.ts";
import { CHUNKS, writeTwoVolumes } from "../helpers/two_volumes.ts";
import { inTempFolder } from "../helpers/temp_folder.ts";

Deno.test("runShard() works on the samples of all training volumes at a time", () =>
  inTempFolder(async (folder) => {
    await writeTwoVolumes(folder);
    await runJob(folder, { work: `${folder}/whole` });
    const expected = await results(folder);
    await removeResults(folder, { more: ["0-ab-first.nrrd"] });
    const workFolder = `${folder}/out-work`;
    const reporter = createReporter({ mode: "lines", write: () => {} });
    const resources = { inMainThread: true };
    const prepared = await prepareShards({
      settings: await settingsOf(folder),
      polarity: "config",
      leastScore: undefined,
      memory: 2 ** 30,
      workers: 1,
      processes: 2,
      blockShape: CHUNKS,
      workFolder,
    });
    let waiting: readonly string[] = prepared.waiting.map(({ stage }) => stage);
    const seen: (readonly string[])[] = [];
    for (let isDone = false; !isDone;) {
      seen.push(waiting);
      for (const stage of waiting) {
        for (const index of [1, 0]) {
          await runShard({ workFolder, stage, shard: { index, count: 2 }, resources, reporter, job: "" });
        }
      }
      ({ isDone, waiting } = await runStep({ workFolder, resources, reporter, command: "test" }));
    }
    assert.deepEqual(seen.slice(1, 3), [["samples", "samples-1"], ["gather", "gather-1"]]);
    assert.deepEqual(await results(folder), expected);
  }));

inChromium(
  "dashboard: the synapses of two training volumes are asked about, and the run learns from both",
  async () => {
    const { scenes } = await play(new URL("../dashboard/two_volumes_browser.ts", import.meta.url)) as {
      scenes: readonly string[];
    };
    assert.deepEqual(scenes, ["asked", "trained", "looked"]);
  },
);
