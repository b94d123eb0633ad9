/** Reading and writing of single chunks. */
import type { DataType } from "zarrita";
import { UserError } from "../../user_error.ts";
import { CHECKSUM_BYTES, checksumBytes, checksumText, crc32c, storedChecksum } from "../crc32c.ts";
import { DamagedError } from "../damaged_error.ts";
import { allocateVoxels, bytesOf, bytesPerVoxel, dtypeOf, isBig } from "../dtype.ts";
import { fileError, readExactly, removeIfExists, type WholeFiles } from "../file.ts";
import { voxelCount, zipAxes, type Zyx } from "../region.ts";
import type { ChunkStorage, ZarrVolume } from "./array.ts";
import { decodeChunk, encodeChunk } from "./codec.ts";
import { decodingReason } from "./decoders.ts";
import { chunksPerShard, readFromShard } from "./shard.ts";
import { MAX_STORED, openIfExists, readFileIfExists } from "./store.ts";

/** What of a volume its chunks depend on. */
export type ChunkedVolume = Pick<
  ZarrVolume,
  "path" | "chunk" | "shard" | "dtype" | "fillValue" | "storesAll" | "storage"
>;

/** One voxel of the volume's fill value, as bytes. */
export function fillBytes(volume: Pick<ZarrVolume, "dtype" | "fillValue">): Uint8Array {
  const voxel = allocateVoxels(volume.dtype, 1);
  voxel[0] = isBig(voxel) ? BigInt(volume.fillValue) : volume.fillValue;
  return bytesOf(voxel);
}

/** A buffer for the bytes of a chunk, with room behind them for a checksum. */
export function chunkScratch(volume: ZarrVolume): Uint8Array<ArrayBuffer> {
  return new Uint8Array(scratchBytes(volume));
}

/** Bytes of it. */
export function scratchBytes({ chunk, dtype }: Pick<ZarrVolume, "chunk" | "dtype">): number {
  return voxelCount(chunk) * bytesPerVoxel(dtype) + CHECKSUM_BYTES;
}

/** The file of a plain chunk, or of a shard. @param at index of the chunk or shard on each axis */
export function chunkPath(
  volume: Pick<ZarrVolume, "path">,
  storage: ChunkStorage & { kind: "plain" },
  component: number,
  at: Zyx,
): string {
  const indices = storage.hasComponentAxis ? [component, ...at] : at;
  return `${volume.path}/${storage.prefix}${indices.join(storage.separator)}`;
}

/**
 * The bytes of chunk `at` (an index on each axis), in C order, little-endian, always of the full chunk's length;
 * undefined where the chunk was never written and the volume may have such chunks.
 *
 * @param slices half-open range of z inside the chunk that is wanted; other slices may be left undefined
 * @param scratch of `chunkScratch`, which may be used for the result
 * @throws DamagedError if the chunk's file is damaged, or is not there though the volume stores all
 */
export async function loadChunk(
  volume: ZarrVolume,
  component: number,
  at: Zyx,
  slices: readonly [from: number, to: number],
  scratch: Uint8Array,
): Promise<Uint8Array | undefined> {
  const { storage } = volume;
  if (storage.kind === "other") return await loadOtherChunk(volume, storage, component, at);
  const path = chunkPath(volume, storage, component, fileIndex(volume, at));
  const bytes = storage.shard === undefined
    ? loadPlainChunk(volume, storage, path, slices, scratch)
    : loadShardedChunk(volume, storage, path, at);
  if (bytes === undefined && volume.storesAll) throw new DamagedError(path, CHUNK_LOST);
  return bytes;
}

/** What is said of a chunk that was written and has no file. */
const CHUNK_LOST = "its file is missing, but the chunk was written";

/** Which file, on each axis, holds a chunk. */
function fileIndex(volume: Pick<ZarrVolume, "shard" | "chunk">, at: Zyx): Zyx {
  return zipAxes((i, n) => Math.floor(i / n), at, chunksPerShard(volume));
}

function loadShardedChunk(
  volume: ZarrVolume,
  storage: ChunkStorage & { kind: "plain" },
  path: string,
  at: Zyx,
): Uint8Array | undefined {
  const grid = chunksPerShard(volume);
  const [z, y, x] = zipAxes((i, n) => i % n, at, grid);
  const index = (z * grid[1] + y) * grid[2] + x;
  const length = scratchBytes(volume) - CHECKSUM_BYTES;
  const stored = readFromShard(path, { index, count: voxelCount(grid), most: 2 * length + MAX_STORED });
  return stored && decodeStored(storage, path, stored, length);
}

function decodeStored(
  { codec, hasChecksum }: ChunkStorage & { kind: "plain" },
  path: string,
  stored: Uint8Array,
  length: number,
): Uint8Array {
  const compressed = hasChecksum ? withoutChecksum(path, stored) : stored;
  return checkedLength(path, decodeOrExplain(path, () => decodeChunk(codec, compressed, length)), length);
}

function loadPlainChunk(
  volume: ZarrVolume,
  storage: ChunkStorage & { kind: "plain" },
  path: string,
  slices: readonly [from: number, to: number],
  scratch: Uint8Array,
): Uint8Array | undefined {
  const { codec, hasChecksum } = storage;
  const room = scratch.subarray(0, scratch.length - CHECKSUM_BYTES);
  if (codec === "none") {
    return hasChecksum ? loadRawChecked(path, scratch) : loadRawSlices(path, slices, room, volume.chunk[0]);
  }
  const stored = readFileIfExists(path, 2 * room.length + MAX_STORED);
  return stored && decodeStored(storage, path, stored, room.length);
}

// The checksum is of the whole chunk, so the whole is read, whatever slices are wanted.
function loadRawChecked(path: string, scratch: Uint8Array): Uint8Array | undefined {
  const file = openIfExists(path);
  if (file === undefined) return undefined;
  try {
    const { size } = file.statSync();
    if (size !== scratch.length) throw new DamagedError(path, `${size} bytes instead of ${scratch.length}`);
    readExactly(file, path, 0, scratch);
  } catch (cause) {
    throw fileError(path, "read", cause);
  } finally {
    file.close();
  }
  return withoutChecksum(path, scratch);
}

function withoutChecksum(path: string, stored: Uint8Array): Uint8Array {
  const bytes = stored.subarray(0, Math.max(0, stored.length - CHECKSUM_BYTES));
  const found = crc32c(bytes), expected = storedChecksum(stored);
  if (stored.length >= CHECKSUM_BYTES && found === expected) return bytes;
  throw new DamagedError(path, `its checksum is ${checksumText(found)} instead of ${checksumText(expected)}`);
}

// Not through zarrita's pipeline: reading only the wanted slices of the file into one reused buffer, and Node's native
// Zstandard instead of the WebAssembly one, are 3 to 6 times faster than its `getChunk`.
function loadRawSlices(
  path: string,
  [from, to]: readonly [number, number],
  scratch: Uint8Array,
  depth: number,
): Uint8Array | undefined {
  const file = openIfExists(path);
  if (file === undefined) return undefined;
  try {
    const slice = scratch.length / depth;
    readExactly(file, path, from * slice, scratch.subarray(from * slice, to * slice));
    return scratch;
  } finally {
    file.close();
  }
}

async function loadOtherChunk(
  volume: ZarrVolume,
  storage: ChunkStorage & { kind: "other" },
  component: number,
  at: Zyx,
): Promise<Uint8Array> {
  const { array, hasComponentAxis } = storage;
  const perChunk = hasComponentAxis ? array.chunks[0] ?? 1 : 1;
  const index = hasComponentAxis ? [Math.floor(component / perChunk), ...at] : [...at];
  const path = `${volume.path}, chunk ${index}`;
  let chunk;
  try {
    chunk = await array.getChunk(index);
  } catch (cause) {
    throw damaged(path, cause);
  }
  const { data, stride } = chunk;
  if (!isVoxels(data) || data.length !== perChunk * voxelCount(volume.chunk)) {
    throw damaged(path, new Error(`${data.length} voxels of ${array.dtype satisfies DataType}`));
  }
  const [strideX = 1, strideY = 1, strideZ = 1, strideComponent = 0] = [...stride].reverse();
  const voxels = allocateVoxels(dtypeOf(data), voxelCount(volume.chunk));
  const [depth, height, width] = volume.chunk;
  let to = 0;
  for (let z = 0; z < depth; z++) {
    for (let y = 0; y < height; y++) {
      let from = (component % perChunk) * strideComponent + z * strideZ + y * strideY;
      for (let x = 0; x < width; x++, to++, from += strideX) voxels[to] = data[from] ?? 0;
    }
  }
  return bytesOf(voxels);
}

function isVoxels(data: unknown): data is Uint8Array | Uint32Array | Float32Array {
  return data instanceof Uint8Array || data instanceof Uint32Array || data instanceof Float32Array;
}

/**
 * Stores the bytes of a full chunk among `files`. A chunk of fill values has no file, unless the volume stores all; one that was
 * there is removed.
 * @param scratch of `chunkScratch`, with the chunk's bytes; what is behind them is overwritten
 * @throws UserError if the volume is one that is only read, or the file cannot be written
 */
export function storeChunk(
  volume: ChunkedVolume,
  component: number,
  at: Zyx,
  scratch: Uint8Array,
  files: Pick<WholeFiles, "add">,
): void {
  const path = chunkPath(volume, requireWritable(volume), component, at);
  const stored = encodeStored(volume, scratch);
  if (stored === undefined) removeIfExists(path);
  else files.add(path, stored);
}

/** @throws UserError if the volume is one that is only read */
export function requireWritable({ path, storage }: ChunkedVolume): ChunkStorage & { kind: "plain" } {
  if (storage.kind === "plain") return storage;
  throw new UserError(`${path}: an array with codecs that can only be read; write to a new array`);
}

/**
 * A chunk as it is stored; undefined where it holds fill values and the volume does not store all.
 * @param scratch of `chunkScratch`, with the chunk's bytes; what is behind them is overwritten
 */
export function encodeStored(volume: ChunkedVolume, scratch: Uint8Array): Uint8Array | undefined {
  const { codec, hasChecksum } = requireWritable(volume);
  const bytes = scratch.subarray(0, scratch.length - CHECKSUM_BYTES);
  if (!volume.storesAll && isFilledWith(bytes, volume)) return undefined;
  const encoded = encodeChunk(codec, bytes);
  if (!hasChecksum) return encoded;
  const stored = codec === "none" ? scratch : new Uint8Array(encoded.length + CHECKSUM_BYTES);
  if (codec !== "none") stored.set(encoded);
  stored.set(checksumBytes(crc32c(encoded)), encoded.length);
  return stored;
}

// Compares bits, not values: -0 and the different NaN must come back as they were written.
function isFilledWith(bytes: Uint8Array, volume: ChunkedVolume): boolean {
  const fill = fillBytes(volume);
  if (bytesPerVoxel(volume.dtype) !== 4) return bytes.every((byte, at) => byte === fill[at % fill.length]);
  const words = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
  const value = new Uint32Array(fill.buffer)[0];
  return words.every((word) => word === value);
}

function checkedLength(path: string, bytes: Uint8Array, length: number): Uint8Array {
  if (bytes.length === length) return bytes;
  throw damaged(path, new Error(`${bytes.length} bytes instead of ${length}`));
}

function decodeOrExplain(path: string, decode: () => Uint8Array): Uint8Array {
  try {
    return decode();
  } catch (cause) {
    throw damaged(path, cause);
  }
}

function damaged(path: string, cause: unknown): DamagedError {
  return new DamagedError(path, decodingReason(cause), { cause });
}
