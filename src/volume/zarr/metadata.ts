/** The metadata of Zarr arrays, read and checked before anything is done with them. */
import { UserError } from "../../config/user_error.ts";
import { bytesPerVoxel, isDtype, type SourceDtype } from "../dtype.ts";
import { fileState } from "../file.ts";
import { requireVolumeSize } from "../limits.ts";
import type { Zyx } from "../region.ts";
import { describe, isObject, problem, readJson } from "./json.ts";
import { groupInsteadOfArray } from "./listing.ts";

/** What an array's own file says, in the form of its version. */
export interface ZarrMetadata {
  readonly version: 2 | 3;
  /** As in `.zarray` or `zarr.json`. */
  readonly fields: Readonly<Record<string, unknown>>;
  readonly shape: readonly number[];
  /** Type of the voxels; booleans are uint8. */
  readonly dtype: SourceDtype;
  /** What version 3 calls the axes; undefined where it does not. */
  readonly names: readonly string[] | undefined;
  /** Most bytes that a chunk has when it is decoded, all its components together. */
  readonly chunkBytes: number;
}

/** Most axes of an array; and most voxels, as of any volume. */
const MAX_RANK = 8;
const MAX_VOXELS = 2 ** 50;
/** Most bytes of a chunk: it is decoded as a whole. */
const MAX_CHUNK_BYTES = 2 ** 27;
/** Most chunks of a shard: its index has 16 bytes for each. */
const MAX_INNER_CHUNKS = 2 ** 22;

/**
 * Reads and checks `zarr.json`, or `.zarray` where there is none.
 * @throws UserError if there is no array, or one of another rank, voxel type or form than can be read
 */
export function readZarrMetadata(path: string): ZarrMetadata {
  const has = (name: string) => fileState(`${path}/${name}`) !== undefined;
  if (has("zarr.json")) return requireVolume(path, checkVersion3(path, readJson(`${path}/zarr.json`)));
  if (has(".zattrs")) readJson(`${path}/.zattrs`);
  if (has(".zarray")) return requireVolume(path, checkVersion2(path, readJson(`${path}/.zarray`)));
  if (has(".zgroup")) throw groupInsteadOfArray(path);
  throw new UserError(
    `${path}: not a Zarr array that can be read: neither zarr.json nor .zarray is in it; check the folder`,
  );
}

/** @throws UserError where an array is none that is used where it is */
function requireVolume(path: string, metadata: ZarrMetadata): ZarrMetadata {
  const { shape, dtype } = metadata;
  if (!isDtype(dtype)) {
    throw new UserError(
      `${path}: a Zarr array of ${dtype}; expected uint8, uint32 or float32: convert it first`,
    );
  }
  const [x, y, z, components = 1] = [...shape].reverse();
  if (shape.length < 3 || shape.length > 4 || z === undefined || y === undefined || x === undefined) {
    throw wrongShape(path, shape);
  }
  const volume: Zyx = [z, y, x];
  requireVolumeSize(path, volume, components * bytesPerVoxel(dtype));
  return metadata;
}

/** Checks what `zarr.json` says of an array of any rank and type. @throws UserError for what cannot be read */
export function checkVersion3(path: string, fields: Record<string, unknown>): ZarrMetadata {
  const file = `${path}/zarr.json`;
  if (fields["node_type"] === "group") throw groupInsteadOfArray(path);
  expect(file, "zarr_format", fields["zarr_format"], 3);
  expect(file, "node_type", fields["node_type"], "array");
  const { attributes, storage_transformers: transformers } = fields;
  if (attributes !== undefined && !isObject(attributes)) {
    throw problem(file, "attributes", attributes, "an object { }");
  }
  if (transformers !== undefined && !(Array.isArray(transformers) && transformers.length === 0)) {
    throw problem(file, "storage_transformers", transformers, "none");
  }
  const dtype = checkType(path, fields["data_type"]);
  const lengths = checkShape(path, fields["shape"]);
  const grid = checkNamed(file, "chunk_grid", fields["chunk_grid"], ["regular"]);
  const chunk = checkLengths(file, "chunk_shape", grid["chunk_shape"], lengths.length);
  const keys = checkNamed(file, "chunk_key_encoding", fields["chunk_key_encoding"], ["default", "v2"]);
  checkSeparator(file, keys["separator"]);
  checkFill(file, fields["fill_value"], dtype);
  const inner = checkCodecs(file, fields["codecs"], chunk);
  const { dimension_names: names } = fields;
  return {
    version: 3,
    fields,
    shape: lengths,
    dtype,
    names: Array.isArray(names) ? names.map((name) => String(name ?? "")) : undefined,
    chunkBytes: checkChunk(path, inner ?? chunk, dtype),
  };
}

/** Checks what `.zarray` says of an array of any rank and type. @throws UserError for what cannot be read */
export function checkVersion2(path: string, fields: Record<string, unknown>): ZarrMetadata {
  const file = `${path}/.zarray`;
  expect(file, "zarr_format", fields["zarr_format"], 2);
  const { order, compressor, filters } = fields;
  const dtype = checkType(path, TYPES.get(String(fields["dtype"])) ?? fields["dtype"]);
  const lengths = checkShape(path, fields["shape"]);
  const chunk = checkLengths(file, "chunks", fields["chunks"], lengths.length);
  if (order !== "C" && order !== "F") throw problem(file, "order", order, `"C" or "F"`);
  checkSeparator(file, fields["dimension_separator"]);
  checkFill(file, fields["fill_value"], dtype);
  const list: unknown[] = [
    ...(Array.isArray(filters) ? filters : []),
    ...(compressor === null ? [] : [compressor]),
  ];
  if (filters !== null && filters !== undefined && !Array.isArray(filters)) {
    throw problem(file, "filters", filters, "a list or null");
  }
  for (const codec of list) {
    if (isObject(codec) && typeof codec["id"] === "string") continue;
    throw problem(file, "compressor or filter", codec, `an object with an "id"`);
  }
  return {
    version: 2,
    fields,
    shape: lengths,
    dtype,
    names: undefined,
    chunkBytes: checkChunk(path, chunk, dtype),
  };
}

const TYPES = new Map<string, string>([
  ["|u1", "uint8"],
  ["|i1", "int8"],
  ["|b1", "bool"],
  ...["<", ">"].flatMap((order): [string, string][] => [
    [`${order}u1`, "uint8"],
    [`${order}u2`, "uint16"],
    [`${order}i2`, "int16"],
    [`${order}u4`, "uint32"],
    [`${order}i4`, "int32"],
    [`${order}u8`, "uint64"],
    [`${order}i8`, "int64"],
    [`${order}f4`, "float32"],
    [`${order}f8`, "float64"],
  ]),
]);

const SOURCE_TYPES: Readonly<Record<string, SourceDtype>> = {
  bool: "uint8",
  uint8: "uint8",
  int8: "int8",
  uint16: "uint16",
  int16: "int16",
  uint32: "uint32",
  int32: "int32",
  uint64: "uint64",
  int64: "int64",
  float32: "float32",
  float64: "float64",
};

function checkType(path: string, type: unknown): SourceDtype {
  const dtype = typeof type === "string" && Object.hasOwn(SOURCE_TYPES, type)
    ? SOURCE_TYPES[type]
    : undefined;
  if (dtype !== undefined) return dtype;
  throw new UserError(
    `${path}: a Zarr array of ${describe(type)}; expected integers or 32 or 64-bit floats: convert it first`,
  );
}

function checkShape(path: string, shape: unknown): readonly number[] {
  const lengths = Array.isArray(shape) ? shape as unknown[] : [];
  if (lengths.length < 2 || lengths.length > MAX_RANK || !lengths.every(isLength)) {
    throw wrongShape(path, shape);
  }
  const voxels = lengths.reduce((product, length) => product * length, 1);
  if (voxels <= MAX_VOXELS) return lengths;
  throw new UserError(
    `${path}: a Zarr array of ${
      lengths.join(" x ")
    } voxels; expected at most 2^50 in all: its metadata are damaged, or cut it`,
  );
}

function wrongShape(path: string, shape: unknown): UserError {
  return new UserError(
    `${path}: a Zarr array of shape ${
      describe(shape)
    }; expected [z, y, x] or [component, z, y, x], whole numbers from 1`,
  );
}

function checkLengths(file: string, key: string, value: unknown, rank: number): readonly number[] {
  if (Array.isArray(value) && value.length === rank && value.every(isLength)) return value;
  throw problem(file, key, value, `${rank} whole numbers from 1`);
}

function isLength(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 1;
}

function checkChunk(path: string, chunk: readonly number[], dtype: SourceDtype): number {
  const bytes = chunk.reduce((product, length) => product * length, bytesPerVoxel(dtype));
  if (bytes <= MAX_CHUNK_BYTES) return bytes;
  throw new UserError(
    `${path}: chunks of [${chunk}], ${bytes} bytes; expected at most ${MAX_CHUNK_BYTES}: store it in smaller chunks`,
  );
}

// Anything else would be part of a path, and could lead out of the array's folder.
function checkSeparator(file: string, separator: unknown): void {
  if (separator === undefined || separator === "/" || separator === ".") return;
  throw problem(file, "the separator of chunk names", separator, `"/" or "."`);
}

function checkFill(file: string, fill: unknown, dtype: SourceDtype): void {
  if (fill === null || fill === undefined) return;
  if (dtype.startsWith("float")) {
    if (Number.isFinite(fill)) return;
    if (typeof fill === "string" && /^(?:NaN|-?Infinity|0x(?:[0-9a-fA-F]{8}){1,2})$/.test(fill)) return;
    throw problem(file, "fill_value", fill, "a number");
  }
  const bits = 8 * bytesPerVoxel(dtype);
  const least = dtype.startsWith("int") ? -(2 ** (bits - 1)) : 0;
  const most = 2 ** (least < 0 ? bits - 1 : bits) - 1;
  if (Number.isInteger(fill) && Number(fill) >= least && Number(fill) <= most) return;
  if (typeof fill === "boolean") return;
  throw problem(file, "fill_value", fill, `a whole number from ${least} to ${most}`);
}

/** Checks a chain of codecs; returns the shape of the chunks inside a shard. */
function checkCodecs(file: string, codecs: unknown, chunk: readonly number[]): readonly number[] | undefined {
  if (!Array.isArray(codecs) || codecs.length === 0) {
    throw problem(file, "codecs", codecs, "a list of codecs");
  }
  let inner: readonly number[] | undefined;
  for (const codec of codecs as unknown[]) {
    const configuration = checkNamed(file, "codecs", codec, undefined);
    const { name } = codec as { name: string };
    if (name === "transpose") checkOrder(file, configuration["order"], chunk.length);
    if (name !== "sharding_indexed") continue;
    inner = checkLengths(file, "chunk_shape of sharding", configuration["chunk_shape"], chunk.length);
    const counts = inner.map((length, axis) => (chunk[axis] ?? 0) / length);
    const perShard = counts.reduce((product, count) => product * count, 1);
    if (!counts.every(isLength) || perShard > MAX_INNER_CHUNKS) {
      throw problem(
        file,
        "chunk_shape of sharding",
        inner,
        `to divide [${chunk}] in at most ${MAX_INNER_CHUNKS}`,
      );
    }
    if (!isNested(configuration["codecs"])) checkCodecs(file, configuration["codecs"], inner);
    else throw problem(file, "codecs of sharding", "sharding_indexed", "no shards inside shards");
    checkCodecs(file, configuration["index_codecs"], [...counts, 2]);
  }
  return inner;
}

function isNested(codecs: unknown): boolean {
  return Array.isArray(codecs) &&
    codecs.some((codec) => isObject(codec) && codec["name"] === "sharding_indexed");
}

function checkOrder(file: string, order: unknown, rank: number): void {
  const isPermutation = Array.isArray(order) && order.length === rank && new Set(order).size === rank &&
    order.every((axis) => Number.isSafeInteger(axis) && axis >= 0 && axis < rank);
  if (isPermutation || order === "C" || order === "F") return;
  throw problem(file, "order of transpose", order, `a permutation of ${rank} axes`);
}

/** Checks `{ name, configuration }` and returns the configuration. */
function checkNamed(
  file: string,
  key: string,
  value: unknown,
  names: readonly string[] | undefined,
): Record<string, unknown> {
  const name = isObject(value) ? value["name"] : undefined;
  const configuration = isObject(value) ? value["configuration"] ?? {} : undefined;
  const isKnown = typeof name === "string" && (names === undefined || names.includes(name));
  if (isKnown && isObject(configuration)) return configuration;
  throw problem(file, key, value, `{ "name": ${names?.join(" or ") ?? "..."}, "configuration": { ... } }`);
}

function expect(file: string, key: string, found: unknown, expected: unknown): void {
  if (found !== expected) throw problem(file, key, found, JSON.stringify(expected));
}
