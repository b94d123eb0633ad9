/** Platt scaling: probabilities from scores. */

/** p = 1 / (1 + exp(A*s + B)) for a score s that is divided by the sum of alphas. */
export interface PlattScaling {
  /** Slope; negative where high scores mean a synapse. */
  readonly A: number;
  /** Offset. */
  readonly B: number;
}

/** What a model has before its scaling is fitted. */
export const UNFITTED_PLATT: PlattScaling = { A: -2, B: 0 };

/** The probability that a supervoxel with normalised score `s` is a synapse, 0 to 1. */
export function plattProbability({ A, B }: PlattScaling, s: number): number {
  const x = A * s + B;
  // Either form overflows on one side only.
  return x >= 0 ? Math.exp(-x) / (1 + Math.exp(-x)) : 1 / (1 + Math.exp(x));
}

const MAX_ITERATIONS = 100;
const MIN_STEP = 1e-10;
const RIDGE = 1e-12;
const TOLERANCE = 1e-9;

/**
 * Fits A and B by Newton's method with backtracking (Lin, Lin and Weng, "A note on Platt's probabilistic outputs for support vector machines",
 * Machine Learning 68, 2007), with Platt's smoothed targets (positives+1)/(positives+2) and 1/(negatives+2). Every positive
 * weighs negatives/all and every negative positives/all, so that both classes weigh the same.
 *
 * @param scores one per sample, divided by the sum of alphas
 * @param labels one per sample, 1 positive, 0 negative
 * @returns `UNFITTED_PLATT` where one of the classes is missing
 */
export function fitPlatt(scores: Float64Array, labels: Uint8Array): PlattScaling {
  const problem = plattProblem(scores, labels);
  if (problem === undefined) return UNFITTED_PLATT;
  let fit: PlattScaling = { A: 0, B: 0 }; // the logarithm of the classes' weights' ratio is 0
  let loss = plattLoss(problem, fit);
  for (let iteration = 0; iteration < MAX_ITERATIONS; iteration++) {
    const { gA, gB, hAA, hAB, hBB } = derivatives(problem, fit);
    if (Math.abs(gA) < TOLERANCE && Math.abs(gB) < TOLERANCE) break;
    const determinant = hAA * hBB - hAB * hAB;
    const dA = -(hBB * gA - hAB * gB) / determinant;
    const dB = -(hAA * gB - hAB * gA) / determinant;
    const slope = gA * dA + gB * dB;
    let step = 1;
    let next = fit;
    let nextLoss = loss;
    for (; step >= MIN_STEP; step /= 2) {
      next = { A: fit.A + step * dA, B: fit.B + step * dB };
      nextLoss = plattLoss(problem, next);
      if (nextLoss < loss + 1e-4 * step * slope) break;
    }
    if (step < MIN_STEP) break; // no lower value can be told apart in doubles
    fit = next;
    loss = nextLoss;
  }
  return fit;
}

interface PlattProblem {
  readonly scores: Float64Array;
  readonly labels: Uint8Array;
  /** Of a negative and of a positive; over all samples the weights sum to 1. */
  readonly weight: readonly [negative: number, positive: number];
  readonly target: readonly [negative: number, positive: number];
}

function plattProblem(scores: Float64Array, labels: Uint8Array): PlattProblem | undefined {
  const positives = labels.reduce((sum, label) => sum + label, 0);
  const negatives = labels.length - positives;
  if (positives === 0 || negatives === 0) return undefined;
  return {
    scores,
    labels,
    weight: [0.5 / negatives, 0.5 / positives],
    target: [1 / (negatives + 2), (positives + 1) / (positives + 2)],
  };
}

/** The weighted cross-entropy that `fitPlatt` minimises. */
function plattLoss({ scores, labels, weight, target }: PlattProblem, { A, B }: PlattScaling): number {
  let loss = 0;
  scores.forEach((s, i) => {
    const positive = labels[i] === 1;
    const t = positive ? target[1] : target[0];
    const x = A * s + B;
    const terms = x >= 0 ? t * x + Math.log1p(Math.exp(-x)) : (t - 1) * x + Math.log1p(Math.exp(x));
    loss += terms * (positive ? weight[1] : weight[0]);
  });
  return loss;
}

interface Derivatives {
  readonly gA: number;
  readonly gB: number;
  readonly hAA: number;
  readonly hAB: number;
  readonly hBB: number;
}

function derivatives({ scores, labels, weight, target }: PlattProblem, fit: PlattScaling): Derivatives {
  let [gA, gB, hAA, hAB, hBB] = [0, 0, RIDGE, 0, RIDGE];
  scores.forEach((s, i) => {
    const positive = labels[i] === 1;
    const w = positive ? weight[1] : weight[0];
    const p = plattProbability(fit, s);
    const first = w * ((positive ? target[1] : target[0]) - p);
    const second = w * p * (1 - p);
    gA += s * first;
    gB += first;
    hAA += s * s * second;
    hAB += s * second;
    hBB += second;
  });
  return { gA, gB, hAA, hAB, hBB };
}
