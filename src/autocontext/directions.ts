/** The directions in which a cell's surroundings are looked at, and how the values found are sorted. */
import type { Zyx } from "../volume/region.ts";

/** Bytes of a value's strip while it is sorted: `STRIP` in `src/kernels/assembly/cells.ts`. */
export const SORT_STRIP = 256;

/**
 * Signs of the directions on each axis: in the slice 8, every 45 degrees; in the volume 18, to the faces and edges of a cube. Directions have
 * length 1.
 */
export function signsOf(space: "slice" | "volume"): Zyx[] {
  const signs = [-1, 0, 1];
  return (space === "slice" ? [0] : signs)
    .flatMap((z) => signs.flatMap((y) => signs.map((x): Zyx => [z, y, x])))
    .filter((direction) => [1, 2].includes(nonZero(direction)));
}

function nonZero(direction: Zyx): number {
  return direction.filter((sign) => sign !== 0).length;
}

/** The nearest whole cells at a distance given in cells of each axis. */
export function directionOffset(signs: Zyx, distance: Zyx): Zyx {
  const part = nonZero(signs) === 1 ? 1 : Math.SQRT1_2;
  const along = (axis: 0 | 1 | 2) => signs[axis] * Math.round(distance[axis] * part);
  return [along(0), along(1), along(2)];
}

/** The rank among `count` sorted values of the place 0 to 7. */
export function rankOf(place: number, count: number): number {
  return Math.round((place * (count - 1)) / 7);
}

/**
 * Comparators that sort `count` values: each puts the smaller of two values at the first of its two ranks. Batcher's merge exchange (Knuth,
 * TAOCP vol. 3, 5.2.2, algorithm M), without those on which none of the ranks `wanted` depends.
 */
export function sortingNetwork(count: number, wanted: readonly number[]): [number, number][] {
  const comparators: [number, number][] = [];
  const top = 2 ** Math.max(0, Math.ceil(Math.log2(count)) - 1);
  for (let p = top; p >= 1; p /= 2) {
    for (let q = top, r = 0, d = p; d > 0; d = q - p, q /= 2, r = p) {
      for (let i = 0; i < count - d; i++) if ((i & p) === r) comparators.push([i, i + d]);
    }
  }
  const needed = new Set(wanted);
  return comparators.reverse().filter(([a, b]) => {
    if (!needed.has(a) && !needed.has(b)) return false;
    needed.add(a).add(b);
    return true;
  }).reverse();
}
