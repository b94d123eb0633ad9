/** Gradient boosting of oblivious trees on 8-bit bins, the same to the bit everywhere. */
import { chanceKey } from "../boosting/mod.ts";
import { UserError } from "../user_error.ts";
import type { Kernels } from "../kernels/mod.ts";
import {
  type Forest,
  LEAF_BITS,
  LEAF_RANGE,
  MAX_DEPTH,
  placeTrees,
  predictionBytes,
  type Tree,
} from "./forest.ts";

/**
 * Samples to learn from; the bin of sample i and feature f is at bins + f * stride + i. Labels and weights are no views of kernel
 * memory, which moves as it grows.
 */
interface ForestData {
  /** Address of u8 bins in kernel memory. */
  readonly bins: number;
  /** Bytes from a feature's first bin to the next one's. */
  readonly stride: number;
  /** At most `MAX_SAMPLES`. */
  readonly samples: number;
  readonly features: number;
  /** One a sample: 1 positive, 0 negative. */
  readonly labels: Uint8Array;
  /** One a sample, not negative; only their proportions matter. */
  readonly weights: Float64Array;
}

export interface ForestOptions {
  readonly trees: number;
  /** Levels of each tree, 1 to `MAX_DEPTH`. */
  readonly depth: number;
  /** What part of Newton's step a leaf takes. */
  readonly learningRate: number;
  /** Added to each sum of hessians, where the mean weight is 1; not negative. */
  readonly lambda: number;
  /** Part of the samples that a tree looks at, above 0 to 1. */
  readonly rowShare: number;
  /** Part of the features that a tree looks at, above 0 to 1. */
  readonly featureShare: number;
  /** Any 32-bit integer; the same seed gives the same forest. */
  readonly seed: number;
}

/** With more samples gradients would be rounded too coarsely: a weight of 1 is 2^30 / samples units. */
export const MAX_SAMPLES = 2 ** 20;

/** Sum of the weights of all samples in units of the gradients, so that sums of gradients stay within 31 bits, and of hessians in theirs. */
const TOTAL_WEIGHT = 2 ** 30;
/** Hessians, at most a quarter of a weight, are in units of a quarter of the gradients' (`assembly/forest.ts`). */
const HESSIAN_UNITS = 4;
const MOST_WEIGHT = 1e200;
const HISTOGRAM_BYTES = 2048;
const ENTRY_BYTES = 16;
const UNIT = 2 ** LEAF_BITS;

/**
 * Learns a forest with logistic loss: each tree is a step of Newton's method (Friedman, Hastie and Tibshirani, "Additive logistic
 * regression", Annals of Statistics 28, 2000) from the scores of the trees before it, rounded as prediction gives them. The value of a
 * leaf is learningRate * G / (H + lambda), with G and H the sums of gradients and hessians of the tree's samples there. Level by level the
 * tree takes the feature and cut with the greatest sum of G^2 / (H + lambda) over all nodes. It begins with the log-odds of all weights.
 *
 * Gradients and hessians are rounded to whole numbers, so that their sums are exact.
 *
 * @throws {UserError} where positives or negatives are missing or all weigh 0
 * @throws {RangeError} for sizes, weights or options outside of their ranges
 */
export function trainForest(kernels: Kernels, data: ForestData, options: ForestOptions): Forest {
  requireRanges(data, options);
  const { run, arena } = kernels;
  const { samples } = data;
  const [negative, positive] = weightOfClasses(data);
  const bias = Math.round(UNIT * (naturalLog(positive) - naturalLog(negative)));
  const mark = arena.mark();
  try {
    const space = createSpace(kernels, data, options, TOTAL_WEIGHT / (positive + negative));
    run.fillScores(space.scores, samples, bias);
    const trees: Tree[] = [];
    for (let index = 0; index < options.trees; index++) {
      const tree = learnTree(kernels, data, options, space, index);
      trees.push(tree);
      const top = arena.mark();
      run.addTrees(placeTrees(kernels, [tree]), 1, data.bins, data.stride, samples, space.scores);
      arena.release(top);
    }
    return { bias, trees };
  } finally {
    arena.release(mark);
  }
}

/** Bytes of kernel memory that training takes besides the bins, at most. */
export function forestBytes(
  samples: number,
  features: number,
  { depth, rowShare, featureShare }: Pick<ForestOptions, "depth" | "rowShare" | "featureShare">,
): number {
  const rows = partOf(samples, rowShare);
  const arrays = 16 * samples + 4 * rows + ENTRY_BYTES * (rows + Math.floor(rows / 2) + 1) + 8 * features;
  const histograms = partOf(features, featureShare) * histogramBytes(depth);
  const small = 2 * HISTOGRAM_BYTES + predictionBytes(1);
  return arrays + histograms + small + 16 * 12; // each allocation may end with a gap
}

/** What training keeps in kernel memory: addresses, and sizes that do not change from tree to tree. */
interface Space {
  /** u32, 0 to the number of samples or features, whichever is more. */
  readonly ids: number;
  /** f64, in units of the gradients, negative for negatives. */
  readonly weights: number;
  /** i32, in units of 2^-LEAF_BITS. */
  readonly scores: number;
  /** The tree's samples and features, u32. */
  readonly rows: number;
  readonly rowCount: number;
  readonly chosen: number;
  readonly chosenCount: number;
  /** One entry for each of the tree's samples, and those of the nodes whose histograms are added up. */
  readonly entries: number;
  readonly some: number;
  readonly histograms: number;
  /** u32 entries of each node; later the packed sums of the leaves. */
  readonly counts: number;
  readonly scratch: number;
  /** Lambda in units of the hessians. */
  readonly lambda: number;
}

/** @param unit what turns weights into units of the gradients */
function createSpace({ arena }: Kernels, data: ForestData, options: ForestOptions, unit: number): Space {
  const { samples, features } = data;
  const rowCount = partOf(samples, options.rowShare);
  const chosenCount = partOf(features, options.featureShare);
  const idCount = Math.max(samples, features);
  const ids = arena.alloc(4 * idCount);
  const idView = arena.u32(ids, idCount);
  for (let i = 0; i < idCount; i++) idView[i] = i;
  const weights = arena.alloc(8 * samples);
  const weightView = arena.f64(weights, samples);
  data.weights.forEach((weight, i) => weightView[i] = unit * (data.labels[i] === 1 ? weight : -weight));
  return {
    ids,
    weights,
    scores: arena.alloc(4 * samples),
    rows: arena.alloc(4 * rowCount),
    rowCount,
    chosen: arena.alloc(4 * chosenCount),
    chosenCount,
    entries: arena.alloc(ENTRY_BYTES * rowCount),
    some: arena.alloc(ENTRY_BYTES * (Math.floor(rowCount / 2) + 1)),
    histograms: arena.alloc(chosenCount * histogramBytes(options.depth)),
    counts: arena.alloc(HISTOGRAM_BYTES),
    scratch: arena.alloc(HISTOGRAM_BYTES),
    // Not 0, since a part of a node may have no hessian at all.
    lambda: Math.max(1, options.lambda * HESSIAN_UNITS * TOTAL_WEIGHT / samples),
  };
}

function learnTree(
  kernels: Kernels,
  { bins, stride, samples, features }: ForestData,
  options: ForestOptions,
  space: Space,
  index: number,
): Tree {
  const { run, arena } = kernels;
  const { ids, rows, rowCount, chosen, chosenCount, entries, some, histograms, counts, scratch, lambda } =
    space;
  const { seed, depth } = options;
  run.selectSome(ids, samples, rowCount, chanceKey(seed, index, "rows"), rows);
  run.selectSome(ids, features, chosenCount, chanceKey(seed, index, "features"), chosen);
  run.forestEntries(rows, rowCount, space.scores, space.weights, entries);
  const bytes = histogramBytes(depth);
  const tree: { features: number[]; cuts: number[] } = { features: [], cuts: [] };
  let [added, addedCount] = [entries, rowCount];
  for (let level = 0; level < depth; level++) {
    run.forestHistograms(added, addedCount, bins, stride, chosen, chosenCount, level, histograms, bytes);
    if (level > 0) run.forestSiblings(histograms, bytes, chosenCount, level - 1, counts);
    const code = run.forestCut(histograms, bytes, chosenCount, 2 ** level, lambda, scratch);
    const feature = arena.u32(chosen, chosenCount)[code >> 8] ?? 0;
    const cut = code & 255;
    tree.features.push(feature);
    tree.cuts.push(cut);
    addedCount = run.forestSplit(entries, rowCount, bins + feature * stride, cut, level, counts, some);
    added = some;
  }
  run.forestSums(entries, rowCount, 2 ** depth, counts);
  const sums = arena.i32(counts, 2 * 2 ** depth); // hessian, gradient
  const leaves = Array.from({ length: 2 ** depth }, (_, leaf) => {
    const [hessian = 0, gradient = 0] = sums.subarray(2 * leaf);
    return leafValue(gradient, hessian, lambda, options.learningRate);
  });
  return { ...tree, leaves };
}

/** A step of Newton's method in units of leaves, cut off where it exceeds 16 bits. */
function leafValue(gradient: number, hessian: number, lambda: number, learningRate: number): number {
  const [least, most] = LEAF_RANGE;
  const value = Math.round(UNIT * HESSIAN_UNITS * learningRate * gradient / (hessian + lambda));
  return Math.min(most, Math.max(least, value)) + 0; // never -0, which JSON does not keep
}

/** How many of `count` a share is, at least one. */
function partOf(count: number, share: number): number {
  return Math.max(1, Math.round(share * count));
}

/** Bytes of a feature's histograms: of all nodes of the last level. */
function histogramBytes(depth: number): number {
  return HISTOGRAM_BYTES * 2 ** (depth - 1);
}

/** Natural logarithm in plain arithmetic, which all engines round alike: atanh series of the mantissa, from 1/sqrt(2) to sqrt(2). */
function naturalLog(x: number): number {
  let mantissa = x;
  let exponent = 0;
  for (; mantissa > Math.SQRT2; mantissa /= 2) exponent++;
  for (; mantissa < Math.SQRT1_2; mantissa *= 2) exponent--;
  const s = (mantissa - 1) / (mantissa + 1);
  let sum = 0;
  for (let n = 21; n > 0; n -= 2) sum = sum * s * s + 1 / n;
  return exponent * Math.LN2 + 2 * s * sum;
}

/** Sums of weights of negatives and positives. */
function weightOfClasses({ labels, weights }: ForestData): [negative: number, positive: number] {
  const sums: [number, number] = [0, 0];
  labels.forEach((label, i) => sums[label === 1 ? 1 : 0] += weights[i] ?? 0);
  const missing = sums[1] === 0 ? "positive" : sums[0] === 0 ? "negative" : undefined;
  if (missing !== undefined) {
    throw new UserError(
      `there are no ${missing} cells with weight among the ${labels.length} training cells of the second stage; ` +
        "check train.groundTruth",
    );
  }
  // Beyond these the units of the gradients are not finite.
  if (sums[0] + sums[1] > MOST_WEIGHT || Math.min(...sums) < 1 / MOST_WEIGHT) {
    throw new RangeError(`weights add to ${sums[1]} of positives and ${sums[0]} of negatives`);
  }
  return sums;
}

function requireRanges(
  { samples, features, stride, labels, weights }: ForestData,
  options: ForestOptions,
): void {
  const { trees, depth, learningRate, lambda, rowShare, featureShare } = options;
  if (labels.length !== samples || weights.length !== samples || features < 1 || stride < samples) {
    throw new RangeError(
      `${samples} samples have ${labels.length} labels, ${weights.length} weights and ${features} features of ${stride} bytes`,
    );
  }
  if (samples > MAX_SAMPLES) throw new RangeError(`${samples} samples are more than ${MAX_SAMPLES}`);
  if (!weights.every((weight) => weight >= 0 && weight < Infinity)) {
    throw new RangeError("weights must be finite and not negative");
  }
  const isShare = (share: number) => share > 0 && share <= 1;
  const isRate = (rate: number) => rate >= 0 && rate < Infinity;
  const isDepth = Number.isInteger(depth) && depth >= 1 && depth <= MAX_DEPTH;
  const isCount = Number.isInteger(trees) && trees >= 0;
  if (
    !isCount || !isDepth || !isRate(learningRate) || !isRate(lambda) || !isShare(rowShare) ||
    !isShare(featureShare)
  ) {
    throw new RangeError(`options outside of their ranges: ${JSON.stringify(options)}`);
  }
}
