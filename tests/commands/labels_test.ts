/** Labels that are not painted with 0 and 255, through the commands that read ground truth. */
import assert from "node:assert/strict";
import { generateFixture } from "../../fixtures/fixture.ts";
import { encodeTiff } from "../../fixtures/tiff.ts";
import type { Zyx } from "../../src/volume/region.ts";
import {
  ccboostHere as ccboost,
  namesIn,
  resultOf,
  writeJob,
  writeScores,
  writeTiffFile,
} from "../helpers/cli_process.ts";
import { inTempFolder } from "../helpers/temp_folder.ts";

const SHAPE: Zyx = [1, 1, 12];
const SCORES = [5, 4, 0, 0, 3, 0, 0, 0, 2, 2, 0, 0];
const PAINTED = Uint8Array.of(255, 255, 0, 0, 0, 0, 255, 0, 0, 255, 255, 0);

/** Without the models of cross-fitting and without workers, which take most of the time. */
const SHORT = ["--set", "crossFitFolds=1", "--workers", "0"];

/** The same labels as they are exported elsewhere. */
const EXPORTED: Readonly<Record<string, (painted: number, i: number) => number>> = {
  binary: (painted) => painted === 255 ? 1 : 0,
  "1/2": (painted) => painted === 255 ? 2 : 1,
  ids: (painted, i) => painted === 255 ? 1 + i : 0,
};

for (const [labels, exported] of Object.entries(EXPORTED)) {
  Deno.test(`ccboost evaluate --labels-are ${labels} compares as with painted labels, and refuses them without`, () =>
    inTempFolder(async (folder) => {
      await writeScores(`${folder}/p.nrrd`, SCORES, SHAPE);
      await writeTiffFile(`${folder}/painted.tif`, PAINTED, SHAPE);
      await writeTiffFile(`${folder}/l.tif`, PAINTED.map(exported), SHAPE);
      const evaluate = (name: string, ...flags: string[]) =>
        ccboost("evaluate", `${folder}/p.nrrd`, `${folder}/${name}`, "--synapses", "--json", ...flags);
      const { labels: _a, ...expected } = resultOf(await evaluate("painted.tif"));
      const done = await evaluate("l.tif", "--labels-are", labels);
      const { labels: _b, ...found } = resultOf(done);
      assert.deepEqual(found, expected);
      assert.match(done.out, /negative are [01] \(7 voxels\); positive are /);
      const refused = await evaluate("l.tif");
      assert.equal(refused.code, 2);
      assert.match(refused.out, new RegExp(`its labels are .*--labels-are ${labels.replace("/", "\\/")}`));
      assert.deepEqual(namesIn(folder), ["l.tif", "p.nrrd", "painted.tif"]);
    }));

  Deno.test(`ccboost erode-dilate --labels-are ${labels} writes what painted labels give, and nothing without`, () =>
    inTempFolder(async (folder) => {
      await writeTiffFile(`${folder}/painted.tif`, PAINTED, SHAPE);
      await writeTiffFile(`${folder}/l.tif`, PAINTED.map(exported), SHAPE);
      const run = (name: string, ...flags: string[]) =>
        ccboost("erode-dilate", `${folder}/${name}`, "0", "1", `${folder}/o.tif`, ...flags);
      assert.equal((await run("painted.tif")).code, 0);
      const expected = Deno.readFileSync(`${folder}/o.tif`);
      Deno.removeSync(`${folder}/o.tif`);
      const done = await run("l.tif", "--labels-are", labels);
      assert.equal(done.code, 0, done.err);
      assert.deepEqual(Deno.readFileSync(`${folder}/o.tif`), expected);
      Deno.removeSync(`${folder}/o.tif`);
      const refused = await run("l.tif");
      assert.equal(refused.code, 2);
      assert.match(refused.err, /its labels are .*--labels-are/);
      assert.deepEqual(namesIn(folder), ["l.tif", "painted.tif"]);
    }));
}

Deno.test("ccboost erode-dilate leaves what is painted as unsure", () =>
  inTempFolder(async (folder) => {
    await writeTiffFile(`${folder}/l.tif`, Uint8Array.of(255, 0, 0, 0, 128, 7, 0, 0), [1, 1, 8]);
    const done = await ccboost("erode-dilate", `${folder}/l.tif`, "0", "1", `${folder}/o.nrrd`);
    assert.equal(done.code, 0, done.err);
    const expected = Uint8Array.of(255, 128, 0, 0, 128, 128, 0, 0);
    const written = Deno.readFileSync(`${folder}/o.nrrd`);
    assert.deepEqual(written.slice(-8), expected);
  }));

Deno.test("ccboost evaluate refuses a setting of labels that is none before it reads anything", () =>
  inTempFolder(async (folder) => {
    const refused = await ccboost("evaluate", `${folder}/p.nrrd`, `${folder}/l.tif`, "--labels-are", "id");
    assert.equal(refused.code, 2);
    assert.match(refused.err, /--labels-are is "id"; expected "0\/255", "ids", "binary"/);
  }));

/** Those of `writeJob`. */
const JOB_SHAPE: Zyx = [40, 64, 64];
const LABELS = generateFixture({ shape: JOB_SHAPE, seed: 3, synapses: 3 }).labels.map((label) =>
  label === 128 ? 0 : label
);

Deno.test("ccboost run and components learn from ids as from painted labels, and say which values there are", () =>
  inTempFolder(async (folder) => {
    const config = await writeJob(folder);
    await Deno.writeFile(`${folder}/labels.tif`, encodeTiff(LABELS, JOB_SHAPE));
    const run = (...flags: string[]) => ccboost("run", config, "--quiet", ...SHORT, ...flags);
    assert.equal((await run()).code, 0);
    const model = Deno.readFileSync(`${folder}/out-stumps.cfg`);
    const listed = resultOf(await ccboost("components", config, "--json"));
    // An identity for each slab of ten slices.
    const ids = LABELS.map((label, i) => label === 255 ? 1 + Math.floor(i / (10 * 64 * 64)) : 0);
    await Deno.writeFile(`${folder}/labels.tif`, encodeTiff(ids, JOB_SHAPE));
    const refused = await run();
    assert.equal(refused.code, 2);
    assert.match(
      refused.err,
      /no voxel of 255 .*its labels are 0 \(\d+ voxels\), 2 \(\d+ voxels\).*labels = "ids" in the train group/,
    );
    const flags = ["--set", "train.labels=ids"];
    const done = await ccboost("run", config, ...SHORT, ...flags);
    assert.equal(done.code, 0, done.err);
    assert.match(done.err, /labels\.tif: negative are 0 \(\d+ voxels\); positive are 2 /);
    assert.deepEqual(Deno.readFileSync(`${folder}/out-stumps.cfg`), model);
    assert.deepEqual(resultOf(await ccboost("components", config, "--json", ...flags)), listed);
    const wrong = await run("--set", "train.labels=idz");
    assert.match(wrong.err, /train\.labels is "idz"; it must be "0\/255", "ids"/);
  }));

Deno.test("ccboost run warns of painted labels in which many values are ignored", () =>
  inTempFolder(async (folder) => {
    const config = await writeJob(folder);
    const labels = LABELS.slice();
    labels.set([1, 2, 3, 4]);
    await Deno.writeFile(`${folder}/labels.tif`, encodeTiff(labels, JOB_SHAPE));
    const done = await ccboost("components", config);
    assert.equal(done.code, 0, done.err);
    assert.match(
      done.err,
      /warning: .*1 \(1 voxel\), 2 .*all except 0 and 255 are ignored.*"ids"/i,
    );
  }));
