/** Sizes of rows and planes of floats in kernel memory. */

const LINE = 64;

/** Rows of a slice that a thread filters before it looks for more: their planes stay in the second-level cache, and few taps are read twice. */
export const STRIP_ROWS = 32;

/** Bytes of a row of `width` floats: whole cache lines, and an odd number of them so that rows do not fall on the same cache sets. */
export function rowBytes(width: number): number {
  return (Math.ceil((width * 4) / LINE) | 1) * LINE;
}

/** Bytes of a plane `[ny, nx]` without gaps, with room for the last row to be written in whole vectors. */
export function planeBytes(ny: number, nx: number): number {
  return rowBytes(ny * nx + 16);
}

/**
 * Floats of a row that a filter of `radius` can read for every whole group of 16 of `nx` outputs. Where these lie at every second voxel
 * (`step` 2), the row holds voxels 0, 2, 4 ... in its first half, and 1, 3, 5 ... in its second.
 */
export function filteredWidth(nx: number, radius: number, step = 1): number {
  return step * roundUp16(roundUp16(nx) + Math.ceil((2 * radius) / step));
}

/** Where in such a row a filter finds the voxel `tap` places from the first, in bytes: the same place of every output. */
export function tapOffset(tap: number, width: number, step: number): number {
  return 4 * ((tap % step) * (width / step) + Math.floor(tap / step));
}

export function roundUp16(n: number): number {
  return Math.ceil(n / 16) * 16;
}
