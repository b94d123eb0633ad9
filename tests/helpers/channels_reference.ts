/** Reads what the original program computed, kept outside the project. */
import { fromArrayBuffer } from "geotiff";
import type { Volume } from "./channels_support.ts";
import { ROOT } from "./project.ts";

/** The folder of reference data: `CCBOOST_REFERENCE`, or beside the project; `undefined` where there is none or it may not be read. */
export async function referenceFolder(): Promise<string | undefined> {
  const allowed = await Deno.permissions.query({ name: "env", variable: "CCBOOST_REFERENCE" });
  const named = allowed.state === "granted" ? Deno.env.get("CCBOOST_REFERENCE") : undefined;
  const folder = named ?? `${ROOT}../shared/reference`;
  try {
    await Deno.stat(`${folder}/fibsem/index.json`);
    return folder;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotCapable) return undefined;
    throw error;
  }
}

/** All pages of an 8-bit TIFF. */
export async function readTiff(path: string): Promise<Volume> {
  const file = await Deno.readFile(path);
  const tiff = await fromArrayBuffer(file.buffer);
  const pages: Uint8Array[] = [];
  const count = await tiff.getImageCount();
  const first = await tiff.getImage(0);
  for (let i = 0; i < count; i++) {
    const [page] = await (await tiff.getImage(i)).readRasters();
    if (!(page instanceof Uint8Array)) throw new TypeError(`${path}: page ${i} is not 8-bit`);
    pages.push(page);
  }
  const data = new Uint8Array(pages.reduce((sum, page) => sum + page.length, 0));
  for (const [i, page] of pages.entries()) data.set(page, i * page.length);
  return { shape: [count, first.getHeight(), first.getWidth()], data };
}

/** A gzipped array of little-endian float16. */
export async function readFloat16(path: string): Promise<Float32Array> {
  using file = await Deno.open(path);
  const bytes = await new Response(file.readable.pipeThrough(new DecompressionStream("gzip"))).arrayBuffer();
  return Float32Array.from(new Float16Array(bytes));
}

/** Pearson correlation of two columns, and the slope of the second on the first. */
export function compare(ours: Float32Array, original: Float32Array): { correlation: number; slope: number } {
  const centred = (column: Float32Array) => {
    const mean = column.reduce((a, b) => a + b, 0) / column.length;
    return Float64Array.from(column, (v) => v - mean);
  };
  const [x, y] = [centred(ours), centred(original)];
  const dot = (a: Float64Array, b: Float64Array) => a.reduce((sum, v, i) => sum + v * (b[i] ?? 0), 0);
  return { correlation: dot(x, y) / Math.sqrt(dot(x, x) * dot(y, y)), slope: dot(x, y) / dot(x, x) };
}
