/** The tags of DM3 and DM4 files of DigitalMicrograph, whose format C. Boothroyd found out (er-c.org/cbb/info/dmformat). */
import { UserError } from "../../user_error.ts";
import { fileState, readExactly } from "../file.ts";

/** A number, or where the numbers of an array are. */
export type DmValue = number | DmArray;

/** Numbers in the file, which are not read. */
export interface DmArray {
  readonly start: number;
  readonly count: number;
  readonly bytesEach: number;
  /** Of a short array of 16-bit numbers, which may be a text. */
  readonly text?: string;
}

/** A group of tags by their names, those without one by their numbers. */
export interface DmGroup {
  readonly [name: string]: DmGroup | DmValue | undefined;
}

/** Whether a value is a group. */
export function isGroup(value: DmGroup | DmValue | undefined): value is DmGroup {
  return typeof value === "object" && !("bytesEach" in value);
}

/** Whether a value is an array. */
export function isArray(value: DmGroup | DmValue | undefined): value is DmArray {
  return typeof value === "object" && "bytesEach" in value;
}

/** What a file says beside its voxels. */
export interface DmFile {
  /** Of values and voxels. */
  readonly littleEndian: boolean;
  readonly root: DmGroup;
}

const MOST_TAGS = 1 << 20;
const MOST_DEPTH = 32;
/** Longest array of 16-bit numbers that is read, as text: names and units are shorter. */
const MOST_TEXT = 64;
const MOST_FIELDS = 4096;
const WINDOW = 1 << 16;
const GROUP = 20;
const DATA = 21;
const STRUCT = 15;
const STRING = 18;
const ARRAY = 20;
const UINT16 = 4;

/** Bytes of a number of a type, by its number. */
const SIZES: Readonly<Record<number, number>> = {
  2: 2,
  3: 4,
  4: 2,
  5: 4,
  6: 4,
  7: 8,
  8: 1,
  9: 1,
  10: 1,
  11: 8,
  12: 8,
};

/** DM3 and DM4 begin with a version, a length of 4 or 8 bytes, and a byte order. */
export function isDmHeader(head: Uint8Array): boolean {
  const version = head[3];
  const at = version === 3 ? 8 : 12;
  const isZero = (start: number) => head.subarray(start, start + 3).every((byte) => byte === 0);
  return (version === 3 || version === 4) && head.length > at + 4 && isZero(0) && isZero(at) &&
    (head[at + 3] ?? 2) <= 1;
}

/** Reads all tags of an open file. @throws UserError if it is damaged */
export function readTags(file: Deno.FsFile, path: string): DmFile {
  const bytes = readForward(file, path);
  const version = bytes.take(4).getUint32(0);
  if (version !== 3 && version !== 4) throw bytes.damaged(`version ${version}, expected 3 or 4`);
  const wide = version === 4 ? 8 : 4;
  bytes.take(wide);
  const littleEndian = bytes.take(4).getUint32(0) === 1;
  return { root: groupAt({ bytes, wide, littleEndian, tags: 0 }, 0), littleEndian };
}

/** The bytes of a file one after the other. */
interface ForwardBytes {
  at(): number;
  /** The next bytes. */
  take(length: number): DataView;
  skip(length: number): void;
  damaged(reason: string): UserError;
}

/** What is being read; what tells of tags is big-endian whatever their values are. */
interface Reading {
  readonly bytes: ForwardBytes;
  /** Bytes of a count. */
  readonly wide: 4 | 8;
  /** Of values. */
  readonly littleEndian: boolean;
  /** How many were read. */
  tags: number;
}

function readForward(file: Deno.FsFile, path: string): ForwardBytes {
  const size = fileState(path)?.bytes ?? 0;
  let [at, start] = [0, 0];
  let window = new Uint8Array(0);
  const damaged = (reason: string) =>
    new UserError(`${path}: damaged at byte ${at}: ${reason}; copy the file again`);
  const requireMore = (length: number) => {
    if (!(length <= size - at)) throw damaged(`${length} bytes expected, but the file has ${size}`);
  };
  return {
    at: () => at,
    damaged,
    take(length) {
      requireMore(length);
      if (at < start || at + length > start + window.length) {
        window = new Uint8Array(Math.min(Math.max(WINDOW, length), size - at));
        start = at;
        readExactly(file, path, at, window);
      }
      at += length;
      return new DataView(window.buffer, at - length - start, length);
    },
    skip(length) {
      requireMore(length);
      at += length;
    },
  };
}

function countAt({ bytes, wide }: Reading): number {
  const view = bytes.take(wide);
  return wide === 8 ? Number(view.getBigUint64(0)) : view.getUint32(0);
}

function textAt({ bytes }: Reading, length: number): string {
  const { buffer, byteOffset } = bytes.take(length);
  return new TextDecoder("latin1").decode(new Uint8Array(buffer, byteOffset, length));
}

function groupAt(reading: Reading, depth: number): DmGroup {
  const { bytes, wide } = reading;
  if (depth > MOST_DEPTH) throw bytes.damaged(`groups more than ${MOST_DEPTH} deep`);
  bytes.take(2); // sorted, open
  const count = countAt(reading);
  const entries: [string, DmGroup | DmValue][] = [];
  for (let index = 0; index < count; index++) {
    if (++reading.tags > MOST_TAGS) throw bytes.damaged(`more than ${MOST_TAGS} tags`);
    const kind = bytes.take(1).getUint8(0);
    if (kind !== GROUP && kind !== DATA) {
      throw bytes.damaged(`a tag of kind ${kind}, expected ${GROUP} or ${DATA}`);
    }
    const name = textAt(reading, bytes.take(2).getUint16(0)) || String(index);
    if (wide === 8) bytes.take(8); // length of the tag
    const value = kind === GROUP ? groupAt(reading, depth + 1) : valueAt(reading);
    if (value !== undefined) entries.push([name, value]);
  }
  return Object.fromEntries(entries);
}

/** The value of a tag; undefined of structures and texts, which nothing here needs. */
function valueAt(reading: Reading): DmValue | undefined {
  const { bytes, littleEndian } = reading;
  if (textAt(reading, 4) !== "%%%%") throw bytes.damaged("no %%%% before a value");
  countAt(reading);
  const type = countAt(reading);
  if (type === ARRAY) return arrayAt(reading);
  if (type !== STRUCT && type !== STRING) {
    return number(bytes.take(sizeOf(reading, type)), type, littleEndian);
  }
  bytes.skip(type === STRUCT ? structBytes(reading) : 2 * countAt(reading));
  return undefined;
}

function arrayAt(reading: Reading): DmArray {
  const { bytes, littleEndian } = reading;
  const type = countAt(reading);
  const bytesEach = type === STRUCT ? structBytes(reading) : sizeOf(reading, type);
  const count = countAt(reading);
  const array = { start: bytes.at(), count, bytesEach };
  if (type !== UINT16 || count > MOST_TEXT) {
    bytes.skip(count * bytesEach);
    return array;
  }
  const view = bytes.take(2 * count);
  const codes = Array.from({ length: count }, (_, at) => view.getUint16(2 * at, littleEndian));
  return { ...array, text: String.fromCharCode(...codes) };
}

function structBytes(reading: Reading): number {
  countAt(reading); // length of its name
  const fields = countAt(reading);
  if (fields > MOST_FIELDS) throw reading.bytes.damaged(`a structure of ${fields} fields`);
  let length = 0;
  for (let field = 0; field < fields; field++) {
    countAt(reading); // length of the field's name
    length += sizeOf(reading, countAt(reading));
  }
  return length;
}

function sizeOf({ bytes }: Reading, type: number): number {
  const size = SIZES[type];
  if (size === undefined) throw bytes.damaged(`a value of type ${type}`);
  return size;
}

function number(view: DataView, type: number, littleEndian: boolean): number {
  switch (type) {
    case 2:
      return view.getInt16(0, littleEndian);
    case 3:
      return view.getInt32(0, littleEndian);
    case 4:
      return view.getUint16(0, littleEndian);
    case 5:
      return view.getUint32(0, littleEndian);
    case 6:
      return view.getFloat32(0, littleEndian);
    case 7:
      return view.getFloat64(0, littleEndian);
    case 11:
      return Number(view.getBigInt64(0, littleEndian));
    case 12:
      return Number(view.getBigUint64(0, littleEndian));
    default:
      return view.getInt8(0);
  }
}
