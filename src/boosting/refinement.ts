/** What follows the stumps: how their scores become the final ones (docs/algorithm.md, section 11). */
import type { PlattScaling } from "./platt.ts";

/** What is kept with each kind of scores. */
export interface Calibration {
  /** The score from which on a voxel is best taken for a synapse; not known where there was nothing to tell. */
  readonly threshold?: number;
  /** For probabilities. */
  readonly platt: PlattScaling;
}

/** Scores smoothed by a Gaussian. */
export interface Smoothing extends Calibration {
  /** Sigma in the slice and across slices, x/y voxels. */
  readonly sigma: readonly [inSlice: number, acrossSlices: number];
}

/** Whether the surroundings that the second stage sees lie in the slice, with its neighbours looked at apart, or in space. */
export type ContextSpace = "slice" | "volume";

/** A tree that asks one question of all nodes of a level: bit d of the leaf's place is 1 where feature `features[d]` exceeds `thresholds[d]`. */
export interface ContextTree {
  /** Places in the second stage's list of features. */
  readonly features: readonly number[];
  /** One for each feature. */
  readonly thresholds: readonly number[];
  /** What it adds to the score, in units of 2^-12: whole numbers of 16 bits, one for each combination of answers. */
  readonly leaves: readonly number[];
}

/** A second stage that sees the surroundings of scores: boosted trees, or a weighted sum of features where there is little to learn from. */
export interface AutoContext extends Calibration {
  /** Where it looks. */
  readonly space: ContextSpace;
  /** Names of the features that trees and weights are of. */
  readonly features: readonly string[];
  /** Score without any tree, in the leaves' units. */
  readonly bias: number;
  /** Their sum is the score. */
  readonly trees: readonly ContextTree[];
  /** What each feature adds to the score, a unit of it. Absent: nothing. */
  readonly weights?: readonly number[];
}

/** What a model does with the scores of its stumps: the second stage where there is one, else the smoothing. */
export interface Refinement {
  /** What is used where there is no second stage, or it is not wanted. */
  readonly smoothing: Smoothing;
  /** The second stage. */
  readonly autoContext?: AutoContext;
  /** Sigmas by which the second stage's own scores are smoothed, where a run's settings ask for it; no part of a model. */
  readonly smoothedBy?: Smoothing["sigma"];
}
