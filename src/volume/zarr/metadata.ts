/** The metadata of Zarr arrays, read and checked before anything is done with them. */
import { shorten, UserError } from "../../user_error.ts";
import { bytesPerVoxel, isDtype, isVoxelType, type SourceDtype } from "../dtype.ts";
import { fileState } from "../file.ts";
import { requireVolumeSize } from "../limits.ts";
import type { Zyx } from "../region.ts";
import { checkCodecs, checkLengths, isLength, plainForm } from "./codec_chain.ts";
import { describeCodecs, requireObeyable, version2Codecs } from "./codec_rules.ts";
import { fillOf } from "./fill.ts";
import { describe, isObject, problem, readJson } from "./json.ts";
import { groupInsteadOfArray } from "./listing.ts";

/** What an array's own file says, in the form of its version. */
export interface ZarrMetadata {
  readonly version: 2 | 3;
  /** As in `.zarray` or `zarr.json`, in the one form that zarrita reads. */
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

/**
 * Reads and checks `zarr.json`, or `.zarray` where there is none.
 * @throws UserError if there is no array, or one of another rank, voxel type or form than can be read
 */
export function readZarrMetadata(path: string, types: "usual" | "any"): ZarrMetadata {
  const has = (name: string) => fileState(`${path}/${name}`) !== undefined;
  if (has("zarr.json")) return requireVolume(path, checkVersion3(path, readJson(`${path}/zarr.json`)), types);
  if (has(".zattrs")) readJson(`${path}/.zattrs`);
  if (has(".zarray")) return requireVolume(path, checkVersion2(path, readJson(`${path}/.zarray`)), types);
  if (has(".zgroup")) throw groupInsteadOfArray(path);
  throw new UserError(
    `${path}: not a Zarr array that can be read: neither zarr.json nor .zarray is in it; check the folder`,
  );
}

/** @throws UserError where an array is none that is used where it is */
function requireVolume(path: string, metadata: ZarrMetadata, types: "usual" | "any"): ZarrMetadata {
  const { shape, dtype, version, fields } = metadata;
  const { unread } = describeCodecs(path, version, fields);
  if (unread !== undefined) throw new UserError(unread);
  if (types === "usual" && !isDtype(dtype)) {
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
  const type = nameOfType(fields["data_type"]);
  const dtype = checkType(path, type);
  const lengths = checkShape(path, fields["shape"]);
  const grid = checkNamed(file, "chunk_grid", fields["chunk_grid"], ["regular"]);
  const chunk = checkLengths(file, "chunk_shape", grid["chunk_shape"], lengths.length);
  const keys = checkNamed(file, "chunk_key_encoding", fields["chunk_key_encoding"], ["default", "v2"]);
  checkSeparator(file, keys["separator"]);
  requireUnderstood(file, fields);
  const fill = fillOf(file, fields["fill_value"], dtype);
  const inner = checkCodecs({ file, dtype }, fields["codecs"], chunk);
  return {
    version: 3,
    fields: plainForm({ ...fields, data_type: type, fill_value: fill }),
    shape: lengths,
    dtype,
    names: namesOf(fields),
    chunkBytes: checkChunk(path, inner ?? chunk, dtype),
  };
}

/** Fields of version 3; what else stands there must be understood unless it says otherwise. */
const FIELDS3 = [
  ...["zarr_format", "node_type", "shape", "data_type", "chunk_grid", "chunk_key_encoding", "fill_value"],
  ...["codecs", "attributes", "dimension_names", "storage_transformers", "consolidated_metadata"],
];

function requireUnderstood(file: string, fields: Readonly<Record<string, unknown>>): void {
  for (const [key, value] of Object.entries(fields)) {
    if (FIELDS3.includes(key) || (isObject(value) && value["must_understand"] === false)) continue;
    throw problem(file, shorten(key, 40), value, `no such field, or one with "must_understand": false`);
  }
}

/** Version 3 may write names without a configuration as text alone, and types as objects with a name alone. */
function nameOfType(type: unknown): unknown {
  if (!isObject(type) || Object.keys(type).some((key) => key !== "name" && key !== "configuration")) {
    return type;
  }
  const { name, configuration = {} } = type;
  return isObject(configuration) && Object.keys(configuration).length === 0 ? name : type;
}

/** What `zarr.json` calls the axes; undefined where it does not. */
export function namesOf(fields: Readonly<Record<string, unknown>>): string[] | undefined {
  const names = fields["dimension_names"];
  return Array.isArray(names) ? names.map((name) => String(name ?? "")) : undefined;
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
  const fill = fillOf(file, fields["fill_value"], dtype);
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
  requireObeyable(
    { file, dtype, version2Type: String(fields["dtype"]) },
    version2Codecs(filters, compressor),
  );
  return {
    version: 2,
    fields: { ...fields, fill_value: fill },
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

function checkType(path: string, type: unknown): SourceDtype {
  if (type === "bool") return "uint8";
  if (typeof type === "string" && isVoxelType(type)) return type;
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
    `${path}: a Zarr array of ${lengths.join(" x ")} voxels; expected at most 2^50 in total: either its ` +
      "metadata are damaged, or crop it",
  );
}

function wrongShape(path: string, shape: unknown): UserError {
  return new UserError(
    `${path}: a Zarr array of shape ${describe(shape)}; expected [z, y, x] or [component, z, y, x], ` +
      "whole numbers from 1",
  );
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
