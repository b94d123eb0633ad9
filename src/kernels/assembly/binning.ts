// Binning of feature columns from 16 to 8 bits by quantile, by a histogram and not a sort.

const BINS: i32 = 256;
const VALUES: i32 = 65536;

/** Smallest value v in [from, VALUES) with cumulative[v] >= target, or VALUES. */
function firstAtLeast(cumulative: usize, from: i32, target: u32): i32 {
  let low = from;
  let high = VALUES;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (load<u32>(cumulative + (<usize>middle << 2)) >= target) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Samples up to the end of the bin that begins after `before` samples, `v` being the first value that overflows it. */
@inline
function binEnd(cumulative: usize, before: u32, v: i32): u32 {
  const end = v > 0 ? load<u32>(cumulative + (<usize>(v - 1) << 2)) : 0;
  return end > before ? end : load<u32>(cumulative + (<usize>v << 2));
}

/** Whether at most BINS bins arise when each takes at least one value, and more until it would exceed `capacity` samples. */
function capacitySuffices(cumulative: usize, samples: u32, capacity: u32): bool {
  let before: u32 = 0;
  let v = 0;
  for (let bin = 0; bin < BINS; bin++) {
    if (before + capacity >= samples) return true;
    v = firstAtLeast(cumulative, v, before + capacity + 1);
    before = binEnd(cumulative, before, v);
    if (before >= samples) return true;
  }
  return false;
}

/**
 * Bins a column of u16 values into at most 256 bins whose borders lie between distinct values. The least capacity is found
 * for which bins filled in order suffice, so that no partition has a smaller largest bin of several values; with at most 256
 * distinct values it is 0 and each has its own bin. Writes the u8 bins and 256 u16 cuts: bin >= b exactly where
 * value > cuts[b], for 1 <= b < (number of bins); the cut halves the gap; cuts of unused bins are 65535, cuts[0] is 0.
 * `scratch` holds 5 * 65536 bytes. Returns the number of bins.
 */
export function binColumn(values: usize, samples: i32, bins: usize, cuts: usize, scratch: usize): i32 {
  const cumulative = scratch;
  const lookup = scratch + (<usize>VALUES << 2);
  memory.fill(cumulative, 0, <usize>VALUES << 2);
  const end = values + (<usize>samples << 1);
  for (let p = values; p < end; p += 2) {
    const entry = cumulative + (<usize>load<u16>(p) << 2);
    store<u32>(entry, load<u32>(entry) + 1);
  }
  let sum: u32 = 0;
  for (let p = cumulative; p < lookup; p += 4) {
    sum += load<u32>(p);
    store<u32>(p, sum);
  }

  // Two neighbouring bins hold more than `capacity` samples, so samples / 128 always suffices.
  let capacity: u32 = 0;
  if (!capacitySuffices(cumulative, samples, 0)) {
    let tooSmall: u32 = 0;
    capacity = <u32>samples >> 7;
    while (capacity - tooSmall > 1) {
      const middle = (capacity + tooSmall) >> 1;
      if (capacitySuffices(cumulative, samples, middle)) capacity = middle;
      else tooSmall = middle;
    }
  }

  memory.fill(cuts, 0xff, <usize>BINS << 1);
  store<u16>(cuts, 0);
  let bin = 0;
  let before: u32 = 0;
  let begin = 0;
  let v = 0;
  while (before + capacity < <u32>samples) {
    v = firstAtLeast(cumulative, v, before + capacity + 1);
    before = binEnd(cumulative, before, v);
    if (before >= <u32>samples) break;
    const last = firstAtLeast(cumulative, begin, before);
    const next = firstAtLeast(cumulative, last, before + 1);
    const cut = (last + next - 1) >> 1;
    memory.fill(lookup + begin, <u8>bin, cut + 1 - begin);
    begin = cut + 1;
    bin++;
    store<u16>(cuts + (<usize>bin << 1), <u16>cut);
  }
  memory.fill(lookup + begin, <u8>bin, VALUES - begin);
  for (let i: usize = 0; i < <usize>samples; i++) {
    store<u8>(bins + i, load<u8>(lookup + load<u16>(values + (i << 1))));
  }
  return bin + 1;
}
