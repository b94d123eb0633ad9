// Integral images (summed-volume tables) of one channel column, in wrapping unsigned 32-bit fixed point.
// A table for a region of (nz, ny, nx) voxels has (nz+1)(ny+1)(nx+1) entries; entry (z,y,x) is the sum over
// all voxels before it on every axis. Slice 0, row 0 and entry 0 of each row are zero.

/** out[i] = floor(clamp((values[i] - low) * scale + 0.5, 0, limit)) as u16, `limit` at most 65535. Nothing behind the last is written; `values` has room for 32 bytes more. */
export function quantise(values: usize, count: i32, low: f32, scale: f32, limit: f32, out: usize): void {
  const lows = f32x4.splat(low), scales = f32x4.splat(scale), limits = f32x4.splat(limit);
  const vectors = <usize>(count & ~7) << 1;
  let i: usize = 0;
  for (; i < vectors; i += 16) v128.store(out + i, eight(values + (i << 1), lows, scales, limits));
  if (!(count & 7)) return;
  let last = eight(values + (i << 1), lows, scales, limits);
  for (; i < <usize>count << 1; i += 2) {
    v128.store_lane<u16>(out + i, last, 0);
    last = i16x8.shuffle(last, last, 1, 2, 3, 4, 5, 6, 7, 7);
  }
}

@inline
function eight(at: usize, lows: v128, scales: v128, limits: v128): v128 {
  const first = fixedPoint(v128.load(at), lows, scales, limits);
  const second = fixedPoint(v128.load(at, 16), lows, scales, limits);
  return i16x8.narrow_i32x4_u(first, second);
}

@inline
function fixedPoint(values: v128, lows: v128, scales: v128, limits: v128): v128 {
  const scaled = f32x4.add(f32x4.mul(f32x4.sub(values, lows), scales), f32x4.splat(0.5));
  // pmax and pmin are one instruction each; a NaN, which no column has, would count as 0
  return i32x4.trunc_sat_f32x4_s(f32x4.pmin(f32x4.pmax(scaled, f32x4.splat(0)), limits));
}

/** Sums of the first 1, 2, 3 and 4 values. */
@inline
function runningSums(q: v128): v128 {
  const zero = i32x4.splat(0);
  const pairs = i32x4.add(q, i32x4.shuffle(zero, q, 0, 4, 5, 6));
  return i32x4.add(pairs, i32x4.shuffle(zero, pairs, 0, 1, 4, 5));
}

@inline
function above(beforeUp: usize, before: usize, up: usize, x: usize): v128 {
  return i32x4.sub(i32x4.add(v128.load(up + x, 4), v128.load(before + x, 4)), v128.load(beforeUp + x, 4));
}

/**
 * Sums of a plane (u16, `[ny, nx]`) above each strip of `rows` rows: entry x of strip s is the sum over the voxels of all rows before the
 * strip up to column x, `nx` u32 a strip.
 */
export function sumStrips(plane: usize, ny: i32, nx: i32, rows: i32, out: usize): void {
  const row = <usize>nx << 2;
  memory.fill(out, 0, row);
  for (let y = 0; y + rows < ny; y += rows, out += row) {
    const next = out + row;
    memory.fill(next, 0, row);
    for (let k = 0; k < rows; k++, plane += <usize>nx << 1) addColumns(plane, nx, next);
    // columns to sums up to each column, and what is above
    let sum: u32 = 0;
    for (let x: usize = 0; x < row; x += 4) {
      sum += load<u32>(next + x);
      store<u32>(next + x, sum + load<u32>(out + x));
    }
  }
}

/** Adds a row of u16 to u32. */
@inline
function addColumns(from: usize, nx: i32, to: usize): void {
  const vectors = <usize>(nx & ~7) << 1;
  let x: usize = 0;
  for (; x < vectors; x += 16) {
    const eight = v128.load(from + x), at = to + (x << 1);
    v128.store(at, i32x4.add(v128.load(at), i32x4.extend_low_i16x8_u(eight)));
    v128.store(at, i32x4.add(v128.load(at, 16), i32x4.extend_high_i16x8_u(eight)), 16);
  }
  for (; x < <usize>nx << 1; x += 2) store<u32>(to + (x << 1), load<u32>(to + (x << 1)) + <u32>load<u16>(from + x));
}

/**
 * Writes rows `y` to `y + rows` of voxels of table slice z+1 from table slice z, the plane (u16) of voxel slice z, whose first row `plane` is
 * that of the volume's slice, and the sums above the strip that `sumStrips` made. Reads and writes no row of another strip but the zero row 0.
 */
export function integrateStrip(
  plane: usize, previous: usize, next: usize, nx: i32, y: i32, rows: i32, sums: usize,
): void {
  const stride = <usize>(nx + 1) << 2;
  if (y == 0) memory.fill(next, 0, stride);
  const vectors = <usize>(nx & ~7) << 2;
  plane += (<usize>y * nx) << 1;
  for (let k = y; k < y + rows; k++) {
    const isFirst = k == y;
    const before = previous + stride * (k + 1), out = next + stride * (k + 1);
    const beforeUp = before - stride, up = out - stride;
    store<u32>(out, 0);
    let row = i32x4.splat(0);
    let x: usize = 0;
    for (; x < vectors; x += 32) {
      const eight = v128.load(plane + (x >> 1));
      const first = i32x4.add(row, runningSums(i32x4.extend_low_i16x8_u(eight)));
      row = i32x4.shuffle(first, first, 3, 3, 3, 3);
      const second = i32x4.add(row, runningSums(i32x4.extend_high_i16x8_u(eight)));
      row = i32x4.shuffle(second, second, 3, 3, 3, 3);
      const top = isFirst ? below(before, sums, x) : above(beforeUp, before, up, x);
      const topOfNext = isFirst ? below(before, sums, x + 16) : above(beforeUp, before, up, x + 16);
      v128.store(out + x, i32x4.add(first, top), 4);
      v128.store(out + x, i32x4.add(second, topOfNext), 20);
    }
    let sum = i32x4.extract_lane(row, 0);
    for (; x < <usize>nx << 2; x += 4) {
      sum += <i32>load<u16>(plane + (x >> 1));
      const top = isFirst ? load<i32>(sums + x) : load<i32>(up + x, 4) - load<i32>(beforeUp + x, 4);
      store<i32>(out + x, sum + top + load<i32>(before + x, 4), 4);
    }
    plane += <usize>nx << 1;
  }
}

@inline
function below(before: usize, sums: usize, x: usize): v128 {
  return i32x4.add(v128.load(before + x, 4), v128.load(sums + x));
}

/**
 * Every second entry of a table along x and y from entries `x` and `y` (0 or 1) on, of every `stepZ`-th slice from `z` on: `columns` (a
 * multiple of 4) of each of `rows` rows of slices `from` to `to`. The table has room for 80 bytes more.
 */
export function halveTable(
  table: usize, row: i32, slice: i32, x: i32, y: i32, z: i32, stepZ: i32, columns: i32, rows: i32, from: i32, to: i32, out: usize,
): void {
  for (let k = from; k < to; k++) {
    for (let j = 0; j < rows; j++) {
      const source = table + (<usize>((k * stepZ + z) * slice + (2 * j + y) * row + x) << 2);
      const target = out + (<usize>((k * rows + j) * columns) << 2);
      for (let i: usize = 0; i < <usize>columns << 2; i += 16) {
        v128.store(target + i, i32x4.shuffle(v128.load(source + 2 * i), v128.load(source + 2 * i, 16), 0, 2, 4, 6));
      }
    }
  }
}
