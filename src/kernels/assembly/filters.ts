// Separable filters with symmetric or antisymmetric taps, on f32 rows.
//
// Every filter, along any axis, reads its taps through a table of addresses: entry i is where sample i lies.
// Along z the entries are slices, along y rows, along x the byte offsets 0, 4, 8 ...; a border that repeats its
// last sample is a table that repeats its last entry. Each output voxel adds its taps from the centre outwards,
// so its bits do not depend on where a block or a vector begins. Rows are written in whole groups of 16 floats.
//
// Weights are three half kernels one after the other, `radius + 1` floats each, from the centre outwards:
//   order 0 (smoothing):         w0 c + sum wk (right + left)
//   order 1 (first derivative):         sum wk (right - left)
//   order 2 (second derivative):        sum wk (right + left - 2 c), which is exactly 0 on a constant

/** Bytes of a row that are filtered through all rows before the next such strip, so that the taps stay in the first-level cache. */
const STRIP: usize = 256;

@inline
function tapAt(entry: usize, at: usize): usize {
  return <usize>load<u32>(entry) + at;
}

/** Order 0 for 32 voxels. */
@inline
function smooth32(table: usize, at: usize, reach: usize, weights: usize, out: usize): void {
  const c = tapAt(table, at);
  let w = v128.load_splat<f32>(weights);
  let s0 = f32x4.mul(w, v128.load(c, 0));
  let s1 = f32x4.mul(w, v128.load(c, 16));
  let s2 = f32x4.mul(w, v128.load(c, 32));
  let s3 = f32x4.mul(w, v128.load(c, 48));
  let s4 = f32x4.mul(w, v128.load(c, 64));
  let s5 = f32x4.mul(w, v128.load(c, 80));
  let s6 = f32x4.mul(w, v128.load(c, 96));
  let s7 = f32x4.mul(w, v128.load(c, 112));
  for (let k: usize = 4; k <= reach; k += 4) {
    const l = tapAt(table - k, at);
    const r = tapAt(table + k, at);
    w = v128.load_splat<f32>(weights + k);
    s0 = f32x4.add(s0, f32x4.mul(w, f32x4.add(v128.load(r, 0), v128.load(l, 0))));
    s1 = f32x4.add(s1, f32x4.mul(w, f32x4.add(v128.load(r, 16), v128.load(l, 16))));
    s2 = f32x4.add(s2, f32x4.mul(w, f32x4.add(v128.load(r, 32), v128.load(l, 32))));
    s3 = f32x4.add(s3, f32x4.mul(w, f32x4.add(v128.load(r, 48), v128.load(l, 48))));
    s4 = f32x4.add(s4, f32x4.mul(w, f32x4.add(v128.load(r, 64), v128.load(l, 64))));
    s5 = f32x4.add(s5, f32x4.mul(w, f32x4.add(v128.load(r, 80), v128.load(l, 80))));
    s6 = f32x4.add(s6, f32x4.mul(w, f32x4.add(v128.load(r, 96), v128.load(l, 96))));
    s7 = f32x4.add(s7, f32x4.mul(w, f32x4.add(v128.load(r, 112), v128.load(l, 112))));
  }
  v128.store(out, s0, 0);
  v128.store(out, s1, 16);
  v128.store(out, s2, 32);
  v128.store(out, s3, 48);
  v128.store(out, s4, 64);
  v128.store(out, s5, 80);
  v128.store(out, s6, 96);
  v128.store(out, s7, 112);
}

/** Order 0 for 16 voxels. */
@inline
function smooth16(table: usize, at: usize, reach: usize, weights: usize, out: usize): void {
  const c = tapAt(table, at);
  let w = v128.load_splat<f32>(weights);
  let s0 = f32x4.mul(w, v128.load(c, 0));
  let s1 = f32x4.mul(w, v128.load(c, 16));
  let s2 = f32x4.mul(w, v128.load(c, 32));
  let s3 = f32x4.mul(w, v128.load(c, 48));
  for (let k: usize = 4; k <= reach; k += 4) {
    const l = tapAt(table - k, at);
    const r = tapAt(table + k, at);
    w = v128.load_splat<f32>(weights + k);
    s0 = f32x4.add(s0, f32x4.mul(w, f32x4.add(v128.load(r, 0), v128.load(l, 0))));
    s1 = f32x4.add(s1, f32x4.mul(w, f32x4.add(v128.load(r, 16), v128.load(l, 16))));
    s2 = f32x4.add(s2, f32x4.mul(w, f32x4.add(v128.load(r, 32), v128.load(l, 32))));
    s3 = f32x4.add(s3, f32x4.mul(w, f32x4.add(v128.load(r, 48), v128.load(l, 48))));
  }
  v128.store(out, s0, 0);
  v128.store(out, s1, 16);
  v128.store(out, s2, 32);
  v128.store(out, s3, 48);
}

/** Order 1 for 16 voxels. */
@inline
function first16(table: usize, at: usize, reach: usize, weights: usize, out: usize): void {
  let d0 = f32x4.splat(0);
  let d1 = d0;
  let d2 = d0;
  let d3 = d0;
  for (let k: usize = 4; k <= reach; k += 4) {
    const l = tapAt(table - k, at);
    const r = tapAt(table + k, at);
    const w = v128.load_splat<f32>(weights + k);
    d0 = f32x4.add(d0, f32x4.mul(w, f32x4.sub(v128.load(r, 0), v128.load(l, 0))));
    d1 = f32x4.add(d1, f32x4.mul(w, f32x4.sub(v128.load(r, 16), v128.load(l, 16))));
    d2 = f32x4.add(d2, f32x4.mul(w, f32x4.sub(v128.load(r, 32), v128.load(l, 32))));
    d3 = f32x4.add(d3, f32x4.mul(w, f32x4.sub(v128.load(r, 48), v128.load(l, 48))));
  }
  v128.store(out, d0, 0);
  v128.store(out, d1, 16);
  v128.store(out, d2, 32);
  v128.store(out, d3, 48);
}

/** Orders 0 and 1 for 16 voxels from one reading; the same operations in the same order as `smooth16` and `first16`. */
@inline
function smoothAndFirst16(
  table: usize, at: usize, reach: usize, weights: usize, weights1: usize, out: usize, out1: usize,
): void {
  const c = tapAt(table, at);
  const w0 = v128.load_splat<f32>(weights);
  let s0 = f32x4.mul(w0, v128.load(c, 0));
  let s1 = f32x4.mul(w0, v128.load(c, 16));
  let s2 = f32x4.mul(w0, v128.load(c, 32));
  let s3 = f32x4.mul(w0, v128.load(c, 48));
  let d0 = f32x4.splat(0);
  let d1 = d0;
  let d2 = d0;
  let d3 = d0;
  for (let k: usize = 4; k <= reach; k += 4) {
    const l = tapAt(table - k, at);
    const r = tapAt(table + k, at);
    const w = v128.load_splat<f32>(weights + k);
    const v = v128.load_splat<f32>(weights1 + k);
    let left = v128.load(l, 0);
    let right = v128.load(r, 0);
    s0 = f32x4.add(s0, f32x4.mul(w, f32x4.add(right, left)));
    d0 = f32x4.add(d0, f32x4.mul(v, f32x4.sub(right, left)));
    left = v128.load(l, 16);
    right = v128.load(r, 16);
    s1 = f32x4.add(s1, f32x4.mul(w, f32x4.add(right, left)));
    d1 = f32x4.add(d1, f32x4.mul(v, f32x4.sub(right, left)));
    left = v128.load(l, 32);
    right = v128.load(r, 32);
    s2 = f32x4.add(s2, f32x4.mul(w, f32x4.add(right, left)));
    d2 = f32x4.add(d2, f32x4.mul(v, f32x4.sub(right, left)));
    left = v128.load(l, 48);
    right = v128.load(r, 48);
    s3 = f32x4.add(s3, f32x4.mul(w, f32x4.add(right, left)));
    d3 = f32x4.add(d3, f32x4.mul(v, f32x4.sub(right, left)));
  }
  v128.store(out, s0, 0);
  v128.store(out, s1, 16);
  v128.store(out, s2, 32);
  v128.store(out, s3, 48);
  v128.store(out1, d0, 0);
  v128.store(out1, d1, 16);
  v128.store(out1, d2, 32);
  v128.store(out1, d3, 48);
}

/** Order 2 for 16 voxels. */
@inline
function second16(table: usize, at: usize, reach: usize, weights: usize, out: usize): void {
  const c = tapAt(table, at);
  const c0 = f32x4.add(v128.load(c, 0), v128.load(c, 0));
  const c1 = f32x4.add(v128.load(c, 16), v128.load(c, 16));
  const c2 = f32x4.add(v128.load(c, 32), v128.load(c, 32));
  const c3 = f32x4.add(v128.load(c, 48), v128.load(c, 48));
  let s0 = f32x4.splat(0);
  let s1 = s0;
  let s2 = s0;
  let s3 = s0;
  for (let k: usize = 4; k <= reach; k += 4) {
    const l = tapAt(table - k, at);
    const r = tapAt(table + k, at);
    const w = v128.load_splat<f32>(weights + k);
    s0 = f32x4.add(s0, f32x4.mul(w, f32x4.sub(f32x4.add(v128.load(r, 0), v128.load(l, 0)), c0)));
    s1 = f32x4.add(s1, f32x4.mul(w, f32x4.sub(f32x4.add(v128.load(r, 16), v128.load(l, 16)), c1)));
    s2 = f32x4.add(s2, f32x4.mul(w, f32x4.sub(f32x4.add(v128.load(r, 32), v128.load(l, 32)), c2)));
    s3 = f32x4.add(s3, f32x4.mul(w, f32x4.sub(f32x4.add(v128.load(r, 48), v128.load(l, 48)), c3)));
  }
  v128.store(out, s0, 0);
  v128.store(out, s1, 16);
  v128.store(out, s2, 32);
  v128.store(out, s3, 48);
}

/**
 * Filters `rows` rows of `width` floats (a multiple of 16). Row y has its centre tap at table entry
 * `table + y * tableStep`, and reads at the address in each entry plus `at + y * atStep`. The outputs of the orders
 * in the bit set `orders` go to `out`, `out + orderStep` ... in ascending order, row y at `+ y * outStep`. Steps are in bytes.
 */
export function filterRows(
  table: usize, tableStep: usize, at: usize, atStep: usize, rows: i32, width: usize, radius: usize,
  weights: usize, orders: i32, out: usize, outStep: usize, orderStep: usize,
): void {
  const reach = radius << 2;
  const end = width << 2;
  const weights1 = weights + reach + 4;
  const weights2 = weights1 + reach + 4;
  const out1 = out + ((orders & 1) ? orderStep : 0);
  const out2 = out1 + ((orders & 2) ? orderStep : 0);
  // Rows that share no taps need no strips, and must be written in order: each one spills up to 15 floats into the next.
  const step = tableStep ? STRIP : max(end, 1);
  for (let strip: usize = 0; strip < end; strip += step) {
    const stop = min(end, strip + step);
    for (let y: usize = 0; y < <usize>rows; y++) {
      const centre = table + y * tableStep;
      const from = at + y * atStep;
      const to = y * outStep;
      if ((orders & 3) == 3) {
        for (let x = strip; x < stop; x += 64) {
          smoothAndFirst16(centre, from + x, reach, weights, weights1, out + to + x, out1 + to + x);
        }
      } else if (orders & 1) {
        let x = strip;
        for (; x + 128 <= stop; x += 128) smooth32(centre, from + x, reach, weights, out + to + x);
        for (; x < stop; x += 64) smooth16(centre, from + x, reach, weights, out + to + x);
      } else if (orders & 2) {
        for (let x = strip; x < stop; x += 64) first16(centre, from + x, reach, weights1, out1 + to + x);
      }
      if (orders & 4) {
        for (let x = strip; x < stop; x += 64) second16(centre, from + x, reach, weights2, out2 + to + x);
      }
    }
  }
}

/**
 * Widens `rows` rows of u8 voxels to f32 rows of `width` floats: the first voxel `left` times, then `count` voxels, then the
 * last voxel to the end. Row i starts at the address in table entry i plus `at` and goes to `out + i * outStep`.
 */
export function widenRows(
  table: usize, at: usize, rows: i32, left: usize, count: usize, width: usize, out: usize, outStep: usize,
): void {
  for (let i: usize = 0; i < <usize>rows; i++) {
    const source = <usize>load<u32>(table + (i << 2)) + at;
    const row = out + i * outStep;
    const target = row + (left << 2);
    let x: usize = 0;
    for (; x + 8 <= count; x += 8) {
      const v = v128.load_ext<u8>(source + x);
      v128.store(target + (x << 2), f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_s(v)), 0);
      v128.store(target + (x << 2), f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_s(v)), 16);
    }
    for (; x < count; x++) store<f32>(target + (x << 2), <f32>load<u8>(source + x));
    repeatEnds(row, left, count, width);
  }
}

/**
 * The same, with every second voxel of the widened row from its first on in the first half of the row, and the others in the second:
 * filters at every second voxel then find each of their taps side by side.
 */
export function widenHalves(
  table: usize, at: usize, rows: i32, left: i32, count: i32, width: usize, out: usize, outStep: usize,
): void {
  const half = <i32>width >> 1, last = count - 1;
  for (let i: usize = 0; i < <usize>rows; i++) {
    const source = <usize>load<u32>(table + (i << 2)) + at;
    for (let odd = 0; odd < 2; odd++) {
      const row = out + i * outStep + (odd ? <usize>half << 2 : 0);
      let place = 0; // holds voxel 2 * place + odd - left
      for (; 2 * place + odd < left; place++) store<f32>(row + (<usize>place << 2), <f32>load<u8>(source));
      let voxel = 2 * place + odd - left;
      for (; voxel + 15 < count; voxel += 16, place += 8) {
        const v = v128.and(v128.load(source + voxel), i16x8.splat(255)), to = row + (<usize>place << 2);
        v128.store(to, f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_s(v)), 0);
        v128.store(to, f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_s(v)), 16);
      }
      for (; place < half; place++, voxel += 2) {
        store<f32>(row + (<usize>place << 2), <f32>load<u8>(source + <usize>min(voxel, last)));
      }
    }
  }
}

/** Fills a row of `width` floats on both sides of its `count` known values with the first and the last of them. */
export function repeatEnds(row: usize, left: usize, count: usize, width: usize): void {
  const first = load<f32>(row + (left << 2));
  const last = load<f32>(row + ((left + count - 1) << 2));
  for (let x: usize = 0; x < left; x++) store<f32>(row + (x << 2), first);
  for (let x: usize = left + count; x < width; x++) store<f32>(row + (x << 2), last);
}

/** Length of the vectors in three planes `step` bytes apart, for `count` voxels rounded up to 4. */
export function lengths(planes: usize, step: usize, count: usize, out: usize): void {
  for (let x: usize = 0; x < count << 2; x += 16) {
    const a = v128.load(planes + x);
    const b = v128.load(planes + step + x);
    const c = v128.load(planes + step + step + x);
    const sum = f32x4.add(f32x4.add(f32x4.mul(a, a), f32x4.mul(b, b)), f32x4.mul(c, c));
    v128.store(out + x, f32x4.sqrt(sum));
  }
}

/** Sum of three planes `step` bytes apart, for `count` voxels rounded up to 4. */
export function sums(planes: usize, step: usize, count: usize, out: usize): void {
  for (let x: usize = 0; x < count << 2; x += 16) {
    const sum = f32x4.add(v128.load(planes + x), v128.load(planes + step + x));
    v128.store(out + x, f32x4.add(sum, v128.load(planes + step + step + x)));
  }
}
