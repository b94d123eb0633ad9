/** Reading and writing of single chunks. */
import type { DataType } from "zarrita";
import { reasonOf, UserError } from "../config/user_error.ts";
import { allocateVoxels, bytesOf, bytesPerVoxel, dtypeOf } from "./dtype.ts";
import { fileError, readExactly, removeIfExists, type WholeFiles } from "./file.ts";
import { voxelCount, type Zyx } from "./region.ts";
import type { ChunkStorage, ZarrVolume } from "./zarr_array.ts";
import { decodeChunk, encodeChunk } from "./zarr_codec.ts";
import { MAX_STORED, readFileIfExists, sizeIfExists } from "./zarr_store.ts";

/** One voxel of the volume's fill value, as bytes. */
export function fillBytes(volume: ZarrVolume): Uint8Array {
  const voxel = allocateVoxels(volume.dtype, 1);
  voxel[0] = volume.fillValue;
  return bytesOf(voxel);
}

/** The file of a plain chunk. */
function chunkPath(
  volume: ZarrVolume,
  storage: ChunkStorage & { kind: "plain" },
  component: number,
  at: Zyx,
): string {
  const indices = storage.hasComponentAxis ? [component, ...at] : at;
  return `${volume.path}/${storage.prefix}${indices.join(storage.separator)}`;
}

/**
 * The bytes of chunk `at` (an index on each axis), in C order, little-endian, always of the full chunk's length;
 * undefined where the chunk was never written.
 *
 * @param slices half-open range of z inside the chunk that is wanted; other slices may be left undefined
 * @param scratch a buffer of a chunk's length that may be used for the result
 * @throws UserError if the chunk's file is damaged
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
  const path = chunkPath(volume, storage, component, at);
  if (storage.codec === "none") return loadRawSlices(path, slices, scratch, volume.chunk[0]);
  const stored = readFileIfExists(path, 2 * scratch.length + MAX_STORED);
  if (stored === undefined) return undefined;
  const bytes = decodeOrExplain(path, () => decodeChunk(storage.codec, stored, scratch.length));
  return checkedLength(path, bytes, scratch.length);
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

/** Opens a chunk's file; undefined where there is none. What is no regular file is not opened: a pipe would be waited for. */
function openIfExists(path: string): Deno.FsFile | undefined {
  if (sizeIfExists(path) === undefined) return undefined;
  try {
    return Deno.openSync(path, { read: true });
  } catch (cause) {
    throw fileError(path, "read", cause);
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
 * Stores the bytes of a full chunk among `files`. A chunk of fill values has no file; one that was there is removed.
 * @throws UserError if the volume is one that is only read, or the file cannot be written
 */
export function storeChunk(
  volume: ZarrVolume,
  component: number,
  at: Zyx,
  bytes: Uint8Array,
  files: WholeFiles,
): void {
  const { storage } = volume;
  if (storage.kind === "other") {
    throw new UserError(`${volume.path}: an array with codecs that are only read here; write to a new array`);
  }
  const path = chunkPath(volume, storage, component, at);
  if (isFilledWith(bytes, volume)) removeIfExists(path);
  else files.add(path, encodeChunk(storage.codec, bytes));
}

// Compares bits, not values: -0 and the different NaN must come back as they were written.
function isFilledWith(bytes: Uint8Array, volume: ZarrVolume): boolean {
  const fill = fillBytes(volume);
  if (bytesPerVoxel(volume.dtype) === 1) {
    const value = fill[0];
    return bytes.every((byte) => byte === value);
  }
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

function damaged(path: string, cause: unknown): UserError {
  return new UserError(`${path}: damaged chunk: ${reasonOf(cause)}; remove the array and compute it again`, {
    cause,
  });
}
