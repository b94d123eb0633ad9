/** NRRD headers (teem.sourceforge.net/nrrd/format.html), attached and detached. */
import { dirname, resolve } from "node:path";
import { shorten, UserError } from "../../user_error.ts";
import { bytesPerVoxel, type SourceDtype } from "../dtype.ts";
import { fileState, openForReading, readExactly } from "../file.ts";
import { requireDecodable, requireVolumeSize } from "../limits.ts";
import { dataFileNames, isList } from "./data_files.ts";
import { dropSingleAxes } from "./single_axes.ts";
import { nrrdVoxelSize } from "./voxel_size.ts";
import type { Zyx } from "../region.ts";
import type { VoxelSize } from "../voxel_size.ts";

/** What a header says about the voxels. */
export interface NrrdHeader {
  readonly shape: Zyx;
  readonly components: number;
  readonly dtype: SourceDtype;
  readonly littleEndian: boolean;
  /** Undefined where the header tells no lengths with a unit. */
  readonly voxelSize: VoxelSize | undefined;
  readonly encoding: "raw" | "gzip";
  /** Files that hold the voxels, of equal parts one after the other: the header's own, a detached one or several. */
  readonly dataFiles: readonly NrrdDataFile[];
  /** Bytes of the decoded stream before the first voxel (gzip with `byte skip`). */
  readonly decodedSkip: number;
}

/** A file of voxels. */
export interface NrrdDataFile {
  readonly path: string;
  /** Byte at which the encoded voxels begin. */
  readonly start: number;
}

const MAX_HEADER = 1 << 20;
const MAX_COMPONENTS = 9;
/** Most bytes that `line skip` passes: text at the head of a data file is shorter. */
const MAX_SKIPPED = 1 << 24;

const TYPES = new Map<string, SourceDtype>(
  ([
    ["uint8", ["uchar", "unsigned char", "uint8", "uint8_t"]],
    ["int8", ["signed char", "int8", "int8_t"]],
    ["int16", ["short", "short int", "signed short", "signed short int", "int16", "int16_t"]],
    ["uint16", ["ushort", "unsigned short", "unsigned short int", "uint16", "uint16_t"]],
    ["int32", ["int", "signed int", "int32", "int32_t"]],
    ["uint32", ["uint", "unsigned int", "uint32", "uint32_t"]],
    ["int64", ["longlong", "long long", "long long int", "signed long long", "int64", "int64_t"]],
    ["uint64", ["ulonglong", "unsigned long long", "unsigned long long int", "uint64", "uint64_t"]],
    ["float32", ["float"]],
    ["float64", ["double"]],
  ] as [SourceDtype, string[]][]).flatMap(([dtype, names]) => names.map((name) => [name, dtype] as const)),
);

/** Whether a file that begins with these bytes is an NRRD. */
export function isNrrdHeader(head: Uint8Array): boolean {
  return new TextDecoder("latin1").decode(head.subarray(0, 7)) === "NRRD000";
}

/** Reads and checks the header of an NRRD file. @throws UserError for what cannot be read, with the field's name */
export function readNrrdHeader(path: string): NrrdHeader {
  const { text, end } = readHeaderText(path);
  const { fields, listed } = parseFields(path, text);
  dropSingleAxes(fields);
  const { shape, components } = readSizes(path, fields);
  const dtype = readType(path, fields);
  const encoding = readEncoding(path, fields);
  const voxelBytes = components * bytesPerVoxel(dtype);
  requireVolumeSize(path, shape, voxelBytes);
  const isRaw = encoding === "raw";
  const lines = readSkip(path, fields, "line skip", 0);
  const skip = readSkip(path, fields, "byte skip", isRaw ? -1 : 0);
  const names = dataFileNames(path, fields.get("data file") ?? fields.get("datafile"), listed);
  const bytes = shape[0] * shape[1] * shape[2] * voxelBytes / (names?.length ?? 1);
  if (!Number.isInteger(bytes)) {
    throw problem(
      path,
      "data file",
      `${names?.length} files`,
      "a number of files that divides the voxels",
      "list all of them",
    );
  }
  const dataFiles = (names ?? [undefined]).map((name): NrrdDataFile => {
    const dataPath = name === undefined ? path : resolve(dirname(path), name);
    const data = fileState(dataPath);
    if (data === undefined || data.isDirectory) {
      const found = `${name}, ${data === undefined ? "missing" : "a folder"}`;
      throw problem(path, "data file", found, "a file", "copy it next to the header");
    }
    const start = afterLines(dataPath, name === undefined ? end : 0, lines);
    if (!isRaw) requireDecodable(dataPath, data.bytes - start, bytes + skip);
    // Counted from the end, voxels must not reach back into the header.
    if (skip === -1 && data.bytes - bytes < start) throw wrongLength(dataPath, data.bytes - start, bytes);
    return {
      path: dataPath,
      start: isRaw && skip === -1 ? data.bytes - bytes : isRaw ? start + skip : start,
    };
  });
  return {
    shape,
    components,
    dtype,
    littleEndian: readEndian(path, fields, dtype),
    voxelSize: nrrdVoxelSize(fields),
    encoding,
    dataFiles,
    decodedSkip: isRaw ? 0 : skip,
  };
}

/** Reads up to the empty line, or to the end of a detached header. */
function readHeaderText(path: string): { text: string; end: number } {
  const size = Math.min(fileState(path)?.bytes ?? 0, MAX_HEADER);
  const bytes = new Uint8Array(size);
  using file = openForReading(path);
  readExactly(file, path, 0, bytes);
  const text = new TextDecoder("latin1").decode(bytes);
  if (!isNrrdHeader(bytes)) throw new UserError(`${path}: not an NRRD file: it does not begin with NRRD000`);
  const blank = /\r?\n\r?\n/.exec(text);
  if (blank === null) return { text, end: size };
  return { text: text.slice(0, blank.index), end: blank.index + blank[0].length };
}

/** The fields by their names in lower case; `listed` are the lines after a list of data files, which is the last field. */
function parseFields(path: string, text: string): { fields: Map<string, string>; listed: readonly string[] } {
  const fields = new Map<string, string>();
  const [, ...lines] = text.split(/\r?\n/);
  for (const [index, line] of lines.entries()) {
    if (line.startsWith("#") || line.includes(":=") || line.trim() === "") continue;
    const colon = line.indexOf(":");
    if (colon < 0) {
      throw new UserError(
        `${path}: damaged NRRD header: ${JSON.stringify(line.slice(0, 60))} is not "field: value"`,
      );
    }
    const [key, value] = [line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim()];
    const earlier = fields.get(key);
    if (earlier !== undefined && earlier !== value) {
      throw problem(
        path,
        key,
        `both ${shorten(earlier, 60)} and ${shorten(value, 60)}`,
        "one value",
        "remove one",
      );
    }
    fields.set(key, value);
    if (/^data ?file$/.test(key) && isList(value)) {
      return {
        fields,
        listed: lines.slice(index + 1).map((name) => name.trim()).filter((name) => name !== ""),
      };
    }
  }
  return { fields, listed: [] };
}

function required(path: string, fields: Map<string, string>, key: string): string {
  const value = fields.get(key);
  if (value === undefined) {
    throw new UserError(`${path}: the NRRD header lacks "${key}"; save the file again`);
  }
  return value;
}

function readSizes(path: string, fields: Map<string, string>): { shape: Zyx; components: number } {
  const dimension = required(path, fields, "dimension");
  const text = required(path, fields, "sizes");
  const sizes = text.split(/\s+/).map((size) => /^\d{1,15}$/.test(size) ? Number(size) : NaN);
  if ((dimension !== "3" && dimension !== "4") || sizes.length !== Number(dimension)) {
    throw problem(
      path,
      "dimension",
      `${dimension} with sizes ${text}`,
      "x y z, or components x y z, and further axes of length 1",
      "convert it",
    );
  }
  if (!sizes.every((size) => Number.isSafeInteger(size) && size > 0)) {
    throw problem(path, "sizes", text, "positive whole numbers", "save the file again");
  }
  const [z = 1, y = 1, x = 1, components = 1] = sizes.reverse();
  if (components > MAX_COMPONENTS || !componentsComeFirst(fields.get("kinds"), sizes.length)) {
    const found = `${text}, kinds ${fields.get("kinds") ?? "not given"}`;
    throw problem(
      path,
      "sizes",
      found,
      `1 to ${MAX_COMPONENTS} components as the first axis`,
      "permute its axes",
    );
  }
  return { shape: [z, y, x], components };
}

// Where the kinds say which axes are space, the one that is not must be the first.
function componentsComeFirst(kinds: string | undefined, dimension: number): boolean {
  if (kinds === undefined || dimension === 3) return true;
  const isSpatial = kinds.toLowerCase().split(/\s+/).map((kind) => kind === "domain" || kind === "space");
  const spatial = isSpatial.filter(Boolean).length;
  return spatial !== 3 || isSpatial[0] === false;
}

function readType(path: string, fields: Map<string, string>): SourceDtype {
  const name = required(path, fields, "type").toLowerCase();
  const dtype = TYPES.get(name);
  if (dtype === undefined) {
    throw problem(path, "type", name, "a number type, such as uchar or float", "convert it");
  }
  return dtype;
}

function readEncoding(path: string, fields: Map<string, string>): "raw" | "gzip" {
  const encoding = required(path, fields, "encoding").toLowerCase();
  if (encoding === "raw") return "raw";
  if (encoding === "gzip" || encoding === "gz") return "gzip";
  throw problem(path, "encoding", encoding, "raw or gzip", "save it with one of these");
}

function readEndian(path: string, fields: Map<string, string>, dtype: SourceDtype): boolean {
  const endian = fields.get("endian")?.toLowerCase();
  if (endian === "little" || endian === "big") return endian === "little";
  if (bytesPerVoxel(dtype) === 1) return true;
  throw problem(path, "endian", endian ?? "nothing", "little or big", "add it to the header");
}

function readSkip(
  path: string,
  fields: Map<string, string>,
  key: "line skip" | "byte skip",
  least: number,
): number {
  const text = fields.get(key) ?? fields.get(key.replace(" ", "")) ?? "0";
  const value = /^-?\d{1,15}$/.test(text) ? Number(text) : NaN;
  if (Number.isSafeInteger(value) && value >= least) return value;
  throw problem(path, key, text, `a whole number from ${least}`, "save the file again");
}

/** The byte after so many lines of a data file. */
function afterLines(path: string, start: number, lines: number): number {
  if (lines === 0) return start;
  using file = openForReading(path);
  const buffer = new Uint8Array(65536);
  file.seekSync(start, Deno.SeekMode.Start);
  let at = start;
  let left = lines;
  for (;;) {
    const count = at - start < MAX_SKIPPED ? file.readSync(buffer) : null;
    if (count === null) {
      throw problem(path, "line skip", `${lines - left} lines`, `${lines}`, "save the file again");
    }
    for (const [index, byte] of buffer.subarray(0, count).entries()) {
      if (byte === 10 && --left === 0) return at + index + 1;
    }
    at += count;
  }
}

/** That a field of a header is not what it should be. */
export function problem(
  path: string,
  key: string,
  found: string,
  expected: string,
  advice: string,
): UserError {
  return new UserError(
    `${path}: NRRD field "${shorten(key, 60)}" is ${shorten(found, 160)}; expected ${expected}: ${advice}`,
  );
}

/** That the voxels of a file are not as many as its header claims. */
export function wrongLength(path: string, found: number, expected: number): UserError {
  return new UserError(
    `${path}: ${found} bytes of voxels, expected ${expected} by the header's sizes and type; copy or save the file again`,
  );
}
