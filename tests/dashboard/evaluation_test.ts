/** Comparisons with ground truth that `evaluate --html` keeps, as the page gets them. */
import assert from "node:assert/strict";
import type { RunResults } from "../../src/dashboard/api.ts";
import { createZarr, writeRegion } from "../../src/volume/zarr/mod.ts";
import { wholeRegion } from "../../src/volume/region.ts";
import { ccboostHere as ccboost, writeTiffFile } from "../helpers/cli_process.ts";
import { askerOf, SHAPE, withTestFolder } from "./folder.ts";

Deno.test("evaluate --html keeps figures, pictures and the report of a run's scores for the page", () =>
  withTestFolder(async (folder) => {
    const [, height, width] = SHAPE;
    const values = Float32Array.from({ length: SHAPE.reduce((a, b) => a * b) }, (_, i) => {
      const [z, y, x] = [Math.floor(i / height / width), Math.floor(i / width) % height, i % width];
      const isIn = (from: number) => z > 5 && z < 9 && y > from && y < from + 6 && x > 10 && x < 20;
      return isIn(3) ? 5 : isIn(20) ? 3 : -1;
    });
    const scores = await createZarr(`${folder.work}/scores/0-max.zarr`, {
      shape: SHAPE,
      chunk: [8, 16, 16],
      dtype: "float32",
    });
    await writeRegion(scores, wholeRegion(SHAPE), values);
    // the second is no synapse, and four voxels are one that no score finds
    const labels = Uint8Array.from(values, (value, i) => i < 4 || value === 5 ? 255 : 0);
    await writeTiffFile(`${folder.root}/truth.tif`, labels, SHAPE);
    const ask = askerOf(folder);
    const results = async () => await (await ask("/api/results")).json() as RunResults;
    assert.deepEqual((await results()).evaluations, []);
    assert.equal((await ask("/evaluation/0.html")).status, 404);

    const page = `${folder.root}/report.html`;
    const args = [
      "evaluate",
      folder.work,
      `${folder.root}/truth.tif`,
      "--html",
      page,
      "--threshold",
      "2",
    ];
    const finished = await ccboost(...args);
    assert.equal(finished.code, 0, finished.err);
    assert.match(finished.out, /The page shows the comparison under Results:.*serve/);
    const [kept, ...others] = (await results()).evaluations;
    assert(kept && others.length === 0);
    const { figures } = kept;
    const { threshold, detected, missed, invented, precision } = figures;
    assert.deepEqual([threshold, detected, missed, invented, precision], [2, 1, 1, 1, 0.5]);
    assert.deepEqual(kept.missed.map(({ voxels, position: [z, y] }) => [voxels, z, y]), [[4, 0, 0]]);
    assert.deepEqual(kept.invented.map(({ voxels, peakScore }) => [voxels, peakScore]), [[3 * 5 * 9, 3]]);
    for (const { picture } of [...kept.missed, ...kept.invented]) {
      assert.match(picture.image, /^data:image\/png;base64,/);
      assert(picture.width > 0 && picture.height > 0);
    }
    const report = await ask(kept.url);
    assert.equal(report.status, 200);
    assert.equal(await report.text(), await Deno.readTextFile(page));
    assert.match(report.headers.get("content-type") ?? "", /text\/html/);
    const policy = report.headers.get("content-security-policy") ?? "";
    assert.match(policy, /default-src 'none'/);
    assert.doesNotMatch(policy, /script-src/);
  }));

Deno.test("GET /api/results passes over kept comparisons that are damaged, and /evaluation/ sends nothing else", () =>
  withTestFolder(async (folder) => {
    await Deno.mkdir(`${folder.work}/evaluation`);
    const texts = ["", "[]", "null", '{"figures":{}}', '{"figures":1,"missed":[],"invented":[]}'];
    for (const [i, text] of texts.entries()) {
      await Deno.writeTextFile(`${folder.work}/evaluation/${i}.json`, text);
    }
    await Deno.symlink("/etc/passwd", `${folder.work}/evaluation/9.html`);
    const ask = askerOf(folder);
    assert.deepEqual((await (await ask("/api/results")).json() as RunResults).evaluations, []);
    for (const name of ["0.json", "9.html", "..%2Fjournal.jsonl", "0.html"]) {
      assert.equal((await ask(`/evaluation/${name}`)).status, 404, name);
    }
  }));
