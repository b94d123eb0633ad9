// Where boxes lie in the local frames of supervoxels, four at a time. Supervoxels come as arrays of 4-byte entries padded to a multiple of
// 4: `points` = x, y, z (i32), `frames` = e1, e2, e3 with x, y, z each (f32), each array `plane` bytes long.

// 2^23 + n holds the whole number n in its lowest bits: adding it rounds to nearest, ties to even.
export const ROUND: f32 = 8388608;
export const ROUND_BITS: i32 = 0x4b000000;

/** One component of offset.x * e1 + offset.z * e3: the part that the flipped frame negates. */
@inline
export function turned(frames: usize, component: usize, plane: usize, ox: v128, oz: v128): v128 {
  return f32x4.add(
    f32x4.mul(ox, v128.load(frames + component * plane)),
    f32x4.mul(oz, v128.load(frames + (6 + component) * plane)),
  );
}

/** One component of offset.y * e2: the part that the flipped frame keeps. */
@inline
export function kept(frames: usize, component: usize, plane: usize, oy: v128): v128 {
  return f32x4.mul(oy, v128.load(frames + (3 + component) * plane));
}

/** The nearest whole numbers of four offsets (less than 2^22), ties to even. */
@inline
export function nearest(offset: v128): v128 {
  return i32x4.sub(f32x4.add(offset, f32x4.splat(ROUND + ROUND / 2)), i32x4.splat(ROUND_BITS + 0x400000));
}

@inline
export function within(value: v128, low: v128, high: v128): v128 {
  return i32x4.min_s(i32x4.max_s(value, low), high);
}
