/** Cross-fitting: several models, each scoring the part of the training volume that it did not learn from. */
import type { Stump } from "../../boosting/mod.ts";
import type { Settings } from "../../config/settings.ts";
import { voxelCount, type Zyx } from "../../volume/region.ts";
import { defaultChunk, type ZarrVolume } from "../../volume/zarr/mod.ts";
import type { RunVolume } from "../inputs.ts";
import type { FeatureList } from "../../block/feature_file.ts";
import { featureContext } from "../../block/reach.ts";
import type { RunContext } from "../../run/run_context.ts";
import { fixedStumps } from "../score/score.ts";
import { usualSmoothing } from "./best_threshold.ts";
import { type Folds, foldsToPlan, makeFolds } from "./folds.ts";
import type { GroundTruth } from "./ground_truth.ts";
import { scoreTraining } from "./score_training.ts";
import type { TrainingSamples } from "./select.ts";

/** Name of the stage and of its folder in the work folder. */
export const CROSS_FIT_STAGE = "cross-fit";

/** Most voxels of the training volume that are scored for what follows the first stage. */
const MOST_CROSS_FIT_VOXELS = 3 * 2 ** 22;

/** Divides the training volume as the settings want, says how, and gives undefined where one model is to learn from everything. */
export function foldsOf(
  { settings, reporter, telemetry }: RunContext,
  { job, raw }: RunVolume,
  truth: GroundTruth,
  selected: TrainingSamples,
  list: FeatureList,
): Folds | undefined {
  if (settings.crossFitFolds < 2) return undefined;
  const poses = list.kind === "pool" ? list.poses : list.features.map(({ pose }) => pose);
  const folds = makeFolds({
    folds: settings.crossFitFolds,
    shape: raw.shape,
    anisotropy: job.anisotropy,
    chunk: defaultChunk(raw.shape, job.anisotropy),
    reach: featureContext(job, poses, new Set(job.sources.keys())),
    components: truth.list.components,
    selected,
    mostVoxels: MOST_CROSS_FIT_VOXELS,
  });
  if ("reason" in folds) {
    telemetry?.undivided();
    const [inSlice, acrossSlices] = usualSmoothing(job.anisotropy);
    reporter.message(
      `no cross-fitting and no second stage: ${folds.reason}. ${settings.crossFitFolds} models are trained on everything, and the mean of their ` +
        `scores is smoothed by ${inSlice} voxels${acrossSlices === 0 ? " within slices" : ""}`,
    );
    return undefined;
  }
  const { axis, bounds, gap, parts } = folds;
  const wanted = parts.length < settings.crossFitFolds ? ` instead of ${settings.crossFitFolds}` : "";
  const voxels = parts.reduce((sum, { shape }) => sum + voxelCount(shape), 0);
  reporter.message(
    `cross-fitting: ${parts.length} models${wanted}, each trained without one slab along ${"zyx"[axis]} ` +
      `(${bounds.join(", ")}) and ${gap} voxels on each side of it; ${(voxels / 1e6).toFixed(1)} M voxels ` +
      "are scored to train the second stage",
  );
  return folds;
}

/** The folds as far as they can be told before labels are known. */
export function foldsBefore(
  { crossFitFolds: folds }: Pick<Settings, "crossFitFolds">,
  shape: Zyx,
  anisotropy: number,
): ReturnType<typeof foldsToPlan> {
  const chunk = defaultChunk(shape, anisotropy);
  return foldsToPlan({ folds, shape, anisotropy, chunk, mostVoxels: MOST_CROSS_FIT_VOXELS });
}

/** Scores each fold's part with the model that did not learn from it. */
export async function scoreFolds(
  context: RunContext,
  volume: RunVolume,
  ofModels: readonly (readonly Stump[])[],
  folds: Folds,
  dependsOn: unknown,
): Promise<ZarrVolume> {
  const models = ofModels.map((stumps) => fixedStumps({ stumps }, volume));
  const parts = folds.parts.map((region, k) => ({ region, stumps: models[k] ?? [] }));
  return await scoreTraining(context, volume, {
    name: CROSS_FIT_STAGE,
    dependsOn: { dependsOn, parts },
    chunk: folds.chunk,
    parts,
    leastScore: null,
  });
}
