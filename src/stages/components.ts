/** Connected components of the positives (label 255) of a volume of any size: two passes over slabs of planes. */
import { UserError } from "../user_error.ts";
import { nextTurn } from "../engine/mod.ts";
import { type ComponentTable, createComponentTable, type RowRun } from "../analysis/component_table.ts";
import {
  type LabelledSlab,
  labelSlab,
  type Neighbours,
  rowsBeside,
  visitRuns,
  visitRunsIn,
} from "../analysis/label_slab.ts";
import { type LabelCounts, readRuns, visitOverlaps } from "../analysis/runs.ts";
import { createUnionFind, type UnionFind } from "../analysis/union_find.ts";
import { chunkBlocks, type RunControl, type VoxelSink, type VoxelSource } from "../analysis/voxel_source.ts";
import { discard } from "../volume/bytes.ts";
import { type Region, voxelCount, type Zyx } from "../volume/region.ts";

/** One component of the positives. */
export interface Component {
  /** From 1, in raster order of the first voxels. */
  readonly id: number;
  /** How many there are. */
  readonly voxels: number;
  /** First voxel in raster order. */
  readonly first: Zyx;
  /** The smallest region that holds it. */
  readonly box: Region;
  /** The component's voxel nearest to its centroid; of several the first in raster order. */
  readonly position: Zyx;
  /** Mean position. */
  readonly centroid: Zyx;
}

/** The components of a ground truth. */
export interface Components {
  /** In the order of their numbers. */
  readonly components: readonly Component[];
  /** Components with fewer voxels than asked for. */
  readonly dropped: number;
  /** Voxels by label. */
  readonly counts: LabelCounts;
}

/** How to find components. */
export interface ComponentOptions extends RunControl {
  /** Components with fewer voxels are dropped: their voxels get 0. Default 1. */
  readonly minSize?: number | undefined;
  /** 6: voxels that share a face are neighbours; 26: also those that share an edge or a corner. Default 6. */
  readonly neighbours?: Neighbours | undefined;
  /** Voxels read or written at once. */
  readonly blockVoxels?: number | undefined;
  /** Planes of a slab at least; default those of a chunk. */
  readonly slabDepth?: number | undefined;
  /** Is told every run of every component that is kept, in raster order, with the component's number. */
  readonly onRun?: (id: number, run: RowRun) => void;
  /** More components that are kept are an error; default as many as there are. */
  readonly mostComponents?: number;
  /** More components, each counted once in every slab that it is in, are an error, which bounds the memory; default as many as there are. */
  readonly mostParts?: number | undefined;
}

/**
 * Finds the components of label 255 and numbers them.
 *
 * Memory: one block of voxels, the runs of a slab as deep as a chunk, up to 12 MiB of runs of other slabs, and some 120 bytes for each
 * component of each slab.
 *
 * @param labels 255 positive, 0 negative, anything else ignored
 * @param sink receives each voxel's component number, 0 where there is none; left out, only the list is made
 * @throws {UserError} where there are more than `mostComponents` or `mostParts`
 */
export async function findComponents(
  labels: VoxelSource<Uint8Array>,
  sink?: VoxelSink<Uint32Array>,
  options: ComponentOptions = {},
): Promise<Components> {
  const { minSize = 1, neighbours = 6, blockVoxels = 1 << 22, onProgress, signal } = options;
  const { onRun, mostComponents = Infinity, mostParts = Infinity, slabDepth = 1 } = options;
  const { shape } = labels;
  const [planes] = (sink ?? labels).chunk;
  const depth = planes * Math.ceil(slabDepth / planes);
  const slabs = chunkBlocks({ start: [0, 0, 0], shape }, [depth, shape[1], shape[2]], 0);
  const read = async (slab: Region) => {
    const { runs, counts } = await readRuns(labels, slab, blockVoxels, signal);
    return { counts, ...labelSlab(runs, slab, neighbours) };
  };

  const joined = createUnionFind(0);
  const table = createComponentTable();
  const remembered = rememberFirst<LabelledSlab>(
    MOST_REMEMBERED,
    ({ runs }) => runs.rows + runs.starts.length,
  );
  let counts: LabelCounts = { negative: 0, positive: 0, ignored: 0 };
  let above: PlacedSlab | undefined;
  for (const [done, region] of slabs.entries()) {
    onProgress?.(done / slabs.length / 2);
    const slab = await read(region);
    const base = joined.size();
    if (base + slab.sets > mostParts) throw tooMany(labels.name, mostParts);
    joined.grow(slab.sets);
    table.grow(joined.size());
    visitRuns(slab, (set, run) => table.addRun(base + set, run));
    if (above !== undefined) joinSlabs(above, { slab, base }, joined, neighbours);
    counts = sumCounts(counts, slab.counts);
    above = { slab, base };
    remembered.add(slab);
  }
  const { numberOf, kept, dropped } = numberComponents(joined, table, minSize);

  if (kept.length > mostComponents) throw tooMany(labels.name, mostComponents);

  const nearest = nearestFinder(kept, table);
  let base = 0;
  for (const [done, region] of slabs.entries()) {
    onProgress?.((1 + done / slabs.length) / 2);
    const slab = remembered.take(done) ?? await read(region);
    const numbers = numberOf.subarray(base, base + slab.sets);
    visitRuns(slab, (set, run) => {
      const id = numbers[set] ?? 0;
      if (id === 0) return;
      nearest.offer(id, run);
      onRun?.(id, run);
    });
    if (sink !== undefined) await writeNumbers(slab, numbers, sink, blockVoxels, signal);
    base += slab.sets;
  }
  onProgress?.(1);
  const components = kept.map((set, i): Component => ({
    id: i + 1,
    voxels: table.voxels(set),
    first: table.first(set),
    box: table.box(set),
    position: nearest.position(i + 1),
    centroid: table.centroid(set),
  }));
  return { components, dropped, counts };
}

/** Runs and rows of slabs that are kept for the second pass, 12 bytes each at most: where runs are few, voxels are read once. */
const MOST_REMEMBERED = 2 ** 20;

/** Where there are more pieces than fit the memory. */
export function tooMany(name: string, most: number): UserError {
  return new UserError(
    `${name} has more than ${most} separate pieces, more than fit the memory; it looks like noise, not like synapses: raise the ` +
      "threshold or the minimum size, or give more --memory",
  );
}

/** A slab whose sets are numbered from `base` on in the volume. */
interface PlacedSlab {
  readonly slab: LabelledSlab;
  readonly base: number;
}

/** Joins what touches between the last plane of one slab and the first of the next. */
function joinSlabs(above: PlacedSlab, below: PlacedSlab, joined: UnionFind, neighbours: Neighbours): void {
  if (above.slab.sets === 0 || below.slab.sets === 0) return;
  const height = below.slab.slab.shape[1];
  const gap = neighbours === 26 ? 1 : 0;
  const join = (a: number, b: number) =>
    joined.join(above.base + (above.slab.setOfRun[a] ?? 0), below.base + (below.slab.setOfRun[b] ?? 0));
  for (let y = 0; y < height; y++) {
    for (const beside of rowsBeside(y, height, gap)) {
      visitOverlaps(above.slab.runs, above.slab.runs.rows - height + beside, below.slab.runs, y, join, gap);
    }
  }
}

function sumCounts(a: LabelCounts, b: LabelCounts): LabelCounts {
  return {
    negative: a.negative + b.negative,
    positive: a.positive + b.positive,
    ignored: a.ignored + b.ignored,
  };
}

/** Merges what is known of joined sets, and numbers those that are large enough. */
function numberComponents(
  joined: UnionFind,
  table: ComponentTable,
  minSize: number,
): { numberOf: Uint32Array; kept: number[]; dropped: number } {
  const numberOf = new Uint32Array(joined.size());
  for (const set of numberOf.keys()) if (joined.find(set) !== set) table.merge(set, joined.find(set));
  const kept: number[] = [];
  let dropped = 0;
  for (const set of numberOf.keys()) {
    const first = joined.find(set);
    if (first !== set) numberOf[set] = numberOf[first] ?? 0;
    else if (table.voxels(set) < minSize) dropped++;
    else numberOf[set] = kept.push(set);
  }
  return { numberOf, kept, dropped };
}

/** Finds each component's voxel nearest to its centroid while all runs are offered in raster order. */
function nearestFinder(kept: readonly number[], table: ComponentTable): {
  offer(id: number, run: RowRun): void;
  position(id: number): Zyx;
} {
  const best = kept.map((set) => ({
    centroid: table.centroid(set),
    distance: Infinity,
    position: table.first(set),
  }));
  return {
    offer(id, { z, y, start, end }) {
      const own = best[id - 1];
      if (own === undefined) return;
      const [cz, cy, cx] = own.centroid;
      const x = Math.min(end - 1, Math.max(start, Math.ceil(cx - 0.5)));
      const distance = (z - cz) * (z - cz) + (y - cy) * (y - cy) + (x - cx) * (x - cx);
      if (distance >= own.distance) return;
      own.distance = distance;
      own.position = [z, y, x];
    },
    position: (id) => best[id - 1]?.position ?? [0, 0, 0],
  };
}

/** Writes a slab's component numbers, in blocks of whole chunks; where voxels are 0 at first, only blocks with runs. */
async function writeNumbers(
  labelled: LabelledSlab,
  numbers: Uint32Array,
  sink: VoxelSink<Uint32Array>,
  blockVoxels: number,
  signal: AbortSignal | undefined,
): Promise<void> {
  const { slab, runs, setOfRun } = labelled;
  if (runs.starts.length === 0 && sink.isZeroAtFirst) return;
  for (const region of chunkBlocks(slab, sink.chunk, blockVoxels)) {
    let isEmpty = sink.isZeroAtFirst === true;
    if (isEmpty) visitRunsIn(region, labelled, () => void (isEmpty = false));
    if (isEmpty) continue;
    await nextTurn();
    signal?.throwIfAborted();
    const out = new Uint32Array(voxelCount(region.shape));
    visitRunsIn(region, labelled, (run, from, to) => {
      out.fill(numbers[setOfRun[run] ?? 0] ?? 0, from, to);
    });
    await sink.write(region, out);
    discard(out);
  }
}

/** Keeps items as long as there is room. They are numbered from 0 as they are added; `take` gives one out, once, or undefined where it was not kept. */
function rememberFirst<Item>(most: number, sizeOf: (item: Item) => number) {
  const kept: (Item | undefined)[] = [];
  let size = 0;
  return {
    add(item: Item): void {
      size += sizeOf(item);
      kept.push(size <= most ? item : undefined);
    },
    take(place: number): Item | undefined {
      const item = kept[place];
      kept[place] = undefined;
      return item;
    },
  };
}
