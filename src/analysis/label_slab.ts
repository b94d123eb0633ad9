/** The runs of a region, joined to what is connected within it. */
import type { Region } from "../volume/region.ts";
import type { RowRun } from "./component_table.ts";
import { type SlabRuns, visitOverlaps } from "./runs.ts";
import { createUnionFind } from "./union_find.ts";

/** How many neighbours a voxel has. */
export type Neighbours = 6 | 26;

/** The runs of a slab, and for each its set: the sets are the slab's own components, numbered from 0 in raster order. */
export interface LabelledSlab {
  readonly slab: Region;
  readonly runs: SlabRuns;
  readonly setOfRun: Int32Array;
  readonly sets: number;
}

export function labelSlab(runs: SlabRuns, slab: Region, neighbours: Neighbours): LabelledSlab {
  if (runs.starts.length === 0) return { slab, runs, setOfRun: new Int32Array(0), sets: 0 };
  const height = slab.shape[1];
  const gap = neighbours === 26 ? 1 : 0;
  const joined = createUnionFind(runs.starts.length);
  for (let row = 0; row < runs.rows; row++) {
    if (row % height > 0) visitOverlaps(runs, row - 1, runs, row, joined.join, gap);
    if (row < height) continue;
    for (const y of rowsBeside(row % height, height, gap)) {
      visitOverlaps(runs, row - row % height - height + y, runs, row, joined.join, gap);
    }
  }
  const setOfRun = new Int32Array(runs.starts.length);
  let sets = 0;
  // A set's smallest member is its first run, so it is met before the others.
  for (const run of setOfRun.keys()) {
    const first = joined.find(run);
    setOfRun[run] = first === run ? sets++ : setOfRun[first] ?? 0;
  }
  return { slab, runs, setOfRun, sets };
}

/** Rows of a plane that neighbour row `y` of the next. */
export function rowsBeside(y: number, height: number, gap: 0 | 1): number[] {
  return gap === 0 ? [y] : [y - 1, y, y + 1].filter((row) => row >= 0 && row < height);
}

/** Visits all runs in raster order. */
export function visitRuns(
  { slab, runs, setOfRun }: LabelledSlab,
  visit: (set: number, run: RowRun) => void,
): void {
  if (setOfRun.length === 0) return;
  const height = slab.shape[1];
  for (let row = 0; row < runs.rows; row++) {
    const z = slab.start[0] + Math.floor(row / height), y = slab.start[1] + row % height;
    for (let run = runs.firstOfRow[row] ?? 0; run < (runs.firstOfRow[row + 1] ?? 0); run++) {
      visit(setOfRun[run] ?? 0, { z, y, start: runs.starts[run] ?? 0, end: runs.ends[run] ?? 0 });
    }
  }
}

/** Visits the runs of a slab that lie in a region, with their place in the region's voxels. */
export function visitRunsIn(
  region: Region,
  { slab, runs }: Pick<LabelledSlab, "slab" | "runs">,
  visit: (run: number, from: number, to: number) => void,
): void {
  const [z0, y0, x0] = region.start, [depth, height, width] = region.shape;
  for (let i = 0; i < depth * height; i++) {
    const row = (z0 - slab.start[0] + Math.floor(i / height)) * slab.shape[1] + y0 - slab.start[1] +
      i % height;
    for (let run = runs.firstOfRow[row] ?? 0; run < (runs.firstOfRow[row + 1] ?? 0); run++) {
      const start = Math.max(0, (runs.starts[run] ?? 0) - x0);
      const end = Math.min(width, (runs.ends[run] ?? 0) - x0);
      if (start < end) visit(run, i * width + start, i * width + end);
    }
  }
}
