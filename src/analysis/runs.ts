/** Runs of positive voxels along x: what a component labelling keeps of a slab, instead of its voxels. */
import { nextTurn } from "../engine/mod.ts";
import { discard } from "../volume/bytes.ts";
import { type Region, voxelCount } from "../volume/region.ts";
import { chunkBlocks, type VoxelSource } from "./voxel_source.ts";

/** The runs of label 255 in a slab (some whole xy planes), sorted by row, then by x. */
export interface SlabRuns {
  /** Rows of the slab: planes * height. */
  readonly rows: number;
  /** Runs of row r are those from `firstOfRow[r]` to before `firstOfRow[r + 1]`. */
  readonly firstOfRow: Int32Array;
  /** First voxel of each run along x, and the one after its last. */
  readonly starts: Int32Array;
  readonly ends: Int32Array;
}

/** How many voxels have which label. */
export interface LabelCounts {
  /** Labelled 0. */
  readonly negative: number;
  /** Labelled 255. */
  readonly positive: number;
  /** Labelled otherwise. */
  readonly ignored: number;
}

const POSITIVE = 255;
const NEGATIVE = 0;

/**
 * Reads the runs of a slab, block by block.
 *
 * @param slab a region of whole planes
 */
export async function readRuns(
  labels: VoxelSource<Uint8Array>,
  slab: Region,
  blockVoxels: number,
  signal: AbortSignal | undefined,
): Promise<{ readonly runs: SlabRuns; readonly counts: LabelCounts }> {
  const found = createRunList();
  let negative = 0, positive = 0, ignored = 0;
  for (const region of chunkBlocks(slab, labels.chunk, blockVoxels)) {
    if (labels.isUnlabelled?.(region)) {
      ignored += voxelCount(region.shape);
      continue;
    }
    await nextTurn();
    signal?.throwIfAborted();
    const voxels = new Uint8Array(voxelCount(region.shape));
    await labels.read(region, voxels);
    const counts = collectRuns(voxels, region, slab, found);
    discard(voxels);
    negative += counts.negative;
    positive += counts.positive;
    ignored += counts.ignored;
  }
  return { runs: sortByRow(found, slab.shape[0] * slab.shape[1]), counts: { negative, positive, ignored } };
}

/** Runs in the order in which blocks deliver them: row, start and end of each, in a growing array. */
interface RunList {
  values: Int32Array;
  length: number;
}

function createRunList(): RunList {
  return { values: new Int32Array(3 * 1024), length: 0 };
}

function addRun(list: RunList, row: number, start: number, end: number): void {
  if (list.length + 3 > list.values.length) {
    const larger = new Int32Array(2 * list.values.length);
    larger.set(list.values);
    list.values = larger;
  }
  list.values[list.length] = row;
  list.values[list.length + 1] = start;
  list.values[list.length + 2] = end;
  list.length += 3;
}

function collectRuns(voxels: Uint8Array, region: Region, slab: Region, found: RunList): LabelCounts {
  const [depth, height, width] = region.shape;
  let negative = 0, positive = 0;
  for (let z = 0, i = 0; z < depth; z++) {
    for (let y = 0; y < height; y++) {
      const row = (region.start[0] - slab.start[0] + z) * slab.shape[1] + region.start[1] - slab.start[1] + y;
      const end = i + width;
      while (i < end) {
        const label = voxels[i];
        if (label !== POSITIVE) {
          if (label === NEGATIVE) negative++;
          i++;
          continue;
        }
        const start = i;
        while (i < end && voxels[i] === POSITIVE) i++;
        positive += i - start;
        const x = region.start[2] + width - end;
        addRun(found, row, start + x, i + x);
      }
    }
  }
  return { negative, positive, ignored: voxels.length - negative - positive };
}

/** Sorts runs by row; blocks deliver the runs of one row from left to right. Runs cut by a block's border are joined. */
function sortByRow({ values, length }: RunList, rows: number): SlabRuns {
  const next = new Int32Array(rows + 1);
  for (let i = 0; i < length; i += 3) next[(values[i] ?? 0) + 1] = (next[(values[i] ?? 0) + 1] ?? 0) + 1;
  for (let row = 0; row < rows; row++) next[row + 1] = (next[row + 1] ?? 0) + (next[row] ?? 0);
  const starts = new Int32Array(length / 3), ends = new Int32Array(length / 3);
  for (let i = 0; i < length; i += 3) {
    const row = values[i] ?? 0;
    const at = next[row] ?? 0;
    starts[at] = values[i + 1] ?? 0;
    ends[at] = values[i + 2] ?? 0;
    next[row] = at + 1;
  }
  // Now next[r] is the end of row r.
  return joinTouching(rows, next, starts, ends);
}

function joinTouching(rows: number, endOfRow: Int32Array, starts: Int32Array, ends: Int32Array): SlabRuns {
  const firstOfRow = new Int32Array(rows + 1);
  let kept = 0;
  for (let row = 0, i = 0; row < rows; row++) {
    firstOfRow[row] = kept;
    for (const last = endOfRow[row] ?? 0; i < last; i++) {
      const start = starts[i] ?? 0, end = ends[i] ?? 0;
      if (kept > (firstOfRow[row] ?? 0) && ends[kept - 1] === start) {
        ends[kept - 1] = end;
      } else {
        starts[kept] = start;
        ends[kept] = end;
        kept++;
      }
    }
  }
  firstOfRow[rows] = kept;
  return { rows, firstOfRow, starts: starts.slice(0, kept), ends: ends.slice(0, kept) };
}

/** Calls `meet` for every pair of runs, one of each row, that share an x or are at most `gap` voxels along x from doing so. */
export function visitOverlaps(
  a: SlabRuns,
  rowOfA: number,
  b: SlabRuns,
  rowOfB: number,
  meet: (runOfA: number, runOfB: number) => void,
  gap: 0 | 1 = 0,
): void {
  let i = a.firstOfRow[rowOfA] ?? 0, j = b.firstOfRow[rowOfB] ?? 0;
  const endOfA = a.firstOfRow[rowOfA + 1] ?? 0, endOfB = b.firstOfRow[rowOfB + 1] ?? 0;
  while (i < endOfA && j < endOfB) {
    const lastOfA = a.ends[i] ?? 0, lastOfB = b.ends[j] ?? 0;
    if ((a.starts[i] ?? 0) < lastOfB + gap && (b.starts[j] ?? 0) < lastOfA + gap) meet(i, j);
    if (lastOfA <= lastOfB) i++;
    else j++;
  }
}
