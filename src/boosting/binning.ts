/** Binning of gathered features to 8 bits by quantile, so that a stump search is a histogram and not a sort. */
import type { Kernels } from "../kernels/mod.ts";

/** Most bins of a feature. */
export const MAX_BINS = 256;

const SCRATCH_BYTES = 65536 * 5;

/** A binned feature. */
export interface BinnedColumn {
  /** Number of bins in use, 1 to 256. */
  readonly count: number;
  /**
   * 256 cuts: bin >= b exactly where the 16-bit value > cuts[b], for 1 <= b < `count`. Further cuts are 65535, which nothing exceeds. Bin 0 has
   * no lower cut; cuts[0] is 0 and means nothing.
   */
  readonly cuts: Uint16Array<ArrayBuffer>;
}

/**
 * Bins one feature of all samples. Borders lie between distinct values, at the middle of the gap; each value has its own bin
 * where there are at most 256, otherwise no other borders would make the largest bin of several values smaller.
 *
 * @param values address of one u16 a sample
 * @param bins address for one u8 a sample
 */
export function binColumn(
  { run, arena }: Kernels,
  values: number,
  samples: number,
  bins: number,
): BinnedColumn {
  const mark = arena.mark();
  const cuts = arena.alloc(2 * MAX_BINS);
  const count = run.binColumn(values, samples, bins, cuts, arena.alloc(SCRATCH_BYTES));
  const result = { count, cuts: arena.u16(cuts, MAX_BINS).slice() };
  arena.release(mark);
  return result;
}
