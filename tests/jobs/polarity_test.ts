/** Runs with and without the polarity of the training volume's components. */
import assert from "node:assert/strict";
import { readJournal } from "../../src/engine/mod.ts";
import { blocksOf, digests, runJob } from "../helpers/run_job.ts";
import { POLARITIES, writeTiny } from "../helpers/run_tiny.ts";
import { inTempFolder } from "../helpers/temp_folder.ts";

const NONE = "train.ccPolarity=()";

Deno.test("runCcboost() ends where components lack polarity, tells all of them, and goes on once they have it", () =>
  inTempFolder(async (folder) => {
    await writeTiny(folder);
    const work = `${folder}/work`;
    const [, second] = POLARITIES;
    let message = "";
    await assert.rejects(runJob(folder, { work, set: [`train.ccPolarity=(${second})`] }), (error: Error) => {
      assert.equal(error.name, "MissingPolarityError");
      message = error.message;
      return true;
    });
    assert.match(message, /train\.ccPolarity has no entry for 3 of the 4 /);
    // positions as in a configuration, x first
    assert.match(message, /synapse 1: \{ pos = \[10,12,9\]; polarity = \[ , , \]; \} .*# 315 voxels/);
    assert.match(message, /synapse 3: \{ pos = \[14,32,10\];/);
    assert.match(message, /synapse 4: \{ pos = \[31,33,8\];.*# 48 voxels/);
    assert.doesNotMatch(message, /synapse 2/);
    assert.match(message, /--polarity none/);
    assert.deepEqual((await readJournal(work)).at(-1), {
      event: "run-failed",
      error: message,
      reason: "polarity",
      questions: 3,
    });
    await assert.rejects(Deno.stat(`${folder}/out-stumps.cfg`));

    // the positions that the message gives are found
    const entries = Array.from(
      message.matchAll(/pos = (\[[\d,]+\])/g),
      ([, pos]) => `{ pos = ${pos}; polarity = [1, 1, 0]; }`,
    );
    assert.equal(entries.length, 3);
    const { journal } = await runJob(folder, {
      work,
      set: [`train.ccPolarity=(${[second, ...entries].join(", ")})`, "test=()"],
    });
    assert.equal([...blocksOf(journal, "samples").values()].flat().length, 1, "samples were searched again");
  }));

Deno.test("runCcboost() with polarity none reads no polarity, and trains with the signs as estimated", () =>
  inTempFolder(async (folder) => {
    await writeTiny(folder);
    const train = async (name: string, polarity: "config" | "none", ...set: string[]) => {
      await runJob(folder, { polarity, set: ["test=()", `outFileName=${name}`, ...set] });
      const [digest = ""] = await digests([`${folder}/${name}-stumps.cfg`]);
      return digest.replace(`${name}-`, "");
    };
    const none = await train("none", "none", NONE);
    assert.equal(await train("ignored", "none"), none);
    assert.equal(
      await train("wrong", "none", "train.ccPolarity=({ pos = [0, 0, 0]; polarity = [1, 0, 0]; })"),
      none,
    );
    assert.notEqual(await train("config", "config"), none);
  }));
