/**
 * Cells and their features: `assembly/cells.ts`. Where a kernel reads with `sliceStep` and `rowStep`, `from` is the first cell of an
 * array with margins; what it writes is dense `[nz, ny, nx]` with room for 16 more floats.
 */
export interface CellKernels {
  /** Means of the cells `[cz, cy, cx]` of dense u8 voxels `[nz, ny, nx]`. */
  cellMeansU8: CellMeans;
  /** Means of the cells `[cz, cy, cx]` of dense f32 voxels `[nz, ny, nx]`. */
  cellMeansF32: CellMeans;
  /** Repeats the ends of the `count` values from `left` on in rows of `width` floats. */
  repeatRowEnds(at: number, step: number, rows: number, left: number, count: number, width: number): void;
  /** Copies cells without their margins. */
  copyCells(
    from: number,
    sliceStep: number,
    rowStep: number,
    nz: number,
    ny: number,
    nx: number,
    out: number,
  ): void;
  /** The larger and the smaller of the cells `a` and `b` bytes from each. */
  compareTwo(
    from: number,
    a: number,
    b: number,
    sliceStep: number,
    rowStep: number,
    nz: number,
    ny: number,
    nx: number,
    larger: number,
    smaller: number,
  ): void;
  /** The largest of `2 half + 1` values `step` bytes apart; rows are written in whole groups of 16 floats. */
  largestAlong(
    from: number,
    fromStep: number,
    rows: number,
    width: number,
    half: number,
    step: number,
    out: number,
    outStep: number,
  ): void;
  /** Sorts the values at `count` byte `offsets` from each cell by a `network`, and writes the `wanted` places of the order. */
  sortAround(
    from: number,
    sliceStep: number,
    rowStep: number,
    nz: number,
    ny: number,
    nx: number,
    offsets: number,
    count: number,
    network: number,
    pairs: number,
    wanted: number,
    places: number,
    scratch: number,
  ): void;
  /** Squares of `count` values. */
  squares(values: number, count: number, out: number): void;
  /** Standard deviations from the means of squares and the means of `count` cells. */
  deviations(meansOfSquares: number, means: number, count: number, out: number): void;
  /**
   * Bins f32 `values` to u8 `bins` by ascending f32 `cuts`, behind which `2 ** steps` infinities follow. `starts`: for each of 4096 buckets
   * round((value - low) * scale) a u8, the number of cuts in lower ones; in none are there `2 ** steps`.
   */
  binFeature(
    values: number,
    count: number,
    cuts: number,
    low: number,
    scale: number,
    starts: number,
    steps: number,
    bins: number,
  ): void;
}

type CellMeans = (
  voxels: number,
  nz: number,
  ny: number,
  nx: number,
  cz: number,
  cy: number,
  cx: number,
  out: number,
) => void;
