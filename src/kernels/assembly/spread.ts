// From cells to voxels: linear interpolation between the centres of cells.

/**
 * One row of voxels from four rows of cells: below and above in z, each before and behind in y. A cell has `size` voxels (a power of two);
 * voxel v lies at (v + 1/2) / size - 1/2 in cells. The ends of a row are repeated.
 *
 * @param a00 address of the row before in z and y, f32; a01 behind in y, a10 behind in z, a11 behind in both
 * @param wz weight of the rows behind in z, 0 to 1; wy in y
 * @param first place of the row's first voxel, counted from the first voxel of cell 0 of the rows
 * @param cells number of cells in the rows
 * @param steps values are rounded to multiples of 1 / steps, a power of two; 0: they are not rounded
 */
export function spreadRow(
  a00: usize, a01: usize, a10: usize, a11: usize, wz: f32, wy: f32,
  first: i32, count: i32, size: i32, cells: i32, steps: f32, out: usize,
): void {
  const vz: f32 = 1 - wz, vy: f32 = 1 - wy;
  const w00 = vz * vy, w01 = vz * wy, w10 = wz * vy, w11 = wz * wy;
  const step: f32 = <f32>1 / <f32>size;
  const last = cells - 1;
  let at: i32 = -1;
  let low: f32 = 0, high: f32 = 0;
  for (let i: i32 = 0; i < count; i++) {
    const v = first + i;
    // twice the place in parts of a cell, so that it stays whole: 2v + 1 - size over 2 size
    const twice = 2 * v + 1 - size;
    const cell = twice >= 0 ? twice / (2 * size) : -1;
    const part = <f32>(twice - cell * 2 * size) * step * <f32>0.5;
    if (cell != at || i == 0) {
      at = cell;
      const p = <usize>min(max(cell, 0), last) << 2;
      const q = <usize>min(cell + 1, last) << 2;
      low = load<f32>(a00 + p) * w00 + load<f32>(a01 + p) * w01 + load<f32>(a10 + p) * w10 + load<f32>(a11 + p) * w11;
      high = load<f32>(a00 + q) * w00 + load<f32>(a01 + q) * w01 + load<f32>(a10 + q) * w10 + load<f32>(a11 + q) * w11;
    }
    const value = low + (high - low) * part;
    store<f32>(out + (<usize>i << 2), steps > 0 ? nearest(value * steps) / steps : value);
  }
}
