/** What a run on this machine would take: the plan of its stages, and the time. */
import { anisotropyOf, type Settings } from "../config/settings.ts";
import type { Resources } from "../run/plan_stage.ts";
import { settingsToPredict } from "../stages/refine/expected.ts";
import { planCcboost, type PlanReport } from "../stages/run.ts";
import { describeVolumeFile } from "../volume/open.ts";
import type { Zyx } from "../volume/region.ts";
import type { ClusterEstimate, EstimatedVolume, EstimatedVolumes } from "./estimate.ts";
import { estimateHere } from "./usual_costs.ts";

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
  if (train === undefined) return { scored };
  return {
    scored,
    learned: { name: "train", shape: (await describeVolumeFile(train.rawVolume)).shape, volume: train },
  };
}
