/** The metadata of Zarr arrays, read and checked before anything is done with them. */
import { readSmallText } from "../config/small_file.ts";
import { reasonOf, shorten, UserError } from "../config/user_error.ts";
import { bytesPerVoxel, type Dtype, isDtype } from "./dtype.ts";
import { fileState } from "./file.ts";
import { requireVolumeSize } from "./limits.ts";
import type { Zyx } from "./region.ts";

/** What an array's own file says, in the form of its version. */
export interface ZarrMetadata {
  readonly version: 2 | 3;
  /** As in `.zarray` or `zarr.json`. */
  readonly fields: Readonly<Record<string, unknown>>;
  /** Most bytes that a chunk has when it is decoded, all its components together. */
  readonly chunkBytes: number;
}

const MAX_METADATA = 4 << 20;
/** Most brackets inside one another; a deeper text would exhaust the stack of whoever walks it. */
const MAX_DEPTH = 64;
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
  if (has("zarr.json")) return checkVersion3(path, readJson(`${path}/zarr.json`));
  if (has(".zattrs")) readJson(`${path}/.zattrs`);
  if (has(".zarray")) return checkVersion2(path, readJson(`${path}/.zarray`));
  if (has(".zgroup")) throw isGroup(path);
  throw new UserError(
    `${path}: not a Zarr array that can be read: neither zarr.json nor .zarray is in it; check the folder`,
  );
}

/** The object in a JSON file. */
export function readJson(path: string): Record<string, unknown> {
  const text = readSmallText(path, MAX_METADATA, "Zarr metadata");
  requireShallow(path, text);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new UserError(
      `${path}: not a Zarr array that can be read: damaged JSON (${reasonOf(cause)}); save it again`,
      {
        cause,
      },
    );
  }
  if (isObject(value)) return value;
  throw problem(path, "its JSON", value, "an object { }");
}

function requireShallow(path: string, text: string): void {
  let depth = 0;
  let inString = false;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 0x22) inString = !inString;
    else if (inString) at += code === 0x5c ? 1 : 0;
    else if (code === 0x5b || code === 0x7b) depth++;
    else if (code === 0x5d || code === 0x7d) depth--;
    if (depth <= MAX_DEPTH) continue;
    throw new UserError(
      `${path}: brackets more than ${MAX_DEPTH} deep; this is no Zarr metadata: save it again`,
    );
  }
}

function checkVersion3(path: string, fields: Record<string, unknown>): ZarrMetadata {
  const file = `${path}/zarr.json`;
  if (fields["node_type"] === "group") throw isGroup(path);
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
  const lengths = checkShape(path, fields["shape"], dtype);
  const grid = checkNamed(file, "chunk_grid", fields["chunk_grid"], ["regular"]);
  const chunk = checkLengths(file, "chunk_shape", grid["chunk_shape"], lengths.length);
  const keys = checkNamed(file, "chunk_key_encoding", fields["chunk_key_encoding"], ["default", "v2"]);
  checkSeparator(file, keys["separator"]);
  checkFill(file, fields["fill_value"], dtype);
  const inner = checkCodecs(file, fields["codecs"], chunk);
  return { version: 3, fields, chunkBytes: checkChunk(path, inner ?? chunk, dtype) };
}

function checkVersion2(path: string, fields: Record<string, unknown>): ZarrMetadata {
  const file = `${path}/.zarray`;
  expect(file, "zarr_format", fields["zarr_format"], 2);
  const { order, compressor, filters } = fields;
  const dtype = checkType(path, TYPES.get(String(fields["dtype"])) ?? fields["dtype"]);
  const lengths = checkShape(path, fields["shape"], dtype);
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
  return { version: 2, fields, chunkBytes: checkChunk(path, chunk, dtype) };
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

function checkType(path: string, type: unknown): Dtype {
  if (typeof type === "string" && isDtype(type)) return type;
  throw new UserError(
    `${path}: a Zarr array of ${describe(type)}; expected uint8, uint32 or float32: convert it first`,
  );
}

function checkShape(path: string, shape: unknown, dtype: Dtype): readonly number[] {
  const lengths = Array.isArray(shape) ? shape as unknown[] : [];
  const [x, y, z, components = 1] = lengths.map(Number).reverse();
  if (
    lengths.length < 3 || lengths.length > 4 || z === undefined || y === undefined || x === undefined ||
    !lengths.every(isLength)
  ) {
    throw new UserError(
      `${path}: a Zarr array of shape ${
        describe(shape)
      }; expected [z, y, x] or [component, z, y, x], whole numbers from 1`,
    );
  }
  const volume: Zyx = [z, y, x];
  requireVolumeSize(path, volume, components * bytesPerVoxel(dtype));
  return lengths.map(Number);
}

function checkLengths(file: string, key: string, value: unknown, rank: number): readonly number[] {
  if (Array.isArray(value) && value.length === rank && value.every(isLength)) return value;
  throw problem(file, key, value, `${rank} whole numbers from 1`);
}

function isLength(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 1;
}

function checkChunk(path: string, chunk: readonly number[], dtype: Dtype): number {
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

function checkFill(file: string, fill: unknown, dtype: Dtype): void {
  if (fill === null || fill === undefined) return;
  if (dtype === "float32") {
    if (Number.isFinite(fill)) return;
    if (typeof fill === "string" && /^(?:NaN|-?Infinity|0x[0-9a-fA-F]{8})$/.test(fill)) return;
    throw problem(file, "fill_value", fill, "a number");
  }
  const most = 2 ** (8 * bytesPerVoxel(dtype)) - 1;
  if (Number.isSafeInteger(fill) && Number(fill) >= 0 && Number(fill) <= most) return;
  throw problem(file, "fill_value", fill, `a whole number from 0 to ${most}`);
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

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isGroup(path: string): UserError {
  return new UserError(`${path}: a Zarr group, not an array; name an array in it, such as ${path}/0`);
}

function describe(value: unknown): string {
  return typeof value === "string" ? shorten(value, 80) : shorten(JSON.stringify(value) ?? "nothing", 80);
}

function problem(file: string, key: string, found: unknown, expected: string): UserError {
  return new UserError(
    `${file}: not a Zarr array that can be read: ${key} is ${
      describe(found)
    }; expected ${expected}: save it again`,
  );
}
