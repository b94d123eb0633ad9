import assert from "node:assert/strict";
import type { Zyx } from "../../src/volume/region.ts";
import { voxelSizeAttribute } from "../../src/volume/voxel_size.ts";
import { createZarr, writeRegion } from "../../src/volume/zarr/mod.ts";
import {
  ccboost as startCcboost,
  ccboostHere as ccboost,
  namesIn,
  resultOf,
  writeScores,
  writeTiffFile,
} from "../helpers/cli_process.ts";
import { inTempFolder } from "../helpers/temp_folder.ts";

const SHAPE: Zyx = [1, 1, 12];
const SCORES = [5, 4, 0, 0, 3, 0, 0, 0, 2, 2, 0, 0];
const LABELS = Uint8Array.of(255, 255, 0, 0, 0, 0, 255, 0, 0, 255, 255, 0);

/** Two synapses found at threshold 2, one missed, one false positive. */
async function write(folder: string): Promise<[prediction: string, labels: string]> {
  await writeScores(`${folder}/p.nrrd`, SCORES, SHAPE);
  await writeTiffFile(`${folder}/l.tif`, LABELS, SHAPE);
  return [`${folder}/p.nrrd`, `${folder}/l.tif`];
}

Deno.test("ccboost evaluate --threshold tells what is right there, by voxel and by synapse", async () => {
  await inTempFolder(async (folder) => {
    const files = await write(folder);
    const { out, code, err } = await startCcboost("evaluate", ...files, "--threshold", "1.5", "--quiet");
    assert.equal(code, 0, err);
    const [, byVoxel = "", bySynapse = ""] = out.split("\n\n");
    assert.equal(
      byVoxel,
      `per voxel          at threshold 1.5
precision          0.6000
recall             0.6000
F1                 0.6000
Jaccard            0.4286`,
    );
    assert.equal(
      bySynapse,
      `per synapse        at threshold 1.5
detected           2 of 3
missed             1
false positives    1
precision          0.6667
recall             0.6667
F1                 0.6667
match if           at least one voxel in common
`,
    );
    assert.deepEqual(namesIn(folder), ["l.tif", "p.nrrd"]);
  });
});

Deno.test("ccboost evaluate --json lists matched and missed synapses and false positives, at the best F1 by default", async () => {
  await inTempFolder(async (folder) => {
    const files = await write(folder);
    const { bySynapse, bestF1, atThreshold } = resultOf(
      await ccboost("evaluate", ...files, "--synapses", "--min-size", "2", "--json"),
    );
    assert.deepEqual([bestF1, atThreshold], [{ value: 0.6, threshold: 2 }, undefined]);
    assert.deepEqual(bySynapse, {
      threshold: 2,
      detected: 2,
      missed: 0,
      merged: 0,
      invented: 0,
      split: 0,
      ignored: 0,
      tooSmall: { predicted: 1, labelled: 1 },
      precision: 1,
      recall: 1,
      f1: 1,
      rule: "at least one voxel in common",
      matches: [
        { truth: 1, prediction: 1, sharedVoxels: 2, overlap: 1 },
        { truth: 2, prediction: 2, sharedVoxels: 1, overlap: 1 / 3 },
      ],
      misses: [],
      inventions: [],
    });
    const strict = resultOf(await ccboost("evaluate", ...files, "--overlap", "0.5", "--json"));
    const found = strict["bySynapse"] as Record<string, unknown>;
    assert.deepEqual([found["detected"], found["missed"], found["invented"]], [1, 2, 2]);
    const [miss] = found["misses"] as Record<string, unknown>[];
    assert.deepEqual(miss, {
      id: 2,
      position: [0, 0, 6],
      voxels: 1,
      peakScore: 0,
      hasTakenCounterpart: false,
    });
  });
});

Deno.test("ccboost evaluate --distance measures in voxels, or in nm where a volume tells its voxel size", async () => {
  await inTempFolder(async (folder) => {
    const [prediction, labels] = await write(folder);
    const detected = async (distance: string, truth: string) => {
      const finished = await ccboost("evaluate", prediction, truth, "--distance", distance, "--json");
      const { bySynapse } = resultOf(finished);
      return (bySynapse as { detected: number }).detected;
    };
    assert.deepEqual([await detected("1.9", labels), await detected("2 voxels", labels)], [2, 3]);
    const unknown = await ccboost("evaluate", prediction, labels, "--distance", "20nm");
    assert.equal(unknown.code, 2);
    assert.match(unknown.err, /l\.tif nor .*p\.nrrd has a voxel size.*give the distance in voxels/);
    const zarr = await createZarr(`${folder}/l.zarr`, {
      shape: SHAPE,
      chunk: SHAPE,
      dtype: "uint8",
      attributes: voxelSizeAttribute([50, 8, 5]),
    });
    await writeRegion(zarr, { start: [0, 0, 0], shape: SHAPE }, LABELS);
    assert.deepEqual([await detected("9.9nm", zarr.path), await detected("0.01 um", zarr.path)], [2, 3]);
  });
});

Deno.test("ccboost evaluate --curves writes points as CSV and as JSON", async () => {
  await inTempFolder(async (folder) => {
    const files = await write(folder);
    const done = await ccboost("evaluate", ...files, "--curves", `${folder}/c.csv`, "--quiet");
    assert.match(done.out, /^wrote .*c\.csv$/m);
    const lines = (await Deno.readTextFile(`${folder}/c.csv`)).split("\n");
    assert.deepEqual(lines, [
      "threshold,truePositives,falsePositives,precision,recall,falsePositiveRate,f1,jaccard",
      `5,1,0,1,0.2,0,${2 / 6},0.2`,
      `4,2,0,1,0.4,0,${4 / 7},0.4`,
      `3,2,1,${2 / 3},0.4,${1 / 7},0.5,${2 / 6}`,
      `2,3,2,0.6,0.6,${2 / 7},0.6,${3 / 7}`,
      `0,5,7,${5 / 12},1,1,${10 / 17},${5 / 12}`,
      "",
    ]);
    await ccboost("evaluate", ...files, "--curves", `${folder}/c.json`);
    const { positives, negatives, points } = JSON.parse(await Deno.readTextFile(`${folder}/c.json`));
    assert.deepEqual([positives, negatives, points.length, points[1].recall], [5, 7, 5, 0.4]);
    assert.deepEqual(namesIn(folder), ["c.csv", "c.json", "l.tif", "p.nrrd"]);
  });
});

Deno.test("ccboost evaluate --html writes the same page again, with and without a micrograph", async () => {
  await inTempFolder(async (folder) => {
    const files = await write(folder);
    await writeTiffFile(`${folder}/raw.tif`, LABELS, SHAPE);
    const page = async (...more: string[]) => {
      const words = ["--html", `${folder}/r.html`, "--overwrite", ...more, "--json"];
      const done = await ccboost("evaluate", ...files, ...words);
      assert.equal(done.code, 0, done.out);
      assert.deepEqual(resultOf(done)["written"], [`${folder}/r.html`]);
      return await Deno.readTextFile(`${folder}/r.html`);
    };
    const plain = await page();
    assert.equal(await page("--memory", "384MiB"), plain);
    assert.equal(plain.match(/<image /g)?.length, 2);
    assert.match(plain, /<b>x 6, y 0, z 0<\/b>.*1 voxels/);
    assert.match(plain, /Micrograph<\/th><td>none/);
    assert.equal((await page("--raw", `${folder}/raw.tif`)).match(/<image /g)?.length, 4);
    assert.deepEqual(namesIn(folder), ["l.tif", "p.nrrd", "r.html", "raw.tif"]);
  });
});

Deno.test("ccboost evaluate says which flag is wrong before it works", async () => {
  await inTempFolder(async (folder) => {
    const files = await write(folder);
    await writeTiffFile(`${folder}/raw.tif`, new Uint8Array(4), [1, 1, 4]);
    const wrong: [RegExp, ...string[]][] = [
      [/--overlap and --distance .* only one of them/, "--overlap", "0.5", "--distance", "3"],
      [/--overlap is "2"; expected a number from 0 to 1/, "--overlap", "2"],
      [
        /--distance is "3 parsecs"; expected voxels or a length, such as 10 or 200nm/,
        "--distance",
        "3 parsecs",
      ],
      [/--distance is "far"; expected a number/, "--distance", "far"],
      [/--min-size is "0"; expected a whole number from 1/, "--min-size", "0"],
      [/--threshold is "high"; expected a number/, "--threshold", "high"],
      [/curves\.txt: .*\.csv or \.json/, "--curves", "curves.txt"],
      [/--raw is .*--html/, "--raw", `${folder}/raw.tif`],
      [/raw\.tif has 4 x 1 x 1 voxels/, "--html", `${folder}/r.html`, "--raw", `${folder}/raw.tif`],
      [/no folder .*none; create it/, "--html", `${folder}/none/r.html`],
      [/l\.tif is both input and output/, "--html", `${folder}/l.tif`],
      [
        /--curves and --html are the same file, .*x\.csv/,
        "--html",
        `${folder}/x.csv`,
        "--curves",
        `${folder}/x.csv`,
      ],
    ];
    for (const [message, ...flags] of wrong) {
      const { code, err, out } = await ccboost("evaluate", ...files, ...flags);
      assert.deepEqual([code, out], [2, ""], `${flags}: ${err}`);
      assert.match(err, message);
    }
    const small = await ccboost("evaluate", ...files, "--min-size", "3", "--quiet");
    assert.match(small.err, /l\.tif: no .* has 3 voxels.*smaller minimum size/);
    assert.deepEqual(namesIn(folder), ["l.tif", "p.nrrd", "raw.tif"]);
  });
});
