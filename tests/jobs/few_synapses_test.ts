/** A job with too few synapses for cross-fitting: what follows the models depends on nothing but inputs and settings either. */
import assert from "node:assert/strict";
import { digests, runJob } from "../helpers/run_job.ts";
import { writeTiny } from "../helpers/run_tiny.ts";
import { inTempFolder } from "../helpers/temp_folder.ts";

Deno.test("runCcboost() with few synapses gives the same model and scores for any blocks and workers", () =>
  inTempFolder(async (folder) => {
    await writeTiny(folder, [40, 90, 70]);
    const outputs = ["stumps.cfg", "0-ab-max.nrrd", "0-ab-first.nrrd"];
    const run = async (name: string, resources: Parameters<typeof runJob>[1] = {}) => {
      const set = ["crossFitFolds=4", "outputFirstStage=true", `outFileName=${name}`];
      const finished = await runJob(folder, { set, ...resources });
      const found = await digests(outputs.map((output) => `${folder}/${name}-${output}`));
      return { ...finished, found: found.map((text) => text.replace(`${name}-`, "")) };
    };
    const whole = await run("whole");
    assert.match(whole.said, /4 models are trained on everything, and a simple second stage/);
    assert.ok(
      whole.journal.some((event) => event.event === "stage-done" && event.stage === "training scores"),
    );
    const small = await run("small", { resources: { workers: 2, blockShape: [16, 32, 64] } });
    assert.deepEqual(small.found, whole.found);
    assert.notEqual(small.found[1], small.found[2], "the second stage changes the scores");
  }));
