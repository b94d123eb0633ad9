// Voxels between the points of a grid that has every second voxel, by cubics through the four points around them: (9 (b + c) - a - d) / 16.
// Whole numbers throughout, rounded once at the end, so that the result is exact in any order.

/** 16 times the value at b, or midway between b and c. */
@inline
function sixteenfold(a: v128, b: v128, c: v128, d: v128): v128 {
  const inner = i32x4.add(b, c);
  return i32x4.sub(i32x4.add(i32x4.shl(inner, 3), inner), i32x4.add(a, d));
}

/** 16 times the points (u16) of four slices: i32, those of `b` or, `between`, midway between `b` and `c`. Up to 7 more are read and written. */
export function interpolateSlices(a: usize, b: usize, c: usize, d: usize, between: bool, count: i32, out: usize): void {
  for (let i: usize = 0; i < <usize>count << 1; i += 16) {
    const to = out + (i << 1), middle = v128.load(b + i);
    let first = i32x4.extend_low_i16x8_u(middle), second = i32x4.extend_high_i16x8_u(middle);
    if (between) {
      const p = v128.load(a + i), q = v128.load(c + i), r = v128.load(d + i);
      first = sixteenfold(i32x4.extend_low_i16x8_u(p), first, i32x4.extend_low_i16x8_u(q), i32x4.extend_low_i16x8_u(r));
      second = sixteenfold(i32x4.extend_high_i16x8_u(p), second, i32x4.extend_high_i16x8_u(q), i32x4.extend_high_i16x8_u(r));
    } else {
      first = i32x4.shl(first, 4);
      second = i32x4.shl(second, 4);
    }
    v128.store(to, first);
    v128.store(to, second, 16);
  }
}

/** 16 times a row of points. */
@inline
function rowOfPoints(a: usize, b: usize, c: usize, d: usize, between: bool, count: i32, out: usize): void {
  const bytes = <usize>count << 2;
  for (let i: usize = 0; i < bytes; i += 16) {
    v128.store(
      out + i,
      between
        ? sixteenfold(v128.load(a + i), v128.load(b + i), v128.load(c + i), v128.load(d + i))
        : i32x4.shl(v128.load(b + i), 4),
    );
  }
}

/** 1 / 4096 of whole numbers, rounded, halves up. */
@inline
function rounded(value: v128): v128 {
  return i32x4.shr_s(i32x4.add(value, i32x4.splat(2048)), 12);
}

/**
 * Rows `y` to `y + rows` (u16, `nx` each, from voxel `x` on, no more than `limit`) from what `interpolateSlices` gave: `points` holds rows
 * of the grid from `firstY` on, `count` points each from point `firstX` on, all that are needed. Every second row and voxel is a point.
 * `scratch` has room for a row of points and one of voxels: 4 * count + 2 * nx + 128 bytes.
 */
export function interpolateRows(
  points: usize, firstY: i32, count: i32, firstX: i32, y: i32, rows: i32, x: i32, nx: i32, limit: i32,
  scratch: usize, out: usize,
): void {
  const stride = <usize>count << 2, row = scratch + 16, voxels = row + stride + 48;
  const limits = i16x8.splat(<i16>limit);
  // pairs of a point and what follows it
  const from = row + (<usize>((x >> 1) - firstX) << 2), odd = x & 1, bytes = <usize>(nx + odd) << 1;
  for (let k = y; k < y + rows; k++, out += <usize>nx << 1) {
    const at = points + <usize>((k >> 1) - firstY) * stride;
    rowOfPoints(at - stride, at, at + stride, at + 2 * stride, (k & 1) != 0, count, row);
    for (let i: usize = 0; i < bytes; i += 16) {
      const p = from + i;
      const b = v128.load(p), middle = sixteenfold(v128.load(p - 4), b, v128.load(p, 4), v128.load(p, 8));
      const points = rounded(i32x4.shl(b, 4)), betweens = rounded(middle);
      const packed = i16x8.min_u(i16x8.narrow_i32x4_u(points, betweens), limits);
      v128.store(voxels + i, i16x8.shuffle(packed, packed, 0, 4, 1, 5, 2, 6, 3, 7));
    }
    memory.copy(out, voxels + (<usize>odd << 1), <usize>nx << 1);
  }
}
