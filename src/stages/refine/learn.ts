/** Learns what follows the first stage, from scores that its models gave for what they had not seen (docs/algorithm.md, section 11). */
import { join } from "node:path";
import { cellShape, contextFeatures, LEAF_BITS } from "../../autocontext/mod.ts";
import {
  type AutoContext,
  type Calibration,
  type ContextSpace,
  type Model,
  type Smoothing,
  sumOfAlphas,
} from "../../boosting/mod.ts";
import { type Region, regionEnd, voxelCount, zipAxes } from "../../volume/region.ts";
import type { ZarrVolume } from "../../volume/zarr/mod.ts";
import type { RunVolume } from "../inputs.ts";
import type { CellsJob, ForestJob } from "../stage_jobs.ts";
import { runBlocks, stagePool } from "../../run/run_blocks.ts";
import type { RunContext } from "../../run/run_context.ts";
import { scoreFolds } from "../training/cross_fit.ts";
import type { Folds } from "../training/folds.ts";
import type { Learned } from "../training/learn.ts";
import type { GroundTruth } from "../training/ground_truth.ts";
import { stageFolder } from "../../run/work_folder.ts";
import { type CellSamples, joinCells, readCells, writeCells } from "./cell_samples.ts";
import { calibrate, judge, type ScoredCells } from "./choose.ts";
import type { LearnedForest } from "./forest_task.ts";
import { planCells } from "./plan_cells.ts";
import { spacesOf } from "./reach.ts";
import { blockOutputs } from "../block_outputs.ts";
import { blockFileName } from "../../run/block_files.ts";

/** Cells that the second stage learns from, at most about. */
const POSITIVE_CELLS = 30_000;
const NEGATIVE_CELLS = 150_000;
export const MOST_CELLS = POSITIVE_CELLS + NEGATIVE_CELLS;

/**
 * The second stage is kept where it reaches this share of smoothing's average precision: the trees that are judged have learned from all
 * folds but one, those that are kept from all.
 */
const ENOUGH = 0.97;

/** What is learned from. */
interface RefineParts {
  readonly volume: RunVolume;
  readonly truth: GroundTruth;
  readonly folds: Folds;
  /** What the model depends on. */
  readonly dependsOn: unknown;
}

/** The cells with what they stand for. */
interface Recorded {
  readonly cells: CellSamples;
  readonly path: string;
  readonly spaces: readonly ContextSpace[];
  readonly standsFor: ScoredCells["standsFor"];
}

/** The model with what follows its stumps, and with thresholds. */
export async function refineModel(
  context: RunContext,
  parts: RefineParts,
  { model, ofModels }: Pick<Learned, "model" | "ofModels">,
): Promise<Model> {
  const { volume, folds, dependsOn } = parts;
  const scores = await scoreFolds(context, volume, ofModels, folds, dependsOn);
  const recorded = await recordCells(context, parts, scores, ofModels);
  const { cells, standsFor } = recorded;
  const total = sumOfAlphas(model.stumps);
  const assess = (values: ArrayLike<number>, by: number) => {
    const scored = { scores: values, labels: cells.labels, standsFor };
    return { judgement: judge(scored), platt: () => calibrate(scored, by) };
  };
  const first = assess(cells.features[0] ?? [], total);
  if (first.judgement === undefined) {
    context.reporter.warn(
      "no second stage or smoothing: the labelled cells in the scored part are all of one class",
    );
    return model;
  }
  const own = withThreshold(first);
  const { smoothing, averagePrecision, space } = chooseSmoothing(recorded, first, assess, total);
  const described = [`${text(first.judgement.averagePrecision)} without smoothing`];
  described.push(`${text(averagePrecision)} smoothed by ${describeSigma(smoothing.sigma)}`);
  let autoContext: AutoContext | undefined;
  if (context.settings.autoContext) {
    const learned = await learnContext(context, recorded, space, folds.parts.length);
    const second = assess(learned.outOfFold, 1);
    const better = (second.judgement?.averagePrecision ?? 0) > ENOUGH * averagePrecision;
    described.push(`${text(second.judgement?.averagePrecision ?? 0)} with a second stage`);
    if (better) autoContext = { ...learned.context, ...withThreshold(second) };
  }
  const used = autoContext
    ? "the second stage"
    : smoothing.sigma.some((sigma) => sigma > 0)
    ? "smoothing"
    : "neither";
  context.reporter.message(
    `average precision on parts of the volume that the models have not seen: ${described.join(", ")}; ` +
      `the model keeps ${used}`,
  );
  const refinement = autoContext ? { smoothing, autoContext } : { smoothing };
  return { ...model, ...own, refinement };
}

function text(averagePrecision: number): string {
  return averagePrecision.toFixed(3);
}

function describeSigma([inSlice, acrossSlices]: Smoothing["sigma"]): string {
  return acrossSlices === 0 ? `${inSlice} voxels within slices` : `${inSlice} voxels`;
}

interface Assessed {
  readonly judgement: ReturnType<typeof judge>;
  /** Fitted when it is asked for. */
  readonly platt: () => Calibration["platt"];
}

function withThreshold({ judgement, platt }: Assessed): Calibration {
  return judgement === undefined ? { platt: platt() } : { platt: platt(), threshold: judgement.threshold };
}

/** The smoothing with the best average precision, none where that is best, and the space in which smoothing is better. */
function chooseSmoothing(
  { cells, spaces }: Recorded,
  first: Assessed,
  assess: (values: ArrayLike<number>, by: number) => Assessed,
  total: number,
) {
  let best = { sigma: [0, 0] as Smoothing["sigma"], space: spaces[0] ?? "volume", assessed: first };
  const precisionOf = ({ assessed }: typeof best) => assessed.judgement?.averagePrecision ?? 0;
  const bySpace = new Map<ContextSpace, number>();
  for (const [index, { space, feature }] of contextFeatures(spaces).entries()) {
    if (feature.kind !== "smooth" || feature.of !== "score") continue;
    const { sigma } = feature;
    const tried = {
      sigma: [sigma, space === "slice" ? 0 : sigma] as Smoothing["sigma"],
      space,
      assessed: assess(cells.features[index + 1] ?? [], total),
    };
    bySpace.set(space, Math.max(bySpace.get(space) ?? 0, precisionOf(tried)));
    if (precisionOf(tried) > precisionOf(best)) best = tried;
  }
  const space = [...bySpace].reduce((a, b) => b[1] > a[1] ? b : a)[0];
  const smoothing: Smoothing = { sigma: best.sigma, ...withThreshold(best.assessed) };
  return { smoothing, averagePrecision: precisionOf(best), space };
}

/** Gathers labelled cells of all parts, with their own scores as the first feature, then those of each space. */
async function recordCells(
  context: RunContext,
  { volume: { job, raw }, truth, folds, dependsOn }: RefineParts,
  scores: ZarrVolume,
  ofModels: Learned["ofModels"],
): Promise<Recorded> {
  const { settings, workFolder } = context;
  const cell = cellShape(job.slic);
  const spaces = spacesOf(job.anisotropy);
  const voxels = voxelCount(cell);
  const { positive, negative } = truth.list.counts;
  const scored = folds.parts.reduce((sum, { shape }) => sum + voxelCount(shape), 0) / voxelCount(raw.shape);
  const share = {
    positive: Math.min(1, POSITIVE_CELLS * voxels / positive),
    negative: Math.min(1, NEGATIVE_CELLS * voxels / (negative * scored)),
  };
  const all = { dependsOn, stumps: ofModels, share, spaces };
  const plan = planCells(context, { shape: raw.shape, anisotropy: job.anisotropy, cell, spaces }, folds);
  const perPlan = { all, blockShape: plan.blockShape };
  const { target: folder, generation } = await stageFolder(join(workFolder, CELLS_STAGE), perPlan);
  const cellsJob: CellsJob = {
    stage: "cells",
    raw: job.raw,
    scores: scores.path,
    anisotropy: job.anisotropy,
    cell,
    labels: truth.labels.path,
    components: settings.useSynapses.length > 0 ? truth.components.path : "",
    useComponents: settings.useSynapses,
    spaces,
    parts: scoredAround(folds.parts),
    share,
    seed: settings.seed,
    folder,
  };
  const finished = await runBlocks(context, {
    name: CELLS_STAGE,
    title: CELLS_STAGE,
    job: cellsJob,
    outputs: blockOutputs(cellsJob),
    plan,
    dependsOn: { perPlan, generation },
  });
  const tables = await Promise.all(
    finished.results.map(({ write }) => readCells(join(folder, blockFileName(write, "cells")))),
  );
  const cells = joinCells(tables, 1 + contextFeatures(spaces).length);
  const path = join(folder, "all.cells");
  await writeCells(path, cells);
  // classes as frequent as in the whole volume: parts of a large one are chosen for their synapses
  const positives = cells.labels.reduce((sum, label) => sum + label, 0);
  const standsFor = {
    positive: positive / Math.max(1, positives),
    negative: negative / Math.max(1, cells.count - positives),
  };
  return { cells, path, spaces, standsFor };
}

/** Name of the stage and of its folder in the work folder. */
export const CELLS_STAGE = "cells";

/** Where the parts fill a box, each sees the others' scores around it; where they are apart, its own alone. */
function scoredAround(parts: readonly Region[]): CellsJob["parts"] {
  const [first] = parts;
  if (first === undefined) return [];
  const start = parts.reduce((low, part) => zipAxes(Math.min, low, part.start), first.start);
  const end = parts.reduce((high, part) => zipAxes(Math.max, high, regionEnd(part)), regionEnd(first));
  const hull: Region = { start, shape: zipAxes((e, s) => e - s, end, start) };
  const filled = parts.reduce((sum, { shape }) => sum + voxelCount(shape), 0) === voxelCount(hull.shape);
  return parts.map((region) => ({ region, scored: filled ? hull : region }));
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
