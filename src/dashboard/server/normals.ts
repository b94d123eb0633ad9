/** Directions across the annotated synapses, from the samples that a run keeps while it trains. */
import { join } from "node:path";
import { UserError } from "../../user_error.ts";
import { type ComponentNormal, componentNormals } from "../../stages/training/polarity.ts";
import { concatSamples, readSamples } from "../../stages/training/sample_table.ts";

/** Samples of more bytes are of a volume with so many synapses that nobody answers them one by one. */
const MOST_BYTES = 64 * 2 ** 20;

/** What was computed last, by whoever asks. */
const known = new WeakMap<
  object,
  { readonly state: string; readonly normals: Map<number, ComponentNormal> }
>();

/**
 * The directions that training goes by; none where samples are not there, or not all of them yet.
 * @param asker computed once for each, as long as the samples stay the same
 */
export async function readNormals(
  asker: object,
  workFolder: string,
  seed: number,
): Promise<Map<number, ComponentNormal>> {
  const folder = join(workFolder, "samples");
  const files = await samplesIn(folder);
  const state = JSON.stringify([seed, files]);
  const before = known.get(asker);
  if (before?.state === state) return before.normals;
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  const normals = files.length === 0 || bytes > MOST_BYTES ? new Map() : await normalsOf(folder, files, seed);
  known.set(asker, { state, normals });
  return normals;
}

interface SampleFile {
  readonly name: string;
  readonly bytes: number;
  readonly mtime: number;
}

async function samplesIn(folder: string): Promise<SampleFile[]> {
  const files: SampleFile[] = [];
  try {
    for await (const { name, isFile } of Deno.readDir(folder)) {
      if (!isFile || !name.endsWith(".samples")) continue;
      const { size, mtime } = await Deno.stat(join(folder, name));
      files.push({ name, bytes: size, mtime: mtime?.getTime() ?? 0 });
    }
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound) return []; // training is over, and has removed them
    throw cause;
  }
  return files.sort((a, b) => a.name < b.name ? -1 : 1);
}

async function normalsOf(
  folder: string,
  files: readonly SampleFile[],
  seed: number,
): Promise<Map<number, ComponentNormal>> {
  try {
    const tables = [];
    for (const { name } of files) tables.push(await readSamples(join(folder, name)));
    return componentNormals(concatSamples(tables), seed);
  } catch (cause) {
    const isGone = cause instanceof Deno.errors.NotFound || cause instanceof UserError;
    if (isGone) return new Map(); // a run that goes on replaces them; the page asks again
    throw cause;
  }
}
