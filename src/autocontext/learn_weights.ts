/** Learns a second stage where there are too few synapses for trees: logistic regression on the features (docs/algorithm.md, section 11). */
import type { LabelledCells } from "./learn_trees.ts";

/** A weighted sum of features: log-odds. */
export interface LearnedWeights {
  readonly bias: number;
  /** One for each feature. */
  readonly weights: readonly number[];
  /** The sum of each cell. */
  readonly scores: Float64Array;
}

/**
 * How much large weights cost, features being scaled to a deviation of 1. Measured on `vnc` with three synapses, six sets of both directions: 0.003
 * gives average precisions of 0.695 and 0.716, 0.001 and 0.01 up to 0.02 less.
 */
const PENALTY = 0.003;

/** How much all negatives weigh, the positives weighing 1. */
const NEGATIVE_WEIGHT = 3;

/** Newton's method has always converged by then. */
const MOST_STEPS = 30;
const CONVERGED = 1e-6;

/** Minimises the mean logistic loss and half the penalty times the squares of the weights, by Newton's method. Both classes must be there. */
export function learnWeights(
  { features, labels }: Pick<LabelledCells, "features" | "labels">,
): LearnedWeights {
  const positives = labels.reduce((sum, label) => sum + label, 0);
  const ofPositive = 1 / (1 + NEGATIVE_WEIGHT) / positives;
  const ofNegative = NEGATIVE_WEIGHT / (1 + NEGATIVE_WEIGHT) / (labels.length - positives);
  const importance = Float64Array.from(labels, (label) => label === 1 ? ofPositive : ofNegative);
  const scales = features.map((values) => scaleOf(values, importance));
  const found = minimise(scaledColumns(features, scales), labels, importance);
  const weights = scales.map(({ deviation }, f) => (found[f] ?? 0) / deviation);
  const bias = scales.reduce(
    (sum, { mean }, f) => sum - mean * (weights[f] ?? 0),
    found[features.length] ?? 0,
  );
  const scores = new Float64Array(labels.length).fill(bias);
  for (const [f, values] of features.entries()) {
    for (let i = 0; i < scores.length; i++) {
      scores[i] = (scores[i] ?? 0) + (weights[f] ?? 0) * (values[i] ?? 0);
    }
  }
  return { bias, weights, scores };
}

function scaleOf(values: Float32Array, importance: Float64Array) {
  let mean = 0, square = 0;
  for (let i = 0; i < values.length; i++) mean += (importance[i] ?? 0) * (values[i] ?? 0);
  for (let i = 0; i < values.length; i++) square += (importance[i] ?? 0) * ((values[i] ?? 0) - mean) ** 2;
  const deviation = Math.sqrt(square);
  // what is the same everywhere but for rounding tells nothing: its weight becomes 0
  return { mean, deviation: deviation > Math.abs(mean) * 2 ** -22 ? deviation : Infinity };
}

/** The scaled features, and last a 1 of each cell for the bias. */
function scaledColumns(
  features: readonly Float32Array[],
  scales: readonly { readonly mean: number; readonly deviation: number }[],
): Float32Array[] {
  const columns = features.map((values, f) => {
    const { mean = 0, deviation = 1 } = scales[f] ?? {};
    return values.map((value) => (value - mean) / deviation);
  });
  return [...columns, new Float32Array(features[0]?.length ?? 0).fill(1)];
}

/** The weights of the scaled features, and last the bias, which costs nothing. */
function minimise(
  columns: readonly Float32Array[],
  labels: Uint8Array,
  importance: Float64Array,
): Float64Array {
  const width = columns.length;
  const found = new Float64Array(width);
  for (let step = 0; step < MOST_STEPS; step++) {
    const { gradient, hessian } = derivatives(columns, labels, importance, found);
    const change = solve(hessian, gradient);
    for (let f = 0; f < width; f++) found[f] = (found[f] ?? 0) - (change[f] ?? 0);
    if (change.every((by) => Math.abs(by) < CONVERGED)) break;
  }
  return found;
}

/** Gradient, and the lower triangle of the hessian. Every sum is over the cells in their order. */
function derivatives(
  columns: readonly Float32Array[],
  labels: Uint8Array,
  importance: Float64Array,
  at: Float64Array,
) {
  const width = columns.length;
  const gradient = new Float64Array(width), hessian = new Float64Array(width * width);
  const { slopes, curves } = slopesOf(columns, labels, importance, at);
  const bent = new Float64Array(labels.length);
  const none = new Float32Array(labels.length);
  for (const [f, column] of columns.entries()) {
    for (let i = 0; i < bent.length; i++) bent[i] = (curves[i] ?? 0) * (column[i] ?? 0);
    gradient[f] = productsOf(slopes, [column, none, none, none])[0];
    for (let g = 0; g <= f; g += 4) {
      const four = [0, 1, 2, 3].map((k) => columns[g + k] ?? none) as [
        Float32Array,
        Float32Array,
        Float32Array,
        Float32Array,
      ];
      const sums = productsOf(bent, four);
      for (let k = 0; k < 4 && g + k <= f; k++) hessian[f * width + g + k] = sums[k] ?? 0;
    }
  }
  for (let f = 0; f < width - 1; f++) {
    gradient[f] = (gradient[f] ?? 0) + PENALTY * (at[f] ?? 0);
    hessian[f * width + f] = (hessian[f * width + f] ?? 0) + PENALTY;
  }
  return { gradient, hessian };
}

/** Of each cell the loss's derivative by its score, and the second one. */
function slopesOf(
  columns: readonly Float32Array[],
  labels: Uint8Array,
  importance: Float64Array,
  at: Float64Array,
) {
  const slopes = new Float64Array(labels.length), curves = new Float64Array(labels.length);
  const scores = new Float64Array(labels.length);
  for (const [f, column] of columns.entries()) {
    const weight = at[f] ?? 0;
    for (let i = 0; i < scores.length; i++) scores[i] = (scores[i] ?? 0) + weight * (column[i] ?? 0);
  }
  for (let i = 0; i < labels.length; i++) {
    const probability = 1 / (1 + Math.exp(-(scores[i] ?? 0)));
    const weight = importance[i] ?? 0;
    slopes[i] = weight * (probability - (labels[i] ?? 0));
    curves[i] = weight * probability * (1 - probability);
  }
  return { slopes, curves };
}

/** Sums of products of one list with each of four: four additions wait for none of the others. */
function productsOf(
  one: Float64Array,
  [a, b, c, d]: readonly [Float32Array, Float32Array, Float32Array, Float32Array],
): [number, number, number, number] {
  let ofA = 0, ofB = 0, ofC = 0, ofD = 0;
  for (let i = 0; i < one.length; i++) {
    const value = one[i] ?? 0;
    ofA += value * (a[i] ?? 0);
    ofB += value * (b[i] ?? 0);
    ofC += value * (c[i] ?? 0);
    ofD += value * (d[i] ?? 0);
  }
  return [ofA, ofB, ofC, ofD];
}

/** Solves a symmetric positive system, given by its lower triangle, by Cholesky's factors, which overwrite it. */
function solve(matrix: Float64Array, right: Float64Array): Float64Array {
  const n = right.length;
  const at = (row: number, column: number) => matrix[row * n + column] ?? 0;
  for (let j = 0; j < n; j++) {
    for (let i = j; i < n; i++) {
      let sum = at(i, j);
      for (let k = 0; k < j; k++) sum -= at(i, k) * at(j, k);
      // where all cells are told apart beyond doubt the bias has no curvature left
      matrix[i * n + j] = i === j ? Math.sqrt(Math.max(sum, Number.EPSILON)) : sum / at(j, j);
    }
  }
  const solved = right.slice();
  for (let i = 0; i < n; i++) {
    let sum = solved[i] ?? 0;
    for (let k = 0; k < i; k++) sum -= at(i, k) * (solved[k] ?? 0);
    solved[i] = sum / at(i, i);
  }
  for (let i = n - 1; i >= 0; i--) {
    let sum = solved[i] ?? 0;
    for (let k = i + 1; k < n; k++) sum -= at(k, i) * (solved[k] ?? 0);
    solved[i] = sum / at(i, i);
  }
  return solved;
}
