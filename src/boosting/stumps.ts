/** Stumps, the weak learners of context cue boosting, and how their thresholds are written and compared. */
import type { FragmentJoin } from "../supervoxels/grid.ts";
import type { Refinement } from "./refinement_file.ts";
import type { PlattScaling } from "./platt.ts";
import { boxVoxels, poseAt } from "./poses.ts";

/** A threshold on one context feature. It says +1 where (mean >= threshold) differs from `invert`, else -1. */
export interface Stump {
  /** Index of the pose, see `poseAt`. */
  readonly pose: number;
  /** Channel column, 0 being the raw intensity. */
  readonly column: number;
  /** Of the mean of the column over the box, in the column's units. */
  readonly threshold: number;
  /** Whether the sign is turned. */
  readonly invert: boolean;
  /** Weight in the sum, `abweight` in files. */
  readonly alpha: number;
}

/** What training learns and prediction needs. */
export interface Model {
  /** In the order of the rounds. */
  readonly stumps: readonly Stump[];
  /** For probabilities. */
  readonly platt: PlattScaling;
  /** How small fragments joined others in the supervoxels that it learnt from. */
  readonly join: FragmentJoin;
  /** The scale of the orientation that it learnt with, x/y voxels; not known of every model. */
  readonly orientSigma?: number;
  /** 2 where it learnt from what is smooth at every second voxel; left out, at every voxel. */
  readonly gridStep?: 1 | 2;
  /** The score that divided the voxels of the training volume best: from it on a voxel is taken for a synapse. Not known of every model. */
  readonly threshold?: number;
  /** Median size of the labelled synapses that it learnt from, voxels. Not known of every model. */
  readonly labelledVoxels?: number;
  /** Where the stumps are those of several cross-fitted models, each divided by their number: how many stumps each has, one after the other. */
  readonly models?: readonly number[];
  /** What follows the stumps: their scores are a first stage. */
  readonly refinement?: Refinement;
}

/** Rounds that each of several models has at least, where there are so many in all. */
const LEAST_ROUNDS = 300;

/**
 * Rounds of boosting of each of several models: its share of `numStumps`, but at least 300, or `numStumps` where that is less. More models
 * than one therefore cost no more than one with as many stumps, unless these are few. On `vnc` four models of 75, 150 and 300 stumps
 * gave average precisions of 0.769, 0.789 and 0.795.
 */
export function roundsPerModel(numStumps: number, models: number): number {
  return Math.max(Math.ceil(numStumps / models), Math.min(numStumps, LEAST_ROUNDS));
}

/** How a column is held in integers: q = (value - low) * scale, clamped to 16 bits. */
export interface Quantisation {
  readonly low: number;
  readonly scale: number;
}

/** Sum of the weights, by which scores are divided before Platt scaling. */
export function sumOfAlphas(stumps: readonly { readonly alpha: number }[]): number {
  return stumps.reduce((sum, { alpha }) => sum + alpha, 0);
}

// A box has at most 41^3 = 68921 < 2^17 voxels, so the product of a threshold of 36 bits with a box's size is exact in the 53 bits of a
// double: a threshold survives being written as a sum and read back as a mean, whatever the anisotropy.
const THRESHOLD_BITS = 36;

/**
 * The threshold, in the column's units, of a stump that says +1 where a binned feature's integer exceeds `cut` (see
 * `binColumn`): low + (cut + 0.5) / scale, to 36 significant bits, which stump files hold exactly.
 */
export function thresholdOfCut(cut: number, { low, scale }: Quantisation): number {
  const threshold = low + (cut + 0.5) / scale;
  if (threshold === 0) return 0;
  const step = 2 ** (Math.floor(Math.log2(Math.abs(threshold))) + 1 - THRESHOLD_BITS);
  return Math.round(threshold / step) * step;
}

const FIXED_STEPS = 2 ** 12;

/**
 * A threshold in the units of a column's integers: (threshold - low) * scale, to multiples of 2^-12, so that `thresholdOfCut` comes back as
 * exactly cut + 0.5 and prediction decides as training did. Compare as `sum >= fixed * voxels` with the box's integer sum.
 */
export function fixedThreshold(threshold: number, { low, scale }: Quantisation): number {
  return Math.round((threshold - low) * scale * FIXED_STEPS) / FIXED_STEPS;
}

/** The threshold of the sum over the full box, as stump files hold it; `meanThreshold` gives back the same bits. */
export function sumThreshold(stump: Stump, anisotropy: number): number {
  const voxels = boxVoxels(poseAt(stump.pose).radius, anisotropy);
  const sum = stump.threshold * voxels;
  // A threshold read from a file may have all 53 bits; then the sum that gives it is this one or next to it.
  const ulp = 2 ** (Math.floor(Math.log2(Math.abs(sum) || 1)) - 52);
  return [sum, sum + ulp, sum - ulp].find((s) => s / voxels === stump.threshold) ?? sum;
}

/** The threshold of the mean that belongs to a threshold of the sum over a pose's full box. */
export function meanThreshold(sum: number, pose: number, anisotropy: number): number {
  return sum / boxVoxels(poseAt(pose).radius, anisotropy);
}

/** One line about a stump for people, such as `mean of column 3 over radius 8 at distance -4, theta 33.7, phi 40.0`. */
export function describeStump(stump: Stump): string {
  const { theta, phi, distance, radius } = poseAt(stump.pose);
  const degrees = (angle: number) => (angle * 180 / Math.PI).toFixed(1);
  const place = `distance ${distance}, theta ${degrees(theta)}, phi ${degrees(phi)}`;
  return `mean of column ${stump.column} over radius ${radius} at ${place}`;
}
