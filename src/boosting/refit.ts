/** Fitting the thresholds of known stumps again (`relearnThresholds`), and scores of the training samples. */
import type { Kernels } from "../kernels/mod.ts";
import type { FeatureMatrix } from "./feature_matrix.ts";
import { createSampleState } from "./sample_state.ts";

export interface RefitOptions {
  /** One candidate for each stump, in the stumps' order. */
  readonly matrix: FeatureMatrix;
  /** Signs and weights, which are kept. */
  readonly stumps: readonly { readonly invert: boolean; readonly alpha: number }[];
  /** One a sample: 1 positive, 0 negative. */
  readonly labels: Uint8Array;
  readonly signal?: AbortSignal | undefined;
}

export interface RefitResult {
  /**
   * Bin of each stump from which on it says +1, or -1 where inverted; undefined for a feature that is the same at every sample, whose
   * stump should keep the threshold it had.
   */
  readonly bins: readonly (number | undefined)[];
  /** Score of each sample, without the stumps of undefined bins. */
  readonly scores: Float64Array<ArrayBuffer>;
  /** Final weight of each sample; they sum to 1. */
  readonly weights: Float64Array<ArrayBuffer>;
}

const SCRATCH_BYTES = 2048;

/**
 * Goes through the stumps in order: each gets the cut with the least weighted error on all samples under its given sign, and then
 * weights change as in boosting, by its given alpha. A stump of a constant feature changes no weight.
 *
 * @throws {UserError} where a class has no samples
 * @throws {RangeError} where the sizes of matrix, stumps and labels do not fit
 */
export function refitThresholds(kernels: Kernels, options: RefitOptions): RefitResult {
  const { matrix, stumps, labels: given, signal } = options;
  if (given.length !== matrix.samples || stumps.length !== matrix.candidates) {
    throw new RangeError(
      `a matrix of ${matrix.samples} samples and ${matrix.candidates} candidates has ${given.length} labels ` +
        `and ${stumps.length} stumps`,
    );
  }
  const { run, arena } = kernels;
  const mark = arena.mark();
  try {
    const { samples, labels, weights, scores } = createSampleState(kernels, given);
    const scratch = arena.alloc(SCRATCH_BYTES);
    const bins = stumps.map(({ invert, alpha }, candidate) => {
      signal?.throwIfAborted();
      const column = matrix.column(candidate);
      const found = run.searchAll(column, samples, labels, weights, invert ? 2 : 1, scratch);
      if (found < 0) return undefined;
      const bin = found >> 1;
      const wrong = Math.exp(alpha);
      run.updateWeights(column, samples, labels, weights, bin, Number(invert), 1 / wrong, wrong);
      run.addStump(column, samples, scores, bin, Number(invert), alpha);
      return bin;
    });
    return { bins, scores: arena.f64(scores, samples).slice(), weights: arena.f64(weights, samples).slice() };
  } finally {
    arena.release(mark);
  }
}
