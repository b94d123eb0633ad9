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
import { type Folds, foldsToPlan, makeFolds, tilesWithSynapses } from "./folds.ts";
import type { GroundTruth } from "./ground_truth.ts";
import { scoreTraining } from "./score_training.ts";
import type { TrainingSamples } from "./select.ts";

/** Name of the stage and of its folder in the work folder. */
export const CROSS_FIT_STAGE = "cross-fit";

/** Name of the stage, and of its folder, that scores what the models have seen, where there are too few synapses for cross-fitting. */
export const SEEN_STAGE = "training scores";

/** Most voxels of the training volume that are scored for what follows the first stage. */
export const MOST_CROSS_FIT_VOXELS = 3 * 2 ** 22;

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
    const follows = settings.autoContext
      ? "a simple second stage is trained on the mean of their scores"
      : `the mean of their scores is smoothed by ${inSlice} voxels${
        acrossSlices === 0 ? " within slices" : ""
      }`;
    reporter.message(
      `no cross-fitting (models that each leave out a part): ${folds.reason}. ${settings.crossFitFolds} models are ` +
        `trained on everything, and ${follows}`,
    );
    return undefined;
  }
  const { axis, bounds, gap, parts } = folds;
  const wanted = parts.length < settings.crossFitFolds ? ` instead of ${settings.crossFitFolds}` : "";
  const voxels = parts.reduce((sum, { shape }) => sum + voxelCount(shape), 0);
  reporter.message(
    `cross-fitting: ${parts.length} models${wanted}, each trained without one part of the volume and ${gap} voxels ` +
      `beside it. The volume is divided at ${"zyx"[axis]} = ${
        bounds.slice(1, -1).join(", ")
      }; each model scores ` +
      `its part (${(voxels / 1e6).toFixed(1)} M voxels in all), to train the second stage`,
  );
  return folds;
}

/** The parts of the training volume that are scored where models have learned from all synapses. */
export function seenParts({ job, raw }: RunVolume, truth: GroundTruth): Pick<Folds, "parts" | "chunk"> {
  const chunk = defaultChunk(raw.shape, job.anisotropy);
  const { components } = truth.list;
  const { shape } = raw;
  const mostVoxels = MOST_CROSS_FIT_VOXELS;
  return {
    parts: tilesWithSynapses({ shape, anisotropy: job.anisotropy, chunk, components, mostVoxels }),
    chunk,
  };
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

/** Scores each part with the model of the same number, one that did not learn from it where there are folds. */
export async function scoreParts(
  context: RunContext,
  volume: RunVolume,
  name: string,
  ofModels: readonly (readonly Stump[])[],
  { parts: regions, chunk }: Pick<Folds, "parts" | "chunk">,
  dependsOn: unknown,
): Promise<ZarrVolume> {
  const models = ofModels.map((stumps) => fixedStumps({ stumps }, volume));
  const parts = regions.map((region, k) => ({ region, stumps: models[k] ?? [] }));
  return await scoreTraining(context, volume, {
    name,
    dependsOn: { dependsOn, parts },
    chunk,
    parts,
    leastScore: null,
  });
}
