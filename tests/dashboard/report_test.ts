/** The report of a run: what it says, as a file and as the page serves it. */
import assert from "node:assert/strict";
import { createZarr, writeRegion } from "../../src/volume/zarr/mod.ts";
import { wholeRegion } from "../../src/volume/region.ts";
import { writeStumpFile } from "../../src/boosting/mod.ts";
import { writeAnswers } from "../../src/stages/training/polarity_answers.ts";
import { writeSynapseJson } from "../../src/stages/synapses/synapse_files.ts";
import type { Synapse } from "../../src/analysis/synapse.ts";
import { ccboostHere as ccboost } from "../helpers/cli_process.ts";
import { addTrainingVolume, appendLines, askerOf, SHAPE, type TestFolder, withTestFolder } from "./folder.ts";

const COUNT = 30;

/** What a finished run leaves: scores, model, table. Synapse i has 100 + i voxels; the last is merged of everything if asked for. */
async function finish({ root, work }: TestFolder, isMerged = false): Promise<void> {
  const scores = await createZarr(`${work}/scores/0-max.zarr`, {
    shape: SHAPE,
    chunk: [8, 16, 16],
    dtype: "float32",
  });
  await writeRegion(scores, wholeRegion(SHAPE), new Float32Array(SHAPE.reduce((a, b) => a * b)).fill(2));
  await writeStumpFile(`${root}/job-stumps.cfg`, {
    stumps: [{ pose: 0, column: 0, threshold: 1, invert: false, alpha: 4 }],
    platt: { A: -2, B: 0 },
    join: "nearest",
    threshold: 1.5,
    labelledVoxels: 120,
  }, 1);
  const synapses = Array.from({ length: COUNT }, (_, i): Synapse => ({
    id: i + 1,
    voxels: isMerged && i === COUNT - 1 ? 90_000 : 100 + i,
    centroid: [i % SHAPE[0], i % SHAPE[1], i % SHAPE[2]],
    box: { start: [0, 0, 0], shape: [2, 3, 4] },
    touchesBorder: i === 0,
    meanScore: 2 + i / 10,
    peakScore: 3 + i / 10,
    direction: i % 2 === 0 ? [0, -1, 0] : undefined,
    agreement: i % 2 === 0 ? 0.5 : undefined,
    length: 30,
    width: 20,
    thickness: 10,
    elongation: 1.5,
  }));
  writeSynapseJson(`${root}/job-0-synapses.json`, {
    shape: SHAPE,
    voxelSize: [40, 4, 5],
    unit: "nm",
    threshold: 1.5,
    minSize: 100,
    dropped: 7,
    hasDirections: true,
    synapses,
  }, "scores/0-max.zarr");
  await appendLines(`${work}/journal.jsonl`, [{ event: "run-done", time: "2026-01-02T03:04:05Z" }]);
}

Deno.test("ccboost report writes what was found, how sure, with what, and how to do it again", () =>
  withTestFolder(async (folder) => {
    await finish(folder);
    const out = `${folder.root}/report.html`;
    const finished = await ccboost("report", folder.work, out);
    assert.equal(finished.code, 0, finished.err);
    const html = await Deno.readTextFile(out);
    const perCubicMicrometre = COUNT / (SHAPE[0] * SHAPE[1] * SHAPE[2] * 40 * 4 * 5 / 1e9);
    const said: readonly (string | RegExp)[] = [
      "1 weak learner on context features",
      "trained on 3 labelled synapses",
      "score of at least 1.5, the threshold kept",
      "40 × 30 × 20 voxels (x, y, z) of 5 × 4 × 40 nm",
      "30; 1 of them touch the border",
      `${Number(perCubicMicrometre.toPrecision(3)).toLocaleString("en-US")} per µm³`,
      "7 smaller ones removed",
      "15 are known; mean 0, -1, 0 (x, y, z), resultant length 1",
      /<th scope="row">Size, voxels<\/th><td class="n">107<\/td><td class="n">115<\/td><td class="n">122<\/td>/,
      "nobody has compared this result with ground truth or looked through it",
      "<pre>ccboost run run.cfg</pre>",
      /numStumps = 3;/,
      /\{ pos = \[5, 5, 5\]; polarity = \[1, 0, 0\]; \}/,
      "ccboost 0.1.0",
    ];
    for (const text of said) {
      assert(
        typeof text === "string" ? html.includes(text) : text.test(html),
        `${text} is not in the report`,
      );
    }
    assert.equal(html.match(/<figcaption><b>/g)?.length, 8);
    assert.equal(html.match(/<svg class="chart"/g)?.length, 4);
    assert.doesNotMatch(html, /may be wrong|not finished|<script|https?:\/\/|NaN|undefined/);
    assert.match((await ccboost("report", folder.work, out)).err, /already exists.*--overwrite/s);
  }));

Deno.test("GET /report.html names every training volume with its synapses", () =>
  withTestFolder(async (folder) => {
    await finish(folder);
    await addTrainingVolume(folder);
    const html = await (await askerOf(folder)("/report.html")).text();
    assert.match(html, /trained on 5 labelled synapses in 2 volumes \(median size 1 voxels\)/);
    assert.match(html, /Training stack 0[^]*train\.tif[^]*Ground truth 0[^]*labels\.tif: 3 synapses/);
    assert.match(html, /Training stack 1[^]*second\.tif[^]*Ground truth 1[^]*second-labels\.tif: 2 synapses/);
    await writeAnswers(folder.work, [], [{ pos: [12, 12, 12], reason: "no synapse" }], 1);
    const cut = await (await askerOf(folder)("/report.html")).text();
    assert.match(cut, /trained on 4 labelled synapses in 2 volumes/);
    assert.match(cut, /second-labels\.tif: 1 synapse</);
  }));

Deno.test("GET /report.html is the same report, with the comparison that was kept, what looks wrong, and nothing unescaped", () =>
  withTestFolder(async (folder) => {
    await finish(folder, true);
    await Deno.mkdir(`${folder.work}/evaluation`);
    const figures = {
      averagePrecision: 0.9,
      bestF1: 0.8,
      threshold: 1.5,
      detected: 9,
      missed: 1,
      invented: 3,
      precision: 0.75,
      recall: 0.9,
      f1: 0.818,
    };
    const kept = { version: "0", labels: "/a/<b>.tif", caution: "", figures, missed: [], invented: [] };
    await Deno.writeTextFile(`${folder.work}/evaluation/0.json`, JSON.stringify(kept));
    const answer = await askerOf(folder)("/report.html");
    assert.equal(answer.status, 200);
    assert.match(answer.headers.get("content-security-policy") ?? "", /^default-src 'none'; img-src data:/);
    const html = await answer.text();
    assert.match(
      html,
      /F1 0\.818, precision 0\.750, recall 0\.900 at threshold 1\.5: 9 of 10 detected, 3 false positives/,
    );
    assert(html.includes("/a/&lt;b&gt;.tif") && !html.includes("<b>.tif"));
    assert.match(html, /This table may be wrong: one object has 90000 of the/);
  }));

Deno.test("ccboost report tells how a person who looked through the table judged it", () =>
  withTestFolder(async (folder) => {
    await finish(folder);
    const estimate = { looked: 50, accepted: 45, unsure: 0, precision: 0.9, from: 0.786, to: 0.957 };
    const review = { count: 30, accepted: 45, rejected: 5, unsure: 0, added: 2, estimate };
    const text = await Deno.readTextFile(`${folder.root}/job-0-synapses.json`);
    const reviewed = text.replace('"minSize"', `"review":${JSON.stringify(review)},"minSize"`);
    await Deno.writeTextFile(`${folder.root}/job-0-reviewed-synapses.json`, reviewed);
    const html = await (await askerOf(folder)("/report.html")).text();
    assert.match(
      html,
      /90\.0 % of 50 synapses drawn at random were correct \(95 % confidence interval 78\.6 % to 95\.7 %\)/,
    );
    assert.match(html, /45 accepted, 5 rejected, 2 added, of 30 found/);
    assert.match(html, /<dt>Correct<\/dt><dd>90 %/);
    assert.match(html, /after review/);
  }));

Deno.test("ccboost report tells of an unfinished run and of what is no run, and refuses a damaged table", () =>
  withTestFolder(async (folder) => {
    const out = `${folder.root}/r.html`;
    assert.match((await ccboost("report", folder.work, out)).err, /job-stumps\.cfg/); // it is none
    await Deno.remove(`${folder.root}/job-stumps.cfg`);
    assert.equal((await ccboost("report", folder.work, out)).code, 0);
    const html = await Deno.readTextFile(out);
    assert.match(html, /This run is not finished \(running\)/);
    assert.match(html, /There is no table of synapses/);
    assert.match((await ccboost("report", folder.root, out)).err, /is not the work folder of a run/);
    await finish(folder);
    const path = `${folder.root}/job-0-synapses.json`;
    const lines = (await Deno.readTextFile(path)).split("\n");
    await Deno.writeTextFile(path, lines.toSpliced(5, 1).join("\n"));
    assert.match(
      (await ccboost("report", folder.work, out, "--overwrite")).err,
      /has 29 synapses, and says 30; it is damaged/,
    );
  }));
