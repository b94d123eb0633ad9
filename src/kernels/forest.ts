/**
 * Boosted oblivious trees: `assembly/forest.ts` and `forest_predict.ts`. A `column` is the address of one u8 bin a sample; an
 * entry is 16 bytes: i64 gradient * 2^32 + hessian, u32 sample, u32 node. The histograms of a feature are 256 such i64 a node and
 * take `bytes` bytes; those of the chosen features lie one behind the other.
 */
export interface ForestKernels {
  /** One entry, of node 0, for each u32 id; i32 `scores` and f64 `weights`, negative for negatives, one per sample. */
  forestEntries(ids: number, count: number, scores: number, weights: number, entries: number): void;
  /**
   * Sets bit `level` of the nodes of entries whose bin is above `cut`; `counts` receives the u32 entries of each node. Writes those
   * of the less frequent of two sibling nodes to `some`, which has room for half the entries and one more; returns how many.
   */
  forestSplit(
    entries: number,
    count: number,
    column: number,
    cut: number,
    level: number,
    counts: number,
    some: number,
  ): number;
  /** Makes the histograms of a level's upper half of nodes from `forestSplit`'s entries, for the u32 features at `chosen`; of level 0 all. */
  forestHistograms(
    entries: number,
    count: number,
    bins: number,
    stride: number,
    chosen: number,
    features: number,
    level: number,
    histograms: number,
    bytes: number,
  ): void;
  /** Histograms of all nodes of the next level, from those of `level` and of what `forestSplit` wrote. */
  forestSiblings(histograms: number, bytes: number, features: number, level: number, counts: number): void;
  /** The best cut: (place of the feature) * 256 + cut. `scratch`: 2048 bytes. */
  forestCut(
    histograms: number,
    bytes: number,
    features: number,
    nodes: number,
    lambda: number,
    scratch: number,
  ): number;
  /** Sums the entries of each node, i64 at `sums`. */
  forestSums(entries: number, count: number, nodes: number, sums: number): void;
  /** Sets `count` i32 to `bias`. */
  fillScores(out: number, count: number, bias: number): void;
  /** Adds the leaves of `trees` trees of 176 bytes to each of `count` i32 at `out`. */
  addTrees(forest: number, trees: number, bins: number, stride: number, count: number, out: number): void;
}
