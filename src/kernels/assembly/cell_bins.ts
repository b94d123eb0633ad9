// Bins of features of cells.

/** One level of a binary search: skips `1 << shift` bytes of cuts where the last of them is less than the value. */
@inline
function descend(at: usize, value: f32, shift: usize): usize {
  return at + (<usize>(load<f32>(at + (<usize>1 << shift) - 4) < value) << shift);
}

/** A float below 2^23 becomes a whole number when 2^23 is added, and that number is in the low bits. */
const WHOLE: f32 = 8388608;

/** Buckets of 4 values: (value - low) * scale, rounded, from 0 to 4095; 0 for what is not a number. */
@inline
function buckets(values: v128, low: v128, scale: v128): v128 {
  const place = f32x4.mul(f32x4.sub(values, low), scale);
  const inside = f32x4.pmin(f32x4.splat(4095), f32x4.pmax(f32x4.splat(0), place));
  return v128.and(f32x4.add(inside, f32x4.splat(WHOLE)), i32x4.splat(4095));
}

/**
 * Bins f32 values: the number of ascending f32 `cuts` that are less than the value, a u8 each; 0 for what is not a number. The bucket of a
 * value says in `starts`, a u8 for each of 4096, how many cuts lie in lower buckets; what is left of the search are `steps` halvings. Behind the
 * cuts follow `2 ** steps` that nothing exceeds.
 */
export function binFeature(
  values: usize, count: usize, cuts: usize, low: f32, scale: f32, starts: usize, steps: i32, bins: usize,
): void {
  const lows = f32x4.splat(low);
  const scales = f32x4.splat(scale);
  let i: usize = 0;
  for (; i + 4 <= count; i += 4) {
    const v = v128.load(values + (i << 2));
    const bucket = buckets(v, lows, scales);
    let a = cuts + (<usize>load<u8>(starts + i32x4.extract_lane(bucket, 0)) << 2);
    let b = cuts + (<usize>load<u8>(starts + i32x4.extract_lane(bucket, 1)) << 2);
    let c = cuts + (<usize>load<u8>(starts + i32x4.extract_lane(bucket, 2)) << 2);
    let d = cuts + (<usize>load<u8>(starts + i32x4.extract_lane(bucket, 3)) << 2);
    const p = f32x4.extract_lane(v, 0);
    const q = f32x4.extract_lane(v, 1);
    const r = f32x4.extract_lane(v, 2);
    const s = f32x4.extract_lane(v, 3);
    for (let shift: usize = steps + 1; shift >= 2; shift--) {
      a = descend(a, p, shift);
      b = descend(b, q, shift);
      c = descend(c, r, shift);
      d = descend(d, s, shift);
    }
    a = (a - cuts) >> 2;
    b = (b - cuts) >> 2;
    c = (c - cuts) >> 2;
    d = (d - cuts) >> 2;
    store<u32>(bins + i, <u32>(a | (b << 8) | (c << 16) | (d << 24)));
  }
  for (; i < count; i++) {
    const value = load<f32>(values + (i << 2));
    const bucket = buckets(f32x4.splat(value), lows, scales);
    let a = cuts + (<usize>load<u8>(starts + i32x4.extract_lane(bucket, 0)) << 2);
    for (let shift: usize = steps + 1; shift >= 2; shift--) a = descend(a, value, shift);
    store<u8>(bins + i, <u8>((a - cuts) >> 2));
  }
}
