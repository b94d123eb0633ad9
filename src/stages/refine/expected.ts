/** What a run's models and their refinement will be, as far as its settings tell, and a model that is loaded. */
import { contextFeatures } from "../../autocontext/mod.ts";
import {
  type Model,
  readStumpFile,
  type Refinement,
  roundsPerModel,
  UNFITTED_PLATT,
} from "../../boosting/mod.ts";
import type { Settings } from "../../config/settings.ts";
import { spacesOf } from "./reach.ts";
import { finalScores, smoothedBy } from "./refine.ts";

/** Whether a run trains: boosts, or fits a loaded model's thresholds. */
export function trains({ train, savedStumpsPath, relearnThresholds }: Settings): boolean {
  return train.length > 0 && (savedStumpsPath === "" || relearnThresholds);
}

/** Whether a run boosts cross-fitted models, where the labels allow it. */
export function crossFits(settings: Settings): boolean {
  return trains(settings) && !settings.relearnThresholds && settings.crossFitFolds > 1;
}

/** Models that a run boosts, and the rounds of each. */
export function boostingOf(settings: Settings): { readonly models: number; readonly rounds: number } {
  const models = crossFits(settings) ? settings.crossFitFolds : 1;
  return { models, rounds: roundsPerModel(settings.numStumps, models) };
}

/** Rounds of boosting, of all models. */
export function roundsOf(settings: Settings): number {
  const { models, rounds } = boostingOf(settings);
  return models * rounds;
}

/** Stumps that score a volume. A model that is not looked at is taken to be one that the settings would train. */
export function stumpsOf({ numStumps, crossFitFolds, relearnThresholds }: Settings): number {
  const models = relearnThresholds ? 1 : crossFitFolds;
  return models * roundsPerModel(numStumps, models);
}

/** Whether scores may be refined; whether they will be is known when a model was trained or looked at. */
export function mayRefine(settings: Settings): boolean {
  const { smoothing, autoContext } = settings;
  if (smoothing !== "auto" && smoothing[0] > 0) return true;
  return (autoContext || smoothing === "auto") && (crossFits(settings) || !trains(settings));
}

/** The settings of a run with this model as those that would train one like it, for what predicts a run. */
export function settingsOfModel<T extends Settings>(settings: T, model: Model): T {
  const { stumps, models = [stumps.length] } = model;
  const { refinement } = finalScores(model, settings);
  const longest = Math.max(...models);
  const numStumps = [longest, longest * models.length].find((all) =>
    roundsPerModel(all, models.length) === longest
  );
  return {
    ...settings,
    numStumps: numStumps ?? longest,
    crossFitFolds: models.length,
    autoContext: refinement?.autoContext !== undefined,
    smoothing: (refinement?.autoContext ? refinement.smoothedBy : refinement?.smoothing.sigma) ?? [0, 0],
  };
}

/** {@linkcode settingsOfModel} of the model that the settings load; the settings themselves where they load none. */
export async function settingsToPredict<T extends Settings>(settings: T, anisotropy: number): Promise<T> {
  const { savedStumpsPath, relearnThresholds, numStumps } = settings;
  if (savedStumpsPath === "" || relearnThresholds) return settings;
  return settingsOfModel(settings, await readStumpFile(savedStumpsPath, { anisotropy, numStumps }));
}

/** The refinement that takes most of those that may come: the wider space, the widest smoothing. */
export function refinementToPlan(settings: Settings, anisotropy: number): Refinement | undefined {
  if (!mayRefine(settings)) return undefined;
  const space = spacesOf(anisotropy).at(-1) ?? "volume";
  const features = contextFeatures([space]);
  const sigmas = features.map(({ feature }) =>
    feature.kind === "smooth" && feature.of === "score" ? feature.sigma : 0
  );
  const widest = Math.max(...sigmas);
  const { smoothing, autoContext } = settings;
  const sigma = smoothing === "auto" ? [widest, widest] as const : smoothing;
  const smoothed = { smoothing: { sigma, platt: UNFITTED_PLATT } };
  if (!autoContext) return smoothed;
  const names = features.map(({ name }) => name);
  const second = { space, features: names, bias: 0, trees: [], platt: UNFITTED_PLATT };
  return { ...smoothed, autoContext: second, ...smoothedBy(settings) };
}
