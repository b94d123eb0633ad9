/** Binning of features to 8 bits by given cuts. */
import type { Kernels } from "../kernels/mod.ts";

/** Most cuts of a feature. */
const MAX_CUTS = 255;

const BUCKETS = 4096;

/**
 * Writes for each value the number of cuts that are less than it; 0 for what is not a number. A value is first put into one of 4096 equal
 * buckets between the first and the last cut: of cuts that are spread evenly few lie in one of them, and those alone are looked at.
 *
 * @param values address of `count` f32
 * @param cuts ascending, at most 255, none of them NaN
 * @param bins address for `count` u8
 * @throws RangeError where there are more cuts
 */
export function binFeature(
  { run, arena }: Kernels,
  values: number,
  count: number,
  cuts: Float32Array,
  bins: number,
): void {
  if (cuts.length > MAX_CUTS) throw new RangeError(`${cuts.length} cuts, at most ${MAX_CUTS} are possible`);
  const { low, scale, starts, steps } = bucketCuts(cuts);
  const mark = arena.mark();
  const padded = cuts.length + 2 ** steps;
  const table = arena.alloc(4 * padded);
  // Nothing exceeds infinity.
  arena.f32(table, padded).fill(Infinity).set(cuts);
  const startTable = arena.alloc(BUCKETS);
  arena.u8(startTable, BUCKETS).set(starts);
  run.binFeature(values, count, table, low, scale, startTable, steps, bins);
  arena.release(mark);
}

/** Which buckets the cuts lie in, by the operations of the kernel in float32. */
function bucketCuts(cuts: Float32Array) {
  const low = cuts[0] ?? 0;
  const scale = cuts.length < 2 ? 0 : Math.fround((BUCKETS - 1) / ((cuts.at(-1) ?? 0) - low));
  const starts = new Uint8Array(BUCKETS);
  let most = 0;
  for (let i = 0, begin = 0, last = -1; i < cuts.length; i++) {
    const bucket = bucketOf(cuts[i] ?? 0, low, scale);
    if (bucket !== last) begin = i;
    last = bucket;
    most = Math.max(most, i + 1 - begin);
    starts.fill(i + 1, bucket + 1);
  }
  return { low, scale, starts, steps: Math.ceil(Math.log2(most + 1)) };
}

function bucketOf(value: number, low: number, scale: number): number {
  const place = Math.fround(Math.fround(value - low) * scale);
  const whole = 2 ** 23;
  return place > 0 ? Math.fround(Math.min(place, BUCKETS - 1) + whole) - whole : 0;
}
