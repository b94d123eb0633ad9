/** The score that divides the voxels of the training volume best, which the model keeps for volumes without ground truth. */
import { join } from "node:path";
import { evaluate } from "../../analysis/evaluate.ts";
import { restrictSource } from "../../analysis/restricted_source.ts";
import { zarrBytes, zarrScores } from "../../analysis/voxel_source.ts";
import type { Model, Smoothing } from "../../boosting/mod.ts";
import { UserError } from "../../user_error.ts";
import { type Region, voxelCount, wholeRegion, type Zyx } from "../../volume/region.ts";
import { defaultChunk, type ZarrVolume } from "../../volume/zarr/mod.ts";
import type { Component } from "../components.ts";
import type { GroundTruth } from "./ground_truth.ts";
import type { RunVolume } from "../inputs.ts";
import type { RunContext } from "../../run/run_context.ts";
import { refineScores } from "../refine/refine.ts";
import { fixedStumps } from "../score/score.ts";
import { stageArray } from "../../run/work_folder.ts";
import { scoreTraining } from "./score_training.ts";

/** Name of the stage and of its folder in the work folder. */
export const THRESHOLD_STAGE = "threshold";

/** Of a larger training volume about so many voxels are scored: all 10 million of `vnc` gave no better threshold. */
const ENOUGH_VOXELS = 5 * 2 ** 19;

/** Bytes of counters and voxels that the comparison with the labels holds at once. */
const COUNTER_BYTES = 2 ** 25;
const BLOCK_VOXELS = 2 ** 20;

/**
 * Scores the training volume, or a part of a large one, as a test volume would be, and finds the threshold from 0 on with
 * the best F1 over the labelled voxels. The scores of the training samples would not do: boosting fits them closely (on `vnc` a
 * threshold from them gives an F1 of 0.52 on the test volume, this one and the best there is 0.59), and a score is the larger of two frames'.
 *
 * @param dependsOn what the model depends on
 * @returns that of the stumps' scores, and that of smoothed ones; undefined where the part holds no negative voxel
 */
async function findBestThreshold(
  context: RunContext,
  volume: RunVolume,
  truth: GroundTruth,
  model: Model,
  dependsOn: unknown,
  smoothing?: Smoothing["sigma"],
): Promise<{ first: number | undefined; smoothed?: number | undefined }> {
  const { raw, job } = volume;
  const stumps = fixedStumps(model, volume);
  const chunk = defaultChunk(raw.shape, job.anisotropy);
  const part = partToScore(raw.shape, chunk, truth.list.components);
  const all = { dependsOn, stumps, part, leastScore: smoothing === undefined };
  const target = await scoreTraining(context, volume, {
    name: THRESHOLD_STAGE,
    dependsOn: all,
    chunk,
    parts: [{ region: part, stumps }],
    // what is lower is no threshold to be found, but it counts where scores are smoothed
    leastScore: smoothing === undefined ? 0 : null,
  });
  const first = await bestOf(context, target, truth.labels, part);
  if (smoothing === undefined) return { first };
  const smooth = await stageArray(join(context.workFolder, THRESHOLD_STAGE, "smooth.zarr"), {
    all,
    smoothing,
  }, { shape: raw.shape, chunk, dtype: "float32" });
  const refinement = { smoothing: { sigma: smoothing, platt: model.platt } };
  await refineScores(context, volume, {
    name: `${THRESHOLD_STAGE}-smooth`,
    title: `${THRESHOLD_STAGE}, smoothed`,
    refinement,
    first: target,
    out: smooth.target,
    within: part,
    dependsOn: { all, smoothing, generation: smooth.generation },
  });
  return { first, smoothed: await bestOf(context, smooth.target, truth.labels, part) };
}

/** The model with its thresholds, where they can be found. @param smoothing what follows the stumps */
export async function withThreshold(
  context: RunContext,
  volume: RunVolume,
  truth: GroundTruth,
  model: Model,
  dependsOn: unknown,
  smoothing?: Smoothing["sigma"],
): Promise<Model> {
  const { first, smoothed } = await findBestThreshold(context, volume, truth, model, dependsOn, smoothing);
  const own = first === undefined ? model : { ...model, threshold: first };
  if (smoothing === undefined) return own;
  const { platt } = model;
  const kept = { sigma: smoothing, platt, ...(smoothed === undefined ? {} : { threshold: smoothed }) };
  return { ...own, refinement: { smoothing: kept } };
}

/**
 * How far scores are smoothed where there are too few synapses to choose by: on `vnc` 2 to 8 voxels in the slice are all much better than none
 * (0.58 becomes 0.65), on the isotropic demo 1 to 2 in space.
 */
export function usualSmoothing(anisotropy: number): Smoothing["sigma"] {
  return anisotropy >= 2 ? [5, 0] : [1.5, 1.5];
}

async function bestOf(
  { reporter, signal }: RunContext,
  scores: ZarrVolume,
  labels: ZarrVolume,
  part: Region,
): Promise<number | undefined> {
  try {
    const { bestF1 } = await evaluate(
      restrictSource(zarrScores(scores), part),
      restrictSource(zarrBytes(labels), part),
      { memoryBytes: COUNTER_BYTES, blockVoxels: BLOCK_VOXELS, signal },
    );
    return Math.max(0, bestF1.threshold);
  } catch (cause) {
    if (!(cause instanceof UserError)) throw cause;
    reporter.warn(`the model is saved without a threshold: ${cause.message}`);
    return undefined;
  }
}

/**
 * A part of a volume of about `enough` voxels, in whole chunks: some neighbouring slices, or, where one chunk's depth of slices is too
 * much, some rows of them. Of the parts that the volume is divided into it is the one whose share of the synapses comes
 * nearest to its share of the volume, so that synapses are about as rare in it as everywhere.
 */
export function partToScore(
  shape: Zyx,
  chunk: Zyx,
  components: readonly Pick<Component, "position" | "voxels">[],
  enough = ENOUGH_VOXELS,
): Region {
  if (voxelCount(shape) <= enough) return wholeRegion(shape);
  const [nz, ny, nx] = shape;
  const wholeChunks = (length: number, of: number, most: number) =>
    Math.min(most, Math.max(1, Math.round(length / of)) * of);
  const depth = wholeChunks(enough / (ny * nx), chunk[0], nz);
  const height = wholeChunks(enough / (depth * nx), chunk[1], ny);
  const labelled = components.reduce((sum, { voxels }) => sum + voxels, 0);
  let best: Region = { start: [0, 0, 0], shape: [depth, height, nx] };
  let away = Infinity;
  for (let z = 0; z < nz; z += depth) {
    for (let y = 0; y < ny; y += height) {
      const part: Region = {
        start: [z, y, 0],
        shape: [Math.min(depth, nz - z), Math.min(height, ny - y), nx],
      };
      const found = components.reduce(
        (sum, { position, voxels }) => sum + (isIn(part, position) ? voxels : 0),
        0,
      );
      const difference = Math.abs(found - labelled * voxelCount(part.shape) / voxelCount(shape));
      if (found === 0 || difference >= away) continue;
      best = part;
      away = difference;
    }
  }
  return best;
}

function isIn({ start, shape }: Region, position: Zyx): boolean {
  return position.every((at, axis) => {
    const from = start[axis] ?? 0;
    return at >= from && at < from + (shape[axis] ?? 0);
  });
}
