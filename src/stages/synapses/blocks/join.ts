/** Joins the parts of synapses that blocks have found, and numbers the synapses as one pass over the volume would. */
import { createSynapseSums } from "../../../analysis/synapse_sums.ts";
import { createUnionFind, type UnionFind } from "../../../analysis/union_find.ts";
import { type Region, zipAxes, type Zyx } from "../../../volume/region.ts";
import { tooMany } from "../../components.ts";
import { BYTES_A_SYNAPSE, type SynapseTable, tableOf } from "../synapses.ts";
import type { BlockCounts, BlockParts } from "./parts.ts";

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
  /** Reads the parts of a block. */
  readonly read: (block: Region) => Promise<BlockParts>;
  readonly signal?: AbortSignal | undefined;
}

/** The synapses, and of each block the numbers of its parts, 0 for those that are none. */
export interface JoinedParts {
  readonly table: SynapseTable;
  readonly numbers: Uint32Array;
  /** Where the numbers of each block begin, in the order of the blocks. */
  readonly bases: readonly number[];
}

/** Parts that may come on each synapse. */
const PARTS_A_SYNAPSE = 4;
/** Of the table's bytes, what borders that wait for their neighbours may take. */
const BORDER_SHARE = 1 / 4;

/**
 * Joins the parts of all blocks.
 * @param blocks all of the volume, in raster order
 * @throws {UserError} where there are more than fit the memory
 */
export async function joinParts(
  blocks: readonly FoundBlock[],
  { name, shape, blockShape, tableBytes, read, signal, ...about }: JoinOptions,
): Promise<JoinedParts> {
  const most = Math.floor(tableBytes / BYTES_A_SYNAPSE);
  const bases: number[] = [];
  let parts = 0, dropped = 0;
  for (const { counts } of blocks) {
    bases.push(parts);
    parts += counts.parts;
    dropped += counts.dropped;
  }
  if (parts > PARTS_A_SYNAPSE * most) throw tooMany(name, PARTS_A_SYNAPSE * most);
  const sums = createSynapseSums(parts);
  const joined = createUnionFind(parts);
  const borders = borderJoiner(shape, blockShape, joined);
  for (const [i, { write }] of blocks.entries()) {
    signal?.throwIfAborted();
    const found = await read(write);
    const base = bases[i] ?? 0;
    sums.load(base, found.sums);
    if (8 * borders.add(write, found.border, base) > tableBytes * BORDER_SHARE) throw tooMany(name, most);
  }
  const numbers = new Uint32Array(parts);
  const kept: { readonly part: number; readonly place: number }[] = [];
  for (const part of numbers.keys()) {
    if (joined.find(part) !== part) sums.merge(part, joined.find(part));
  }
  for (const part of numbers.keys()) {
    if (joined.find(part) !== part) continue;
    if (sums.voxels(part) < about.minSize) dropped++;
    else kept.push({ part, place: placeOf(sums.first(part), shape) });
  }
  if (kept.length > most) throw tooMany(name, most);
  kept.sort((a, b) => a.place - b.place);
  for (const [i, { part }] of kept.entries()) numbers[part] = i + 1;
  for (const part of numbers.keys()) numbers[part] = numbers[joined.find(part)] ?? 0;
  const own = createSynapseSums(kept.length);
  for (const [i, { part }] of kept.entries()) own.load(i + 1, sums.records(part, part + 1));
  const found = kept.map((_, i) => ({ id: i + 1, voxels: own.voxels(i + 1), box: own.box(i + 1) }));
  return { table: { ...tableOf(shape, found, own, about), dropped }, numbers, bases };
}

function placeOf([z, y, x]: Zyx, [, height, width]: Zyx): number {
  return (z * height + y) * width + x;
}

/** A block whose border may touch later blocks. */
interface OpenBlock {
  readonly write: Region;
  readonly border: Int32Array;
  readonly base: number;
}

/** Joins what touches at the borders of blocks, which are added in raster order; tells how many border voxels wait for later blocks. */
function borderJoiner(shape: Zyx, blockShape: Zyx, joined: UnionFind) {
  const [, ny, nx] = zipAxes((n, b) => Math.ceil(n / b), shape, blockShape);
  const open = new Map<number, OpenBlock>();
  let held = 0;
  const indexOf = ([z, y, x]: Zyx) => (z * ny + y) * nx + x;
  return {
    add(write: Region, border: Int32Array, base: number): number {
      const [z, y, x] = zipAxes((start, size) => start / size, write.start, blockShape);
      const index = indexOf([z, y, x]);
      for (const [before, { border: gone }] of open) {
        if (before >= index - ny * nx - nx - 1) break;
        open.delete(before);
        held -= gone.length / 2;
      }
      if (border.length === 0) return held;
      const block: OpenBlock = { write, border, base };
      const partAt = mapOf(border);
      for (const [dz, dy, dx] of EARLIER) {
        const [by, bx] = [y + dy, x + dx];
        if (by < 0 || by >= ny || bx < 0 || bx >= nx) continue;
        const before = open.get(indexOf([z + dz, by, bx]));
        if (before) joinTouching(before, block, partAt, joined);
      }
      open.set(index, block);
      held += border.length / 2;
      return held;
    },
  };
}

/** Blocks that come before one in raster order and touch it, from it on. */
const EARLIER: readonly Zyx[] = [-1, 0, 1].flatMap((z) =>
  [-1, 0, 1].flatMap((y) => [-1, 0, 1].map((x): Zyx => [z, y, x]))
).slice(0, 13);

function mapOf(border: Int32Array): Map<number, number> {
  const partAt = new Map<number, number>();
  for (let i = 0; i < border.length; i += 2) partAt.set(border[i] ?? 0, border[i + 1] ?? 0);
  return partAt;
}

function joinTouching(
  before: OpenBlock,
  { write, base }: OpenBlock,
  partAt: ReadonlyMap<number, number>,
  joined: UnionFind,
): void {
  const [height, width] = [before.write.shape[1], before.write.shape[2]];
  const [z0, y0, x0] = zipAxes((a, b) => a - b, before.write.start, write.start);
  const [depth, ny, nx] = write.shape;
  for (let i = 0; i < before.border.length; i += 2) {
    const voxel = before.border[i] ?? 0;
    // as seen from the later block
    const x = x0 + voxel % width, row = Math.floor(voxel / width);
    const y = y0 + row % height, z = z0 + Math.floor(row / height);
    if (z < -1 || z > depth || y < -1 || y > ny || x < -1 || x > nx) continue;
    const own = before.base + (before.border[i + 1] ?? 0);
    for (let a = Math.max(0, z - 1); a < Math.min(depth, z + 2); a++) {
      for (let b = Math.max(0, y - 1); b < Math.min(ny, y + 2); b++) {
        for (let c = Math.max(0, x - 1); c < Math.min(nx, x + 2); c++) {
          const part = partAt.get((a * ny + b) * nx + c);
          if (part !== undefined) joined.join(own, base + part);
        }
      }
    }
  }
}
