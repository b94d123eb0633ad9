/** What a run on this machine would take: the plan of its stages, and the time. */
import { anisotropyOf, type Settings } from "../config/settings.ts";
import type { Resources } from "../run/plan_stage.ts";
import { titleOf } from "../run/volume_suffix.ts";
import { boostingOf, settingsToPredict, stumpsOf } from "../stages/refine/expected.ts";
import { planCcboost, type PlanReport } from "../stages/run.ts";
import { describeVolumeFile } from "../volume/open.ts";
import type { Zyx } from "../volume/region.ts";
import {
  type ClusterEstimate,
  type EstimatedVolume,
  type EstimatedVolumes,
  estimateRun,
} from "./estimate.ts";
import type { BlockCost, Costs } from "./costs.ts";
import { voxelsOfAll } from "./stage_time.ts";
import { columnsOfVolume } from "./volume_plans.ts";

/**
 * Plans a run and estimates its time from the speed of another machine; nothing is written.
 * @throws {UserError} where an input cannot be read or the memory is too small
 */
export async function dryRun(
  settings: Settings,
  resources: Resources,
): Promise<{ readonly plan: PlanReport; readonly estimate: ClusterEstimate }> {
  const plan = await planCcboost({ settings, resources });
  const maxTrainingSamples = plan.training?.samples ?? settings.maxTrainingSamples;
  const likely = { ...await predicted(settings), maxTrainingSamples };
  const estimate = estimateHere(likely, resources, await volumesOf(likely, undefined));
  return { plan, estimate };
}

/** Settings as the model that they load makes of them. */
export function predicted(settings: Settings): Promise<Settings> {
  return settingsToPredict(settings, anisotropyOf(settings));
}

/** The volumes of a run, as their files say, or of another shape. */
export async function volumesOf(settings: Settings, shape: Zyx | undefined): Promise<EstimatedVolumes> {
  const { train, test } = settings;
  const scored: EstimatedVolume[] = [];
  for (const [index, volume] of test.entries()) {
    scored.push({
      name: `${index}`,
      shape: shape ?? (await describeVolumeFile(volume.rawVolume)).shape,
      volume,
    });
  }
  const learned: EstimatedVolume[] = [];
  for (const [index, volume] of train.entries()) {
    learned.push({
      name: titleOf("train", index),
      shape: (await describeVolumeFile(volume.rawVolume)).shape,
      volume,
    });
  }
  return { scored, learned };
}

/**
 * Seconds of one thread for a voxel that is read and for one that is written, as `ccboost cluster plan` measured them on a virtual machine
 * of two cores, isotropic and with thick slices: with 17 columns and 300 stumps scoring 2.7 and 3.2 e-7, 1.08 and 1.02 e-6; with 1200
 * stumps 2.9 and 2.4 e-7, 1.8 and 2.1 e-6; with one column and 300 stumps 0.8 and 1.4 e-7, 3.1 and 3.7 e-7. Samples 1.3 and 1.7 e-7, 0.9
 * and 1.4 e-7; gathering 1.3 and 1.6 e-7, and 7 and 6 e-5 for a sample; components 3.5 and 3.1 e-8.
 */
const SUPERVOXELS = { read: 1.4e-7, write: 1.1e-7 };
const COLUMN = { read: 8e-9, write: 3.5e-8 };
const STUMP = 1e-9;
const GATHER = { read: 1.4e-7, write: 6.5e-5 };
const COMPONENTS = 3.3e-8;

/** Voxels for each supervoxel, about, of which there cannot be more to learn from. */
const SUPERVOXEL = 10;

/** Bytes a second to and from a disk of one's own. */
const BANDWIDTH = 5e8;

/** What blocks of a run of these settings cost, about. */
function usualCosts(settings: Settings): Costs {
  const volume = settings.test[0] ?? settings.train[0];
  const columns = volume ? columnsOfVolume(settings, volume) : 1;
  const scoreWith = (stumps: number): BlockCost => ({
    read: SUPERVOXELS.read + COLUMN.read * columns,
    write: SUPERVOXELS.write + COLUMN.write * columns + STUMP * stumps,
  });
  const score = scoreWith(stumpsOf(settings));
  if (settings.train.length === 0) return { score };
  const crossFit = scoreWith(boostingOf(settings).rounds);
  return { score, crossFit, samples: SUPERVOXELS, gather: GATHER, components: COMPONENTS };
}

/** What a run would take on this machine, about. */
export function estimateHere(
  settings: Settings,
  { memory, workers }: Resources,
  volumes: EstimatedVolumes,
): ClusterEstimate {
  const learned = voxelsOfAll(volumes.learned);
  const maxTrainingSamples = Math.max(
    1,
    Math.min(settings.maxTrainingSamples, Math.ceil(learned / SUPERVOXEL)),
  );
  const cluster = { scheduler: "none", nodes: 1, cpus: workers, memory, bandwidth: BANDWIDTH } as const;
  return estimateRun({ ...settings, maxTrainingSamples }, usualCosts(settings), cluster, volumes);
}
