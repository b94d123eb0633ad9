/** Writing of Neuroglancer precomputed volumes (github.com/google/neuroglancer: volume and sharded format), in shards of gzipped chunks. */
import { gzipSync } from "node:zlib";
import { writeWhole } from "../file.ts";
import { createOutputFile, type OutputFile } from "../output_file.ts";
import { zipAxes, type Zyx } from "../region.ts";
import type { VoxelSize } from "../voxel_size.ts";
import { mortonBox, mortonCode, mortonPlace } from "./sharding.ts";

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

/** Reads the voxels of a chunk, `[channel, z, y, x]`, as far as it lies in the volume: little-endian bytes. */
export type ReadChunk = (at: Zyx) => Promise<Uint8Array>;

/** Chunks of a shard on each axis. Every shard is such a box, because the bits of a chunk's place come in turns. */
export function chunksOfShard(scale: WrittenScale): Zyx {
  const { preshift, minishard } = bitsOf(scale);
  const box = mortonBox(preshift + minishard, gridOf(scale));
  return [box[2] ?? 1, box[1] ?? 1, box[0] ?? 1];
}

/**
 * Writes a shard, whole or not at all; one chunk is in memory at a time. Chunks of zeros are left out.
 * @param path of the volume; the folder of the resolution is there
 * @param at place of one of the shard's chunks
 * @returns whether there is a file: a shard of zeros has none
 * @throws UserError if the file cannot be written
 */
export async function writeShard(
  path: string,
  index: number,
  scale: WrittenScale,
  at: Zyx,
  read: ReadChunk,
): Promise<boolean> {
  const bits = bitsOf(scale), grid = gridOf(scale);
  const shard = mortonCode(at.toReversed(), grid) >> BigInt(bits.preshift + bits.minishard);
  const digits = Math.max(1, Math.ceil(bits.shard / 4));
  const file = `${path}/${keyOf(index)}/${shard.toString(16).padStart(digits, "0")}.shard`;
  return await writeShardFile(file, shard, grid, bits, read);
}

/** Writes the chunks of a resolution, shard after shard. @throws UserError if a file cannot be written */
export async function writeScale(
  path: string,
  index: number,
  scale: WrittenScale,
  read: ReadChunk,
): Promise<void> {
  Deno.mkdirSync(`${path}/${keyOf(index)}`, { recursive: true });
  const [bz, by, bx] = chunksOfShard(scale);
  const [nx = 0, ny = 0, nz = 0] = gridOf(scale);
  for (let z = 0; z < nz; z += bz) {
    for (let y = 0; y < ny; y += by) {
      for (let x = 0; x < nx; x += bx) await writeShard(path, index, scale, [z, y, x], read);
    }
  }
}

async function writeShardFile(
  path: string,
  shard: bigint,
  grid: readonly number[],
  { preshift, minishard }: Bits,
  read: ReadChunk,
): Promise<boolean> {
  const minishards = 2 ** minishard, chunks = 2 ** preshift;
  const places = new BigUint64Array(2 * minishards);
  let file: OutputFile | undefined;
  let end = 0;
  const write = (bytes: Uint8Array) => {
    file ??= createOutputFile(path, []);
    file.write(places.byteLength + end, bytes);
    end += bytes.length;
  };
  try {
    for (let part = 0; part < minishards; part++) {
      const entries: (readonly [chunk: bigint, start: number, bytes: number])[] = [];
      for (let i = 0; i < chunks; i++) {
        const chunk = shard * BigInt(minishards * chunks) + BigInt(part * chunks + i);
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
    file?.write(0, new Uint8Array(places.buffer));
  } catch (cause) {
    file?.abandon();
    throw cause;
  }
  file?.complete();
  return file !== undefined;
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
