/** The score that divides the voxels of the training volume best, which the model keeps for volumes without ground truth. */
import { join } from "node:path";
import { evaluate } from "../analysis/evaluate.ts";
import { restrictSource } from "../analysis/restricted_source.ts";
import { zarrBytes, zarrScores } from "../analysis/voxel_source.ts";
import type { Model } from "../boosting/mod.ts";
import { UserError } from "../config/user_error.ts";
import { intersectRegions, type Region, voxelCount, type Zyx } from "../volume/region.ts";
import { defaultChunk, type ZarrVolume } from "../volume/zarr.ts";
import type { Component } from "./components.ts";
import type { GroundTruth } from "./ground_truth.ts";
import type { RunVolume } from "./inputs.ts";
import type { ScoreJob } from "./job.ts";
import type { RunContext } from "./run_context.ts";
import { runBlocks } from "./run_context.ts";
import { fixedStumps, planScore } from "./score.ts";
import { stageArray } from "./work_folder.ts";

/** Name of the stage and of its folder in the work folder. */
export const THRESHOLD_STAGE = "threshold";

/** Of a larger training volume about so many voxels are scored: a few synapses more would not move the threshold. */
const ENOUGH_VOXELS = 2 ** 25;

/** Bytes of counters and voxels that the comparison with the labels holds at once. */
const COUNTER_BYTES = 2 ** 25;
const BLOCK_VOXELS = 2 ** 20;

/**
 * Scores the training volume, or some neighbouring slices of a large one, as a test volume would be, and finds the threshold from 0 on with
 * the best F1 over the labelled voxels. The scores of the training samples would not do: boosting fits them closely (on `vnc` a
 * threshold from them gives an F1 of 0.52 on the test volume, this one 0.58, the best there is 0.59), and a score is the larger of two frames'.
 *
 * @param dependsOn what the model depends on
 * @returns undefined where the slices hold no negative voxel
 */
export async function findBestThreshold(
  context: RunContext,
  volume: RunVolume,
  truth: GroundTruth,
  model: Model,
  dependsOn: unknown,
): Promise<number | undefined> {
  const { raw, job } = volume;
  const stumps = fixedStumps(model, volume);
  const chunk = defaultChunk(raw.shape, job.anisotropy);
  const slices = slicesToScore(raw.shape, chunk[0], truth.list.components);
  const all = { dependsOn, stumps, slices };
  const { target, generation } = await stageArray(
    join(context.workFolder, THRESHOLD_STAGE, "max.zarr"),
    all,
    {
      shape: raw.shape,
      chunk,
      dtype: "float32",
    },
  );
  const scoreJob: ScoreJob = {
    stage: "score",
    volume: job,
    stumps,
    leastScore: 0, // what is lower is no threshold to be found
    max: target.path,
    min: "",
    direction: "",
    orientation: "",
    features: "",
  };
  await runBlocks(context, {
    name: THRESHOLD_STAGE,
    title: THRESHOLD_STAGE,
    job: scoreJob,
    plan: planScore(context, volume, stumps),
    dependsOn: { all, generation },
    skip: ({ write }) => voxelCount(intersectRegions(write, slices).shape) === 0,
  });
  return await bestOf(context, target, truth.labels, slices);
}

async function bestOf(
  { reporter, signal }: RunContext,
  scores: ZarrVolume,
  labels: ZarrVolume,
  slices: Region,
): Promise<number | undefined> {
  try {
    const { bestF1 } = await evaluate(
      restrictSource(zarrScores(scores), slices),
      restrictSource(zarrBytes(labels), slices),
      { memoryBytes: COUNTER_BYTES, blockVoxels: BLOCK_VOXELS, ...(signal ? { signal } : {}) },
    );
    return Math.max(0, bestF1.threshold);
  } catch (cause) {
    if (!(cause instanceof UserError)) throw cause;
    reporter.warn(`no threshold is kept with the model: ${cause.message}`);
    return undefined;
  }
}

/**
 * Neighbouring slices, whole chunks deep, of about `ENOUGH_VOXELS`: of all such the ones whose share of the synapses comes nearest to their
 * share of the volume, so that synapses are about as rare among them as everywhere.
 */
function slicesToScore(shape: Zyx, depth: number, components: readonly Component[]): Region {
  const [nz, ny, nx] = shape;
  const bands = Math.max(1, Math.round(ENOUGH_VOXELS / (ny * nx * depth)));
  const slices = Math.min(nz, bands * depth);
  const within = (start: number) =>
    components.reduce(
      (sum, { position: [z], voxels }) => sum + (z >= start && z < start + slices ? voxels : 0),
      0,
    );
  const expected = components.reduce((sum, { voxels }) => sum + voxels, 0) * slices / nz;
  let best = 0, away = Infinity;
  for (let start = 0; start < nz; start += depth) {
    const from = Math.min(start, Math.floor((nz - slices) / depth) * depth);
    const found = within(from);
    if (found === 0 || Math.abs(found - expected) >= away) continue;
    best = from;
    away = Math.abs(found - expected);
  }
  return { start: [best, 0, 0], shape: [Math.min(slices, nz - best), ny, nx] };
}
