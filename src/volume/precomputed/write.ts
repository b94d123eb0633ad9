/** Writing of Neuroglancer precomputed volumes (github.com/google/neuroglancer: volume and sharded format), in shards of gzipped chunks. */
import { gzipSync } from "node:zlib";
import { createTemporary, fileError, writeExactly, writeWhole } from "../file.ts";
import { zipAxes, type Zyx } from "../region.ts";
import type { VoxelSize } from "../voxel_size.ts";
import { mortonPlace } from "./sharding.ts";

/** One resolution of a volume to write. */
export interface WrittenScale {
  readonly shape: Zyx;
  readonly chunk: Zyx;
  /** Of a voxel in nm. */
  readonly voxelSize: VoxelSize;
  /** Place of the first voxel, in voxels of this resolution. */
  readonly offset: Zyx;
}

/** A volume to write. */
export interface WrittenVolume {
  readonly type: "image" | "segmentation";
  readonly dtype: string;
  readonly channels: number;
  /** The finest first. */
  readonly scales: readonly WrittenScale[];
}

/** Chunks of a minishard, whose index is read at once, and minishards of a shard: at most 512 chunks are a file. */
const PRESHIFT_BITS = 6;
const MINISHARD_BITS = 3;

/** Bits of the numbers of chunks, divided. */
interface Bits {
  readonly preshift: number;
  readonly minishard: number;
  readonly shard: number;
}

function gridOf({ shape, chunk }: WrittenScale): readonly number[] {
  return zipAxes((n, c) => Math.ceil(n / c), shape, chunk).toReversed();
}

function bitsOf(scale: WrittenScale): Bits {
  const all = gridOf(scale).reduce((sum, n) => sum + Math.ceil(Math.log2(n)), 0);
  const preshift = Math.min(PRESHIFT_BITS, all);
  const minishard = Math.min(MINISHARD_BITS, all - preshift);
  return { preshift, minishard, shard: all - preshift - minishard };
}

/** Name of the folder of a resolution. */
function keyOf(index: number): string {
  return `s${index}`;
}

/** Writes `info`. @throws UserError if it cannot be written */
export async function writeInfo(
  path: string,
  { type, dtype, channels, scales }: WrittenVolume,
): Promise<void> {
  const info = {
    "@type": "neuroglancer_multiscale_volume",
    type,
    data_type: dtype,
    num_channels: channels,
    scales: scales.map((scale, index) => {
      const { preshift, minishard, shard } = bitsOf(scale);
      return {
        key: keyOf(index),
        size: scale.shape.toReversed(),
        resolution: scale.voxelSize.toReversed(),
        voxel_offset: scale.offset.toReversed(),
        chunk_sizes: [scale.chunk.toReversed()],
        encoding: "raw",
        sharding: {
          "@type": "neuroglancer_uint64_sharded_v1",
          hash: "identity",
          preshift_bits: preshift,
          minishard_bits: minishard,
          shard_bits: shard,
          minishard_index_encoding: "gzip",
          data_encoding: "gzip",
        },
      };
    }),
  };
  await writeWhole(`${path}/info`, new TextEncoder().encode(JSON.stringify(info, null, 2)));
}

/**
 * Writes the chunks of a resolution, shard after shard; one chunk is in memory at a time. Chunks of zeros are left out.
 * @param read the voxels of a chunk, `[channel, z, y, x]`, as far as it lies in the volume: little-endian bytes
 * @throws UserError if a file cannot be written
 */
export async function writeScale(
  path: string,
  index: number,
  scale: WrittenScale,
  read: (at: Zyx) => Promise<Uint8Array>,
): Promise<void> {
  const bits = bitsOf(scale);
  const digits = Math.max(1, Math.ceil(bits.shard / 4));
  for (let shard = 0; shard < 2 ** bits.shard; shard++) {
    const file = `${path}/${keyOf(index)}/${shard.toString(16).padStart(digits, "0")}.shard`;
    await writeShard(file, shard, gridOf(scale), bits, read);
  }
}

async function writeShard(
  path: string,
  shard: number,
  grid: readonly number[],
  { preshift, minishard }: Bits,
  read: (at: Zyx) => Promise<Uint8Array>,
): Promise<void> {
  const minishards = 2 ** minishard, chunks = 2 ** preshift;
  const places = new BigUint64Array(2 * minishards);
  let file: Deno.FsFile | undefined;
  let end = 0;
  const write = (bytes: Uint8Array) => {
    file ??= createTemporary(path);
    writeExactly(file, places.byteLength + end, bytes);
    end += bytes.length;
  };
  try {
    for (let part = 0; part < minishards; part++) {
      const entries: (readonly [chunk: bigint, start: number, bytes: number])[] = [];
      for (let i = 0; i < chunks; i++) {
        const chunk = BigInt(shard) * BigInt(minishards * chunks) + BigInt(part * chunks + i);
        const [x = 0, y = 0, z = 0] = mortonPlace(chunk, grid);
        if ([x, y, z].some((at, axis) => at >= (grid[axis] ?? 0))) continue;
        const voxels = await read([z, y, x]);
        if (voxels.every((byte) => byte === 0)) continue;
        const stored = gzipSync(voxels);
        entries.push([chunk, end, stored.length]);
        write(stored);
      }
      if (entries.length === 0) continue;
      const start = end;
      write(gzipSync(new Uint8Array(indexOf(entries).buffer)));
      places.set([BigInt(start), BigInt(end)], 2 * part);
    }
    if (file === undefined) return;
    writeExactly(file, 0, new Uint8Array(places.buffer));
    await file.syncData();
  } catch (cause) {
    throw fileError(path, "write", cause, end);
  } finally {
    file?.close();
  }
}

/** Numbers, starts and sizes of chunks, each number and start as the difference from what is before it. */
function indexOf(
  entries: readonly (readonly [chunk: bigint, start: number, bytes: number])[],
): BigUint64Array {
  const index = new BigUint64Array(3 * entries.length);
  let last = 0n, end = 0;
  for (const [i, [chunk, start, bytes]] of entries.entries()) {
    index[i] = chunk - last;
    index[entries.length + i] = BigInt(start - end);
    index[2 * entries.length + i] = BigInt(bytes);
    [last, end] = [chunk, start + bytes];
  }
  return index;
}
