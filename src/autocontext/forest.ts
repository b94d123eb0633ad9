/** Sums of oblivious trees over 8-bit bins, in whole numbers, and their prediction. */
import type { Kernels } from "../kernels/mod.ts";

/**
 * A tree that asks the same at all nodes of a level (Prokhorenkova et al., "CatBoost: unbiased boosting with categorical
 * features", NeurIPS 2018). Bit d of the leaf's index is 1 where the bin of `features[d]` is above `cuts[d]`.
 */
export interface Tree {
  /** Feature of each level; 1 to `MAX_DEPTH` levels. */
  readonly features: readonly number[];
  /** Cut of each level, 0 to 254. */
  readonly cuts: readonly number[];
  /** Log-odds of each of 2^levels leaves, in units of 2^-`LEAF_BITS`: whole numbers of 16 bits with sign. */
  readonly leaves: readonly number[];
}

/** The score of a cell is the bias and a leaf of each tree: log-odds, in units of 2^-`LEAF_BITS`. */
export interface Forest {
  /** A whole number. */
  readonly bias: number;
  readonly trees: readonly Tree[];
}

/** Columns of u8 bins in kernel memory, one a feature. */
export interface Columns {
  readonly address: number;
  /** Bytes from a feature's first bin to the next one's. */
  readonly stride: number;
}

/** Scores and leaves are whole multiples of 2^-`LEAF_BITS`. */
export const LEAF_BITS = 12;
export const MAX_DEPTH = 6;
/** Least and greatest value of a leaf, about -8 and 8. */
export const LEAF_RANGE: readonly [least: number, most: number] = [-32768, 32767];

/** How the kernel `addTrees` reads a tree: `src/kernels/assembly/forest_predict.ts`. */
const TREE_BYTES = 176;
const PLACES = { depth: 0, features: 4, cuts: 28, low: 48, high: 112 } as const;
/** Depth to which shallower trees are filled up. */
const LEAST_DEPTH = 4;
/** No bin is above it. */
const NO_CUT = 255;

/** Bytes of kernel memory that prediction takes besides bins and scores. */
export function predictionBytes(trees: number): number {
  return TREE_BYTES * trees;
}

/**
 * Writes the score of each of `count` cells to `out`, i32. The bin of cell i and feature f is at
 * address + f * stride + i. Nothing needs to be aligned; thousands of cells a call are fast.
 *
 * @throws {RangeError} where a tree's numbers are not those of a `Tree`
 */
export function predictForest(
  kernels: Kernels,
  forest: Forest,
  bins: Columns,
  count: number,
  out: number,
): void {
  const { arena, run } = kernels;
  const mark = arena.mark();
  try {
    const trees = placeTrees(kernels, forest.trees);
    run.fillScores(out, count, forest.bias);
    run.addTrees(trees, forest.trees.length, bins.address, bins.stride, count, out);
  } finally {
    arena.release(mark);
  }
}

/**
 * Lays trees out for the kernel `addTrees`. Allocates in the arena; the caller releases.
 *
 * @throws {RangeError} where a tree's numbers are not those of a `Tree`
 */
export function placeTrees({ arena }: Kernels, trees: readonly Tree[]): number {
  const address = arena.alloc(TREE_BYTES * trees.length);
  const bytes = arena.u8(address, TREE_BYTES * trees.length).fill(0);
  const view = new DataView(bytes.buffer, address, bytes.length);
  trees.forEach((tree, i) => {
    requireTree(tree, i);
    const at = TREE_BYTES * i;
    const depth = Math.max(tree.cuts.length, LEAST_DEPTH);
    view.setUint32(at + PLACES.depth, depth, true);
    for (let level = 0; level < depth; level++) {
      view.setUint32(at + PLACES.features + 4 * level, tree.features[level] ?? tree.features[0] ?? 0, true);
      view.setUint8(at + PLACES.cuts + level, tree.cuts[level] ?? NO_CUT);
    }
    tree.leaves.forEach((leaf, k) => {
      view.setUint8(at + PLACES.low + k, leaf & 255);
      view.setInt8(at + PLACES.high + k, leaf >> 8);
    });
  });
  return address;
}

function requireTree({ features, cuts, leaves }: Tree, index: number): void {
  const depth = features.length;
  const isTree = depth >= 1 && depth <= MAX_DEPTH && cuts.length === depth && leaves.length === 2 ** depth &&
    features.every((feature) => isWhole(feature, 0, 2 ** 32 - 1)) &&
    cuts.every((cut) => isWhole(cut, 0, NO_CUT - 1)) &&
    leaves.every((leaf) => isWhole(leaf, ...LEAF_RANGE));
  if (isTree) return;
  throw new RangeError(
    `tree ${index} has ${depth} features, ${cuts.length} cuts and ${leaves.length} leaves; expected 1 to ${MAX_DEPTH} features, ` +
      "as many cuts of 0 to 254, and 2^features leaves of 16 bits",
  );
}

function isWhole(value: number, least: number, most: number): boolean {
  return Number.isInteger(value) && value >= least && value <= most;
}
