/** What it costs to learn a second stage, and to refine scores with it. */
import { contextFeatures } from "../autocontext/mod.ts";
import { anisotropyOf, type Settings, type TestSettings } from "../config/settings.ts";
import { MOST_CELLS } from "../stages/refine/recorded_cells.ts";
import { spacesOf } from "../stages/refine/reach.ts";
import type { Resources } from "../run/plan_stage.ts";
import { voxelCount, type Zyx } from "../volume/region.ts";
import type { BlockCost } from "./costs.ts";
import { blockSeconds, voxelsOfAll } from "./stage_time.ts";
import { crossFitPlansOf } from "./volume_plans.ts";

/**
 * CPU seconds of refining 1.57 M voxels by a forest, in one block and in blocks of 64 and of 32 cubed voxels, in this order: 0.72, 0.86
 * and 0.78 in slices (cells of 4 voxels), 0.54, 0.89 and 1.15 in space (cells of 8). Reading and means of cells cost by the voxel read,
 * features and votes by the voxel written.
 */
export const REFINE_COST: BlockCost = { read: 5e-8, write: 4e-7 };

/** The same of recording cells, for each space that is looked at: 0.41 CPU seconds with cells of 4 voxels, 0.12 with those of 8. */
const CELL_COST: BlockCost = { read: 5e-8, write: 2.5e-7 };

/** CPU seconds of a forest of 100 trees, a cell and feature: 1.04 for 75,000 cells and 58 features, 0.84 for 46. */
const FOREST_COST = 2.4e-7;

/** Volumes that are learned from, as they are planned. */
type LearnedVolumes = readonly { readonly shape: Zyx; readonly volume: TestSettings }[];

/**
 * Seconds of one thread of each block that cross-fitted models score, of each whose cells are recorded, and of each forest. As many
 * voxels are scored of several volumes as of one.
 * @param crossFit what scoring with one of the models costs
 */
export function secondStageSeconds(
  settings: Settings,
  resources: Resources,
  crossFit: BlockCost,
  learned: LearnedVolumes,
): number[][] {
  const { crossFitFolds, autoContext } = settings;
  const spaces = spacesOf(anisotropyOf(settings));
  const voxels = voxelsOfAll(learned);
  const plans = learned.map(({ shape, volume }) =>
    crossFitPlansOf(settings, resources, shape, volume, voxelCount(shape) / voxels)
  );
  const scores = plans.flatMap((plan) => blockSeconds(plan.scores, crossFit));
  const cells = plans.flatMap((plan) => blockSeconds(plan.cells, CELL_COST));
  const features = contextFeatures(spaces).length / spaces.length;
  const forest = MOST_CELLS * features * FOREST_COST;
  return [
    scores,
    cells.map((seconds) => seconds * spaces.length),
    autoContext ? new Array<number>(crossFitFolds + 1).fill(forest) : [],
  ];
}
