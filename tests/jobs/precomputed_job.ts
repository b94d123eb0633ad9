/** A job whose results are Neuroglancer precomputed, and what a run leaves of them. */
import assert from "node:assert/strict";
import type { Zyx } from "../../src/volume/region.ts";
import { filesBelow } from "../helpers/damage.ts";
import { digests, writeGenerated } from "../helpers/run_job.ts";

const SETTINGS = `outFileName = "out"; numStumps = 12; numWLToExplorePerIter = 60; candidatePoses = 12;
borderMinDist = 4; NegSampleProportion = 5.0; crossFitFolds = 2; autoContext = false; outputSynapses = false;
outputFirstStage = true;`;
const SHAPE: Zyx = [40, 90, 140];
/** The smallest blocks of this shape with anisotropy 2.5, 2 x 2 x 2 of them. */
export const CHUNKS: Zyx = [32, 64, 128];
export const PRECOMPUTED: readonly string[] = ["outputFormat=precomputed", "voxelSize=[4, 4, 10]"];
export const RESULTS: readonly string[] = ["0-ab-max", "0-ab-min", "0-ab-first"];

export async function writeJob(folder: string): Promise<void> {
  await Deno.mkdir(folder, { recursive: true });
  await writeGenerated(folder, { shape: SHAPE, anisotropy: 2.5, text: SETTINGS });
}

/** Digests of all files of the results, by their names in these. */
export async function filesOf(folder: string): Promise<string[]> {
  const texts: string[] = [];
  for (const name of RESULTS) {
    const path = `${folder}/out-${name}.precomputed`;
    const files = filesBelow(path).sort();
    const names = files.map((file) => file.slice(path.length));
    assert.ok(names.includes("/info") && names.some((file) => /^\/s0\/\w+\.shard$/.test(file)), `${names}`);
    texts.push(...(await digests(files)).map((digest, i) => `${name}${names[i]} ${digest}`));
  }
  return texts;
}
