/** Reads the reference data outside the project, and is skipped where that is missing. */
import assert from "node:assert/strict";
import { fromArrayBuffer } from "geotiff";
import { evaluate } from "../../src/analysis/evaluate.ts";
import { arraySource } from "../../src/analysis/voxel_source.ts";
import type { Zyx } from "../../src/volume/region.ts";
import { referencePath } from "../helpers/project.ts";

const SCORES = referencePath("vnc/original-scores-max.f16.gz");

async function isMissing(): Promise<boolean> {
  const found = await Deno.stat(SCORES).catch(() => undefined);
  // deno-lint-ignore no-console -- says why a test did not run
  if (found === undefined) console.log(`skipped: no reference data in ${referencePath("")}`);
  return found === undefined;
}

async function readScores(): Promise<Float32Array> {
  const file = await Deno.open(SCORES);
  const bytes = await new Response(file.readable.pipeThrough(new DecompressionStream("gzip"))).arrayBuffer();
  return Float32Array.from(new Float16Array(bytes));
}

async function readLabels(): Promise<{ labels: Uint8Array; shape: Zyx }> {
  const tiff = await fromArrayBuffer((await Deno.readFile(referencePath("vnc/test-labels.tif"))).buffer);
  const depth = await tiff.getImageCount();
  const pages: Uint8Array[] = [];
  for (let z = 0; z < depth; z++) {
    const [page] = await (await tiff.getImage(z)).readRasters() as unknown as Uint8Array[];
    if (page !== undefined) pages.push(page);
  }
  const first = await tiff.getImage();
  const size = first.getHeight() * first.getWidth();
  const labels = new Uint8Array(depth * size);
  for (const [z, page] of pages.entries()) labels.set(page, z * size);
  return { labels, shape: [depth, first.getHeight(), first.getWidth()] };
}

Deno.test("evaluate() gives what was measured for the original program's scores on vnc", async () => {
  if (await isMissing()) return;
  const { labels, shape } = await readLabels();
  const scores = await readScores();
  const result = await evaluate(
    arraySource("scores", scores, shape, [4, 256, 256]),
    arraySource("labels", labels, shape),
  );
  // 0.4975 was measured before the scores were rounded to 16 bits, which makes ties.
  assert.ok(Math.abs(result.averagePrecision - 0.4975) < 3e-4, `${result.averagePrecision}`);
  assert.equal(result.bestF1.value.toFixed(3), "0.536");
  assert.equal(result.bestJaccard.value.toFixed(3), "0.366");
});
