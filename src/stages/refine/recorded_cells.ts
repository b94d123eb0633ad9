/** Labelled cells of the training volumes with what the second stage may see of them, and how well scores tell them apart. */
import { join } from "node:path";
import { cellGrid, cellShape, contextFeatures } from "../../autocontext/mod.ts";
import type { Calibration, ContextSpace } from "../../boosting/mod.ts";
import { regionAround, voxelCount } from "../../volume/region.ts";
import type { CellsJob } from "../stage_jobs.ts";
import { runBlocks } from "../../run/run_blocks.ts";
import type { RunContext } from "../../run/run_context.ts";
import { suffixOf, titleOf } from "../../run/volume_suffix.ts";
import type { ScoredParts } from "../training/cross_fit.ts";
import type { FoldPart } from "../training/folds.ts";
import type { Learned } from "../training/learn.ts";
import { labelCounts, seedOfVolume, type TrainingVolume } from "../training/training_volume.ts";
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
  readonly volumes: readonly TrainingVolume[];
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
  { volumes, dependsOn }: RefineParts,
  scored: readonly ScoredParts[],
  ofModels: Learned["ofModels"],
  spaces: readonly ContextSpace[],
  negativeCells = NEGATIVE_CELLS,
): Promise<Recorded> {
  const counts = labelCounts(volumes);
  const voxels = scored[0] ? voxelCount(cellShape(scored[0].volume.job.slic)) : 0;
  const negativesScored = scored.reduce((sum, { volume: { raw }, truth, parts }) => {
    const share = parts.reduce((all, { region }) => all + voxelCount(region.shape), 0) /
      voxelCount(raw.shape);
    return sum + truth.list.counts.negative * share;
  }, 0);
  const share = {
    positive: Math.min(1, POSITIVE_CELLS * voxels / counts.positive),
    negative: Math.min(1, negativeCells * voxels / negativesScored),
  };
  const all = { dependsOn, stumps: ofModels, share, spaces };
  const tables: CellSamples[] = [];
  let before = 0, path: string | undefined;
  for (const own of scored) {
    const { folder, cells } = await recordOwn(context, own, all);
    path ??= join(folder, "all.cells");
    tables.push(...cells.map((table) => ({ ...table, cells: table.cells.map((cell) => cell + before) })));
    before += voxelCount(cellGrid(own.volume.raw.shape, cellShape(own.volume.job.slic)));
  }
  if (path === undefined) throw new Error("no part of a training volume was scored");
  const cells = joinCells(tables, 1 + contextFeatures(spaces).length);
  await writeCells(path, cells);
  // classes as frequent as in the whole volumes: parts of large ones are chosen for their synapses
  const positives = cells.labels.reduce((sum, label) => sum + label, 0);
  const standsFor = {
    positive: counts.positive / Math.max(1, positives),
    negative: counts.negative / Math.max(1, cells.count - positives),
  };
  return { cells, path, spaces, standsFor };
}

/** Gathers the cells of one volume. */
async function recordOwn(
  context: RunContext,
  { index, volume: { job, raw }, truth, settings: { useSynapses }, parts, chunk, scores }: ScoredParts,
  all: {
    readonly dependsOn: unknown;
    readonly stumps: Learned["ofModels"];
    readonly share: CellsJob["share"];
    readonly spaces: readonly ContextSpace[];
  },
): Promise<{ readonly folder: string; readonly cells: readonly CellSamples[] }> {
  const { share, spaces } = all;
  const cell = cellShape(job.slic);
  const regions = parts.map(({ region }) => region);
  const plan = planCells(context, { shape: raw.shape, anisotropy: job.anisotropy, cell, spaces }, {
    parts: regions,
    chunk,
  });
  const perPlan = { all, blockShape: plan.blockShape };
  const name = `${CELLS_STAGE}${suffixOf(index)}`;
  const { target: folder, generation } = await stageFolder(join(context.workFolder, name), perPlan);
  const cellsJob: CellsJob = {
    stage: "cells",
    raw: job.raw,
    scores: scores.path,
    anisotropy: job.anisotropy,
    cell,
    labels: truth.labels.path,
    components: useSynapses.length > 0 ? truth.components.path : "",
    useComponents: useSynapses,
    spaces,
    parts: scoredAround(parts),
    share,
    seed: seedOfVolume(context.settings.seed, index),
    folder,
  };
  const finished = await runBlocks(context, {
    name,
    title: titleOf(CELLS_STAGE, index),
    job: cellsJob,
    outputs: blockOutputs(cellsJob),
    plan,
    dependsOn: { perPlan, generation },
  });
  const cells = await Promise.all(
    finished.results.map(({ write }) => readCells(join(folder, blockFileName(write, "cells")))),
  );
  return { folder, cells };
}

/** Name of the stage and of its folder in the work folder. */
export const CELLS_STAGE = "cells";

/** Where the parts fill a box, each sees the others' scores around it; where they are apart, its own alone. */
function scoredAround(parts: readonly FoldPart[]): CellsJob["parts"] {
  const [first, ...others] = parts.map(({ region }) => region);
  if (first === undefined) return [];
  const hull = others.reduce(regionAround, first);
  const filled =
    parts.reduce((sum, { region }) => sum + voxelCount(region.shape), 0) === voxelCount(hull.shape);
  return parts.map(({ region, fold }) => ({ region, fold, scored: filled ? hull : region }));
}
