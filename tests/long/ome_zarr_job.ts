/** A volume whose scores are OME-Zarr in shards, and what a run leaves of them. */
import { digests, runJob, writeGenerated } from "../helpers/run_job.ts";
import { filesBelow } from "../helpers/damage.ts";
import type { Zyx } from "../../src/volume/region.ts";

const TEXT = `outFileName = "out"; numStumps = 8; numWLToExplorePerIter = 40; candidatePoses = 12;
borderMinDist = 4; NegSampleProportion = 3.0; crossFitFolds = 2; outputFirstStage = true; outputSynapses = false;`;

/** The results, behind the name of a run. */
export const RESULTS: readonly string[] = ["max", "min", "first"].map((name) => `0-ab-${name}.ome.zarr`);

/** The levels of each. */
export const LEVELS: readonly number[] = [0, 1, 2];

/** Writes a volume to score, and a model that was trained on a smaller one, which has a second stage. */
export async function writeScoringJob(folder: string, shape: Zyx): Promise<void> {
  Deno.mkdirSync(`${folder}/train`);
  await writeGenerated(`${folder}/train`, { shape: [32, 64, 96], anisotropy: 2.5, text: TEXT });
  await writeGenerated(folder, { shape, anisotropy: 2.5, text: TEXT });
  await runJob(`${folder}/train`, {
    set: ["outFileName=model", "test=()", "outputFirstStage=false"],
    resources: { workers: 2 },
  });
}

/** Settings with which the volume is scored, into results of this name. */
export function scoring(name: string, ...more: readonly string[]): string[] {
  return [
    `outFileName=${name}`,
    `savedStumpsPath=train/model-stumps.cfg`,
    "usedSavedStumpsPathOnlyForTesting=true",
    "outputFormat=ome-zarr",
    ...more,
  ];
}

/** Digests of all files of the results; what they say of their name is left out. */
export async function filesOf(folder: string, name: string): Promise<string[]> {
  const texts: string[] = [];
  for (const result of RESULTS) {
    const path = `${folder}/${name}-${result}`;
    texts.push(Deno.readTextFileSync(`${path}/zarr.json`).replaceAll(`"${name}-`, `"`));
    const files = LEVELS.flatMap((level) => filesBelow(`${path}/${level}`).sort());
    texts.push(...(await digests(files)).map((digest, i) => `${files[i]?.slice(path.length)} ${digest}`));
  }
  return texts;
}
