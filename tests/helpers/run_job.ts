/** Small annotated volumes and configurations, and runs of the main job on them, in this process. */
import { basename } from "node:path";
import { parseChannelName } from "../../src/channels/mod.ts";
import { loadSettings, type Settings } from "../../src/config/settings.ts";
import { createReporter, type JournalEvent, readJournal, type Reporter } from "../../src/engine/mod.ts";
import { UserError } from "../../src/user_error.ts";
import { planCcboost, runCcboost, type RunReport } from "../../src/stages/run.ts";
import type { Resources } from "../../src/run/plan_stage.ts";
import type { Zyx } from "../../src/volume/region.ts";
import { encodeTiff } from "../../fixtures/tiff.ts";
import { generated } from "./generated.ts";

/** How to run a configuration. */
export interface RunOptions {
  /** `key=value` texts. */
  readonly set?: readonly string[];
  /**
   * Where no workers are named blocks are computed in this thread, with the same bits (`tests/jobs/identity_test.ts`): a small job
   * takes longer to start workers, for each stage anew, than to compute.
   */
  readonly resources?: Partial<Resources>;
  /** Default: a folder named after `outFileName`. */
  readonly work?: string;
  readonly polarity?: "config" | "none";
  readonly leastScore?: number | undefined;
  /** Default: one that says nothing. */
  readonly reporter?: Reporter;
}

/** What a run left. */
export interface FinishedRun {
  readonly report: RunReport;
  readonly settings: Settings;
  readonly journal: readonly JournalEvent[];
  /** Messages of this run, one a line. */
  readonly said: string;
}

/** Settings of `<folder>/job.cfg`. */
export function settingsOf(folder: string, set: readonly string[] = []): Promise<Settings> {
  return loadSettings(`${folder}/job.cfg`, {
    isKnownChannel: (stem) => parseChannelName(stem) !== undefined,
    overrides: set,
  });
}

/** Runs `<folder>/job.cfg`. */
export async function runJob(folder: string, options: RunOptions = {}): Promise<FinishedRun> {
  const settings = await settingsOf(folder, options.set);
  const workFolder = options.work ?? `${settings.outFileName}-work`;
  let said = "";
  const write = (text: string) => void (said += text);
  const inMainThread = options.resources?.workers === undefined;
  const report = await runCcboost({
    settings,
    polarity: options.polarity ?? "config",
    leastScore: options.leastScore,
    resources: { memory: 2 ** 30, workers: 1, inMainThread, ...options.resources },
    workFolder,
    reporter: options.reporter ?? createReporter({ mode: "lines", write }),
    command: "test",
  });
  return { report, settings, journal: await readJournal(workFolder), said };
}

/**
 * Writes a generated volume `raw.tif` with `labels.tif`, and `job.cfg`, which trains on it and scores it.
 * @param isUnknown whether background in a row is not labelled, which saves time: the second stage learns from every labelled cell
 */
export async function writeGenerated(
  folder: string,
  { shape, anisotropy, text, isUnknown = () => false }: {
    shape: Zyx;
    anisotropy: number;
    text: string;
    isUnknown?: (y: number) => boolean;
  },
): Promise<void> {
  const { raw, labels, synapses } = generated({ shape, anisotropy, seed: 1, synapses: 4 });
  const [, ny, nx] = shape;
  for (const [i, label] of labels.entries()) {
    if (label === 0 && isUnknown(Math.floor(i / nx) % ny)) labels[i] = 128;
  }
  await Deno.writeFile(`${folder}/raw.tif`, encodeTiff(raw, shape));
  await Deno.writeFile(`${folder}/labels.tif`, encodeTiff(labels, shape));
  const entries = synapses.map(({ position: [z, y, x], polarity }) =>
    `{ pos = [${x}, ${y}, ${z}]; polarity = [${polarity.join(", ")}]; }`
  );
  const channels = `otherFeatures = ["gradient-magnitude-s1.0", "stensor-s0.5-r1.0"];`;
  await Deno.writeTextFile(
    `${folder}/job.cfg`,
    `${text}
train = {
  rawVolume = "raw.tif"; groundTruth = "labels.tif"; zAnisotropyFactor = ${anisotropy.toFixed(2)};
  ccPolarity = (${entries.join(", ")}); ${channels}
};
test = ( { rawVolume = "raw.tif"; ${channels} } );
`,
  );
}

/**
 * A budget in bytes, with which `job.cfg` is scored in more than one block, but in fewer than `most`. From a plan made before there are
 * stumps, so that the number of blocks may be another one in a run.
 */
export async function smallBudget(
  folder: string,
  { set, workers, most }: {
    readonly set: readonly string[];
    readonly workers: number;
    readonly most: number;
  },
): Promise<number> {
  const settings = await settingsOf(folder, set);
  const blocksWith = async (memory: number): Promise<number> => {
    try {
      const { stages } = await planCcboost({ settings, resources: { memory, workers } });
      return stages.find(({ name }) => name === "score 0")?.blocks ?? 0;
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      return 0; // holds no block at all
    }
  };
  // In large steps to where there is a plan, since each takes a tenth of a second, and in small ones from before that.
  const large = 2 ** 25, small = 2 ** 22;
  let memory = 2 ** 27;
  while (await blocksWith(memory) === 0) memory += large;
  for (memory -= large - small; memory < 2 ** 30; memory += small) {
    const blocks = await blocksWith(memory);
    if (blocks > 1 && blocks < most) return memory;
  }
  throw new Error("no budget divides the volume");
}

/** The regions that a stage's blocks wrote, in the order of the journal, for each fingerprint that it had. */
export function blocksOf(journal: readonly JournalEvent[], stage: string) {
  const blocks = new Map<string, { readonly start: Zyx; readonly shape: Zyx }[]>();
  for (const event of journal) {
    if (event.event !== "block-done" || event.stage !== stage) continue;
    const list = blocks.get(event.fingerprint) ?? [];
    list.push(event.write);
    blocks.set(event.fingerprint, list);
  }
  return blocks;
}

/** A short name for the contents of each file, to compare: assertions on arrays of bytes print them all. */
export async function digests(paths: readonly string[]): Promise<string[]> {
  return await Promise.all(paths.map(async (path) => {
    const digest = await crypto.subtle.digest("SHA-256", await Deno.readFile(path));
    return `${basename(path)} ${new Uint8Array(digest).toHex().slice(0, 12)}`;
  }));
}

/** What a job of one test volume leaves, behind `<outFileName>-`. */
export const OUTPUTS: readonly string[] = [
  ...["stumps.cfg", "0-ab-max.nrrd", "0-ab-min.nrrd"],
  ...["0-synapses.csv", "0-synapses.json"],
];

/** Removes what a job left beside its work folder. */
export async function removeResults(
  folder: string,
  { name = "out", more = [] }: { readonly name?: string; readonly more?: readonly string[] } = {},
): Promise<void> {
  for (const output of [...OUTPUTS, "0-synapses.zarr", ...more]) {
    await Deno.remove(`${folder}/${name}-${output}`, { recursive: true });
  }
}

/** Digests of what a job of the name `out` left. */
export function results(folder: string, outputs = OUTPUTS): Promise<string[]> {
  return digests(outputs.map((output) => `${folder}/out-${output}`));
}

/** The values of a NRRD file of 32-bit floats that a run wrote, components fastest. */
export async function readNrrd(path: string): Promise<Float32Array<ArrayBuffer>> {
  const bytes = await Deno.readFile(path);
  const end = new TextDecoder("latin1").decode(bytes.subarray(0, 2000)).indexOf("\n\n") + 2;
  return new Float32Array(bytes.slice(end).buffer);
}
