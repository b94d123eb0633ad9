/** As `tables_demo_browser.ts`, on the scores of the original program on `vnc`: `tables_vnc_browser.ts <folder>`. */
import assert from "node:assert/strict";
import { fromArrayBuffer } from "geotiff";
import { openBrowser, tell } from "../helpers/browser_play.ts";
import { referencePath } from "../helpers/project.ts";
import { playProofread } from "./proofread_play.ts";
import { type Scored, writeScoredFolder } from "./scored_folder.ts";
import { playMap, playPlace, playSliders } from "./tables_browser.ts";

async function readVnc(): Promise<Scored> {
  const file = await Deno.open(referencePath("vnc/original-scores-max.f16.gz"));
  const bytes = await new Response(file.readable.pipeThrough(new DecompressionStream("gzip"))).arrayBuffer();
  const tiff = await fromArrayBuffer((await Deno.readFile(referencePath("vnc/test.tif"))).buffer);
  const image = await tiff.getImage();
  const shape = [await tiff.getImageCount(), image.getHeight(), image.getWidth()] as const;
  const raw = new Uint8Array(shape[0] * shape[1] * shape[2]);
  for (let z = 0; z < shape[0]; z++) {
    const [page] = await (await tiff.getImage(z)).readRasters() as unknown as Uint8Array[];
    raw.set(page ?? [], z * shape[1] * shape[2]);
  }
  const scores = Float32Array.from(new Float16Array(bytes));
  return { shape, raw, scores, threshold: 2.345, directionAt: () => [0, -1, 0] };
}

async function play(folder: string): Promise<void> {
  const faults: string[] = [];
  const { root, work } = await writeScoredFolder(await Deno.realPath(folder), await readVnc());
  const place = { work, prefix: `${root}/job-0` };
  const browser = await openBrowser();
  try {
    await playPlace(browser, place, faults, [playSliders, playMap]);
    const proofread = await playProofread(browser, place, faults);
    assert.deepEqual(faults, []);
    await tell({ scenes: ["sliders", "map", "proofread"], ...proofread });
  } finally {
    await browser.close();
  }
}

if (import.meta.main) await play(Deno.args[0] ?? "");
