/** A short version of `deno task kill-test`. */
import assert from "node:assert/strict";
import { writeTiny } from "../helpers/run_tiny.ts";
import { runKilledAtRandom, runWhole } from "./killing.ts";
import { seededRandom } from "../helpers/seeded_random.ts";
import { inTempFolder } from "../helpers/temp_folder.ts";

Deno.test({
  name: "ccboost run ends with the same bits after SIGKILL at five random moments",
  ignore: Deno.build.os === "windows",
  fn: () =>
    inTempFolder(async (folder) => {
      await writeTiny(folder);
      const { outputs, duration } = await runWhole(folder);
      const run = await runKilledAtRandom(folder, "killed", { most: 5, duration, random: seededRandom(7) });
      assert.ok(run.kills.length > 0);
      assert.deepEqual(run.outputs, outputs);
      assert.equal(run.faults, 0);
      assert.deepEqual(run.left, []);
    }),
});
