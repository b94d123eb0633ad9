// A round's samples, weighted stump search and the weight recursion of AdaBoost.
//
// Searches add signed integers: weights scaled so that they add to about 2^30 over a round's samples, 2^50 over all. Such
// sums are exact in any order, so that equal errors are seen to be equal, and four histograms of 32 bits are small. A weight
// is off by at most 2^-31 of a round's total; the error of the stump that is kept is taken from the doubles. Weights, scores
// and that error are doubles, added in the order of the samples.
//
// A "column" here is an array of u8 bins, one a sample. A stump says +1 where (bin >= cut) != invert, else -1.

const BINS: i32 = 256;

// ---------------------------------------------------------------------------------------------------------- chance

// Bijective mixing of 32 bits with low bias: Wellons, "Prospecting for hash functions", 2018 (lowbias32).
@inline
function mix(x: u32): u32 {
  x ^= x >> 16;
  x *= 0x7feb352d;
  x ^= x >> 15;
  x *= 0x846ca68b;
  return x ^ (x >> 16);
}

@inline
function draw(key: u32, index: u32): u32 {
  return mix(mix(index ^ key) + key);
}

/** The `index`-th 32 random bits of a stream: a function of both arguments alone. */
export function drawBits(key: u32, index: u32): u32 {
  return draw(key, index);
}

// ------------------------------------------------------------------------------------------------ a round's samples

/** Writes `take` of the `count` u32 ids, in their order, each subset as likely (Knuth, TAOCP vol. 2, 3.4.2, algorithm S). */
export function selectSome(ids: usize, count: i32, take: i32, key: u32, out: usize): void {
  let needed: u64 = take;
  for (let i: i32 = 0; i < count && needed > 0; i++) {
    const left = <u64>(count - i);
    store<u32>(out, load<u32>(ids + (<usize>i << 2)));
    const taken = (<u64>draw(key, i) * left) >> 32 < needed;
    out += <usize>taken << 2;
    needed -= <u64>taken;
  }
}

/** Sum of the f64 weights of the samples named by u32 ids. */
export function sumWeights(ids: usize, count: i32, weights: usize): f64 {
  let sum: f64 = 0;
  const end = ids + (<usize>count << 2);
  for (; ids < end; ids += 4) sum += load<f64>(weights + (<usize>load<u32>(ids) << 3));
  return sum;
}

// An entry of a round's set is 8 bytes: u32 sample, i32 signed weight.
@inline
function storeEntry(out: usize, sample: u32, weight: f64): void {
  store<u32>(out, sample);
  store<i32>(out, <i32>Math.floor(weight + 0.5), 4);
}

/** Writes one entry for each u32 id, with weight floor(weights[id] * unit + 0.5); a negative unit marks negatives. */
export function writeEntries(ids: usize, count: i32, weights: usize, unit: f64, out: usize): void {
  const end = ids + (<usize>count << 2);
  for (; ids < end; ids += 4) {
    const sample = load<u32>(ids);
    storeEntry(out, sample, load<f64>(weights + (<usize>sample << 3)) * unit);
    out += 8;
  }
}

/**
 * Draws `draws` of the ids with replacement, by weight: the k-th draw falls at random in the k-th of `draws` equal parts
 * of the summed weight (stratified resampling), so one pass in order does it. Writes one entry for each sample drawn,
 * with weight floor(times drawn * each + 0.5); returns the number of entries. `total` is sumWeights of the same ids.
 */
export function drawEntries(
  ids: usize, count: i32, weights: usize, total: f64, draws: i32, key: u32, each: f64, out: usize,
): i32 {
  const begin = out;
  const step = total / <f64>draws;
  let reached: f64 = 0;
  let k: i32 = 0;
  let point = <f64>draw(key, 0) * (1.0 / 4294967296.0) * step;
  for (let i: i32 = 0; i < count && k < draws; i++) {
    const sample = load<u32>(ids + (<usize>i << 2));
    reached += load<f64>(weights + (<usize>sample << 3));
    const last = i == count - 1;
    let times: i32 = 0;
    // The last sample also takes a point that rounding has put beyond the sum.
    while (k < draws && (point < reached || last)) {
      times++;
      k++;
      point = (<f64>k + <f64>draw(key, k) * (1.0 / 4294967296.0)) * step;
    }
    if (times > 0) {
      storeEntry(out, sample, <f64>times * each);
      out += 8;
    }
  }
  return <i32>((out - begin) >> 3);
}

/** Sum of the entries' weights: of the positive ones if `sign` is 1, of the absolute values of the negative ones if -1. */
export function sumEntries(entries: usize, count: i32, sign: i32): i32 {
  let sum: i32 = 0;
  const end = entries + (<usize>count << 3);
  for (; entries < end; entries += 8) sum += max(load<i32>(entries, 4) * sign, 0);
  return sum;
}

// ---------------------------------------------------------------------------------------------------------- search

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

/** The best cut of a histogram of 256 signed weights, as `searchEntries` returns it. */
function leastError(histogram: usize, positive: i32, total: i32): f64 {
  let lowest: i32 = 0;
  while (lowest < BINS && load<i32>(histogram + (<usize>lowest << 2)) == 0) lowest++;
  let above: i32 = 0; // positive minus negative weight at and above a cut
  let filled: i32 = 0; // lowest bin with weight seen so far, which is the highest of the cuts equal to the present one
  let best = i32.MAX_VALUE;
  let bestAbove: i32 = 0;
  let bestHigh: i32 = 0;
  let bestLow: i32 = 0;
  for (let bin = BINS - 1; bin > lowest; bin--) {
    const weight = load<i32>(histogram + (<usize>bin << 2));
    if (weight == 0) continue;
    // Cuts from here down to the bin above the next with weight are the same; they are bounded when that bin comes.
    if (best != i32.MAX_VALUE && bestHigh == filled) bestLow = bin + 1;
    filled = bin;
    above += weight;
    const upright = positive - above;
    const error = min(upright, total - upright);
    if (error < best) {
      best = error;
      bestAbove = above;
      bestHigh = bin;
    }
  }
  if (best == i32.MAX_VALUE) return Infinity;
  if (bestHigh == filled) bestLow = lowest + 1;
  const cut = (bestLow + bestHigh) >> 1;
  const invert = positive - bestAbove > total - (positive - bestAbove);
  return <f64>best * 512 + <f64>(cut * 2 + <i32>invert);
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
  let lowest: i32 = 0;
  while (lowest < BINS && load<i64>(scratch + (<usize>lowest << 3)) == 0) lowest++;
  let above: i64 = 0;
  let filled: i32 = 0;
  let best = i64.MAX_VALUE;
  let bestInvert: i32 = 0;
  let bestHigh: i32 = 0;
  let bestLow: i32 = 0;
  for (let bin = BINS - 1; bin > lowest; bin--) {
    const weight = load<i64>(scratch + (<usize>bin << 3));
    if (weight == 0) continue;
    if (best != i64.MAX_VALUE && bestHigh == filled) bestLow = bin + 1;
    filled = bin;
    above += weight;
    const upright = signs & 1 ? positive - above : i64.MAX_VALUE;
    const inverted = signs & 2 ? total - (positive - above) : i64.MAX_VALUE;
    const error = min(upright, inverted);
    if (error < best) {
      best = error;
      bestInvert = <i32>(inverted < upright);
      bestHigh = bin;
    }
  }
  if (best == i64.MAX_VALUE) return -1;
  if (bestHigh == filled) bestLow = lowest + 1;
  return ((bestLow + bestHigh) >> 1) * 2 + bestInvert;
}

// ------------------------------------------------------------------------------------------------ weights and scores

/** Sum of the weights of the samples that the stump gets wrong. */
export function stumpError(column: usize, samples: i32, labels: usize, weights: usize, cut: i32, invert: i32): f64 {
  let wrong: f64 = 0;
  for (let i: usize = 0; i < <usize>samples; i++) {
    const says = <i32>(<i32>load<u8>(column + i) >= cut) ^ invert;
    wrong += says != <i32>load<u8>(labels + i) ? load<f64>(weights + (i << 3)) : 0;
  }
  return wrong;
}

/** Multiplies weights by `right` or `wrong`, as the stump decides the sample, and normalises them to sum 1. */
export function updateWeights(
  column: usize, samples: i32, labels: usize, weights: usize, cut: i32, invert: i32, right: f64, wrong: f64,
): void {
  let sum: f64 = 0;
  const end = weights + (<usize>samples << 3);
  for (let i: usize = 0; i < <usize>samples; i++) {
    const says = <i32>(<i32>load<u8>(column + i) >= cut) ^ invert;
    const p = weights + (i << 3);
    const w = load<f64>(p) * (says == <i32>load<u8>(labels + i) ? right : wrong);
    store<f64>(p, w);
    sum += w;
  }
  const factor = 1.0 / sum;
  for (let p = weights; p < end; p += 8) store<f64>(p, load<f64>(p) * factor);
}

/** Adds +alpha or -alpha to each f64 score. */
export function addStump(column: usize, samples: i32, scores: usize, cut: i32, invert: i32, alpha: f64): void {
  for (let i: usize = 0; i < <usize>samples; i++) {
    const says = <i32>(<i32>load<u8>(column + i) >= cut) ^ invert;
    const p = scores + (i << 3);
    store<f64>(p, load<f64>(p) + (says ? alpha : -alpha));
  }
}

/** Number of samples of one label whose score has the wrong sign; a score of 0 counts as negative. */
export function countWrong(samples: i32, labels: usize, scores: usize, label: i32): i32 {
  let count: i32 = 0;
  for (let i: usize = 0; i < <usize>samples; i++) {
    const says = <i32>(load<f64>(scores + (i << 3)) > 0);
    const actual = <i32>load<u8>(labels + i);
    count += <i32>(actual == label) & <i32>(says != actual);
  }
  return count;
}
