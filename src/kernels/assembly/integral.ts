// Integral images (summed-volume tables) of one channel column, in wrapping unsigned 32-bit fixed point.
// A table for a region of (nz, ny, nx) voxels has (nz+1)(ny+1)(nx+1) entries; entry (z,y,x) is the sum over
// all voxels before it on every axis. Slice 0, row 0 and entry 0 of each row are zero.

/** Writes table slice z+1 from table slice z and the plane of voxel slice z: value q = floor(clamp((v - low) * scale + 0.5, 0, limit)). */
export function integrateSlice(
  plane: usize, previous: usize, next: usize, ny: i32, nx: i32, low: f32, scale: f32, limit: f32,
): void {
  const stride = <usize>(nx + 1) << 2;
  const lows = f32x4.splat(low), scales = f32x4.splat(scale), limits = f32x4.splat(limit), halves = f32x4.splat(0.5);
  const zero = i32x4.splat(0);
  const vectors = <usize>(nx & ~3) << 2;
  memory.fill(next, 0, stride);
  for (let y = 0; y < ny; y++) {
    const beforeUp = previous + stride * y, before = beforeUp + stride;
    const up = next + stride * y, out = up + stride;
    store<u32>(out, 0);
    let row = zero;
    let x: usize = 0;
    for (; x < vectors; x += 16) {
      const scaled = f32x4.add(f32x4.mul(f32x4.sub(v128.load(plane + x), lows), scales), halves);
      // pmax and pmin are one instruction each; a NaN, which no column has, would count as 0
      const q = i32x4.trunc_sat_f32x4_s(f32x4.pmin(f32x4.pmax(scaled, f32x4.splat(0)), limits));
      const pairs = i32x4.add(q, i32x4.shuffle(zero, q, 0, 4, 5, 6));
      const sums = i32x4.add(row, i32x4.add(pairs, i32x4.shuffle(zero, pairs, 0, 1, 4, 5)));
      row = i32x4.shuffle(sums, sums, 3, 3, 3, 3);
      const above = i32x4.sub(i32x4.add(v128.load(up + x, 4), v128.load(before + x, 4)), v128.load(beforeUp + x, 4));
      v128.store(out + x, i32x4.add(sums, above), 4);
    }
    let sum = i32x4.extract_lane(row, 0);
    for (; x < <usize>nx << 2; x += 4) {
      const scaled = (load<f32>(plane + x) - low) * scale + 0.5;
      sum += <i32>Mathf.min(Mathf.max(scaled, 0), limit);
      store<i32>(out + x, sum + load<i32>(up + x, 4) + load<i32>(before + x, 4) - load<i32>(beforeUp + x, 4), 4);
    }
    plane += <usize>nx << 2;
  }
}
