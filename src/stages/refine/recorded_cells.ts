/** Labelled cells of the training volume with what the second stage may see of them, and how well scores tell them apart. */
import { join } from "node:path";
import { cellShape, contextFeatures } from "../../autocontext/mod.ts";
import type { Calibration, ContextSpace } from "../../boosting/mod.ts";
import { type Region, regionAround, voxelCount } from "../../volume/region.ts";
import type { ZarrVolume } from "../../volume/zarr/mod.ts";
import type { RunVolume } from "../inputs.ts";
import type { CellsJob } from "../stage_jobs.ts";
import { runBlocks } from "../../run/run_blocks.ts";
import type { RunContext } from "../../run/run_context.ts";
import type { Folds } from "../training/folds.ts";
import type { Learned } from "../training/learn.ts";
import type { GroundTruth } from "../training/ground_truth.ts";
import { stageFolder } from "../../run/work_folder.ts";
import { type CellSamples, joinCells, readCells, writeCells } from "./cell_samples.ts";
import { calibrate, judge, type ScoredCells } from "./choose.ts";
import { planCells } from "./plan_cells.ts";
import { blockOutputs } from "../block_outputs.ts";
import { blockFileName } from "../../run/block_files.ts";

/** Cells that the second stage learns from, at most about. */
const POSITIVE_CELLS = 30_000;
const NEGATIVE_CELLS = 150_000;
export const MOST_CELLS = POSITIVE_CELLS + NEGATIVE_CELLS;

/** Why nothing can be learned. */
export const ONE_CLASS = "the labelled cells in the scored part are all of one class";

/** What is learned from. */
export interface RefineParts {
  readonly volume: RunVolume;
  readonly truth: GroundTruth;
  readonly folds: Pick<Folds, "parts" | "chunk">;
  /** What the model depends on. */
  readonly dependsOn: unknown;
}

/** The cells with what they stand for. */
export interface Recorded {
  readonly cells: CellSamples;
  readonly path: string;
  readonly spaces: readonly ContextSpace[];
  readonly standsFor: ScoredCells["standsFor"];
}

/** How well scores of the cells tell them apart. */
export interface Assessed {
  readonly judgement: ReturnType<typeof judge>;
  /** Fitted when it is asked for. */
  readonly platt: () => Calibration["platt"];
}

/** Judges scores of the cells, to be divided by `by` before they become probabilities. */
export function assessCells({ cells, standsFor }: Recorded, values: ArrayLike<number>, by: number): Assessed {
  const scored = { scores: values, labels: cells.labels, standsFor };
  return { judgement: judge(scored), platt: () => calibrate(scored, by) };
}

/** What a model keeps of it. */
export function withThreshold({ judgement, platt }: Assessed): Calibration {
  return judgement === undefined ? { platt: platt() } : { platt: platt(), threshold: judgement.threshold };
}

/** Gathers labelled cells of all parts, with their own scores as the first feature, then those of each space. */
export async function recordCells(
  context: RunContext,
  { volume: { job, raw }, truth, folds, dependsOn }: RefineParts,
  scores: ZarrVolume,
  ofModels: Learned["ofModels"],
  spaces: readonly ContextSpace[],
  negativeCells = NEGATIVE_CELLS,
): Promise<Recorded> {
  const { settings, workFolder } = context;
  const cell = cellShape(job.slic);
  const voxels = voxelCount(cell);
  const { positive, negative } = truth.list.counts;
  const scored = folds.parts.reduce((sum, { shape }) => sum + voxelCount(shape), 0) / voxelCount(raw.shape);
  const share = {
    positive: Math.min(1, POSITIVE_CELLS * voxels / positive),
    negative: Math.min(1, negativeCells * voxels / (negative * scored)),
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
  if (parts.length === 0) return [];
  const hull = parts.reduce(regionAround);
  const filled = parts.reduce((sum, { shape }) => sum + voxelCount(shape), 0) === voxelCount(hull.shape);
  return parts.map((region) => ({ region, scored: filled ? hull : region }));
}
