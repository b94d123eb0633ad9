// Boosted oblivious trees: gradients, histograms and cuts of their training, and their prediction.
//
// Gradients and hessians are whole numbers and packed into one i64, gradient * 2^32 + hessian, so that one addition adds both
// and sums are exact in any order. A hessian is never negative, and sums of either stay below 2^31 (the caller's weights see to
// it): so a packed sum holds both sums, and the difference of two packed sums both differences.
//
// A "column" here is an array of u8 bins, one per sample. An entry is 16 bytes: i64 packed gradient and hessian, u32 sample, u32
// node, which is the index of a leaf as far as the tree's levels are known. Histograms of a feature are 256 packed sums a node,
// one node behind the other.

const HISTOGRAM: usize = 2048;
const NODE: usize = 12; // place of the node in an entry

// ----------------------------------------------------------------------------------------------------------- training

const SCORE_UNIT: f64 = 1.0 / 4096.0; // LEAF_BITS of src/autocontext/forest.ts
const MOST_LOG_ODDS: f64 = 16;
const HESSIAN_UNITS: f64 = 4; // a hessian is at most a quarter of its weight

@inline
function f64s(value: f64): v128 {
  return f64x2.splat(value);
}

/** 1 + r * share * e, a step of Horner's scheme. */
@inline
function onePlus(r: v128, share: f64, e: v128): v128 {
  return f64x2.add(f64s(1.0), f64x2.mul(f64x2.mul(r, f64s(share)), e));
}

/** 1 / (1 + exp(-x)) in plain arithmetic, to about 1e-9 of itself: exp(x) is taken as the Taylor polynomial of x / 64, to the 64th. */
@inline
function logistic(x: v128): v128 {
  const one = f64s(1.0);
  const r = f64x2.mul(f64x2.max(f64x2.min(x, f64s(MOST_LOG_ODDS)), f64s(-MOST_LOG_ODDS)), f64s(-1.0 / 64.0));
  let e = onePlus(r, 1.0 / 8.0, one);
  e = onePlus(r, 1.0 / 7.0, e);
  e = onePlus(r, 1.0 / 6.0, e);
  e = onePlus(r, 1.0 / 5.0, e);
  e = onePlus(r, 1.0 / 4.0, e);
  e = onePlus(r, 1.0 / 3.0, e);
  e = onePlus(r, 1.0 / 2.0, e);
  e = onePlus(r, 1.0, e);
  e = f64x2.mul(e, e);
  e = f64x2.mul(e, e);
  e = f64x2.mul(e, e);
  e = f64x2.mul(e, e);
  e = f64x2.mul(e, e);
  e = f64x2.mul(e, e);
  return f64x2.div(one, f64x2.add(one, e));
}

/** The nearest whole numbers, as i32 in the lower half. */
@inline
function rounded(values: v128): v128 {
  return i32x4.trunc_sat_f64x2_s_zero(f64x2.floor(f64x2.add(values, f64s(0.5))));
}

/** The entries of two samples, which may be one and the same. */
@inline
function writePair(a: u32, b: u32, scores: usize, weights: usize, entryA: usize, entryB: usize): void {
  const weight = f64x2.replace_lane(
    f64s(load<f64>(weights + (<usize>a << 3))), 1, load<f64>(weights + (<usize>b << 3)),
  );
  const score = i32x4.replace_lane(
    i32x4.splat(load<i32>(scores + (<usize>a << 2))), 1, load<i32>(scores + (<usize>b << 2)),
  );
  const p = logistic(f64x2.mul(f64x2.convert_low_i32x4_s(score), f64s(SCORE_UNIT)));
  const q = f64x2.sub(f64s(1.0), p);
  const gradient = f64x2.mul(weight, v128.bitselect(q, p, f64x2.gt(weight, f64s(0.0))));
  const hessian = f64x2.mul(f64x2.mul(f64x2.mul(f64x2.abs(weight), f64s(HESSIAN_UNITS)), p), q);
  const packed = v128.shuffle<i32>(rounded(hessian), rounded(gradient), 0, 4, 1, 5);
  store<i64>(entryA, i64x2.extract_lane(packed, 0));
  store<u64>(entryA, <u64>a, 8); // node 0
  store<i64>(entryB, i64x2.extract_lane(packed, 1));
  store<u64>(entryB, <u64>b, 8);
}

/**
 * One entry, of node 0, for each of the u32 `ids`: gradient and hessian of the logistic loss at the sample's i32 score, times
 * its f64 weight, which is negative for a negative. Hessians are in units of a quarter of the gradients'.
 */
export function forestEntries(ids: usize, count: i32, scores: usize, weights: usize, entries: usize): void {
  const pairs = ids + (<usize>(count & ~1) << 2);
  for (; ids < pairs; ids += 8) {
    writePair(load<u32>(ids), load<u32>(ids, 4), scores, weights, entries, entries + 16);
    entries += 32;
  }
  if ((count & 1) != 0) {
    const last = load<u32>(ids);
    writePair(last, last, scores, weights, entries, entries);
  }
}

/**
 * Sets bit `level` of the entries' nodes where a column's bin is above `cut`, and writes to `some` the entries of the less
 * frequent one of each two nodes that a node was divided into. Their node there is its place among the histograms: that of the
 * upper one. `counts` receives the number of entries of each of the 2^(level + 1) nodes, u32. Returns how many it wrote.
 */
export function forestSplit(
  entries: usize, count: i32, column: usize, cut: u32, level: i32, counts: usize, some: usize,
): i32 {
  const end = entries + (<usize>count << 4);
  const upper = <usize>1 << level;
  memory.fill(counts, 0, upper << 3);
  for (let e = entries; e < end; e += 16) {
    const node = load<u32>(e, NODE) | (<u32>(<u32>load<u8>(column + <usize>load<u32>(e, 8)) > cut) << level);
    store<u32>(e, node, NODE);
    const p = counts + (<usize>node << 2);
    store<u32>(p, load<u32>(p) + 1);
  }
  let out = some;
  for (let e = entries; e < end; e += 16) {
    const node = <usize>load<u32>(e, NODE);
    const low = node & (upper - 1);
    const isAbove = node >> level;
    // What is not wanted is overwritten by the next entry; so `some` needs room for one more.
    v128.store(out, v128.load(e));
    store<u32>(out, <u32>(low | upper), NODE);
    out += <usize>(upperIsFewer(counts, low, upper) == isAbove) << 4;
  }
  return <i32>((out - some) >> 4);
}

@inline
function upperIsFewer(counts: usize, low: usize, upper: usize): usize {
  const p = counts + (low << 2);
  return <usize>(load<u32>(p + (upper << 2)) < load<u32>(p));
}

/**
 * Histograms of the nodes of a level that entries name: all, which is one, of level 0, else the upper half. There are `features`
 * features, u32 at `chosen`; the histograms of one take `bytes` bytes. The column of feature f is at bins + f * stride.
 */
export function forestHistograms(
  entries: usize, count: i32, bins: usize, stride: usize, chosen: usize, features: i32, level: i32, histograms: usize,
  bytes: usize,
): void {
  const end = entries + (<usize>count << 4);
  const cleared = HISTOGRAM << <usize>max(level - 1, 0);
  const kept = level == 0 ? 0 : cleared;
  for (let i: i32 = 0; i < features; i++) memory.fill(histograms + kept + <usize>i * bytes, 0, cleared);
  let f: i32 = 0;
  // Four features share the loads of an entry, and an addition seldom waits for the one before it to the same bin.
  for (; f + 4 <= features; f += 4) {
    const columnA = bins + <usize>load<u32>(chosen) * stride;
    const columnB = bins + <usize>load<u32>(chosen, 4) * stride;
    const columnC = bins + <usize>load<u32>(chosen, 8) * stride;
    const columnD = bins + <usize>load<u32>(chosen, 12) * stride;
    const histogramB = histograms + bytes;
    const histogramC = histogramB + bytes;
    const histogramD = histogramC + bytes;
    for (let e = entries; e < end; e += 16) {
      const packed = load<i64>(e);
      const sample = <usize>load<u32>(e, 8);
      const node = <usize>load<u32>(e, NODE) << 11;
      addPacked(histograms + node, columnA + sample, packed);
      addPacked(histogramB + node, columnB + sample, packed);
      addPacked(histogramC + node, columnC + sample, packed);
      addPacked(histogramD + node, columnD + sample, packed);
    }
    chosen += 16;
    histograms = histogramD + bytes;
  }
  for (; f < features; f++) {
    const column = bins + <usize>load<u32>(chosen) * stride;
    for (let e = entries; e < end; e += 16) {
      const node = <usize>load<u32>(e, NODE) << 11;
      addPacked(histograms + node, column + <usize>load<u32>(e, 8), load<i64>(e));
    }
    chosen += 4;
    histograms += bytes;
  }
}

@inline
function addPacked(histogram: usize, bin: usize, packed: i64): void {
  const p = histogram + (<usize>load<u8>(bin) << 3);
  store<i64>(p, load<i64>(p) + packed);
}

/**
 * Histograms of 2^(level + 1) nodes from those of 2^level: the lower places hold the divided nodes, the upper ones the less
 * frequent part of each (see `forestSplit`); each part goes to its place, and the other is what is left of the divided node.
 */
export function forestSiblings(histograms: usize, bytes: usize, features: i32, level: i32, counts: usize): void {
  const nodes = <usize>1 << level;
  const half = HISTOGRAM << level;
  for (let f: i32 = 0; f < features; f++) {
    for (let node: usize = 0; node < nodes; node++) {
      let p = histograms + node * HISTOGRAM;
      const end = p + HISTOGRAM;
      if (upperIsFewer(counts, node, nodes)) {
        for (; p < end; p += 16) v128.store(p, i64x2.sub(v128.load(p), v128.load(p + half)));
      } else {
        for (; p < end; p += 16) {
          const few = v128.load(p + half);
          v128.store(p + half, i64x2.sub(v128.load(p), few));
          v128.store(p, few);
        }
      }
    }
    histograms += bytes;
  }
}

@inline
function gradientsOf(packed: v128): v128 {
  return f64x2.convert_low_i32x4_s(v128.shuffle<i32>(packed, packed, 1, 3, 1, 3));
}

@inline
function hessiansOf(packed: v128): v128 {
  return f64x2.convert_low_i32x4_s(v128.shuffle<i32>(packed, packed, 0, 2, 0, 2));
}

/** G^2 / (H + lambda) of two packed sums. */
@inline
function gainsOf(packed: v128, lambda: v128): v128 {
  const gradients = gradientsOf(packed);
  return f64x2.div(f64x2.mul(gradients, gradients), f64x2.add(hessiansOf(packed), lambda));
}

/**
 * The cut that divides all nodes with the greatest sum of G^2 / (H + lambda) over their parts: (place of the feature) * 256 + cut,
 * the first of equally good ones. `lambda` is in units of the hessians. `scratch` holds 2048 bytes.
 */
export function forestCut(
  histograms: usize, bytes: usize, features: i32, nodes: i32, lambda: f64, scratch: usize,
): i32 {
  const lambdas = f64x2.splat(lambda);
  const zero = i64x2.splat(0);
  let best: f64 = -1;
  let code: i32 = 0;
  for (let f: i32 = 0; f < features; f++) {
    memory.fill(scratch, 0, HISTOGRAM);
    let histogram = histograms;
    for (let node: i32 = 0; node < nodes; node++) {
      let total = i64x2.splat(0);
      for (let i: usize = 0; i < HISTOGRAM; i += 16) total = i64x2.add(total, v128.load(histogram + i));
      total = i64x2.add(total, v128.shuffle<i64>(total, total, 1, 0));
      let below = i64x2.splat(0);
      for (let i: usize = 0; i < HISTOGRAM; i += 16) {
        const two = v128.load(histogram + i);
        const left = i64x2.add(below, i64x2.add(two, v128.shuffle<i64>(zero, two, 0, 2)));
        below = v128.shuffle<i64>(left, left, 1, 1);
        const gains = f64x2.add(gainsOf(left, lambdas), gainsOf(i64x2.sub(total, left), lambdas));
        v128.store(scratch + i, f64x2.add(v128.load(scratch + i), gains));
      }
      histogram += HISTOGRAM;
    }
    for (let cut: i32 = 0; cut < 255; cut++) {
      const gain = load<f64>(scratch + (<usize>cut << 3));
      if (gain > best) {
        best = gain;
        code = (f << 8) | cut;
      }
    }
    histograms += bytes;
  }
  return code;
}

/** Packed sums of the entries of each of `nodes` nodes, i64 at `sums`. */
export function forestSums(entries: usize, count: i32, nodes: i32, sums: usize): void {
  memory.fill(sums, 0, <usize>nodes << 3);
  const end = entries + (<usize>count << 4);
  for (let e = entries; e < end; e += 16) {
    const p = sums + (<usize>load<u32>(e, NODE) << 3);
    store<i64>(p, load<i64>(p) + load<i64>(e));
  }
}
