/** Joins parts of synapses that touch each other across the borders of blocks. */
import type { UnionFind } from "../../../analysis/union_find.ts";
import { type Region, zipAxes, type Zyx } from "../../../volume/region.ts";

/** A block whose border may touch later blocks. */
interface OpenBlock {
  readonly write: Region;
  readonly border: Int32Array;
  readonly base: number;
}

/** Joins what touches at the borders of blocks. */
export interface BorderJoiner {
  /**
   * Adds a block; they come in raster order. Its border is kept until no later block can touch it.
   * @param border as `BlockParts` has it
   * @param base what comes before the number of a part of the block
   * @returns how many voxels of borders wait for later blocks
   */
  add(write: Region, border: Int32Array, base: number): number;
}

/**
 * Joins what touches at the borders of blocks.
 * @param blockShape of a block that no border of the volume clips
 * @param joined the parts of all blocks
 */
export function borderJoiner(shape: Zyx, blockShape: Zyx, joined: UnionFind): BorderJoiner {
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
