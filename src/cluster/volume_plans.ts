/** Plans of the stages of blocks for volumes of which there need be no file. */
import type { Stump } from "../boosting/mod.ts";
import { cellShape } from "../autocontext/mod.ts";
import type { Settings, TestSettings } from "../config/settings.ts";
import type { BlockPlan } from "../engine/mod.ts";
import type { ColumnSource } from "../block/columns.ts";
import { blocksOf, scoreLayout } from "../stages/export/level_arrays.ts";
import { planGather } from "../stages/training/gather.ts";
import { volumeJob } from "../stages/inputs.ts";
import type { VolumeJob } from "../block/volume_job.ts";
import { newModel, orientationSource } from "../stages/model.ts";
import { drawPool } from "../stages/training/pool_poses.ts";
import type { Resources } from "../run/plan_stage.ts";
import { planSamples } from "../stages/training/samples.ts";
import { refinementToPlan, stumpsOf } from "../stages/refine/expected.ts";
import { planCells, planRefine } from "../stages/refine/plan_cells.ts";
import { spacesOf } from "../stages/refine/reach.ts";
import { type PartOptions, planScore } from "../stages/score/score.ts";
import { foldsBefore } from "../stages/training/cross_fit.ts";
import type { Zyx } from "../volume/region.ts";

/** A volume's job with its computed channels; channels from files are left out. */
function jobOf(settings: Settings, volume: TestSettings): VolumeJob {
  const sources: ColumnSource[] = [{ kind: "raw" }];
  for (const channel of volume.otherFeatures) {
    if (channel.kind === "computed") sources.push({ kind: "computed", name: channel.stem });
  }
  const learnt = newModel(settings);
  const orientation = orientationSource(volume.orientEstimate, learnt);
  const frames = orientation.kind === "computed" ? orientation : { kind: "computed", sigma: 1 } as const;
  return volumeJob({ settings }, volume, learnt, { raw: "", sources, frames });
}

/** Columns of a volume. */
export function columnsOfVolume(settings: Settings, volume: TestSettings): number {
  return jobOf(settings, volume).columns.length;
}

/** Stumps as boosting leaves them; which way they decide changes nothing in the work. */
export function stumpsFor(settings: Settings, volume: TestSettings, count = stumpsOf(settings)): Stump[] {
  const pool = drawPool(settings);
  const columns = columnsOfVolume(settings, volume);
  return Array.from({ length: count }, (_, i) => ({
    // odd multipliers far from the lengths of the lists: neighbours in the list are no neighbours in the pool
    pose: pool[(i * 197) % pool.length] ?? 0,
    column: (i * 7) % columns,
    threshold: 20,
    invert: i % 2 === 1,
    alpha: 1 / (2 + i),
  }));
}

/** Plans the scoring of a volume of this shape, or of parts of it. @throws {UserError} where the memory is too small */
export function scorePlanOf(
  settings: Settings,
  resources: Resources,
  shape: Zyx,
  volume: TestSettings,
  options: PartOptions = {},
): BlockPlan {
  const job = jobOf(settings, volume);
  const blocks = options.parts === undefined
    ? blocksOf(scoreLayout(settings, { shape }, job.anisotropy))
    : {};
  return planScore({ resources }, { job, raw: { shape } }, stumpsFor(settings, volume), {
    ...blocks,
    ...options,
  });
}

/** Plans training on a volume of this shape. @throws {UserError} where the memory is too small */
export function trainingPlansOf(
  settings: Settings,
  resources: Resources,
  shape: Zyx,
  volume: TestSettings,
): { readonly samples: BlockPlan; readonly gather: BlockPlan } {
  const planned = { job: jobOf(settings, volume), raw: { shape } };
  const poses = drawPool(settings);
  return {
    samples: planSamples({ resources }, planned),
    gather: planGather({ resources }, planned, { kind: "pool", poses }, settings.maxTrainingSamples),
  };
}

/**
 * Plans what cross-fitted models are learned for: their scores, and the cells of those.
 * @param share of what may be scored in all training volumes
 * @throws {UserError} as `scorePlanOf` does
 */
export function crossFitPlansOf(
  settings: Settings,
  resources: Resources,
  shape: Zyx,
  volume: TestSettings,
  share = 1,
): { readonly scores: BlockPlan; readonly cells: BlockPlan } {
  const { anisotropy, slic } = jobOf(settings, volume);
  const folds = foldsBefore(settings, shape, anisotropy, share);
  const cells = { shape, anisotropy, cell: cellShape(slic), spaces: spacesOf(anisotropy) };
  return {
    scores: scorePlanOf(settings, resources, shape, volume, folds),
    cells: planCells({ resources }, cells, folds),
  };
}

/** Plans the refinement of a volume's scores; undefined where none will come. @throws {UserError} as `scorePlanOf` does */
export function refinePlanOf(
  settings: Settings,
  resources: Resources,
  shape: Zyx,
  volume: TestSettings,
): BlockPlan | undefined {
  const { anisotropy, slic } = jobOf(settings, volume);
  const refinement = refinementToPlan(settings, anisotropy);
  const blocks = blocksOf(scoreLayout(settings, { shape }, anisotropy));
  return refinement &&
    planRefine({ resources }, { shape, anisotropy, cell: cellShape(slic) }, refinement, blocks);
}
