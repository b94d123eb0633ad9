// Integral images (summed-volume tables) of one channel column, in wrapping unsigned 32-bit fixed point.
// A table for a region of (nz, ny, nx) voxels has (nz+1)(ny+1)(nx+1) entries; entry (z,y,x) is the sum over
// all voxels before it on every axis. Slice 0, row 0 and entry 0 of each row are zero.

/** out[i] = floor(clamp((values[i] - low) * scale + 0.5, 0, limit)) as u16, `limit` at most 65535. `out` has room for 16 bytes more, `values` for 32. */
export function quantise(values: usize, count: i32, low: f32, scale: f32, limit: f32, out: usize): void {
  const lows = f32x4.splat(low), scales = f32x4.splat(scale), limits = f32x4.splat(limit);
  for (let i: usize = 0; i < <usize>count << 1; i += 16) {
    const at = values + (i << 1);
    const first = fixedPoint(v128.load(at), lows, scales, limits);
    const second = fixedPoint(v128.load(at, 16), lows, scales, limits);
    v128.store(out + i, i16x8.narrow_i32x4_u(first, second));
  }
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

/** Writes table slice z+1 from table slice z and the plane (u16) of voxel slice z. */
export function integrateSlice(plane: usize, previous: usize, next: usize, ny: i32, nx: i32): void {
  const stride = <usize>(nx + 1) << 2;
  const vectors = <usize>(nx & ~7) << 2;
  memory.fill(next, 0, stride);
  for (let y = 0; y < ny; y++) {
    const beforeUp = previous + stride * y, before = beforeUp + stride;
    const up = next + stride * y, out = up + stride;
    store<u32>(out, 0);
    let row = i32x4.splat(0);
    let x: usize = 0;
    for (; x < vectors; x += 32) {
      const eight = v128.load(plane + (x >> 1));
      const first = i32x4.add(row, runningSums(i32x4.extend_low_i16x8_u(eight)));
      row = i32x4.shuffle(first, first, 3, 3, 3, 3);
      const second = i32x4.add(row, runningSums(i32x4.extend_high_i16x8_u(eight)));
      row = i32x4.shuffle(second, second, 3, 3, 3, 3);
      v128.store(out + x, i32x4.add(first, above(beforeUp, before, up, x)), 4);
      v128.store(out + x, i32x4.add(second, above(beforeUp, before, up, x + 16)), 20);
    }
    let sum = i32x4.extract_lane(row, 0);
    for (; x < <usize>nx << 2; x += 4) {
      sum += <i32>load<u16>(plane + (x >> 1));
      store<i32>(out + x, sum + load<i32>(up + x, 4) + load<i32>(before + x, 4) - load<i32>(beforeUp + x, 4), 4);
    }
    plane += <usize>nx << 1;
  }
}
