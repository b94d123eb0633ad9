/**
 * Joins the parts of synapses that blocks have found, and numbers the synapses as one pass over the volume would. Of each part a few
 * numbers are in memory; sums and measures are in files.
 */
import { join } from "node:path";
import { createSynapseSums, SUM_FIELDS } from "../../../analysis/synapse_sums.ts";
import { createUnionFind, type UnionFind } from "../../../analysis/union_find.ts";
import { removeIfExists } from "../../../volume/file.ts";
import type { Region, Zyx } from "../../../volume/region.ts";
import { tooMany } from "../../components.ts";
import { lengthsOfVoxel, type SynapseList, type SynapseTable, tableOf } from "../synapses.ts";
import { borderJoiner } from "./borders.ts";
import { measureParts } from "./measure_parts.ts";
import type { BlockCounts, BlockParts } from "./parts.ts";
import { createRecordFile } from "./record_file.ts";

/** A block whose parts are found. */
export interface FoundBlock {
  readonly write: Region;
  readonly counts: BlockCounts;
}

/** How to join. */
export interface JoinOptions
  extends Pick<SynapseTable, "threshold" | "minSize" | "voxelSize" | "hasDirections"> {
  /** How messages call the scores. */
  readonly name: string;
  readonly shape: Zyx;
  /** Shape of a block that no border clips. */
  readonly blockShape: Zyx;
  readonly anisotropy: number;
  /** Bytes for the table. */
  readonly tableBytes: number;
  /** Folder that receives files of records; the synapses of the table are read from there. */
  readonly folder: string;
  /** Reads the parts of a block. */
  readonly read: (block: Region) => Promise<BlockParts>;
  readonly signal?: AbortSignal | undefined;
}

/** The synapses, and of each block the numbers of its parts, 0 for those that are none. */
export interface JoinedParts {
  readonly table: SynapseTable<SynapseList>;
  readonly numbers: Uint32Array;
  /** Where the numbers of each block begin, in the order of the blocks. */
  readonly bases: readonly number[];
}

/** Of the table's bytes, what may be taken by borders that wait for their neighbours, and later by sums that wait for others. */
const BORDER_SHARE = 1 / 4;
/** Bytes of a voxel of a border. */
const BORDER_BYTES = 8;
/** Bytes of the sums of a synapse that wait, twice while there come to be more. */
const BYTES_WAITING = 2 * 8 * SUM_FIELDS + 100;
/** What a part takes while parts are joined, and after that what a synapse takes while its table is summed up. */
const BYTES_A_PART = 56;

/**
 * Joins the parts of all blocks.
 * @param blocks all of the volume, in raster order
 * @throws {UserError} where there are more than fit the memory
 */
export async function joinParts(blocks: readonly FoundBlock[], options: JoinOptions): Promise<JoinedParts> {
  const { name, tableBytes, folder, shape, minSize, signal } = options;
  const most = Math.floor(tableBytes * (1 - BORDER_SHARE) / BYTES_A_PART);
  const bases: number[] = [];
  let parts = 0, dropped = 0;
  for (const { counts } of blocks) {
    bases.push(parts);
    parts += counts.parts;
    dropped += counts.dropped;
  }
  if (parts > most) throw tooMany(name, most);
  const sums = join(folder, "sums.records");
  const { sets, numbers, count, small } = numberSynapses(
    await joinBlocks(blocks, parts, sums, options),
    minSize,
  );
  const synapses = await measureParts({ sums, sets, numbers, count }, join(folder, "synapses.records"), {
    name,
    shape,
    unit: lengthsOfVoxel(options),
    mostWaiting: Math.floor(tableBytes * BORDER_SHARE / BYTES_WAITING),
    signal,
  });
  removeIfExists(sums);
  return { table: { ...tableOf(shape, options, synapses), dropped: dropped + small }, numbers, bases };
}

/** Parts as they are joined. */
interface JoinedSets {
  readonly sets: UnionFind;
  /** Voxels of each part. */
  readonly voxels: Float64Array;
  /** Place of the first voxel of each part in the volume. */
  readonly places: Float64Array;
}

/** Reads all blocks, joins their parts, and keeps the sums of these in a file. */
async function joinBlocks(
  blocks: readonly FoundBlock[],
  parts: number,
  file: string,
  { name, shape, blockShape, tableBytes, read, signal }: JoinOptions,
): Promise<JoinedSets> {
  const sets = createUnionFind(parts);
  const borders = borderJoiner(shape, blockShape, sets);
  const voxels = new Float64Array(parts), places = new Float64Array(parts);
  using sums = createRecordFile(file, SUM_FIELDS);
  let base = 0;
  for (const { write, counts } of blocks) {
    signal?.throwIfAborted();
    const found = await read(write);
    sums.write(base, found.sums);
    const own = createSynapseSums(0);
    own.load(0, found.sums);
    for (let part = 0; part < counts.parts; part++) {
      voxels[base + part] = own.voxels(part);
      places[base + part] = placeOf(own.first(part), shape);
    }
    // a copy, for what was read holds the runs of the block too
    const held = borders.add(write, found.border.slice(), base);
    const most = Math.floor(tableBytes * BORDER_SHARE / BORDER_BYTES);
    if (held > most) throw tooMany(name, most);
    base += counts.parts;
  }
  return { sets, voxels, places };
}

function placeOf([z, y, x]: Zyx, [, height, width]: Zyx): number {
  return (z * height + y) * width + x;
}

/** Gives the synapses numbers in the order of their first voxels, and each part that of its synapse. */
function numberSynapses({ sets, voxels, places }: JoinedSets, minSize: number) {
  const numbers = new Uint32Array(places.length);
  for (const part of numbers.keys()) {
    const root = sets.find(part);
    if (root === part) continue;
    voxels[root] = (voxels[root] ?? 0) + (voxels[part] ?? 0);
    places[root] = Math.min(places[root] ?? 0, places[part] ?? 0);
  }
  const isKept = (part: number) => sets.find(part) === part && (voxels[part] ?? 0) >= minSize;
  let count = 0, roots = 0;
  for (const part of numbers.keys()) {
    if (sets.find(part) === part) roots++;
    if (isKept(part)) count++;
  }
  const sorted = new Float64Array(count);
  let next = 0;
  for (const part of numbers.keys()) if (isKept(part)) sorted[next++] = places[part] ?? 0;
  sorted.sort();
  for (const part of numbers.keys()) {
    const root = sets.find(part); // at most the part's own number, so it has got its number already
    if (root !== part) numbers[part] = numbers[root] ?? 0;
    else if (isKept(part)) numbers[part] = 1 + rankOf(places[part] ?? 0, sorted);
  }
  return { sets, numbers, count, small: roots - count };
}

/** Where a value is in a sorted list that has it. */
function rankOf(value: number, sorted: Float64Array): number {
  let low = 0, high = sorted.length;
  while (high - low > 1) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] ?? 0) <= value) low = middle;
    else high = middle;
  }
  return low;
}
