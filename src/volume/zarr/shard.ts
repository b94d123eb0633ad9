/**
 * Shards as our own arrays have them (Zarr's codec `sharding_indexed`): the chunks of a box in one file, in the order of memory, and at its
 * end the offset and length of each, with a checksum.
 */
import { CHECKSUM_BYTES, checksumBytes, checksumText, crc32c, storedChecksum } from "../crc32c.ts";
import { DamagedError } from "../damaged_error.ts";
import { createTemporary, fileError, readExactly, removeIfExists, writeFully } from "../file.ts";
import { voxelCount, zipAxes, type Zyx } from "../region.ts";
import { openIfExists } from "./store.ts";

/** Of a chunk that was never written: all bits of offset and length. */
const ABSENT = 2n ** 64n - 1n;
const ENTRY_BYTES = 16;

/** Chunks of a shard on each axis. */
export function chunksPerShard({ shard, chunk }: { readonly shard: Zyx; readonly chunk: Zyx }): Zyx {
  return zipAxes((s, c) => s / c, shard, chunk);
}

/**
 * The bytes of one chunk as stored; undefined where there is no file, or it has no such chunk.
 * @param index place of the chunk in the shard
 * @param most bytes that a chunk may have
 * @throws DamagedError if what the file tells of its chunks cannot be
 */
export function readFromShard(
  path: string,
  { index, count, most }: { readonly index: number; readonly count: number; readonly most: number },
): Uint8Array | undefined {
  const file = openIfExists(path);
  if (file === undefined) return undefined;
  try {
    const length = count * ENTRY_BYTES + CHECKSUM_BYTES;
    const end = file.statSync().size - length;
    if (end < 0) throw new DamagedError(path, `${end + length} bytes, less than its index of ${length}`);
    const stored = new Uint8Array(length);
    readExactly(file, path, end, stored);
    const entries = stored.subarray(0, -CHECKSUM_BYTES);
    const found = crc32c(entries), expected = storedChecksum(stored);
    if (found !== expected) {
      const sums = `${checksumText(found)} instead of ${checksumText(expected)}`;
      throw new DamagedError(path, `the checksum of its index is ${sums}`);
    }
    const view = new DataView(entries.buffer);
    const offset = view.getBigUint64(index * ENTRY_BYTES, true);
    const bytes = view.getBigUint64(index * ENTRY_BYTES + 8, true);
    if (offset === ABSENT && bytes === ABSENT) return undefined;
    if (bytes > BigInt(most) || offset + bytes > BigInt(end)) {
      throw new DamagedError(
        path,
        `chunk ${index} of ${bytes} bytes at ${offset} is not within ${end} bytes`,
      );
    }
    const chunk = new Uint8Array(Number(bytes));
    readExactly(file, path, Number(offset), chunk);
    return chunk;
  } catch (cause) {
    throw fileError(path, "read", cause);
  } finally {
    file.close();
  }
}

/**
 * Writes a shard under a temporary name, chunk after chunk, so that one of them is in memory at a time.
 * @param encode the stored bytes of the chunk with this place in the shard, undefined where it is not stored
 * @returns false, and no file, where it has no chunk
 * @throws UserError if it cannot be written
 */
export function writeShard(
  { path, temporary }: { readonly path: string; readonly temporary: string },
  grid: Zyx,
  encode: (at: Zyx) => Uint8Array | undefined,
): boolean {
  const entries = new DataView(new ArrayBuffer(voxelCount(grid) * ENTRY_BYTES));
  let offset = 0, isEmpty = true;
  try {
    using file = createTemporary(temporary);
    for (let index = 0; index < voxelCount(grid); index++) {
      const row = Math.floor(index / grid[2]);
      const bytes = encode([Math.floor(row / grid[1]), row % grid[1], index % grid[2]]);
      entries.setBigUint64(index * ENTRY_BYTES, bytes ? BigInt(offset) : ABSENT, true);
      entries.setBigUint64(index * ENTRY_BYTES + 8, bytes ? BigInt(bytes.length) : ABSENT, true);
      if (bytes === undefined) continue;
      writeFully(file, bytes);
      offset += bytes.length;
      isEmpty = false;
    }
    const index = new Uint8Array(entries.buffer);
    writeFully(file, index);
    writeFully(file, checksumBytes(crc32c(index)));
  } catch (cause) {
    removeIfExists(temporary);
    throw fileError(path, "write", cause, offset);
  }
  if (isEmpty) removeIfExists(temporary);
  return !isEmpty;
}

/** An array has about so many files at most, as long as shards need not be longer than this many chunks on an axis. */
const MOST_FILES = 2 ** 17;
const MOST_CHUNKS = 4;

/**
 * The shard for an array: one chunk, of large volumes 2 or 4 on each axis, so that 10^12 voxels are 64,000 files. It depends on the shape
 * alone, never on how blocks are chosen; these are made of whole shards.
 *
 * @param least chunks on each axis, where the volume is as long
 */
export function shardFor(shape: Zyx, chunk: Zyx, least = 1): Zyx {
  let perAxis = least;
  while (perAxis < MOST_CHUNKS && voxelCount(shape) / voxelCount(chunk) > MOST_FILES * perAxis ** 3) {
    perAxis *= 2;
  }
  return zipAxes((n, c) => c * Math.min(perAxis, powerOfTwoAbove(n / c)), shape, chunk);
}

/** The least power of two, 1 or more, that is not below a value. */
export function powerOfTwoAbove(value: number): number {
  return 2 ** Math.max(0, Math.ceil(Math.log2(value) - 1e-9));
}
