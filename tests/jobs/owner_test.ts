/** Results beside each other that two runs would write: neither replaces nor claims what the other wrote. */
import assert from "node:assert/strict";
import { ownerFile } from "../../src/run/owner.ts";
import { OUTPUTS, removeResults, results, runJob } from "../helpers/run_job.ts";
import { writeTiny } from "../helpers/run_tiny.ts";
import { inTempFolder } from "../helpers/temp_folder.ts";

Deno.test("runCcboost() refuses results of a run with another work folder, and leaves them alone", () =>
  inTempFolder(async (folder) => {
    await writeTiny(folder);
    const first = { work: `${folder}/A`, set: ["numStumps=4"] };
    const second = { work: `${folder}/B`, set: ["numStumps=6"] };
    await runJob(folder, first);
    const expected = await results(folder);
    const refusal = new RegExp(
      `out-stumps\\.cfg and 5 more files were written by another run, in the work folder ${folder}/A; choose another outFileName`,
    );
    await assert.rejects(runJob(folder, second), refusal);
    await assert.rejects(runJob(folder, second), refusal);
    assert.deepEqual(await results(folder), expected);
    const { said } = await runJob(folder, first);
    assert.match(said, /score 0: already done/);
    assert.deepEqual(await results(folder), expected);

    await runJob(folder, { ...second, set: [...second.set, "outFileName=other"] });
    assert.deepEqual(await results(folder), expected);
  }));

Deno.test("runCcboost() takes a name over once the results of the other run are moved away, and the other is refused then", () =>
  inTempFolder(async (folder) => {
    await writeTiny(folder);
    const first = { work: `${folder}/A`, set: ["numStumps=4"] };
    const second = { work: `${folder}/B`, set: ["numStumps=6"] };
    await runJob(folder, first);
    await removeResults(folder);
    await runJob(folder, second);
    await assert.rejects(
      runJob(folder, first),
      /out-stumps\.cfg and 5 more files were written by another run, .*\/B;/,
    );
  }));

Deno.test("runCcboost() refuses files that no run is known to have written, in each of its names", () =>
  inTempFolder(async (folder) => {
    await writeTiny(folder);
    for (const name of OUTPUTS) {
      await Deno.writeTextFile(`${folder}/out-${name}`, "precious");
      await assert.rejects(runJob(folder), new RegExp(`out-${name} was not written by this run`));
      assert.equal(await Deno.readTextFile(`${folder}/out-${name}`), "precious");
      await Deno.remove(`${folder}/out-${name}`);
    }
    await runJob(folder);
  }));

Deno.test("runCcboost() goes on after results and work folder were moved together, or the note is of an earlier version", () =>
  inTempFolder(async (folder) => {
    const before = `${folder}/before`, after = `${folder}/after`;
    await Deno.mkdir(before);
    await writeTiny(before);
    const { settings } = await runJob(before);
    const expected = await results(before);
    await Deno.remove(ownerFile(settings));
    await runJob(before); // the journal knows what it wrote
    await Deno.rename(before, after);
    await runJob(after);
    assert.deepEqual(await results(after), expected);
  }));

Deno.test("runCcboost() writes a result again that has the same length and another content", () =>
  inTempFolder(async (folder) => {
    await writeTiny(folder);
    await runJob(folder);
    const expected = await results(folder);
    for (const name of ["0-ab-max.nrrd", "0-ab-min.nrrd"]) {
      const path = `${folder}/out-${name}`;
      const bytes = await Deno.readFile(path);
      bytes[bytes.length - 100] = (bytes[bytes.length - 100] ?? 0) ^ 1;
      await Deno.writeFile(path, bytes);
      const { said } = await runJob(folder);
      assert.match(
        said,
        new RegExp(`warning: ${path}: it differs from what this run wrote; it is computed again`),
      );
      assert.deepEqual(await results(folder), expected);
      await Deno.utime(path, new Date(), new Date());
      assert.doesNotMatch((await runJob(folder)).said, /warning/); // touched, but the same
    }
  }));
