/** A job with too few synapses for cross-fitting: what follows the models depends on nothing but inputs and settings either. */
import assert from "node:assert/strict";
import { digests, runJob } from "../helpers/run_job.ts";
import { writeTiny } from "../helpers/run_tiny.ts";
import { inTempFolder } from "../helpers/temp_folder.ts";

Deno.test("runCcboost() with few synapses gives the same model and scores for any blocks and workers", () =>
  inTempFolder(async (folder) => {
    await writeTiny(folder, [20, 68, 132]);
    const outputs = ["stumps.cfg", "0-ab-max.nrrd", "0-ab-first.nrrd"];
    const run = async (name: string, resources: Parameters<typeof runJob>[1] = {}, more: string[] = []) => {
      const set = ["crossFitFolds=4", "outputFirstStage=true", `outFileName=${name}`, ...more];
      const finished = await runJob(folder, { set, ...resources });
      const found = await digests(outputs.map((output) => `${folder}/${name}-${output}`));
      return { ...finished, found: found.map((text) => text.replace(`${name}-`, "")) };
    };
    const whole = await run("whole");
    assert.match(whole.said, /4 models are trained on everything, and a simple second stage/);
    assert.ok(
      whole.journal.some((event) => event.event === "stage-done" && event.stage === "training scores"),
    );
    const blocks = { resources: { workers: 2, blockShape: [16, 32, 64] as const } };
    const small = await run("small", blocks);
    assert.deepEqual(small.found, whole.found);
    assert.notEqual(small.found[1], small.found[2], "the second stage changes the scores");
    for (const sigmas of ["[3, 1]", "[2, 0]"]) {
      const smooth = await run("whole", {}, [`smoothing=${sigmas}`]);
      assert.deepEqual([smooth.found[0], smooth.found[2]], [whole.found[0], whole.found[2]]);
      assert.notEqual(smooth.found[1], whole.found[1], "smoothing changes the second stage's scores");
      assert.deepEqual((await run("small", blocks, [`smoothing=${sigmas}`])).found, smooth.found);
    }
  }));
