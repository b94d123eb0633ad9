/** Opening and creating the Zarr arrays that hold volumes. */
import * as zarr from "zarrita";
import { UserError } from "../../user_error.ts";
import { bytesPerVoxel, type Dtype, isVoxelType } from "../dtype.ts";
import { DamagedError } from "../damaged_error.ts";
import { fileState, removeIfExists, writeWhole } from "../file.ts";
import { voxelCount, type Zyx } from "../region.ts";
import { type ChunkCodec, codecMetadata, plainCodec, plainShards, shardMetadata } from "./codec.ts";
import { isObject, readJson } from "./json.ts";
import { locateChunks, type LocatedArray } from "./layout.ts";
import { namesOf, readZarrMetadata, type ZarrMetadata } from "./metadata.ts";
import { attributedVoxelSize, type VoxelSize } from "../voxel_size.ts";
import { chunksPerShard, powerOfTwoAbove } from "./shard.ts";
import { isSealed, sealAttributes, withoutSeal } from "./seal.ts";
import { folderStore, MAX_STORED } from "./store.ts";
import { openDescribed } from "./described_store.ts";

/** An open volume. It holds no file open and caches nothing, so that there is nothing to close. */
export interface ZarrVolume {
  /** Folder of the array. */
  readonly path: string;
  /** Size in voxels. */
  readonly shape: Zyx;
  /** Values per voxel; 1 for an array without component axis. */
  readonly components: number;
  /** Type of the voxels. */
  readonly dtype: Dtype;
  /** Size of a chunk in voxels. */
  readonly chunk: Zyx;
  /** Size in voxels of what a file holds: a chunk, or a shard of whole chunks. Others may write other files at the same time. */
  readonly shard: Zyx;
  /** Bytes of a chunk when it is decoded, all components that it holds together. */
  readonly chunkBytes: number;
  /** What voxels of chunks that were never written hold. */
  readonly fillValue: number;
  /** Undefined where it is not known. */
  readonly voxelSize: VoxelSize | undefined;
  /** Whether every chunk that was written has a file, those of fill values too, so that one without a file is lost. */
  readonly storesAll: boolean;
  /** What is told about how it is read. */
  readonly notes: readonly string[];
  /** The array's own attributes. */
  readonly attributes: Readonly<Record<string, unknown>>;
  /**
   * How chunks are stored.
   * @internal
   */
  readonly storage: ChunkStorage;
}

/**
 * `plain`: each chunk is a file of little-endian voxels in C order, perhaps compressed. `other`: whatever zarrita can
 * decode; such volumes are only read.
 */
export type ChunkStorage =
  | {
    readonly kind: "plain";
    readonly codec: ChunkCodec;
    /** Whether each chunk ends with a checksum. */
    readonly hasChecksum: boolean;
    /** Size of the shards in voxels, each a file of chunks with their places at its end; undefined where each chunk is a file. */
    readonly shard: Zyx | undefined;
    readonly hasComponentAxis: boolean;
    readonly separator: string;
    readonly prefix: string;
  }
  | {
    readonly kind: "other";
    readonly hasComponentAxis: boolean;
    readonly array: zarr.Array<zarr.DataType>;
  };

/** What a new volume is like. */
export interface CreateZarrOptions {
  /** Size in voxels. */
  readonly shape: Zyx;
  /** Size of a chunk in voxels; default about 64^3 voxels. */
  readonly chunk?: Zyx;
  /** Size of a shard in voxels, whole chunks: its chunks are one file. Default: each chunk is a file. */
  readonly shard?: Zyx | undefined;
  /** Type of the voxels. */
  readonly dtype: Dtype;
  /** Default 1; with more, or with `componentAxis`, the array is `[component, z, y, x]`. */
  readonly components?: number;
  /** Default `none` for uint8 and `zstd` for the other types. */
  readonly codec?: ChunkCodec;
  /** Default 0. */
  readonly fillValue?: number;
  /** Chunks of fill values have files too, so that a lost chunk is not taken for one of these. Default false. */
  readonly storesAll?: boolean;
  /** The array's own attributes, besides those that tell how it is stored. */
  readonly attributes?: Readonly<Record<string, unknown>>;
}

const CHUNK_VOXELS = 64 ** 3;

/** The attribute that tells that every chunk has a file once it was written. */
const STORES_ALL = { chunkFiles: "all" } as const;

/**
 * The chunk for a volume: about 64^3 voxels, powers of two, as long in z as in x and y in nm where the volume's size
 * allows.
 *
 * @param anisotropy voxel size in z over voxel size in x and y, at least 1
 */
export function defaultChunk(shape: Zyx, anisotropy: number): Zyx {
  const depth = Math.min(powerOfTwoBelow(64 / anisotropy ** (2 / 3)), powerOfTwoAbove(shape[0]));
  const slice = CHUNK_VOXELS / depth;
  const height = Math.min(powerOfTwoBelow(Math.sqrt(slice)), powerOfTwoAbove(shape[1]));
  const width = Math.min(slice / height, powerOfTwoAbove(shape[2]), 1024);
  return [depth, height, width];
}

function powerOfTwoBelow(value: number): number {
  return 2 ** Math.max(0, Math.floor(Math.log2(value) + 1e-9));
}

/**
 * Creates an empty volume; every voxel is `fillValue`. A Zarr array that was at `path` before is removed.
 * @throws UserError if something else is at `path`, or the folder cannot be written
 */
export async function createZarr(path: string, options: CreateZarrOptions): Promise<ZarrVolume> {
  const { shape, chunk = defaultChunk(shape, 1), dtype, components = 1, fillValue = 0 } = options;
  const { shard = chunk } = options;
  const attributes = { ...options.attributes, ...(options.storesAll === true ? STORES_ALL : {}) };
  const perShard = chunksPerShard({ shard, chunk });
  for (const length of [...shape, ...chunk, ...perShard, components]) {
    if (!Number.isSafeInteger(length) || length < 1) {
      throw new RangeError(
        `${path}: shape ${shape}, chunk ${chunk}, shard ${shard}, components ${components}: must be integers ` +
          "from 1, and a shard whole chunks",
      );
    }
  }
  const codec = options.codec ?? (dtype === "uint8" ? "none" : "zstd");
  const hasComponentAxis = components > 1;
  const lengths = (size: Zyx) => hasComponentAxis ? [1, ...size] : [...size];
  const plain = codecMetadata(codec, bytesPerVoxel(dtype));
  const codecs = voxelCount(perShard) > 1 ? shardMetadata(lengths(chunk), plain) : plain;
  removeZarr(path);
  const names = hasComponentAxis ? ["component", "z", "y", "x"] : ["z", "y", "x"];
  await zarr.create(zarr.root(folderStore(path)), {
    shape: hasComponentAxis ? [components, ...shape] : [...shape],
    chunkShape: lengths(shard),
    dtype,
    codecs,
    fillValue,
    dimensionNames: names,
    attributes: sealAttributes({ shape, components, dtype, chunk, fillValue, names }, codecs, attributes),
  });
  return openZarr(path, "any");
}

/**
 * Removes a Zarr array, or what a creation left that was interrupted.
 * @throws UserError if anything else is at `path`, so that a mistyped path costs nothing
 */
export function removeZarr(path: string): void {
  const state = fileState(path);
  if (state === undefined) return;
  const names = state.isDirectory ? [...Deno.readDirSync(path)].map(({ name }) => name) : [path];
  const isArray = names.includes("zarr.json") || names.includes(".zarray");
  if (!isArray && !names.every((name) => name.endsWith(".partial"))) {
    throw new UserError(`${path}: already exists and is not a Zarr array; choose another path or remove it`);
  }
  removeIfExists(path);
}

/**
 * Opens a Zarr array, v2 or v3, of 3 dimensions `[z, y, x]` or 4 `[component, z, y, x]`.
 * @param types `usual`: volumes of uint8, uint32 or float32, as all stages use; `any`: copies that keep what their file holds
 * @throws UserError if there is no array, or one of another rank or voxel type
 * @throws DamagedError if the metadata of an array of our own are not those that were written
 */
export async function openZarr(path: string, types: "usual" | "any" = "usual"): Promise<ZarrVolume> {
  const { metadata, array, notes } = await openArray(path, types);
  const { dtype } = array;
  const [x, y, z, components] = [...array.shape].reverse();
  const [chunkX, chunkY, chunkZ] = [...array.chunks].reverse();
  if (!isVoxelType(dtype) || !z || !y || !x || !chunkZ || !chunkY || !chunkX) {
    throw new Error(`${path}: metadata of ${dtype}, shape ${array.shape}, was not checked`);
  }
  const hasComponentAxis = components !== undefined;
  const storage = plainStorage(metadata, array, hasComponentAxis, bytesPerVoxel(dtype)) ??
    { kind: "other", hasComponentAxis, array };
  const volume: ZarrVolume = {
    path,
    shape: [z, y, x],
    components: components ?? 1,
    dtype,
    chunk: [chunkZ, chunkY, chunkX],
    shard: storage.kind === "plain" && storage.shard ? storage.shard : [chunkZ, chunkY, chunkX],
    fillValue: Number(array.fillValue ?? 0),
    voxelSize: attributedVoxelSize(array.attrs ?? {}),
    notes,
    storesAll: array.attrs?.["chunkFiles"] === STORES_ALL.chunkFiles,
    attributes: withoutSeal(array.attrs ?? {}),
    chunkBytes: metadata.chunkBytes,
    storage,
  };
  const sealed = { ...volume, names: metadata.names };
  if (isSealed(sealed, metadata.fields["codecs"], array.attrs ?? {})) return volume;
  throw new DamagedError(`${path}/zarr.json`, "its attributes differ from what was written");
}

async function openArray(
  path: string,
  types: "usual" | "any",
): Promise<LocatedArray & { readonly array: zarr.Array<zarr.DataType> }> {
  const state = fileState(path);
  if (state === undefined) throw new UserError(`${path}: no such Zarr array; check the path`);
  if (!state.isDirectory) {
    throw new UserError(`${path}: this is a file, but a Zarr array is a folder; check the path`);
  }
  const { metadata, notes } = locate(path, readZarrMetadata(path, types));
  const store = folderStore(path, 2 * metadata.chunkBytes + MAX_STORED);
  const attributes = attributesOfVersion2(path, metadata);
  return { metadata, notes, array: await openDescribed(path, store, metadata, attributes, "the folder") };
}

/** The chunks of arrays of our own are where they should be. */
function locate(path: string, metadata: ZarrMetadata): LocatedArray {
  const { attributes } = metadata.fields;
  const isOurs = metadata.version === 3 && isObject(attributes) && attributes["seal"] !== undefined;
  return isOurs ? { metadata, notes: [] } : locateChunks(path, metadata);
}

function attributesOfVersion2(path: string, { version }: ZarrMetadata): Readonly<Record<string, unknown>> {
  const file = `${path}/.zattrs`;
  return version === 2 && fileState(file) !== undefined ? readJson(file) : {};
}

function plainStorage(
  { version, fields }: ZarrMetadata,
  array: zarr.Array<zarr.DataType>,
  hasComponentAxis: boolean,
  voxelBytes: number,
): ChunkStorage | undefined {
  if (version !== 3) return undefined;
  const plain = plainStoring(fields, voxelBytes);
  const encoding = fields["chunk_key_encoding"] as {
    name?: string;
    configuration?: { separator?: string };
  };
  if (plain === undefined || (hasComponentAxis && array.chunks[0] !== 1)) return undefined;
  const isDefault = encoding.name === "default";
  const separator = encoding.configuration?.separator ?? (isDefault ? "/" : ".");
  return {
    kind: "plain",
    ...plain,
    hasComponentAxis,
    separator,
    prefix: isDefault ? `c${separator}` : "",
  };
}

/** Chunks in files, or in shards of our own; zarrita reads those of others. */
function plainStoring(fields: ZarrMetadata["fields"], voxelBytes: number) {
  const codec = plainCodec(fields["codecs"], voxelBytes);
  if (codec !== undefined) return { ...codec, shard: undefined };
  const { attributes, chunk_grid: grid } = fields;
  if (!isObject(attributes) || attributes["seal"] === undefined) return undefined;
  const inner = plainShards(fields["codecs"], voxelBytes);
  const lengths = (grid as { configuration: { chunk_shape: readonly number[] } }).configuration.chunk_shape;
  const [z = 1, y = 1, x = 1] = lengths.slice(-3);
  return inner && { ...inner, shard: [z, y, x] as const };
}

/**
 * Replaces the attributes of a Zarr v3 array, but for the one that tells whether all chunks have files.
 * @returns the volume with its new attributes
 * @throws UserError if the array is not Zarr v3 or cannot be written
 */
export async function setAttributes(
  volume: ZarrVolume,
  others: Readonly<Record<string, unknown>>,
): Promise<ZarrVolume> {
  const attributes = { ...others, ...(volume.storesAll ? STORES_ALL : {}) };
  const file = `${volume.path}/zarr.json`;
  const metadata = fileState(file) === undefined ? undefined : readJson(file);
  if (metadata === undefined) {
    throw new UserError(
      `${volume.path}: not a Zarr v3 array, so its attributes cannot be changed; convert it first`,
    );
  }
  const names = namesOf(metadata);
  const sealed = sealAttributes({ ...volume, names }, metadata["codecs"], attributes);
  const text = JSON.stringify({ ...metadata, attributes: sealed }, null, 2);
  await writeWhole(file, new TextEncoder().encode(text));
  return { ...volume, voxelSize: attributedVoxelSize(attributes), attributes };
}
