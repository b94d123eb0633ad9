/** Chunks of precomputed volumes that are stored together in shards (precomputed: sharded format). */
import { gunzipSync } from "node:zlib";
import { reasonOf, type UserError } from "../../user_error.ts";
import { damagedChunk } from "../grid_source.ts";
import { isObject } from "../zarr/json.ts";
import { murmurHash128 } from "./murmur_hash.ts";

/** How chunks are divided among shards and the parts of these, which are called minishards. */
export interface Sharding {
  readonly preshiftBits: bigint;
  readonly isHashed: boolean;
  readonly minishardBits: bigint;
  readonly shardBits: bigint;
  readonly isIndexGzip: boolean;
  readonly isDataGzip: boolean;
}

type Wrong = (key: string, found: unknown, expected: string) => UserError;

/** Bits of a number of a chunk, and most of those of minishards: their index has 16 bytes for each. */
const MOST_BITS = 64;
const MOST_MINISHARD_BITS = 32;

/** @throws UserError where it is not as it must be */
export function checkSharding(sharding: unknown, wrong: Wrong): Sharding | undefined {
  if (sharding === undefined || sharding === null) return undefined;
  if (!isObject(sharding) || sharding["@type"] !== "neuroglancer_uint64_sharded_v1") {
    throw wrong("sharding", sharding, `{ "@type": "neuroglancer_uint64_sharded_v1", ... }`);
  }
  const bits = (key: string, most: number) => {
    const value = sharding[key];
    if (typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= most) {
      return BigInt(value);
    }
    throw wrong(`${key} of sharding`, value, `a whole number from 0 to ${most}`);
  };
  const isGzip = (key: string) => {
    const value = sharding[key] ?? "raw";
    if (value === "raw" || value === "gzip") return value === "gzip";
    throw wrong(`${key} of sharding`, value, "raw or gzip");
  };
  const { hash } = sharding;
  if (hash !== "identity" && hash !== "murmurhash3_x86_128") {
    throw wrong("hash of sharding", hash, "identity or murmurhash3_x86_128");
  }
  const minishardBits = bits("minishard_bits", MOST_MINISHARD_BITS);
  return {
    preshiftBits: bits("preshift_bits", MOST_BITS),
    isHashed: hash !== "identity",
    minishardBits,
    shardBits: bits("shard_bits", MOST_BITS - Number(minishardBits)),
    isIndexGzip: isGzip("minishard_index_encoding"),
    isDataGzip: isGzip("data_encoding"),
  };
}

/** The number of a chunk: bits of its place in the grid by turns, without those that are 0 everywhere. */
export function mortonCode(place: readonly number[], grid: readonly number[]): bigint {
  let code = 0n;
  let to = 0n;
  const most = Math.max(...grid);
  for (let bit = 0; 2 ** bit < most; bit++) {
    for (const [axis, at] of place.entries()) {
      if (2 ** bit >= (grid[axis] ?? 1)) continue;
      code |= BigInt(Math.floor(at / 2 ** bit) % 2) << to;
      to++;
    }
  }
  return code;
}

/** The place of the chunk with this number; beyond the grid where there is none. The inverse of {@link mortonCode}. */
export function mortonPlace(code: bigint, grid: readonly number[]): number[] {
  const place = grid.map(() => 0);
  let from = 0n;
  const most = Math.max(...grid);
  for (let bit = 0; 2 ** bit < most; bit++) {
    for (const [axis, length] of grid.entries()) {
      if (2 ** bit >= length) continue;
      place[axis] = (place[axis] ?? 0) + Number((code >> from) & 1n) * 2 ** bit;
      from++;
    }
  }
  return place;
}

/** Places on each axis that the last `bits` bits of numbers of chunks tell. */
export function mortonBox(bits: number, grid: readonly number[]): number[] {
  return mortonPlace((1n << BigInt(bits)) - 1n, grid).map((last) => last + 1);
}

/** The file of a shard and the number of the minishard in it. */
export function shardOf(
  sharding: Sharding,
  chunk: bigint,
): { readonly file: string; readonly minishard: number } {
  const shifted = chunk >> sharding.preshiftBits;
  const hashed = sharding.isHashed ? murmurHash128(shifted) : shifted;
  const shard = (hashed >> sharding.minishardBits) & ((1n << sharding.shardBits) - 1n);
  const digits = Math.ceil(Number(sharding.shardBits) / 4);
  return {
    file: `${digits === 0 ? "0" : shard.toString(16).padStart(digits, "0")}.shard`,
    minishard: Number(hashed & ((1n << sharding.minishardBits) - 1n)),
  };
}

/** Reads a part of a file; undefined where there is no file. @throws UserError if the part is not there or too long */
export type ReadPart = (file: string, offset: number, length: number) => Promise<Uint8Array | undefined>;

/** Finds and reads the chunks of shards. */
export interface ShardReader {
  /** The bytes of a chunk; undefined where it was never written. */
  read(chunk: bigint): Promise<Uint8Array | undefined>;
}

const ENTRY = 16;
/** Most bytes of an index of a minishard, of 87,381 chunks; and how many indices are kept. */
const MOST_INDEX = 1 << 21;
const MOST_KEPT = 4;
/** Most bytes that all of this takes, one more index as it is stored and as it is decoded included. */
export const SHARD_MEMORY = (MOST_KEPT + 2) * MOST_INDEX;

/**
 * Reads chunks through the two indices before them.
 * @param most bytes that a chunk may have when it is not compressed any more
 */
export function shardReader(
  folder: string,
  sharding: Sharding,
  most: number,
  readPart: ReadPart,
): ShardReader {
  const kept = new Map<string, BigUint64Array>();
  const indexEnd = ENTRY * 2 ** Number(sharding.minishardBits);

  async function indexOf(file: string, minishard: number): Promise<BigUint64Array | undefined> {
    const name = `${file} ${minishard}`;
    const known = kept.get(name);
    if (known !== undefined) return known;
    const entry = await readPart(file, ENTRY * minishard, ENTRY);
    if (entry === undefined) return undefined;
    const where = `${folder}/${file}`;
    if (entry.length !== ENTRY) {
      throw damagedChunk(where, `${entry.length} bytes of its index, expected ${ENTRY}`);
    }
    const view = new DataView(entry.buffer, entry.byteOffset, ENTRY);
    const [start, end] = [view.getBigUint64(0, true), view.getBigUint64(8, true)];
    if (start === end) return new BigUint64Array(0);
    if (end < start || end - start > MOST_INDEX || end > Number.MAX_SAFE_INTEGER) {
      throw damagedChunk(where, `the index of minishard ${minishard} is from byte ${start} to ${end}`);
    }
    const bytes = await readPart(file, indexEnd + Number(start), Number(end - start));
    const index = absolute(
      decode(where, bytes ?? new Uint8Array(0), sharding.isIndexGzip, MOST_INDEX),
      where,
    );
    const [oldest] = kept.keys();
    if (kept.size >= MOST_KEPT && oldest !== undefined) kept.delete(oldest);
    kept.set(name, index);
    return index;
  }

  return {
    async read(chunk) {
      const { file, minishard } = shardOf(sharding, chunk);
      const index = await indexOf(file, minishard);
      const count = (index?.length ?? 0) / 3;
      const at = index?.subarray(0, count).indexOf(chunk) ?? -1;
      if (index === undefined || at < 0) return undefined;
      const [start = 0n, size = 0n] = [index[count + at], index[2 * count + at]];
      const where = `${folder}/${file}`;
      if (start + size > Number.MAX_SAFE_INTEGER - indexEnd) {
        throw damagedChunk(where, `chunk ${chunk} has ${size} bytes from byte ${start} on`);
      }
      const bytes = await readPart(file, indexEnd + Number(start), Number(size));
      if (bytes?.length !== Number(size)) {
        throw damagedChunk(where, `chunk ${chunk} has ${bytes?.length ?? "no"} bytes, expected ${size}`);
      }
      return decode(where, bytes, sharding.isDataGzip, most);
    },
  };
}

/** Numbers of chunks, starts and sizes, from what each says of the difference from the one before. */
function absolute(bytes: Uint8Array, where: string): BigUint64Array {
  if (bytes.length % 24 !== 0) {
    throw damagedChunk(where, `an index of ${bytes.length} bytes, expected 24 for each chunk`);
  }
  const index = new BigUint64Array(new Uint8Array(bytes).buffer);
  const count = index.length / 3;
  let [chunk, end] = [0n, 0n];
  for (let at = 0; at < count; at++) {
    chunk = BigInt.asUintN(64, chunk + (index[at] ?? 0n));
    const start = BigInt.asUintN(64, end + (index[count + at] ?? 0n));
    end = BigInt.asUintN(64, start + (index[2 * count + at] ?? 0n));
    index[at] = chunk;
    index[count + at] = start;
  }
  return index;
}

function decode(where: string, bytes: Uint8Array, isGzip: boolean, most: number): Uint8Array {
  if (!isGzip) return bytes;
  try {
    return gunzipSync(bytes, { maxOutputLength: most });
  } catch (cause) {
    throw damagedChunk(where, reasonOf(cause), cause);
  }
}
