/** Learns the trees of the second stage from values of features. */
import type { ContextTree } from "../boosting/mod.ts";
import type { Kernels } from "../kernels/mod.ts";
import { binFeature } from "./bin_feature.ts";
import { predictForest } from "./forest.ts";
import { quantileCuts } from "./quantile_cuts.ts";
import { type ForestOptions, trainForest } from "./train_forest.ts";

/** What is learned from: one value for each cell, feature by feature. */
export interface LabelledCells {
  readonly features: readonly Float32Array[];
  /** 1 positive, 0 negative. */
  readonly labels: Uint8Array;
  /** Not 0 for cells that are not learned from, but scored. */
  readonly isLeftOut: Uint8Array;
}

/** Trees, and the scores of what they did not learn from, in the order of the cells: log-odds. */
export interface LearnedTrees {
  readonly bias: number;
  readonly trees: readonly ContextTree[];
  readonly leftOut: Int32Array;
}

/** Measured on `vnc`, both directions (docs/scales.md): more or deeper trees gain nothing. */
const OPTIONS: Omit<ForestOptions, "seed"> = {
  trees: 100,
  depth: 4,
  learningRate: 0.1,
  lambda: 5,
  rowShare: 0.5,
  featureShare: 0.4,
};

/** How much all negatives weigh, the positives weighing 1. */
const NEGATIVE_WEIGHT = 3;

/** Threshold of a question that all cells answer with no. */
const NOTHING_EXCEEDS = 1e30;

/** Learns from the cells that are not left out, and scores the others. */
export function learnContextTrees(kernels: Kernels, cells: LabelledCells, seed: number): LearnedTrees {
  const { arena } = kernels;
  const count = cells.labels.length;
  const learned = indicesOf(cells.isLeftOut, (left) => left === 0);
  const others = indicesOf(cells.isLeftOut, (left) => left !== 0);
  const cuts = cells.features.map((values) => quantileCuts(pick(values, learned)));
  const mark = arena.mark();
  try {
    const address = arena.alloc(4 * count);
    const bin = (which: Uint32Array) => {
      const bins = arena.alloc(which.length * cells.features.length + 16);
      for (const [f, values] of cells.features.entries()) {
        arena.f32(address, which.length).set(pick(values, which));
        binFeature(kernels, address, which.length, cuts[f] ?? new Float32Array(), bins + f * which.length);
      }
      return bins;
    };
    const labels = Uint8Array.from(learned, (i) => cells.labels[i] ?? 0);
    const positives = labels.reduce((sum, label) => sum + label, 0);
    const negativeWeight = NEGATIVE_WEIGHT * positives / Math.max(1, labels.length - positives);
    const forest = trainForest(kernels, {
      bins: bin(learned),
      stride: learned.length,
      samples: learned.length,
      features: cells.features.length,
      labels,
      weights: Float64Array.from(labels, (label) => label === 1 ? 1 : negativeWeight),
    }, { ...OPTIONS, seed });
    const out = arena.alloc(4 * others.length + 16);
    const columns = { address: bin(others), stride: others.length };
    predictForest(kernels, forest, columns, others.length, out);
    return {
      bias: forest.bias,
      trees: forest.trees.map((tree) => ({
        features: tree.features,
        thresholds: tree.features.map((feature, level) =>
          cuts[feature]?.[tree.cuts[level] ?? 0] ?? NOTHING_EXCEEDS
        ),
        leaves: tree.leaves,
      })),
      leftOut: arena.i32(out, others.length).slice(),
    };
  } finally {
    arena.release(mark);
  }
}

function indicesOf(values: Uint8Array, isWanted: (value: number) => boolean): Uint32Array {
  const found: number[] = [];
  values.forEach((value, i) => isWanted(value) && found.push(i));
  return Uint32Array.from(found);
}

function pick(values: Float32Array, indices: Uint32Array): Float32Array<ArrayBuffer> {
  const picked = new Float32Array(indices.length);
  for (let to = 0; to < picked.length; to++) picked[to] = values[indices[to] ?? 0] ?? 0;
  return picked;
}
