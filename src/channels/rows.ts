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

/** Floats of a row that a filter of `radius` can read for every whole group of 16 of `nx` output voxels. */
export function filteredWidth(nx: number, radius: number): number {
  return roundUp16(roundUp16(nx) + 2 * radius);
}

export function roundUp16(n: number): number {
  return Math.ceil(n / 16) * 16;
}
