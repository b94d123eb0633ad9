/** The parts of synapses that lie in one block of a volume: what joining them needs to know, and nothing of other blocks. */
import { type LabelledSlab, labelSlab, visitRuns, visitRunsIn } from "../../../analysis/label_slab.ts";
import { readRuns } from "../../../analysis/runs.ts";
import { createSynapseSums, type SynapseSums } from "../../../analysis/synapse_sums.ts";
import { readScores, type VoxelSource } from "../../../analysis/voxel_source.ts";
import type { Region, Zyx } from "../../../volume/region.ts";
import type { DirectionSource } from "../directions.ts";

/** A block's parts, numbered from 0 in raster order of their first voxels. */
export interface BlockParts {
  /** Records of the sums of each, as `SynapseSums` has them. */
  readonly sums: Float64Array;
  /** Voxels that touch other blocks: of each its place in the block and its part. */
  readonly border: Int32Array;
  /** Runs along x in raster order: of each its row in the block, first voxel in the volume, the one after its last, and its part. */
  readonly runs: Int32Array;
}

/** What else is known of a block. */
export interface BlockCounts {
  readonly parts: number;
  /** Voxels that touch other blocks. */
  readonly border: number;
  /** Connected parts that lie within the block and are too small. */
  readonly dropped: number;
  /** The highest score; `null` where none is a number. */
  readonly highest: number | null;
}

/** In what and how to look for them. */
export interface PartsOptions {
  readonly scores: VoxelSource<Float32Array> | VoxelSource<Uint8Array>;
  readonly directions: DirectionSource | undefined;
  /** The least score of a synapse's voxels. */
  readonly threshold: number;
  /** What is smaller and touches no other block is no synapse. */
  readonly minSize: number;
}

/** Voxels read at once. */
const READ_VOXELS = 2 ** 18;

/** Finds the parts of synapses in a block. @param write begins at a chunk of the scores */
export async function findParts(
  write: Region,
  { scores, directions, threshold, minSize }: PartsOptions,
): Promise<{ readonly found: BlockParts; readonly counts: BlockCounts }> {
  const { name, shape, chunk } = scores;
  const pieces: { readonly region: Region; readonly values: Float32Array }[] = [];
  let highest = -Infinity;
  const positives: VoxelSource<Uint8Array> = {
    name,
    shape,
    chunk,
    dtype: "uint8",
    async read(region, out) {
      const values = await readScores(scores, region);
      let isAny = false;
      for (let i = 0; i < values.length; i++) {
        const value = values[i] ?? NaN;
        if (value > highest) highest = value;
        const isPositive = value >= threshold;
        out[i] = isPositive ? 255 : 0;
        isAny ||= isPositive;
      }
      if (isAny) pieces.push({ region, values });
    },
  };
  const { runs } = await readRuns(positives, write, READ_VOXELS, undefined);
  const labelled = labelSlab(runs, write, 26);
  const { partOfSet, parts, dropped } = numberParts(labelled, shape, minSize);
  const partOf = (run: number) => partOfSet[labelled.setOfRun[run] ?? 0] ?? -1;
  const sums = createSynapseSums(parts);
  visitRuns(labelled, (set, run) => {
    const part = partOfSet[set] ?? -1;
    if (part >= 0) sums.addRun(part, run);
  });
  for (const { region, values } of pieces) {
    await addScores(sums, region, values, labelled, partOf, directions);
  }
  const found = {
    sums: sums.records(0, parts),
    border: borderOf(labelled, shape, partOfSet),
    runs: keptRuns(labelled, partOfSet),
  };
  const counts = {
    parts,
    border: found.border.length / 2,
    dropped,
    highest: highest === -Infinity ? null : highest,
  };
  return { found, counts };
}

/** Numbers what is large enough or may go on in other blocks. */
function numberParts(labelled: LabelledSlab, shape: Zyx, minSize: number) {
  const voxels = new Float64Array(labelled.sets), isOpen = new Uint8Array(labelled.sets);
  const touches = touchesOthers(labelled.slab, shape);
  visitRuns(labelled, (set, { z, y, start, end }) => {
    voxels[set] = (voxels[set] ?? 0) + end - start;
    if (touches(z, y, start) || touches(z, y, end - 1)) isOpen[set] = 1;
  });
  const partOfSet = new Int32Array(labelled.sets).fill(-1);
  let parts = 0;
  for (const set of partOfSet.keys()) {
    if (isOpen[set] === 1 || (voxels[set] ?? 0) >= minSize) partOfSet[set] = parts++;
  }
  return { partOfSet, parts, dropped: labelled.sets - parts };
}

/** Tells of a voxel of a block whether a neighbour of it lies in another block. */
function touchesOthers({ start, shape: own }: Region, shape: Zyx) {
  const sides = start.map((from, axis) => {
    const last = from + (own[axis] ?? 0) - 1;
    return { low: from > 0 ? from : -1, high: last < (shape[axis] ?? 0) - 1 ? last : -1 };
  });
  const [onZ, onY, onX] = sides.map(({ low, high }) => (at: number) => at === low || at === high);
  return (z: number, y: number, x: number) => onZ?.(z) === true || onY?.(y) === true || onX?.(x) === true;
}

async function addScores(
  sums: SynapseSums,
  region: Region,
  values: Float32Array,
  labelled: LabelledSlab,
  partOf: (run: number) => number,
  directions: DirectionSource | undefined,
): Promise<void> {
  let isAny = false;
  visitRunsIn(region, labelled, (run) => void (isAny ||= partOf(run) >= 0));
  if (!isAny) return;
  const directionAt = await directions?.read(region);
  visitRunsIn(region, labelled, (run, from, to) => {
    const part = partOf(run);
    if (part < 0) return;
    for (let voxel = from; voxel < to; voxel++) {
      sums.addScore(part, values[voxel] ?? 0);
      const direction = directionAt?.(voxel);
      if (direction) sums.addDirection(part, direction);
    }
  });
}

function borderOf(labelled: LabelledSlab, shape: Zyx, partOfSet: Int32Array): Int32Array {
  const [z0, y0, x0] = labelled.slab.start, [, height, width] = labelled.slab.shape;
  const touches = touchesOthers(labelled.slab, shape);
  const border = createIntList();
  visitRuns(labelled, (set, { z, y, start, end }) => {
    const row = ((z - z0) * height + y - y0) * width - x0;
    // whether the whole row lies at a border: no border on x is at -2
    const isRow = touches(z, y, -2);
    for (let x = start; x < end; x++) {
      if (isRow || touches(z, y, x)) border.add(row + x, partOfSet[set] ?? -1);
      else if (x < end - 1) x = end - 2; // within the block
    }
  });
  return border.values();
}

function keptRuns(labelled: LabelledSlab, partOfSet: Int32Array): Int32Array {
  const [z0, y0] = labelled.slab.start;
  const height = labelled.slab.shape[1];
  const runs = createIntList();
  visitRuns(labelled, (set, { z, y, start, end }) => {
    const part = partOfSet[set] ?? -1;
    if (part >= 0) runs.add((z - z0) * height + y - y0, start, end, part);
  });
  return runs.values();
}

/** A growing list of whole numbers. */
function createIntList() {
  let values = new Int32Array(1024);
  let length = 0;
  return {
    add(...more: number[]): void {
      if (length + more.length > values.length) {
        const larger = new Int32Array(2 * values.length);
        larger.set(values);
        values = larger;
      }
      for (const value of more) values[length++] = value;
    },
    values: () => values.slice(0, length),
  };
}
