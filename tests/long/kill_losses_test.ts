/** Kills between which files are lost, as a purged file system loses them. */
import assert from "node:assert/strict";
import { writeTiny } from "../helpers/run_tiny.ts";
import { runKilledAtRandom, runWhole } from "../jobs/killing.ts";
import { seededRandom } from "../helpers/seeded_random.ts";
import { inTempFolder } from "../helpers/temp_folder.ts";

Deno.test({
  name: "ccboost run ends with the same bits where files are lost between SIGKILL and the next start",
  ignore: Deno.build.os === "windows",
  fn: () =>
    inTempFolder(async (folder) => {
      await writeTiny(folder, [20, 44, 140]);
      const { outputs, duration } = await runWhole(folder);
      const random = seededRandom(11);
      const run = await runKilledAtRandom(folder, "killed", { most: 6, duration, random, loses: 1 });
      assert.ok(run.lost.length > 0);
      assert.deepEqual(run.outputs, outputs);
      assert.equal(run.faults, 0);
      assert.deepEqual(run.left, []);
    }),
});
