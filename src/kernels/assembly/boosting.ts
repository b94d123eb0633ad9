// A round's samples and the weight recursion of AdaBoost. The search of stumps is in search.ts.
//
// Weights and scores are doubles, added in the order of the samples. A "column" here is an array of u8 bins, one per sample. A
// stump says +1 where (bin >= cut) != invert, else -1.

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

/** The `index`-th 32 random bits of a stream: a function of both arguments alone. TypeScript sees them as a signed integer. */
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
