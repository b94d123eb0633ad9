// Integral images (summed-volume tables) of one channel column, in wrapping unsigned 32-bit fixed point.
// A table for a region of (nz, ny, nx) voxels has (nz+1)(ny+1)(nx+1) entries; entry (z,y,x) is the sum over
// all voxels before it on every axis. Slice 0, row 0 and entry 0 of each row are zero.

/** Writes table slice z+1 from table slice z and the plane of voxel slice z: value q = clamp((v - low) * scale + 0.5, 0, limit). */
export function integrateSlice(
  plane: usize, previous: usize, next: usize, ny: i32, nx: i32, low: f32, scale: f32, limit: f32,
): void {
  const stride = <usize>(nx + 1) << 2;
  memory.fill(next, 0, stride);
  let source = plane;
  for (let y = 0; y < ny; y++) {
    let row: u32 = 0;
    const before = previous + stride * (y + 1);
    const beforeUp = previous + stride * y;
    const up = next + stride * y;
    const out = next + stride * (y + 1);
    store<u32>(out, 0);
    for (let x: usize = 4; x <= <usize>nx << 2; x += 4) {
      const q = Mathf.min(Mathf.max((load<f32>(source) - low) * scale + 0.5, 0), limit);
      row += <u32>q;
      store<u32>(out + x, row + load<u32>(up + x) + load<u32>(before + x) - load<u32>(beforeUp + x));
      source += 4;
    }
  }
}

/** Copies rows of bytes into a dense plane of f32. */
export function bytesToFloats(source: usize, stride: i32, ny: i32, nx: i32, plane: usize): void {
  for (let y = 0; y < ny; y++, source += stride) {
    for (let x: usize = 0; x < <usize>nx; x++, plane += 4) store<f32>(plane, <f32>load<u8>(source + x));
  }
}
