/** As `tables_demo_browser.ts`, on the scores of the original program on `vnc`: `tables_vnc_browser.ts <folder>`. */
import { fromArrayBuffer } from "geotiff";
import { referencePath } from "../helpers/project.ts";
import { playToEnd } from "./proofread_play.ts";
import { type Scored, writeScoredFolder } from "./scored_folder.ts";
import type { Place } from "./tables_browser.ts";

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

async function vnc(folder: string): Promise<Place> {
  const { root, work } = await writeScoredFolder(await Deno.realPath(folder), await readVnc());
  return { work, prefix: `${root}/job-0` };
}

if (import.meta.main) await playToEnd(await vnc(Deno.args[0] ?? ""));
