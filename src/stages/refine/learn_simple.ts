/** Learns what follows the first stage where there are too few synapses for cross-fitting (docs/algorithm.md, section 11). */
import { contextFeatures, LEAF_BITS, learnWeights } from "../../autocontext/mod.ts";
import {
  type AutoContext,
  type Calibration,
  type ContextSpace,
  type Model,
  sumOfAlphas,
} from "../../boosting/mod.ts";
import { anisotropyOf } from "../../config/settings.ts";
import type { RunContext } from "../../run/run_context.ts";
import { usualSmoothing } from "../training/best_threshold.ts";
import { scoreParts, SEEN_STAGE, seenParts } from "../training/cross_fit.ts";
import type { Learned } from "../training/learn.ts";
import type { CellSamples } from "./cell_samples.ts";
import { LOG_ODDS_STEP, thresholdOfParts } from "./refine_parts.ts";
import { assessCells, ONE_CLASS, recordCells, type RefineParts, withThreshold } from "./recorded_cells.ts";

/** Cells of negatives that are learned from, at most about. */
const NEGATIVE_CELLS = 50_000;

/**
 * Least threshold of the sum, log-odds. The one that divides what the models have seen best is too high, or where all of that is told
 * apart, anywhere: with five sets of `vnc` it reached an F1 of 0.54 on average on the test volume, 1 reaches 0.63, the best of each 0.67;
 * on `fibsem` it was -4. It is higher where much more is found around the labelled synapses than is labelled (`size_threshold.ts`).
 */
const LEAST_THRESHOLD = 1;

/**
 * The model with what follows its stumps, and with thresholds. Trees would trust scores of synapses that the models have seen too much, and nothing
 * can be chosen by them: smoothing is the usual one, and the second stage a weighted sum of features whose weights are kept small.
 *
 * @returns undefined where the labelled cells tell nothing
 */
export async function refineSimply(
  context: RunContext,
  parts: RefineParts,
  { model }: Pick<Learned, "model">,
): Promise<Model | undefined> {
  const { volumes, dependsOn } = parts;
  const sigma = usualSmoothing(anisotropyOf(context.settings));
  const space: ContextSpace = sigma[1] === 0 ? "slice" : "volume";
  const stumps = [model.stumps];
  const scored = await scoreParts(context, volumes, SEEN_STAGE, stumps, seenParts(volumes), dependsOn);
  const ofParts = scored.flatMap((own) => own.parts.map(() => model.stumps));
  const recorded = await recordCells(context, parts, scored, ofParts, [space], NEGATIVE_CELLS);
  const { cells } = recorded;
  const total = sumOfAlphas(model.stumps);
  const first = assessCells(recorded, cells.features[0] ?? [], total);
  if (first.judgement === undefined) {
    context.reporter.warn(`no second stage: ${ONE_CLASS}`);
    return undefined;
  }
  const smoothing = {
    sigma,
    ...withThreshold(assessCells(recorded, smoothedScores(cells, space, sigma[0]), total)),
  };
  const progress = context.reporter.stage("second stage", { total: cells.count, unit: "samples" });
  const { sum, scores: sums } = learnSum(cells, space);
  progress.advance(cells.count);
  progress.done();
  const autoContext = { ...sum, platt: assessCells(recorded, sums, 1).platt() };
  const refinement = { smoothing, autoContext };
  const refined = { stage: SEEN_STAGE, scored, refinement, step: LOG_ODDS_STEP, cells, sums };
  const threshold = await thresholdOfParts(context, refined, dependsOn, LEAST_THRESHOLD);
  const second = { ...autoContext, threshold };
  return { ...model, ...withThreshold(first), refinement: { smoothing, autoContext: second } };
}

/** The cells' scores smoothed by one of the sigmas that are recorded. */
function smoothedScores(cells: CellSamples, space: ContextSpace, sigma: number): Float32Array {
  const index = contextFeatures([space]).findIndex(({ feature }) =>
    feature.kind === "smooth" && feature.of === "score" && feature.sigma === sigma
  );
  const found = cells.features[index + 1];
  if (index < 0 || found === undefined) throw new RangeError(`no cells have scores smoothed by ${sigma}`);
  return found;
}

/** A weighted sum of the features, and the scores that it gives the cells. */
function learnSum(cells: CellSamples, space: ContextSpace) {
  const features = contextFeatures([space]);
  // scores of neighbouring slices say too much where models have seen the synapses in them
  const used = features.flatMap(({ feature }, index) => feature.kind === "beside" ? [] : [index]);
  const { bias, weights, scores } = learnWeights({
    features: used.map((index) => cells.features[index + 1] ?? new Float32Array()),
    labels: cells.labels,
  });
  const sum: Omit<AutoContext, keyof Calibration> = {
    space,
    features: used.map((index) => features[index]?.name ?? ""),
    bias: Math.round(bias * 2 ** LEAF_BITS),
    trees: [],
    weights,
  };
  return { sum, scores };
}
