/**
 * Binning, stump search and the weights of AdaBoost: `assembly/binning.ts`, `boosting.ts`, `search.ts`. A `column` is the address of one u8 bin a
 * sample; `labels` of one u8 a sample (1 positive, 0 negative); `weights` and `scores` of one f64 a sample; `ids` of u32
 * samples in ascending order; `entries` of 8 bytes each: u32 sample, i32 weight, which is negative for a negative.
 */
export interface BoostingKernels {
  /** The `index`-th 32 random bits of the stream `key`, as a signed integer (`>>> 0` makes it unsigned). */
  drawBits(key: number, index: number): number;
  /**
   * Bins u16 `values` by quantile; writes u8 `bins` and 256 u16 `cuts`. `scratch`: 327,680 bytes. Returns the number of bins.
   */
  binColumn(values: number, samples: number, bins: number, cuts: number, scratch: number): number;
  /** Writes to `out` a random `take` of `count` ids, in their order. */
  selectSome(ids: number, count: number, take: number, key: number, out: number): void;
  /** Sum of the weights of the named samples. */
  sumWeights(ids: number, count: number, weights: number): number;
  /** One entry for each id, of its weight times `unit`, rounded. */
  writeEntries(ids: number, count: number, weights: number, unit: number, out: number): void;
  /** Entries for `draws` draws by weight with replacement, `each` a draw; returns how many entries. */
  drawEntries(
    ids: number,
    count: number,
    weights: number,
    total: number,
    draws: number,
    key: number,
    each: number,
    out: number,
  ): number;
  /** Sum of the positive (`sign` 1) weights, or of the absolute values of the negative (`sign` -1) ones. */
  sumEntries(entries: number, count: number, sign: number): number;
  /** Best cut and sign over entries: error * 512 + cut * 2 + invert, or infinity. `scratch`: 4096 bytes. */
  searchEntries(
    column: number,
    entries: number,
    count: number,
    positive: number,
    total: number,
    scratch: number,
  ): number;
  /**
   * The same for all columns of a pose, whose u8 bins lie in `features` sample by sample, column beside column. Writes an f64 a
   * column to `codes`, infinity also where the error is not less than `bound`. `scratch`: 1024 bytes a column, and 16 more.
   */
  searchPose(
    features: number,
    columns: number,
    entries: number,
    count: number,
    positive: number,
    total: number,
    bound: number,
    codes: number,
    scratch: number,
  ): void;
  /** Lays `columns` columns, one behind the other at `from`, at `to` as `searchPose` reads them. */
  interleaveColumns(from: number, columns: number, samples: number, to: number): void;
  /** Best cut and sign over all samples: cut * 2 + invert, or -1. `signs`: 1 upright, 2 inverted, 3 both. `scratch`: 2048 bytes. */
  searchAll(
    column: number,
    samples: number,
    labels: number,
    weights: number,
    signs: number,
    scratch: number,
  ): number;
  /** Sum of the weights of the samples that the stump gets wrong. */
  stumpError(
    column: number,
    samples: number,
    labels: number,
    weights: number,
    cut: number,
    invert: number,
  ): number;
  /** Multiplies weights by `right` or `wrong` as the stump decides, and normalises them to sum 1. */
  updateWeights(
    column: number,
    samples: number,
    labels: number,
    weights: number,
    cut: number,
    invert: number,
    right: number,
    wrong: number,
  ): void;
  /** Adds +alpha or -alpha to each score. */
  addStump(
    column: number,
    samples: number,
    scores: number,
    cut: number,
    invert: number,
    alpha: number,
  ): void;
  /** Number of samples of one label whose score has the wrong sign. */
  countWrong(samples: number, labels: number, scores: number, label: number): number;
}
