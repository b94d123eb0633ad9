/** Kills runs with SIGKILL at random moments, starts them again until they finish, and compares what they leave. */
import { verifyWorkFolder } from "../../src/run/verify.ts";
import { start } from "../helpers/cli_process.ts";
import { filesBelow } from "../helpers/damage.ts";
import { fileState } from "../../src/volume/file.ts";
import { digests } from "../helpers/run_job.ts";

/** Files that are compared. */
export const KILL_OUTPUTS = [
  "stumps.cfg",
  "0-ab-max.nrrd",
  "0-ab-min.nrrd",
  "0--predOrient.nrrd",
  "trainingWeightsPos.nrrd",
  "0-testFeatures-max.bin",
  "trainPosFeats.bin",
  "0-synapses.csv",
  "0-synapses.json",
];

const SETTINGS = [
  "outputOrientationEstimate=true",
  "outputFirstStage=true",
  "saveTrainingWeights=true",
  "extra.saveTestingFeatures=true",
  "extra.saveTrainingFeatures=true",
  "train.groundTruthErodeRadius=1",
  "numStumps=60",
  "minPosRegionSize=5",
];

/** A run that was killed again and again until it finished. */
export interface KilledRun {
  /** What the last line of the journal was when the process died, kill by kill. */
  readonly kills: readonly string[];
  /** Files that were removed between a kill and the next start. */
  readonly lost: readonly string[];
  /** Contents of the outputs. */
  readonly outputs: readonly string[];
  /** Faults that `verify` found at the end. */
  readonly faults: number;
  /** Files under way that were left at the end. */
  readonly left: readonly string[];
}

/** Arguments of a run of `<folder>/job.cfg` with results of this name, in blocks of one chunk. */
function argumentsOf(folder: string, name: string): string[] {
  const set = [`outFileName=${name}`, `saveTrainingWeightsPosFileName=${name}-trainingWeightsPos.nrrd`];
  const negative = `saveTrainingWeightsNegFileName=${name}-trainingWeightsNeg.nrrd`;
  const flags = [...SETTINGS, ...set, negative].flatMap((text) => ["--set", text]);
  return ["run", `${folder}/job.cfg`, ...flags, "--block", "1,1,1", "--workers", "2", "--quiet"];
}

/** Runs without a kill. Returns the outputs, and how long it took in ms. */
export async function runWhole(folder: string): Promise<{ outputs: readonly string[]; duration: number }> {
  const begin = performance.now();
  const { success, stderr } = await start(...argumentsOf(folder, "whole")).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  return { outputs: await outputsOf(folder, "whole"), duration: performance.now() - begin };
}

/**
 * Runs until the end, killed at most `most` times, each time after a random part of `duration`.
 * @param random from 0 to 1
 */
export async function runKilledAtRandom(
  folder: string,
  name: string,
  { most, duration, random, loses = 0 }: {
    most: number;
    duration: number;
    random: () => number;
    /** Share of the kills after which a file of the work folder is lost, as where it is purged. */
    loses?: number;
  },
): Promise<KilledRun> {
  const kills: string[] = [], lost: string[] = [];
  for (;;) {
    const process = start(...argumentsOf(folder, name));
    const delay = kills.length < most ? random() * duration : undefined;
    const timer = delay === undefined ? undefined : setTimeout(() => kill(process), delay);
    const { success, signal, stderr } = await process.output();
    clearTimeout(timer);
    if (success) break;
    if (signal !== "SIGKILL") throw new Error(new TextDecoder().decode(stderr));
    kills.push(await lastLine(`${folder}/${name}-work/journal.jsonl`));
    if (random() < loses) lost.push(...loseFile(`${folder}/${name}-work`, random));
  }
  const { faults } = await verifyWorkFolder(`${folder}/${name}-work`);
  const left = Array.from(Deno.readDirSync(folder), (entry) => entry.name)
    .filter((file) => file.includes(name) && /\.(partial|tmp)$/.test(file));
  return { kills, lost, outputs: await outputsOf(folder, name), faults: faults.length, left };
}

/** Removes a chunk, or a file that a block left; none where there is none yet. */
function loseFile(work: string, random: () => number): string[] {
  if (fileState(work) === undefined) return []; // killed before it was made
  const files = filesBelow(work).filter((file) => /\/c\/[\d/]+$|\.(samples|features)$/.test(file)).sort();
  const file = files[Math.floor(random() * files.length)];
  if (file === undefined) return [];
  Deno.removeSync(file);
  return [file.slice(work.length + 1)];
}

function kill(process: Deno.ChildProcess): void {
  try {
    process.kill("SIGKILL");
  } catch (cause) {
    if (!(cause instanceof TypeError)) throw cause; // it has just ended
  }
}

async function lastLine(path: string): Promise<string> {
  try {
    const lines = (await Deno.readTextFile(path)).split("\n");
    const { event, stage = "" } = JSON.parse(lines.at(-2) ?? "{}") as { event?: string; stage?: string };
    return `${event ?? "empty journal"} ${stage.replace(/\/.*\//, "")}`.trim();
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound) return "no journal";
    throw cause;
  }
}

async function outputsOf(folder: string, name: string): Promise<string[]> {
  const found = await digests(KILL_OUTPUTS.map((output) => `${folder}/${name}-${output}`));
  return found.map((text) => text.replace(`${name}-`, ""));
}
