// Weighted stump search: the best cut of a feature, or of all features of a pose.
//
// Searches add signed integers: weights scaled so that they add to about 2^30 over a round's samples, 2^50 over all. Such
// sums are exact in any order, so that equal errors are seen to be equal, and histograms of 32 bits are small. A weight is
// off by at most 2^-31 of a round's total; the error of the stump that is kept is taken from the doubles.
//
// A "column" here is an array of u8 bins, one per sample; an entry is 8 bytes, u32 sample and i32 weight, which is negative for
// a negative. A stump says +1 where (bin >= cut) != invert, else -1.

const BINS: usize = 256;

/**
 * The cut and sign with the least weighted error over a round's entries. `positive` and `total` are the sums of the positive
 * weights and of all absolute weights. Only cuts between bins with net weight count; of cuts that are equally good because
 * the bins between them are empty (or cancel) the middle one is taken, of others the highest, upright before inverted.
 * Returns error * 512 + cut * 2 + invert, or infinity where no cut divides the samples. `scratch` holds 4096 bytes.
 */
export function searchEntries(
  column: usize, entries: usize, count: i32, positive: i32, total: i32, scratch: usize,
): f64 {
  // Four histograms, so that an addition seldom waits for the one before it to the same bin.
  memory.fill(scratch, 0, 4096);
  let e = entries;
  const end = entries + (<usize>count << 3);
  const unrolled = entries + (<usize>(count & ~3) << 3);
  while (e < unrolled) {
    const a = load<u64>(e);
    const b = load<u64>(e, 8);
    const c = load<u64>(e, 16);
    const d = load<u64>(e, 24);
    const p = scratch + (<usize>load<u8>(column + <usize>(<u32>a)) << 2);
    store<i32>(p, load<i32>(p) + <i32>(a >> 32));
    const q = scratch + (<usize>load<u8>(column + <usize>(<u32>b)) << 2);
    store<i32>(q, load<i32>(q, 1024) + <i32>(b >> 32), 1024);
    const r = scratch + (<usize>load<u8>(column + <usize>(<u32>c)) << 2);
    store<i32>(r, load<i32>(r, 2048) + <i32>(c >> 32), 2048);
    const s = scratch + (<usize>load<u8>(column + <usize>(<u32>d)) << 2);
    store<i32>(s, load<i32>(s, 3072) + <i32>(d >> 32), 3072);
    e += 32;
  }
  while (e < end) {
    const a = load<u64>(e);
    const p = scratch + (<usize>load<u8>(column + <usize>(<u32>a)) << 2);
    store<i32>(p, load<i32>(p) + <i32>(a >> 32));
    e += 8;
  }
  for (let i: usize = 0; i < 1024; i += 16) {
    const p = scratch + i;
    const ab = i32x4.add(v128.load(p), v128.load(p, 1024));
    const cd = i32x4.add(v128.load(p, 2048), v128.load(p, 3072));
    v128.store(p, i32x4.add(ab, cd));
  }

  return leastError(scratch, positive, total);
}

// Entries whose bins are asked for together before they are added, so that the waits for memory overlap.
const AHEAD: i32 = 64;

/**
 * As `searchEntries` for all columns of a pose. `features` holds u8 bins sample by sample, those of a sample's columns side by
 * side: a round looks at few samples, and so at few cache lines, and the histograms of different columns do not wait for one
 * another. Writes an f64 a column to `codes`: infinity also where the error is not less than `bound`. `scratch` holds 1024 bytes
 * a column, and 16 more.
 */
export function searchPose(
  features: usize, columns: i32, entries: usize, count: i32, positive: i32, total: i32, bound: i32, codes: usize,
  scratch: usize,
): void {
  const wide = <usize>columns;
  memory.fill(scratch, 0, wide << 10);
  const end = entries + (<usize>count << 3);
  const unrolled = wide & ~3;
  let touched: i32 = 0;
  for (let group = entries; group < end; group += AHEAD << 3) {
    const groupEnd = min(group + (AHEAD << 3), end);
    for (let e = group; e < groupEnd; e += 8) {
      const bins = features + <usize>load<u32>(e) * wide;
      touched += <i32>load<u8>(bins) + <i32>load<u8>(bins + wide - 1);
    }
    for (let e = group; e < groupEnd; e += 8) {
      const entry = load<u64>(e);
      const weight = <i32>(entry >> 32);
      let bins = features + <usize>(<u32>entry) * wide;
      const last = bins + wide;
      let histogram = scratch;
      for (const most = bins + unrolled; bins < most; bins += 4) {
        const p = histogram + (<usize>load<u8>(bins) << 2);
        store<i32>(p, load<i32>(p) + weight);
        const q = histogram + (<usize>load<u8>(bins, 1) << 2);
        store<i32>(q, load<i32>(q, 1024) + weight, 1024);
        const r = histogram + (<usize>load<u8>(bins, 2) << 2);
        store<i32>(r, load<i32>(r, 2048) + weight, 2048);
        const s = histogram + (<usize>load<u8>(bins, 3) << 2);
        store<i32>(s, load<i32>(s, 3072) + weight, 3072);
        histogram += 4096;
      }
      for (; bins < last; bins++) {
        const p = histogram + (<usize>load<u8>(bins) << 2);
        store<i32>(p, load<i32>(p) + weight);
        histogram += 1024;
      }
    }
  }
  store<i32>(scratch + (wide << 10), touched); // else the compiler may leave the first loop out
  for (let column: usize = 0; column < wide; column++) {
    const histogram = scratch + (column << 10);
    const code = lowerBound(histogram, positive, total) < bound ? leastError(histogram, positive, total) : Infinity;
    store<f64>(codes + (column << 3), code);
  }
}

/** An error that no cut of a histogram is below: the least of all 256 cuts, also those that divide nothing. */
@inline
function lowerBound(histogram: usize, positive: i32, total: i32): i32 {
  const zero = i32x4.splat(0);
  const all = i32x4.splat(total);
  let upright = i32x4.splat(positive); // error of the cut above the vector's bins
  let least = i32x4.splat(i32.MAX_VALUE);
  for (let p = histogram + 1008; p >= histogram; p -= 16) {
    const weights = v128.load(p);
    const pairs = i32x4.add(weights, v128.shuffle<i32>(weights, zero, 1, 2, 3, 4));
    const above = i32x4.add(pairs, v128.shuffle<i32>(pairs, zero, 2, 3, 4, 4));
    const errors = i32x4.sub(upright, above);
    least = i32x4.min_s(least, i32x4.min_s(errors, i32x4.sub(all, errors)));
    upright = v128.shuffle<i32>(errors, errors, 0, 0, 0, 0);
  }
  least = i32x4.min_s(least, v128.shuffle<i32>(least, least, 2, 3, 0, 1));
  least = i32x4.min_s(least, v128.shuffle<i32>(least, least, 1, 0, 3, 2));
  return i32x4.extract_lane(least, 0);
}

/** Lays columns of u8 bins, one behind the other, side by side: sample by sample, as `searchPose` reads them. */
export function interleaveColumns(from: usize, columns: i32, samples: i32, to: usize): void {
  for (let sample: usize = 0; sample < <usize>samples; sample++) {
    let bin = from + sample;
    for (const last = to + <usize>columns; to < last; to++) {
      store<u8>(to, load<u8>(bin));
      bin += <usize>samples;
    }
  }
}

/** The best cut of a histogram of 256 signed weights, as `searchEntries` returns it. Changes the histogram. */
function leastError(histogram: usize, positive: i32, total: i32): f64 {
  const found = bestCut<i32>(histogram, positive, total, 3);
  return found < 0 ? Infinity : <f64>load<i32>(histogram) * 512 + <f64>found;
}

/**
 * The best cut of a histogram of 256 signed weights of type T: cut * 2 + invert, or -1 where none divides the samples. `signs` allows 1
 * upright, 2 inverted, 3 both. Leaves the error at the beginning of the histogram.
 */
@inline
function bestCut<T>(histogram: usize, positive: T, total: T, signs: i32): i32 {
  const most = <T>(sizeof<T>() == 4 ? <i64>i32.MAX_VALUE : i64.MAX_VALUE);
  let lowest: usize = 0;
  while (lowest < BINS && load<T>(histogram + lowest * sizeof<T>()) == <T>0) lowest++;
  let above: T = <T>0; // positive minus negative weight at and above a cut
  let filled: usize = 0; // lowest bin with weight seen so far, which is the highest of the cuts equal to the present one
  let best: T = most;
  let bestInvert: i32 = 0;
  let bestHigh: usize = 0;
  let bestLow: usize = 0;
  for (let bin: usize = BINS - 1; bin > lowest; bin--) {
    const weight = load<T>(histogram + bin * sizeof<T>());
    if (weight == <T>0) continue;
    // Cuts from here down to the bin above the next with weight are the same; they are bounded when that bin comes.
    if (best != most && bestHigh == filled) bestLow = bin + 1;
    filled = bin;
    above = above + weight;
    const upright = signs & 1 ? positive - above : most;
    const inverted = signs & 2 ? total - (positive - above) : most;
    const error = min(upright, inverted);
    if (error < best) {
      best = error;
      bestInvert = <i32>(inverted < upright);
      bestHigh = bin;
    }
  }
  if (best == most) return -1;
  if (bestHigh == filled) bestLow = lowest + 1;
  store<T>(histogram, best);
  return <i32>((bestLow + bestHigh) >> 1) * 2 + bestInvert;
}

/**
 * As `searchEntries`, over all samples with f64 weights of sum 1, taken to 50 bits, and u8 labels (1 positive). `signs`
 * allows 1 upright, 2 inverted, 3 both. Returns cut * 2 + invert, or -1 where no cut divides the samples. `scratch` holds
 * 2048 bytes.
 */
export function searchAll(
  column: usize, samples: i32, labels: usize, weights: usize, signs: i32, scratch: usize,
): i32 {
  memory.fill(scratch, 0, 2048);
  let positive: i64 = 0;
  let total: i64 = 0;
  for (let i: usize = 0; i < <usize>samples; i++) {
    const w = <i64>Math.floor(load<f64>(weights + (i << 3)) * 1125899906842624.0 + 0.5);
    const isPositive = -<i64>load<u8>(labels + i); // all bits or none
    const p = scratch + (<usize>load<u8>(column + i) << 3);
    total += w;
    positive += w & isPositive;
    store<i64>(p, load<i64>(p) - w + ((w & isPositive) << 1));
  }
  return bestCut<i64>(scratch, positive, total, signs);
}
