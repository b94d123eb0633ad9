/** A run that learns from several volumes: the same bytes however it is computed, its shards, and its page. */
import assert from "node:assert/strict";
import { createReporter } from "../../src/engine/mod.ts";
import type { Resources } from "../../src/run/plan_stage.ts";
import { verifyWorkFolder } from "../../src/run/verify.ts";
import { runShard } from "../../src/stages/shards/run_shard.ts";
import { prepareShards, runStep } from "../../src/stages/shards/step.ts";
import { inChromium, playScenes } from "../helpers/chromium.ts";
import { filesBelow, flipBit } from "../helpers/damage.ts";
import { blocksOf, removeResults, results, runJob, settingsOf } from "../helpers/run_job.ts";
import { CHUNKS, writeTwoVolumes } from "../helpers/two_volumes.ts";
import { inTempFolder } from "../helpers/temp_folder.ts";
import { runKilled } from "../jobs/run_killing.ts";

const STAGES = ["samples", "gather", "cross-fit", "cells"];

/** Flips a bit of a file of a stage, and removes it. Both are found. */
async function loseOne(work: string, stage: string): Promise<void> {
  const [path = ""] = filesBelow(`${work}/${stage}`).filter((file) => !file.endsWith("stage.json"));
  const faults = async () => (await verifyWorkFolder(work)).faults.map((fault) => [fault.path, fault.kind]);
  const mend = flipBit(path, 0.6);
  assert.deepEqual(await faults(), [[path, "damaged"]]);
  mend();
  await Deno.remove(path);
  assert.deepEqual(await faults(), [[path, "missing"]]);
}

Deno.test({
  name:
    "runCcboost() learns the same of two volumes for all blocks and workers, and when it was killed and resumed",
  ignore: Deno.build.os === "windows", // which has no SIGKILL
  fn: () =>
    inTempFolder(async (folder) => {
      await writeTwoVolumes(folder);
      const { said, journal } = await runJob(folder, { work: `${folder}/whole` });
      assert.match(said, /cross-fitting: 3 models, each trained without one part of the volumes/);
      assert.match(
        said,
        /train\[0\] \(raw-0\.tif\) is divided at .*; train\[1\] \(raw-1\.tif\) is divided at/,
      );
      for (const stage of STAGES) {
        assert.equal(blocksOf(journal, stage).size, 1, `${stage} of the first volume`);
        assert.equal(blocksOf(journal, `${stage}-1`).size, 1, `${stage} of the second volume`);
      }
      const left = Array.from(Deno.readDirSync(`${folder}/whole`), ({ name }) => name);
      assert.ok(!left.some((name) => /^(samples|gather|cells|cross-fit|threshold)/.test(name)), left.join());
      const expected = await results(folder);
      await removeResults(folder, { more: ["0-ab-first.nrrd"] });

      const resources: Partial<Resources> = { workers: 2, blockShape: CHUNKS };
      for (const [stage, workers] of [["gather 1", 2], ["cells 1", 0]] as const) {
        await runKilled(folder, `${folder}/out-work`, { stage, advances: 1, limit: CHUNKS.join(), workers });
        await assert.rejects(Deno.stat(`${folder}/out-stumps.cfg`), stage);
      }
      await loseOne(`${folder}/out-work`, "cells-1");
      await runJob(folder, { resources });
      assert.deepEqual(await results(folder), expected, "killed, damaged and resumed");

      const again = await runJob(folder, {});
      const last = again.journal.findLastIndex(({ event }) => event === "run-started");
      assert.deepEqual(again.journal.slice(last + 1), [{ event: "run-done" }]);
    }),
});

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
    await playScenes(new URL("../dashboard/two_volumes_browser.ts", import.meta.url), [
      "asked",
      "trained",
      "looked",
    ]);
  },
);
