/** A flipped bit, and a file that is gone: `verify` names it, and a run does not use it. */
import assert from "node:assert/strict";
import { join, relative } from "node:path";
import { UserError } from "../../src/user_error.ts";
import { verifyWorkFolder } from "../../src/run/verify.ts";
import { ccboost } from "../helpers/cli_process.ts";
import { copyFolder, filesBelow, flipBit } from "../helpers/damage.ts";
import { digests, OUTPUTS, removeResults, results, runJob } from "../helpers/run_job.ts";
import { runKilled } from "./run_killing.ts";
import { WRITE_EVERYTHING, writeTiny } from "../helpers/run_tiny.ts";
import { writeTwoVolumes } from "../helpers/two_volumes.ts";
import { writeAnswers } from "../../src/stages/training/polarity_answers.ts";
import { inTempFolder } from "../helpers/temp_folder.ts";

Deno.test("verifyWorkFolder() finds nothing wrong after a run, whatever it wrote", () =>
  inTempFolder(async (folder) => {
    await writeTiny(folder);
    await runJob(folder, { set: WRITE_EVERYTHING });
    const { faults, files } = await verifyWorkFolder(`${folder}/out-work`);
    assert.deepEqual(faults, []);
    assert.ok(files > 20, `${files} files`);
  }));

Deno.test("verifyWorkFolder() names every file of which a bit was flipped, and every one that is gone", () =>
  inTempFolder(async (folder) => {
    await writeTiny(folder);
    await runJob(folder);
    const work = `${folder}/out-work`;
    const checked = filesBelow(work).filter((path) =>
      !/(telemetry\.jsonl|directions\.json|\.columns)$/.test(path)
    );
    const files = [...checked, ...OUTPUTS.map((name) => `${folder}/out-${name}`)];
    const kinds = new Set(files.map((path) => relative(folder, path).replace(/-[0-9a-f]{8}|\d+/g, "")));
    for (const kind of ["out-work/journal.jsonl", "out-work/scores/-max.zarr/c///", "out-stumps.cfg"]) {
      assert.ok(kinds.has(kind), `${kind} is not among ${[...kinds].join(" ")}`);
    }
    for (const path of files) {
      const mend = flipBit(path, 0.6);
      const { faults } = await verifyWorkFolder(work);
      mend();
      assert.ok(faults.length > 0, `${path}: a flipped bit was not found`);
      assert.ok(faults.some((fault) => path.startsWith(fault.path)), JSON.stringify(faults));
    }
    for (
      const path of files.filter((path) => !path.endsWith("journal.jsonl") && !path.endsWith("zarr.json"))
    ) {
      await Deno.rename(path, `${folder}/aside`);
      const { faults } = await verifyWorkFolder(work);
      await Deno.rename(`${folder}/aside`, path);
      assert.ok(faults.some(({ kind }) => kind === "missing"), `${path}: was not missed`);
    }
    assert.deepEqual((await verifyWorkFolder(work)).faults, []);
  }));

Deno.test("verifyWorkFolder() finds flipped bits in what a killed training keeps", () =>
  inTempFolder(async (folder) => {
    await writeTiny(folder);
    await runKilled(folder, `${folder}/out-work`, { stage: "boost", advances: 7, limit: `${2 ** 30}` });
    const work = `${folder}/out-work`;
    assert.deepEqual((await verifyWorkFolder(work)).faults, []);
    const kept = filesBelow(work).filter((path) => /\.(features|samples)$|stage\.json$/.test(path));
    assert.ok(kept.length >= 5, kept.join(" "));
    for (const path of kept) {
      for (const place of [0.1, 0.5, 0.95]) {
        const mend = flipBit(path, place);
        const { faults } = await verifyWorkFolder(work);
        mend();
        assert.deepEqual(faults.map((fault) => fault.path), [path]);
      }
    }
    await Deno.remove(kept.find((path) => path.endsWith(".features")) ?? "");
    const { faults } = await verifyWorkFolder(work);
    assert.deepEqual(faults.map(({ kind }) => kind), ["missing"]);
  }));

Deno.test("verifyWorkFolder() misses files of every training volume, and checks no answers", () =>
  inTempFolder(async (folder) => {
    await writeTwoVolumes(folder);
    const work = `${folder}/out-work`;
    await runKilled(folder, work, { stage: "boost", advances: 7, limit: `${2 ** 30}` });
    await writeAnswers(work, [{ pos: [1, 2, 3], polarity: [1, 0, 0] }], [], 1);
    assert.deepEqual((await verifyWorkFolder(work)).faults, []);
    for (const [stage, kind] of [["samples-1", "samples"], ["gather-1", "features"]] as const) {
      const path = filesBelow(`${work}/${stage}`).find((name) => name.endsWith(`.${kind}`)) ??
        assert.fail(stage);
      await Deno.rename(path, `${folder}/aside`);
      const { faults } = await verifyWorkFolder(work);
      assert.deepEqual(faults.map((fault) => [fault.kind, fault.path]), [["missing", path]]);
      await Deno.rename(`${folder}/aside`, path);
    }
  }));

Deno.test("runCcboost() computes again what was damaged, and ends with the same bits", () =>
  inTempFolder(async (folder) => {
    await writeTiny(folder);
    await runJob(folder);
    const expected = await results(folder);
    const work = `${folder}/out-work`;
    const chunk = (array: RegExp) => filesBelow(work).find((path) => array.test(path)) ?? "";
    const first = {
      raw: chunk(/volumes\/raw-.*\/c\/0/),
      max: chunk(/0-max\.zarr\/c/),
      min: chunk(/0-min.*\/c/),
    };
    for (const [what, path] of Object.entries(first)) {
      flipBit(path, 0.5);
      await Deno.remove(`${folder}/out-0-ab-max.nrrd`);
      await Deno.remove(`${folder}/out-0-ab-min.nrrd`);
      // so that the raw volume is read again
      if (what === "raw") await Deno.remove(`${work}/scores`, { recursive: true });
      const { said } = await runJob(folder);
      assert.match(said, new RegExp(`warning: ${path} is damaged`), what);
      assert.deepEqual(await results(folder), expected, what);
      assert.deepEqual((await verifyWorkFolder(work)).faults, [], what);
    }
  }));

Deno.test("runCcboost() computes again what was damaged after it was killed", () =>
  inTempFolder(async (folder) => {
    await writeTiny(folder);
    await runJob(folder);
    const expected = await results(folder);
    const set = ["outFileName=killed"], work = `${folder}/killed-work`, kept = `${folder}/kept`;
    await runKilled(folder, kept, { stage: "boost", advances: 3, limit: `${2 ** 30}`, set });
    for (
      const kind of [
        /gather\/.*\.features$/,
        /gather\/selected\.samples$/,
        /components\.zarr\/c/,
        /samples\/.*\.samples$/,
      ]
    ) {
      await copyFolder(kept, work);
      const path = filesBelow(work).find((file) => kind.test(file));
      assert.ok(path, `${kind} is not there`);
      flipBit(path, 0.5);
      await runJob(folder, { set, work });
      const found = await digests(OUTPUTS.map((name) => `${folder}/killed-${name}`));
      assert.deepEqual(found.map((text) => text.replace("killed", "out")), expected, `${kind}`);
      await removeResults(folder, { name: "killed" });
      await Deno.remove(work, { recursive: true });
    }
  }));

Deno.test("runCcboost() refuses a model that is not what it wrote", () =>
  inTempFolder(async (folder) => {
    await writeTiny(folder);
    await runJob(folder);
    const expected = await results(folder);
    const mend = flipBit(`${folder}/out-stumps.cfg`, 0.5);
    await Deno.remove(`${folder}/out-0-ab-max.nrrd`);
    await assert.rejects(runJob(folder), (error) => {
      assert.ok(error instanceof UserError);
      assert.match(
        error.message,
        /out-stumps\.cfg: .* edited or is damaged/,
      );
      return true;
    });
    await assert.rejects(Deno.stat(`${folder}/out-0-ab-max.nrrd`), Deno.errors.NotFound);
    mend();
    await runJob(folder);
    assert.deepEqual(await results(folder), expected);
  }));

Deno.test("ccboost verify ends with 1 where a file is damaged, and names it", () =>
  inTempFolder(async (folder) => {
    await writeTiny(folder);
    await runJob(folder);
    const work = `${folder}/out-work`;
    const good = await ccboost("verify", work);
    assert.equal(good.code, 0, good.err);
    assert.match(
      good.out,
      /^read \d+ files \(.*\): everything is in order; 3 files without a checksum were not checked$/m,
    );
    const chunk = filesBelow(work).find((path) => /0-max\.zarr\/c/.test(path)) ?? "";
    flipBit(chunk, 0.5);
    const bad = await ccboost("verify", work, "--json");
    assert.equal(bad.code, 1, bad.err);
    const last: unknown = JSON.parse(bad.out.trim().split("\n").at(-1) ?? "");
    assert.match(JSON.stringify(last), /"faults":\[\{"kind":"damaged","path":"[^"]*0-max\.zarr/);
    const none = await ccboost("verify", join(folder, "nowhere"));
    assert.equal(none.code, 2);
    assert.match(none.err, /nowhere: not a work folder/);
  }));
