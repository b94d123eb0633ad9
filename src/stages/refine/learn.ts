/** Learns what follows the first stage, from scores that its models gave for what they had not seen (docs/algorithm.md, section 11). */
import { contextFeatures, LEAF_BITS } from "../../autocontext/mod.ts";
import {
  type AutoContext,
  type Calibration,
  type ContextSpace,
  type Model,
  type Smoothing,
  sumOfAlphas,
} from "../../boosting/mod.ts";
import { anisotropyOf } from "../../config/settings.ts";
import type { ForestJob } from "../stage_jobs.ts";
import { stagePool } from "../../run/run_blocks.ts";
import type { RunContext } from "../../run/run_context.ts";
import { CROSS_FIT_STAGE, scoreParts } from "../training/cross_fit.ts";
import type { Folds } from "../training/folds.ts";
import type { Learned } from "../training/learn.ts";
import { labelCounts, type TrainingVolume } from "../training/training_volume.ts";
import type { LearnedForest } from "./forest_task.ts";
import {
  assessCells,
  type Assessed,
  ONE_CLASS,
  recordCells,
  type Recorded,
  type RefineParts,
  withThreshold,
} from "./recorded_cells.ts";
import type { CellSamples } from "./cell_samples.ts";
import { spacesOf } from "./reach.ts";
import { LOG_ODDS_STEP, type RefinedParts, thresholdOfParts } from "./refine_parts.ts";

/**
 * The second stage is kept where it reaches this share of smoothing's average precision: the trees that are judged have learned from all
 * folds but one, those that are kept from all.
 */
const ENOUGH = 0.97;

/** Thresholds that are tried of scores of stumps, up to the sum of all. */
const RAISING_STEPS = 4096;

/** The model with what follows its stumps, and with thresholds; undefined where the labelled cells tell nothing. */
export async function refineModel(
  context: RunContext,
  parts: RefineParts,
  folds: Folds,
  { model, ofModels }: Pick<Learned, "model" | "ofModels">,
): Promise<Model | undefined> {
  const { volumes, dependsOn } = parts;
  const scored = await scoreParts(context, volumes, CROSS_FIT_STAGE, ofModels, folds, dependsOn);
  const spaces = spacesOf(anisotropyOf(context.settings));
  const recorded = await recordCells(context, parts, scored, ofModels, spaces);
  const common = { stage: CROSS_FIT_STAGE, scored, cells: recorded.cells };
  const total = sumOfAlphas(model.stumps);
  const assess = (values: ArrayLike<number>, by: number) => assessCells(recorded, values, by);
  const first = assess(recorded.cells.features[0] ?? [], total);
  if (first.judgement === undefined) {
    context.reporter.warn(`no second stage: ${ONE_CLASS}`);
    return undefined;
  }
  let own = withThreshold(first);
  const chosen = chooseSmoothing(recorded, first, assess, total);
  const { averagePrecision, space } = chosen;
  let { smoothing } = chosen;
  const described = [`${text(first.judgement.averagePrecision)} without smoothing`];
  described.push(`${text(averagePrecision)} smoothed by ${describeSigma(smoothing.sigma)}`);
  let autoContext: AutoContext | undefined;
  const lacking = lackingWithout(recorded.cells, folds.count);
  if (context.settings.autoContext && lacking !== undefined) {
    context.reporter.warn(
      `no second stage: there are labelled ${lacking} cells in one part alone; label more of them`,
    );
  } else if (context.settings.autoContext) {
    const learned = await learnContext(context, recorded, space, folds.count);
    const second = assess(learned.outOfFold, 1);
    const reached = second.judgement?.averagePrecision ?? 0;
    described.push(`${text(reached)} with a second stage`);
    if (reached > ENOUGH * averagePrecision) {
      const kept = { ...learned.context, ...withThreshold(second) };
      autoContext = await raised(context, parts, kept, {
        ...common,
        refinement: { smoothing, autoContext: kept },
        step: LOG_ODDS_STEP,
        sums: learned.outOfFold,
      });
    }
  }
  const isSmoothed = smoothing.sigma.some((sigma) => sigma > 0);
  const used = autoContext ? "the second stage" : isSmoothed ? "smoothing" : "neither";
  if (!autoContext) {
    const final = { ...common, step: total / RAISING_STEPS, sums: chosen.values };
    if (isSmoothed) {
      smoothing = await raised(context, parts, smoothing, { ...final, refinement: { smoothing } });
    } else own = await raised(context, parts, own, { ...final, refinement: undefined });
  }
  const [what, whole] = volumes.length === 1
    ? ["the volume", "the whole volume"]
    : ["the volumes", "all of them"];
  context.reporter.message(
    `average precision on parts of ${what} that the models have not seen: ${described.join(", ")}; ` +
      `the model keeps ${used}${autoContext ? `, which also gains from training on ${whole}` : ""}`,
  );
  const refinement = autoContext ? { smoothing, autoContext } : { smoothing };
  return { ...model, ...own, refinement };
}

/** The class of which all cells are in one fold, so that trees without this fold cannot be learned; undefined where there is none. */
function lackingWithout({ labels, folds }: CellSamples, count: number): "positive" | "negative" | undefined {
  const isLacking = (wanted: number) =>
    Array.from({ length: count }, (_, fold) => fold)
      .some((fold) => !labels.some((label, i) => label === wanted && folds[i] !== fold));
  return isLacking(1) ? "positive" : isLacking(0) ? "negative" : undefined;
}

/** With a higher threshold where most of the volumes is unlabelled: there most of what is found wrongly counts nowhere. */
async function raised<T extends Calibration>(
  context: RunContext,
  { volumes, dependsOn }: RefineParts,
  calibrated: T,
  final: RefinedParts,
): Promise<T> {
  const { threshold } = calibrated;
  if (threshold === undefined || !isSparse(volumes)) return calibrated;
  return { ...calibrated, threshold: await thresholdOfParts(context, final, dependsOn, threshold) };
}

function isSparse(volumes: readonly TrainingVolume[]): boolean {
  const counts = labelCounts(volumes);
  return counts.ignored > counts.positive + counts.negative;
}

function text(averagePrecision: number): string {
  return averagePrecision.toFixed(3);
}

function describeSigma([inSlice, acrossSlices]: Smoothing["sigma"]): string {
  return acrossSlices === 0 ? `${inSlice} voxels within slices` : `${inSlice} voxels`;
}

/** The smoothing with the best average precision, none where that is best, and the space in which smoothing is better. */
function chooseSmoothing(
  { cells, spaces }: Recorded,
  first: Assessed,
  assess: (values: ArrayLike<number>, by: number) => Assessed,
  total: number,
) {
  let best = {
    sigma: [0, 0] as Smoothing["sigma"],
    space: spaces[0] ?? "volume",
    assessed: first,
    values: cells.features[0] ?? new Float32Array(),
  };
  const precisionOf = ({ assessed }: typeof best) => assessed.judgement?.averagePrecision ?? 0;
  const bySpace = new Map<ContextSpace, number>();
  for (const [index, { space, feature }] of contextFeatures(spaces).entries()) {
    if (feature.kind !== "smooth" || feature.of !== "score") continue;
    const { sigma } = feature;
    const values = cells.features[index + 1] ?? new Float32Array();
    const tried = {
      sigma: [sigma, space === "slice" ? 0 : sigma] as Smoothing["sigma"],
      space,
      assessed: assess(values, total),
      values,
    };
    bySpace.set(space, Math.max(bySpace.get(space) ?? 0, precisionOf(tried)));
    if (precisionOf(tried) > precisionOf(best)) best = tried;
  }
  const space = [...bySpace].reduce((a, b) => b[1] > a[1] ? b : a)[0];
  const smoothing: Smoothing = { sigma: best.sigma, ...withThreshold(best.assessed) };
  return { smoothing, averagePrecision: precisionOf(best), space, values: best.values };
}

/** Learns a forest from all cells, and for each fold one without it, which tells how good it is. */
async function learnContext(
  { resources, workerModules, reporter, settings, signal }: RunContext,
  { cells, path, spaces }: Recorded,
  space: ContextSpace,
  folds: number,
) {
  const features = contextFeatures(spaces).flatMap((feature, index) =>
    feature.space === space ? [index + 1] : []
  );
  const names = contextFeatures([space]).map(({ name }) => name);
  const job: ForestJob = { stage: "forest", cells: path, features, seed: settings.seed };
  const progress = reporter.stage("second stage", { total: folds + 1, unit: "forests" });
  const pool = stagePool<{ readonly fold: number }, LearnedForest>(
    job,
    { ...resources, workerModules, workers: Math.min(resources.workers, folds + 1) },
    ({ fold }) => `the second stage without fold ${fold}`,
  );
  const outOfFold = new Float64Array(cells.count);
  let forest: LearnedForest | undefined;
  try {
    const tasks = Array.from({ length: folds + 1 }, (_, fold) => ({ fold }));
    await pool.run(tasks, {
      onResult({ fold }, learned) {
        if (fold === folds) forest = learned;
        let next = 0;
        for (const [i, own] of cells.folds.entries()) {
          if (own !== fold) continue;
          outOfFold[i] = (learned.outOfFold[next++] ?? 0) * 2 ** -LEAF_BITS;
        }
        progress.advance(1);
      },
      signal,
    });
  } finally {
    pool.close();
  }
  progress.done();
  if (forest === undefined) throw new Error("no forest was learned");
  const context: Omit<AutoContext, keyof Calibration> = {
    space,
    features: names,
    bias: forest.bias,
    trees: forest.trees,
  };
  return { context, outOfFold };
}
