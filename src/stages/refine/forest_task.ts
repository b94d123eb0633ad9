/** A worker's part of learning the second stage: the trees without one fold. */
import { learnContextTrees } from "../../autocontext/mod.ts";
import type { ContextTree } from "../../boosting/mod.ts";
import type { Kernels } from "../../kernels/mod.ts";
import type { ForestJob } from "../stage_jobs.ts";
import { readCells } from "./cell_samples.ts";

/** The number of a fold that is not learned from; one that no cell has leaves none out. */
export interface ForestTask {
  readonly fold: number;
}

/** What was learned. */
export interface LearnedForest {
  readonly bias: number;
  readonly trees: readonly ContextTree[];
  /** Scores of the fold's cells, in the order of the cells, in units of 2^-12. */
  readonly outOfFold: Int32Array;
}

/** Reads the cells once. */
export async function openForestJob(
  kernels: Kernels,
  job: ForestJob,
): Promise<(task: ForestTask) => LearnedForest> {
  const { features, labels, folds } = await readCells(job.cells);
  const wanted = job.features.map((place) => features[place] ?? new Float32Array());
  return ({ fold }) => {
    const isLeftOut = Uint8Array.from(folds, (own) => own === fold ? 1 : 0);
    const { bias, trees, leftOut } = learnContextTrees(
      kernels,
      { features: wanted, labels, isLeftOut },
      job.seed,
    );
    return { bias, trees, outOfFold: leftOut };
  };
}
