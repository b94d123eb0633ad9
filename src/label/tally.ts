/** What a chunk holds of each value: how many voxels, where. */
import type { Zyx } from "../volume/region.ts";

/** Voxels of one value. */
export interface Tally {
  readonly voxels: number;
  /** Sums of their positions. */
  readonly sum: Zyx;
  readonly begin: Zyx;
  /** One more than the last on each axis. */
  readonly end: Zyx;
}

/** By value; without 0. */
export type ChunkTally = ReadonlyMap<number, Tally>;

/** Counts what a chunk holds. */
export function tallyChunk(
  voxels: Uint32Array,
  { chunk, shape }: { readonly chunk: Zyx; readonly shape: Zyx },
  at: Zyx,
): ChunkTally {
  const tally = new Map<number, Tally>();
  const [z0, y0, x0] = [at[0] * chunk[0], at[1] * chunk[1], at[2] * chunk[2]];
  const depth = Math.min(chunk[0], shape[0] - z0);
  const height = Math.min(chunk[1], shape[1] - y0);
  const width = Math.min(chunk[2], shape[2] - x0);
  for (let z = 0; z < depth; z++) {
    for (let y = 0; y < height; y++) {
      const row = (z * chunk[1] + y) * chunk[2];
      for (let x = 0; x < width;) {
        const value = voxels[row + x] ?? 0;
        let end = x + 1;
        while (end < width && voxels[row + end] === value) end++;
        if (value !== 0) {
          tally.set(value, addTally(tally.get(value), tallyOfRun(z0 + z, y0 + y, x0 + x, end - x)));
        }
        x = end;
      }
    }
  }
  return tally;
}

function tallyOfRun(z: number, y: number, x: number, length: number): Tally {
  return {
    voxels: length,
    sum: [z * length, y * length, x * length + length * (length - 1) / 2],
    begin: [z, y, x],
    end: [z + 1, y + 1, x + length],
  };
}

/** Two together. */
export function addTally(a: Tally | undefined, b: Tally): Tally {
  if (a === undefined) return b;
  return {
    voxels: a.voxels + b.voxels,
    sum: [a.sum[0] + b.sum[0], a.sum[1] + b.sum[1], a.sum[2] + b.sum[2]],
    begin: [
      Math.min(a.begin[0], b.begin[0]),
      Math.min(a.begin[1], b.begin[1]),
      Math.min(a.begin[2], b.begin[2]),
    ],
    end: [Math.max(a.end[0], b.end[0]), Math.max(a.end[1], b.end[1]), Math.max(a.end[2], b.end[2])],
  };
}
