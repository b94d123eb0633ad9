/** Runs of voxels along x, and how a stroke changes the chunks that they lie in. */
import type { Zyx } from "../volume/region.ts";

/** Runs by the chunk that they lie in. */
export type RunsByChunk = ReadonlyMap<string, RunsInChunk>;

/** The parts of runs that lie in one chunk. */
export interface RunsInChunk {
  readonly at: Zyx;
  /** z, y, x, length, one run after the other. */
  readonly runs: number[];
}

/** Name of a chunk, as in its path. */
export function chunkKey([z, y, x]: Zyx): string {
  return `${z}/${y}/${x}`;
}

/** The chunk of a name. */
export function placeOfChunk(key: string): Zyx {
  const [z = 0, y = 0, x = 0] = key.split("/").map(Number);
  return [z, y, x];
}

/**
 * Divides runs among chunks.
 * @param stride numbers that each run has: z, y, x, length, and perhaps more, which go with each part
 */
export function divideRuns(runs: readonly number[], chunk: Zyx, stride = 4): RunsByChunk {
  const divided = new Map<string, RunsInChunk>();
  for (let i = 0; i < runs.length; i += stride) {
    const [z = 0, y = 0, first = 0, length = 0, ...more] = runs.slice(i, i + stride);
    for (let x = first; x < first + length;) {
      const at: Zyx = [Math.floor(z / chunk[0]), Math.floor(y / chunk[1]), Math.floor(x / chunk[2])];
      const end = Math.min(first + length, (at[2] + 1) * chunk[2]);
      const key = chunkKey(at);
      const known = divided.get(key) ?? { at, runs: [] };
      if (known.runs.length === 0) divided.set(key, known);
      known.runs.push(z, y, x, end - x, ...more);
      x = end;
    }
  }
  return divided;
}

/** Place of a voxel in the voxels of its chunk. */
export function placeInChunk(z: number, y: number, x: number, chunk: Zyx): number {
  return ((z % chunk[0]) * chunk[1] + y % chunk[1]) * chunk[2] + x % chunk[2];
}

/** Whether a value may be replaced. */
export type MayReplace = (value: number) => boolean;

/**
 * The runs of voxels that a stroke would change, with the values that they have.
 * @param runs z, y, x, length of runs in this chunk
 * @returns z, y, x, length and value before, of one run after the other; runs that overlap are told once
 */
export function changedRuns(
  voxels: Uint32Array,
  chunk: Zyx,
  runs: readonly number[],
  value: number,
  mayReplace: MayReplace,
): number[] {
  const changed: number[] = [];
  for (const [z, y, x, length] of disjoint(runs)) {
    const at = placeInChunk(z, y, x, chunk);
    for (let i = 0; i < length;) {
      const before = voxels[at + i] ?? 0;
      let end = i + 1;
      while (end < length && voxels[at + end] === before) end++;
      if (before !== value && mayReplace(before)) changed.push(z, y, x + i, end - i, before);
      i = end;
    }
  }
  return changed;
}

/** Writes values into the voxels of a chunk. @param runs z, y, x, length and value before @param value undefined writes the value before */
export function applyRuns(
  voxels: Uint32Array,
  chunk: Zyx,
  runs: readonly number[],
  value: number | undefined,
): void {
  for (let i = 0; i < runs.length; i += 5) {
    const [z = 0, y = 0, x = 0, length = 0, before = 0] = runs.slice(i, i + 5);
    const at = placeInChunk(z, y, x, chunk);
    voxels.fill(value ?? before, at, at + length);
  }
}

/** Runs in raster order; those that overlap or touch are one. */
function disjoint(runs: readonly number[]): [z: number, y: number, x: number, length: number][] {
  const sorted: [number, number, number, number][] = [];
  for (let i = 0; i < runs.length; i += 4) {
    sorted.push([runs[i] ?? 0, runs[i + 1] ?? 0, runs[i + 2] ?? 0, runs[i + 3] ?? 0]);
  }
  sorted.sort((a, b) => a[0] - b[0] || a[1] - b[1] || a[2] - b[2]);
  const joined: typeof sorted = [];
  for (const run of sorted) {
    const last = joined.at(-1);
    const isOn = last !== undefined && last[0] === run[0] && last[1] === run[1] &&
      run[2] <= last[2] + last[3];
    if (isOn) last[3] = Math.max(last[3], run[2] + run[3] - last[2]);
    else joined.push(run);
  }
  return joined;
}
