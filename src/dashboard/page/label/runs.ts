/** Voxels of a stroke as runs along x. */
import type { Point } from "../geometry.ts";

/** Takes the voxels of row `z`, `y` from `from` up to, but not including, `to`. */
export type TakeRun = (z: number, y: number, from: number, to: number) => void;

/** Voxels that are gathered, each once. */
export interface Runs {
  /** Adds voxels, clipped to the volume. */
  readonly add: TakeRun;
  /** z, y, x and length of one run after the other, in raster order. */
  flat(): number[];
}

export function createRuns([nz, ny, nx]: Point): Runs {
  /** Starts and ends of the runs of each row, in order, none touching the next. */
  const rows = new Map<number, number[]>();
  return {
    add(z, y, from, to) {
      const start = Math.max(0, from), end = Math.min(nx, to);
      if (z < 0 || z >= nz || y < 0 || y >= ny || start >= end) return;
      const key = z * ny + y;
      rows.set(key, joined(rows.get(key) ?? [], start, end));
    },
    flat() {
      const keys = [...rows.keys()].sort((a, b) => a - b);
      const flat: number[] = [];
      for (const key of keys) {
        const row = rows.get(key) ?? [];
        for (let i = 0; i < row.length; i += 2) {
          const from = row[i] ?? 0, to = row[i + 1] ?? 0;
          flat.push(Math.floor(key / ny), key % ny, from, to - from);
        }
      }
      return flat;
    },
  };
}

/** A row with one more run, those that it touches joined with it. */
function joined(row: readonly number[], from: number, to: number): number[] {
  const result: number[] = [];
  let start = from, end = to;
  let isPlaced = false;
  for (let i = 0; i < row.length; i += 2) {
    const a = row[i] ?? 0, b = row[i + 1] ?? 0;
    if (b < start) result.push(a, b);
    else if (a > end) {
      if (!isPlaced) result.push(start, end);
      isPlaced = true;
      result.push(a, b);
    } else {
      start = Math.min(start, a);
      end = Math.max(end, b);
    }
  }
  if (!isPlaced) result.push(start, end);
  return result;
}

/** Parts of so many runs at most, so that each fits a request. */
export function partsOf(flat: readonly number[], mostRuns: number): number[][] {
  const parts: number[][] = [];
  for (let i = 0; i < flat.length; i += 4 * mostRuns) parts.push(flat.slice(i, i + 4 * mostRuns));
  return parts;
}
