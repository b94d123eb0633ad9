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
  return new Float32Array(new Float16Array(bytes));
}

/** Every `step`-th of the values, from `first` on: by default all. */
export interface Column {
  readonly values: Float32Array;
  readonly first?: number;
  readonly step?: number;
}

/** Pearson correlation of two columns, and the slope of the second on the first. */
export function compare(ours: Column, original: Column): { correlation: number; slope: number } {
  const { length, sum } = sumsOf(ours, original);
  const [meanX, meanY] = [sum((x) => x) / length, sum((_, y) => y) / length];
  const xy = sum((x, y) => (x - meanX) * (y - meanY));
  const xx = sum((x) => (x - meanX) ** 2);
  const yy = sum((_, y) => (y - meanY) ** 2);
  return { correlation: xy / Math.sqrt(xx * yy), slope: xy / xx };
}

/** Sums over pairs of values of two columns, of one length. */
function sumsOf(a: Column, b: Column) {
  const [{ first: i0 = 0, step: di = 1 }, { first: j0 = 0, step: dj = 1 }] = [a, b];
  const length = a.values.length / di;
  if (b.values.length / dj !== length) throw new RangeError("columns of different lengths");
  const sum = (term: (x: number, y: number) => number) => {
    let total = 0;
    for (let k = 0, i = i0, j = j0; k < length; k++, i += di, j += dj) {
      total += term(a.values[i] ?? NaN, b.values[j] ?? NaN);
    }
    return total;
  };
  return { length, sum };
}
