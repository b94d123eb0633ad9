/** The score that divides the voxels of the training volumes best, which the model keeps for volumes without ground truth. */
import { join } from "node:path";
import { evaluate } from "../../analysis/evaluate.ts";
import { restrictSource } from "../../analysis/restricted_source.ts";
import { stackSources } from "../../analysis/stacked_source.ts";
import { type VoxelSource, zarrBytes, zarrFloats } from "../../analysis/voxel_source.ts";
import type { Model, Smoothing } from "../../boosting/mod.ts";
import { UserError } from "../../user_error.ts";
import { type Region, voxelCount, wholeRegion, type Zyx } from "../../volume/region.ts";
import { defaultChunk, readRegion, type ZarrVolume } from "../../volume/zarr/mod.ts";
import type { Component } from "../components.ts";
import type { RunContext } from "../../run/run_context.ts";
import { suffixOf, titleOf } from "../../run/volume_suffix.ts";
import { refineScores } from "../refine/refine.ts";
import { fixedStumps } from "../score/score.ts";
import { stageArray } from "../../run/work_folder.ts";
import { scoreTraining } from "./score_training.ts";
import type { TrainingVolume } from "./training_volume.ts";

/** Name of the stage and of its folder in the work folder. */
export const THRESHOLD_STAGE = "threshold";

/** Of a larger training volume about so many voxels are scored: all 10 million of `vnc` gave no better threshold. */
export const ENOUGH_VOXELS = 5 * 2 ** 19;

/** Bytes of counters and voxels that the comparison with the labels holds at once. */
const COUNTER_BYTES = 2 ** 25;
const BLOCK_VOXELS = 2 ** 20;

/**
 * Scores the training volumes, or parts of large ones, as a test volume would be, and finds the threshold from 0 on with
 * the best F1 over the labelled voxels. The scores of the training samples would not do: boosting fits them closely (on `vnc` a
 * threshold from them gives an F1 of 0.52 on the test volume, this one and the best there is 0.59), and a score is the larger of two frames'.
 *
 * @param dependsOn what the model depends on
 * @returns that of the stumps' scores, and that of smoothed ones; undefined where the parts hold no negative voxel
 */
async function findBestThreshold(
  context: RunContext,
  volumes: readonly TrainingVolume[],
  model: Model,
  dependsOn: unknown,
  smoothing?: Smoothing["sigma"],
): Promise<{ first: number | undefined; smoothed?: number | undefined }> {
  const first: ComparedPart[] = [], smoothed: ComparedPart[] = [];
  for (const own of volumes) {
    const scored = await scoreOwn(context, own, {
      model,
      dependsOn,
      smoothing,
      enough: ENOUGH_VOXELS / volumes.length,
    });
    const labels = usedLabels(own);
    const { part } = scored;
    first.push({ scores: scored.first, labels, part });
    if (scored.smoothed) smoothed.push({ scores: scored.smoothed, labels, part });
  }
  if (smoothing === undefined) return { first: await bestOf(context, first) };
  return { first: await bestOf(context, first), smoothed: await bestOf(context, smoothed) };
}

/** Scores a volume or a part of it. */
async function scoreOwn(
  context: RunContext,
  { index, volume, truth }: TrainingVolume,
  { model, dependsOn, smoothing, enough }: {
    readonly model: Model;
    readonly dependsOn: unknown;
    readonly smoothing: Smoothing["sigma"] | undefined;
    /** Voxels. */
    readonly enough: number;
  },
): Promise<{ readonly part: Region; readonly first: ZarrVolume; readonly smoothed?: ZarrVolume }> {
  const { raw, job } = volume;
  const stumps = fixedStumps(model, volume);
  const chunk = defaultChunk(raw.shape, job.anisotropy);
  const part = partToScore(raw.shape, chunk, truth.list.components, enough);
  const all = { dependsOn, stumps, part, leastScore: smoothing === undefined };
  const first = await scoreTraining(context, volume, {
    name: THRESHOLD_STAGE,
    index,
    dependsOn: all,
    chunk,
    parts: [{ region: part, stumps }],
    // what is lower is no threshold to be found, but it counts where scores are smoothed
    leastScore: smoothing === undefined ? 0 : null,
  });
  if (smoothing === undefined) return { part, first };
  const name = `${THRESHOLD_STAGE}${suffixOf(index)}`;
  const smooth = await stageArray(join(context.workFolder, name, "smooth.zarr"), {
    all,
    smoothing,
  }, { shape: raw.shape, chunk, dtype: "float32" });
  const refinement = { smoothing: { sigma: smoothing, platt: model.platt } };
  await refineScores(context, volume, {
    name: `${name}-smooth`,
    title: `${titleOf(THRESHOLD_STAGE, index)}, smoothed`,
    refinement,
    first,
    out: smooth.target,
    within: part,
    dependsOn: { all, smoothing, generation: smooth.generation },
  });
  return { part, first, smoothed: smooth.target };
}

/** The model with its thresholds, where they can be found. @param smoothing what follows the stumps */
export async function withThreshold(
  context: RunContext,
  volumes: readonly TrainingVolume[],
  model: Model,
  dependsOn: unknown,
  smoothing?: Smoothing["sigma"],
): Promise<Model> {
  const { first, smoothed } = await findBestThreshold(context, volumes, model, dependsOn, smoothing);
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

/** Scores of a part of a volume, and its labels. */
interface ComparedPart {
  readonly scores: ZarrVolume;
  readonly labels: VoxelSource<Uint8Array>;
  readonly part: Region;
}

/** A label that does not count. */
const IGNORED = 128;

/** The labels of a volume, of which those of synapses that are not learned from do not count. */
function usedLabels(
  { truth, settings: { useSynapses } }: Pick<TrainingVolume, "truth" | "settings">,
): VoxelSource<Uint8Array> {
  const labels = zarrBytes(truth.labels);
  if (useSynapses.length === 0) return labels;
  const used = new Set(useSynapses);
  return {
    ...labels,
    async read(region, out) {
      await labels.read(region, out);
      const components = new Uint32Array(voxelCount(region.shape));
      await readRegion(truth.components, region, components);
      for (const [i, component] of components.entries()) {
        if (out[i] === 255 && !used.has(component)) out[i] = IGNORED;
      }
    },
  };
}

async function bestOf(
  { reporter, signal }: RunContext,
  parts: readonly ComparedPart[],
): Promise<number | undefined> {
  const scores = parts.map(({ scores, part }) => restrictSource(zarrFloats(scores), part));
  const labels = parts.map(({ labels, part }) => restrictSource(labels, part));
  try {
    const { bestF1 } = await evaluate(
      stackSources(scores, 0),
      stackSources(labels, IGNORED),
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
