/** What the tests of a configuration's keys share: a finished run of the tiny job, and runs with some keys changed. */
import { basename, dirname } from "node:path";
import { type Model, readStumpFile } from "../../../src/boosting/mod.ts";
import { anisotropyOf } from "../../../src/config/settings.ts";
import { createReporter } from "../../../src/engine/mod.ts";
import { channelList } from "../../../src/stages/channel_list.ts";
import { writeChannels } from "../../../src/stages/channels.ts";
import { fromArrayBuffer } from "geotiff";
import { readNrrd, runJob, type RunOptions } from "../../helpers/run_job.ts";
import { contents } from "../../helpers/supervoxels_support.ts";
import { TINY, tinyVolume, writeTiny } from "../../helpers/run_tiny.ts";
import { encodeTiff } from "../../../fixtures/tiff.ts";

/** One test of what keys do. */
export interface KeyCase {
  /** As in the table of settings: `svox.seed`, `train.rawVolume`, `test[].rawVolume`, `train.ccPolarity[].pos`. */
  readonly keys: readonly string[];
  /** Completes the sentence "... does". */
  readonly what: string;
  readonly test: (job: KeyJob) => Promise<void>;
}

/** A finished run with what tests look at. */
export interface KeyRun {
  /** Path that the names of its outputs begin with. */
  readonly out: string;
  readonly model: Model;
  /** What the message of the stage `samples` says. */
  readonly counts: SampleCounts;
  readonly said: string;
  readonly files: readonly string[];
  /** Supervoxels that the training volume has, where it trained. */
  readonly supervoxels: number;
  max(index?: number): Promise<Float32Array>;
  min(index?: number): Promise<Float32Array>;
}

export interface SampleCounts {
  readonly positives: number;
  readonly positivesFound: number;
  readonly negatives: number;
  readonly negativesFound: number;
  readonly artificial: number;
}

/** The folder of the tiny job. */
export interface KeyJob {
  readonly folder: string;
  /** The run of `job.cfg` as it is. */
  readonly base: KeyRun;
  /** A run with two models and what follows them, with what they began with; it is the same one for all tests. */
  crossFitted(): Promise<KeyRun>;
  /** Trains and scores with these keys changed, under a name of its own. */
  run(set: readonly string[], options?: RunOptions): Promise<KeyRun>;
  /** Trains without scoring. */
  train(set: readonly string[], options?: RunOptions): Promise<KeyRun>;
  /** Scores with the model of the base run. */
  score(set: readonly string[], options?: RunOptions): Promise<KeyRun>;
  /** Writes `<name>.tif` with these bytes. */
  writeVolume(name: string, voxels: Uint8Array): Promise<void>;
}

/** Few rounds of two models: the tiny volume's plates can be kept apart in two halves. */
export const CROSS_FIT: readonly string[] = ["crossFitFolds=2", "numStumps=8"];

/** Writes the tiny job into a folder and runs it. */
export async function createKeyJob(folder: string): Promise<KeyJob> {
  await writeTiny(folder);
  let runs = 0;
  const run = async (set: readonly string[], options: RunOptions = {}): Promise<KeyRun> => {
    const name = `${folder}/run${runs++}`;
    const named = set.some((text) => text.startsWith("outFileName=")) ? set : [`outFileName=${name}`, ...set];
    const { report, said, settings, journal } = await runJob(folder, { ...options, set: named });
    const anisotropy = anisotropyOf(settings);
    const out = settings.outFileName;
    const samples = journal.findLast((event) => event.event === "block-done" && event.stage === "samples");
    const result = samples?.event === "block-done" ? samples.result as { supervoxels: number } : undefined;
    return {
      out,
      model: await readStumpFile(report.model, { anisotropy }),
      counts: countsOf(said),
      said,
      files: report.files.map(({ path }) => path),
      supervoxels: result?.supervoxels ?? 0,
      max: (index = 0) => readNrrd(`${out}-${index}-ab-max.nrrd`),
      min: (index = 0) => readNrrd(`${out}-${index}-ab-min.nrrd`),
    };
  };
  // By a worker, as what follows is not: what keys do is the same.
  const byWorker: RunOptions = { resources: { workers: 1 } };
  const base = await run(["outFileName=base"], byWorker);
  let crossFitted: Promise<KeyRun> | undefined;
  return {
    folder,
    base,
    crossFitted: () => crossFitted ??= run([...CROSS_FIT, "outputFirstStage=true"], byWorker),
    run,
    train: (set, options) => run(["test=()", ...set], options),
    score: (set, options) =>
      run(
        ["savedStumpsPath=base-stumps.cfg", "usedSavedStumpsPathOnlyForTesting=true", ...set],
        options,
      ),
    writeVolume: (name, voxels) => Deno.writeFile(`${folder}/${name}.tif`, encodeTiff(voxels, TINY)),
  };
}

function countsOf(said: string): SampleCounts {
  const part = String.raw`(\d+)(?: of (\d+))?`;
  const pattern = new RegExp(`training on ${part} positives and ${part} negatives(?:, (\\d+) artificial)?`);
  const [, positives, ofPositives, negatives, ofNegatives, artificial] = pattern.exec(said) ?? [];
  return {
    positives: Number(positives),
    positivesFound: Number(ofPositives ?? positives),
    negatives: Number(negatives),
    negativesFound: Number(ofNegatives ?? negatives),
    artificial: Number(artificial ?? 0),
  };
}

/** Features that a run saved: rows (samples or supervoxels) and columns (stumps). */
export interface SavedFeatures {
  readonly rows: number;
  readonly columns: number;
  at(row: number, column: number): number;
}

/** Reads a file of saved features and checks its size. */
export async function readFeatures(path: string): Promise<SavedFeatures> {
  const bytes = await Deno.readFile(path);
  const view = new DataView(bytes.buffer);
  const [rows, columns] = [view.getUint32(0, true), view.getUint32(4, true)];
  if (bytes.length !== 8 + rows * columns * 4) {
    throw new Error(`${basename(path)}: ${bytes.length} bytes are not ${rows} x ${columns} features`);
  }
  return { rows, columns, at: (row, column) => view.getFloat32(8 + (column * rows + row) * 4, true) };
}

/** The voxels of an 8-bit TIFF stack. */
export async function readTiff(path: string): Promise<Uint8Array> {
  const tiff = await fromArrayBuffer((await Deno.readFile(path)).buffer);
  const pages: Uint8Array[] = [];
  for (let z = 0; z < await tiff.getImageCount(); z++) {
    const [page] = await (await tiff.getImage(z)).readRasters() as unknown as Uint8Array[];
    if (page !== undefined) pages.push(Uint8Array.from(page));
  }
  return new Uint8Array(await new Blob(pages as BlobPart[]).arrayBuffer());
}

/** Writes a NRRD volume of 32-bit floats, components of a voxel together. */
export async function writeNrrd(path: string, values: Float32Array, components: number): Promise<void> {
  const [z, y, x] = TINY;
  const [dimension, sizes] = components === 1 ? [3, `${x} ${y} ${z}`] : [4, `${components} ${x} ${y} ${z}`];
  const header =
    `NRRD0004\ntype: float\ndimension: ${dimension}\nsizes: ${sizes}\nendian: little\nencoding: raw\n\n`;
  const parts = [new TextEncoder().encode(header), new Uint8Array(Float32Array.from(values).buffer)];
  await Deno.writeFile(path, new Uint8Array(await new Blob(parts).arrayBuffer()));
}

/** Writes channels of the tiny volume as `channels/<name>.nrrd`. */
export async function writeTinyChannels({ folder }: KeyJob, ...names: string[]): Promise<void> {
  await writeChannels({
    volume: `${folder}/raw.tif`,
    anisotropy: 1,
    folder: `${folder}/channels`,
    replaces: true,
    channels: channelList({ sigma: 1.5, names }),
    resources: { memory: 2 ** 30, workers: 1, inMainThread: true },
    reporter: createReporter({ mode: "quiet", write() {} }),
    command: "test",
  });
}

/** The stumps without what is only for people, to compare. */
export function stumpsText({ model }: KeyRun): string {
  return JSON.stringify(model);
}

/** Names in the folder of a run's outputs that begin like them, without that beginning, sorted; without tables of synapses. */
export function outputNames(run: KeyRun): string[] {
  return allOutputNames(run).filter((name) => !/-synapses\.(csv|json|zarr)$/.test(name));
}

/** The same with the tables of synapses. */
export function allOutputNames({ out }: KeyRun): string[] {
  const stem = basename(out);
  return Array.from(Deno.readDirSync(dirname(out)), ({ name }) => name)
    .filter((name) => name.startsWith(`${stem}-`) && name !== `${stem}-work`)
    .map((name) => name.slice(stem.length)).sort();
}

export { contents, TINY, tinyVolume };
