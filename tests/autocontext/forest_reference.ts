/** Boosted oblivious trees in plain TypeScript, as `src/autocontext` and its kernels make them. */
import type { Forest, Tree } from "../../src/autocontext/forest.ts";
import type { ForestOptions } from "../../src/autocontext/train_forest.ts";
import { chanceKey } from "../../src/boosting/mod.ts";
import { seededRandom } from "../helpers/seeded_random.ts";

/** Samples: columns of bins, one a feature; labels and weights, one a sample. */
export interface Samples {
  readonly columns: readonly Uint8Array[];
  readonly labels: Uint8Array;
  readonly weights: Float64Array;
}

/** Columns of chance; labels that the sum of the first two columns tells, but for some. */
export function noisySamples(samples: number, features: number, range: number, seed: number): Samples {
  const random = seededRandom(seed);
  const columns = Array.from(
    { length: features },
    () => Uint8Array.from({ length: samples }, () => random() * range),
  );
  const sumAt = (i: number) => (columns[0]?.[i] ?? 0) + (columns[1]?.[i] ?? 0);
  const labels = Uint8Array.from({ length: samples }, (_, i) => {
    return i < 2 ? i : Number((sumAt(i) > range) !== (random() < 0.1));
  });
  return { columns, labels, weights: new Float64Array(samples).fill(1) };
}

/** The kernel of the same name. */
export type DrawBits = (key: number, index: number) => number;

/** What `predictForest` writes. */
export function scoresOf(forest: Forest, columns: readonly Uint8Array[]): number[] {
  return Array.from(columns[0] ?? [], (_, i) => scoreOf(forest, columns, i));
}

function scoreOf({ bias, trees }: Forest, columns: readonly Uint8Array[], i: number): number {
  return trees.reduce((sum, tree) => sum + (tree.leaves[leafOf(tree, columns, i)] ?? NaN), bias);
}

function leafOf({ features, cuts }: Omit<Tree, "leaves">, columns: readonly Uint8Array[], i: number): number {
  const bits = cuts.map((cut, d) => Number((columns[features[d] ?? 0]?.[i] ?? NaN) > cut) << d);
  return bits.reduce((a, b) => a | b, 0);
}

/** What `trainForest` learns. */
export function referenceForest(samples: Samples, options: ForestOptions, drawBits: DrawBits): Forest {
  const { columns, labels, weights } = samples;
  const sum = (label: number) => weights.reduce((a, weight, i) => labels[i] === label ? a + weight : a, 0);
  const [negative, positive] = [sum(0), sum(1)];
  const unit = 2 ** 30 / (positive + negative);
  const lambda = Math.max(1, options.lambda * 2 ** 32 / labels.length);
  const bias = Math.round(4096 * Math.log(positive / negative));
  const trees: Tree[] = [];
  for (let index = 0; index < options.trees; index++) {
    const select = (count: number, share: number, purpose: "rows" | "features") =>
      selectSome(count, share, (i) => drawBits(chanceKey(options.seed, index, purpose), i) >>> 0);
    const rows = select(labels.length, options.rowShare, "rows").map((i) => {
      const p = logistic(scoreOf({ bias, trees }, columns, i) / 4096);
      const weight = (weights[i] ?? NaN) * unit;
      return {
        i,
        gradient: Math.floor((labels[i] === 1 ? weight * (1 - p) : -weight * p) + 0.5),
        hessian: Math.floor(weight * 4 * p * (1 - p) + 0.5),
      };
    });
    const tree: { features: number[]; cuts: number[] } = { features: [], cuts: [] };
    const chosen = select(columns.length, options.featureShare, "features");
    for (let level = 0; level < options.depth; level++) {
      const { feature, cut } = bestCut(columns, rows, chosen, tree, lambda);
      tree.features.push(feature);
      tree.cuts.push(cut);
    }
    const leaves = Array.from({ length: 2 ** options.depth }, (_, leaf) => {
      const inLeaf = rows.filter(({ i }) => leafOf(tree, columns, i) === leaf);
      const gradient = inLeaf.reduce((a, row) => a + row.gradient, 0);
      const hessian = inLeaf.reduce((a, row) => a + row.hessian, 0);
      const value = Math.round(4096 * 4 * options.learningRate * gradient / (hessian + lambda));
      return Math.min(32767, Math.max(-32768, value)) + 0;
    });
    trees.push({ ...tree, leaves });
  }
  return { bias, trees };
}

interface Row {
  readonly i: number;
  readonly gradient: number;
  readonly hessian: number;
}

function bestCut(
  columns: readonly Uint8Array[],
  rows: readonly Row[],
  chosen: readonly number[],
  tree: Omit<Tree, "leaves">,
  lambda: number,
): { feature: number; cut: number } {
  const nodes = Array.from(
    { length: 2 ** tree.cuts.length },
    (_, node) => rows.filter(({ i }) => leafOf(tree, columns, i) === node),
  );
  let best = { gain: -1, feature: 0, cut: 0 };
  for (const feature of chosen) {
    const gains = new Float64Array(255);
    for (const node of nodes) {
      const gradients = new Float64Array(256);
      const hessians = new Float64Array(256);
      for (const { i, gradient, hessian } of node) {
        const bin = columns[feature]?.[i] ?? 0;
        gradients[bin] = (gradients[bin] ?? 0) + gradient;
        hessians[bin] = (hessians[bin] ?? 0) + hessian;
      }
      const all = { g: gradients.reduce((a, b) => a + b), h: hessians.reduce((a, b) => a + b) };
      let [g, h] = [0, 0];
      gains.forEach((gain, cut) => {
        g += gradients[cut] ?? 0;
        h += hessians[cut] ?? 0;
        gains[cut] = gain + (g * g / (h + lambda) + (all.g - g) * (all.g - g) / (all.h - h + lambda));
      });
    }
    gains.forEach((gain, cut) => {
      if (gain > best.gain) best = { gain, feature, cut };
    });
  }
  return best;
}

/** Algorithm S of Knuth with bits that are a function of the place. */
function selectSome(count: number, share: number, bits: (index: number) => number): number[] {
  let needed = Math.max(1, Math.round(share * count));
  return Array.from({ length: count }, (_, i) => i).filter((i) => {
    const isTaken = Math.floor(bits(i) * (count - i) / 2 ** 32) < needed;
    if (isTaken) needed--;
    return isTaken;
  });
}

/** 1 / (1 + exp(-x)), with exp(x) the Taylor polynomial of x / 64 to the 64th. */
export function logistic(x: number): number {
  const r = Math.max(Math.min(x, 16), -16) * (-1 / 64);
  let e = 1;
  for (let n = 8; n > 1; n--) e = 1 + r * (1 / n) * e;
  e = 1 + r * e;
  for (let k = 0; k < 6; k++) e *= e;
  return 1 / (1 + e);
}
