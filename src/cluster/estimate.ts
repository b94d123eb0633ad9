/** What a run would take on a cluster, or on one machine: blocks, files, bytes, hours, and what of it is the bottleneck. */
import type { Settings, TestSettings } from "../config/settings.ts";
import { ENOUGH_VOXELS, partToScore } from "../stages/training/best_threshold.ts";
import { drawPool } from "../stages/training/pool_poses.ts";
import { crossFits } from "../stages/refine/expected.ts";
import type { Resources } from "../run/plan_stage.ts";
import { voxelCount, type Zyx } from "../volume/region.ts";
import { defaultChunk } from "../volume/zarr/mod.ts";
import type { Costs } from "./costs.ts";
import {
  boosting,
  conversion,
  exporting,
  gathering,
  listing,
  preparing,
  puttingTogether,
  refining,
  sampling,
  scoring,
} from "./stage_estimates.ts";
import { type ScoreLayout, scoreLayout } from "../stages/export/level_arrays.ts";
import { secondStageSeconds } from "./second_stage.ts";
import { labelLayout, planSynapseBlocks } from "../stages/synapses/blocks/stages.ts";
import { blockSeconds, type ClusterSize, countOf, type StageEstimate, voxelsOfAll } from "./stage_time.ts";
import { columnsOfVolume, refinePlanOf, scorePlanOf, trainingPlansOf } from "./volume_plans.ts";

/** A volume to work on. */
export interface EstimatedVolume {
  readonly name: string;
  readonly shape: Zyx;
  readonly volume: TestSettings;
}

/** The volumes of a run. */
export interface EstimatedVolumes {
  readonly scored: readonly EstimatedVolume[];
  readonly learned: readonly EstimatedVolume[];
}

/** What a run takes. */
export interface ClusterEstimate {
  readonly stages: readonly StageEstimate[];
  readonly hours: number;
  readonly files: number;
  readonly bytes: number;
  /** The stage that takes longest, and why. */
  readonly bottleneck: string;
  /** What would make it faster. */
  readonly advice: string;
}

/** Estimates a run: the volumes that are scored, and those that are learned from. */
export function estimateRun(
  settings: Settings,
  costs: Costs,
  cluster: ClusterSize,
  { scored, learned }: EstimatedVolumes,
): ClusterEstimate {
  const resources = { ...resourcesOfTask(cluster), processes: cluster.nodes };
  const stages: StageEstimate[] = [conversion([...learned, ...scored], cluster)];
  stages.push(...trainingStages(settings, costs, cluster, learned));
  const layouts: ScoreLayout[] = [];
  for (const { name, shape, volume } of scored) {
    const layout = scoreLayout(settings, { shape }, volume.zAnisotropyFactor);
    layouts.push(layout);
    const refinement = refinePlanOf(settings, resources, shape, volume);
    const plan = scorePlanOf(settings, resources, shape, volume);
    const writesLevels = layout.isMultiscale && !settings.outputPlattScaling;
    stages.push(
      scoring(name, plan, costs.score, cluster, { layout, writesLevels: writesLevels && !refinement }),
    );
    if (refinement) stages.push(refining(name, refinement, cluster, { layout, writesLevels }));
  }
  if (scored.length > 0) {
    const shapes = scored.map(({ shape }) => shape);
    stages.push(
      settings.outputFormat === "file"
        ? exporting(settings, shapes, cluster)
        : puttingTogether(settings, layouts, cluster),
    );
    if (settings.outputSynapses) stages.push(...listings(settings, cluster, scored));
  }
  return summary(stages);
}

function listings(
  settings: Settings,
  cluster: ClusterSize,
  scored: readonly EstimatedVolume[],
): StageEstimate[] {
  const resources = { ...resourcesOfTask(cluster), processes: cluster.nodes };
  return scored.flatMap(({ name, shape, volume }) => {
    const { shard } = labelLayout(shape, volume.zAnisotropyFactor);
    const plan = planSynapseBlocks({ resources }, shape, shard);
    return listing(name, settings, { plan, files: countOf(shape, shard) }, cluster);
  });
}

/** Each volume is searched for samples of its own; the model is learned once, from all of them. */
function trainingStages(
  settings: Settings,
  costs: Costs,
  cluster: ClusterSize,
  learned: readonly EstimatedVolume[],
): StageEstimate[] {
  const { samples, gather, components } = costs;
  const [first] = learned;
  if (!first || !samples || !gather || components === undefined) return [];
  const resources = { ...resourcesOfTask(cluster), processes: cluster.nodes };
  const plans = learned.map(({ shape, volume }) => trainingPlansOf(settings, resources, shape, volume));
  const candidates = drawPool(settings).length * columnsOfVolume(settings, first.volume);
  const voxels = voxelsOfAll(learned);
  const samplesIn = ({ shape }: EstimatedVolume) => settings.maxTrainingSamples * voxelCount(shape) / voxels;
  return [
    preparing(voxels, components, cluster),
    ...plans.map((plan, index) => sampling(index, plan.samples, samples, cluster)),
    ...learned.flatMap((volume, index) => {
      const plan = plans[index]?.gather;
      return plan
        ? [gathering(index, plan, gather, { candidates, samples: samplesIn(volume) }, cluster)]
        : [];
    }),
    boosting(settings, { candidates, after: afterBoosting(settings, costs, cluster, learned) }, cluster),
  ];
}

/** Seconds of one thread of each block that is scored to learn from the scores, and of what is learned, step by step. */
function afterBoosting(
  settings: Settings,
  { score, crossFit = score }: Costs,
  cluster: ClusterSize,
  learned: readonly EstimatedVolume[],
): readonly (readonly number[])[] {
  const own = resourcesOfTask(cluster);
  if (crossFits(settings)) return secondStageSeconds(settings, own, crossFit, learned);
  // one process scores parts of the volumes; which ones depends on the labels, their cost hardly
  return learned.map(({ shape, volume }) => {
    const enough = ENOUGH_VOXELS / learned.length;
    const part = partToScore(shape, defaultChunk(shape, volume.zAnisotropyFactor), [], enough);
    return blockSeconds(scorePlanOf(settings, own, shape, volume, { parts: [part] }), score);
  });
}

/** A task uses fewer threads than it has where its memory does not hold a block for each. */
function resourcesOfTask({ memory, cpus }: ClusterSize): Resources {
  return { memory, workers: cpus };
}

function summary(stages: readonly StageEstimate[]): ClusterEstimate {
  const sum = (of: (stage: StageEstimate) => number) => stages.reduce((total, s) => total + of(s), 0);
  const longest = stages.reduce((a, b) => b.hours > a.hours ? b : a);
  return {
    stages,
    hours: sum(({ hours }) => hours),
    files: sum(({ files }) => files),
    bytes: sum(({ bytesWritten }) => bytesWritten),
    bottleneck: `${longest.stage}: ${longest.bottleneck}`,
    advice: adviceFor(longest),
  };
}

/** A sentence for the stage that takes longest. */
function adviceFor({ stage, bottleneck, readRatio }: StageEstimate): string {
  switch (bottleneck) {
    case "CPU":
      return readRatio !== null && readRatio > 3
        ? `more --mem per task: blocks read ${readRatio.toFixed(1)} times as much as they write; then ` +
          "more nodes, or fewer stumps (numStumps)"
        : "more nodes, or fewer stumps (numStumps)";
    case "file system":
      return "a file system with more bandwidth, or more --mem per task, so that less is read twice";
    case "metadata":
      return "a file system that can create more files per second; with --max-running other users need not wait";
    case "one process":
      return stage.startsWith("export")
        ? 'outputFormat = "ome-zarr": then the blocks write the results, on all machines'
        : "volumes that are already Zarr need no conversion; fewer rounds or candidates make boosting faster";
    case "starting jobs":
      return "use one machine: there is little to do";
  }
}
