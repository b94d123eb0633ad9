/**
 * HDF5 files of one dataset, uncompressed and in one piece, so that they are written like any other file of rows. Format: "HDF5 File
 * Format Specification", version 3.0; superblock and object headers of version 2, which HDF5 1.8 and later read.
 */
import { joinBytes } from "../bytes.ts";
import { UserError } from "../../user_error.ts";
import { bytesPerVoxel, type Dtype } from "../dtype.ts";
import { fileState } from "../file.ts";
import { lookup3 } from "./lookup3.ts";
import { createRowFile, type RowWriter } from "../output_file.ts";
import type { Zyx } from "../region.ts";
import type { VoxelSize } from "../voxel_size.ts";

/** What an HDF5 file holds. */
interface Hdf5Info {
  readonly shape: Zyx;
  /** Values per voxel, the fastest axis of the dataset where there are several. */
  readonly components: number;
  readonly dtype: Dtype;
  /** Undefined where it is not known; else the attribute `element_size_um` as Fiji's and ilastik's plugins know it. */
  readonly voxelSize?: VoxelSize;
}

/** A file and the dataset in it. */
interface Hdf5Place {
  readonly file: string;
  /** Names of groups and of the dataset. */
  readonly names: readonly string[];
}

const DEFAULT_DATASET = "data";
const SUPERBLOCK = 48;
const DATA_ALIGNMENT = 4096;
const UNDEFINED = 0xffffffffffffffffn;
const SIGNATURE = [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a];

/** Types of messages in object headers. */
const MESSAGE = {
  dataspace: 0x01,
  linkInfo: 0x02,
  datatype: 0x03,
  fillValue: 0x05,
  link: 0x06,
  layout: 0x08,
  groupInfo: 0x0a,
  attribute: 0x0c,
} as const;

/** Divides `file.h5:/path/in/it`; undefined where a name is none of an HDF5 file. The dataset's name is `data` where none is given. */
export function hdf5Place(name: string): Hdf5Place | undefined {
  const match = /^(.*\.(?:h5|hdf5))(?::\/?(.*))?$/i.exec(name);
  if (match === null) return undefined;
  const names = (match[2] ?? "").split("/").filter((part) => part !== "");
  return { file: match[1] ?? "", names: names.length === 0 ? [DEFAULT_DATASET] : names };
}

/** @throws UserError if the file exists: it may hold more than what would replace it */
export function requireNewHdf5({ file }: Hdf5Place): void {
  if (fileState(file) === undefined) return;
  throw new UserError(
    `${file}: already exists; choose a new file, or use --overwrite to replace everything in it`,
  );
}

/**
 * Begins an HDF5 file.
 * @param replaces whether one that exists is replaced, with all that is in it
 * @throws UserError if it exists or cannot be written
 */
export function createHdf5(place: Hdf5Place, info: Hdf5Info, replaces = false): RowWriter {
  if (!replaces) requireNewHdf5(place);
  const { file: path, names } = place;
  const [depth, height, width] = info.shape;
  const rowBytes = width * info.components * bytesPerVoxel(info.dtype);
  const dataBytes = depth * height * rowBytes;
  // The headers' lengths do not depend on the addresses in them.
  const length = fileHead(names, info, 0, dataBytes).length;
  const dataStart = Math.ceil(length / DATA_ALIGNMENT) * DATA_ALIGNMENT;
  const head = fileHead(names, info, dataStart, dataBytes);
  return createRowFile(path, [[0, head]], { dataStart, rowBytes, rows: height });
}

/** Superblock, groups and the dataset's header, one after the other. */
function fileHead(
  names: readonly string[],
  info: Hdf5Info,
  dataStart: number,
  dataBytes: number,
): Uint8Array {
  const headers: Uint8Array[] = [];
  let at = SUPERBLOCK;
  for (const name of names) {
    // A group's header is followed by what it links to.
    const bytes = groupHeader(name, at + groupHeader(name, 0).length);
    headers.push(bytes);
    at += bytes.length;
  }
  headers.push(datasetHeader(info, dataStart, dataBytes));
  return joinBytes([superblock(dataStart + dataBytes), ...headers]);
}

function superblock(end: number): Uint8Array {
  const sizes = [2, 8, 8, 0]; // version, bytes of addresses and of lengths, flags
  return withChecksum([bytes8(SIGNATURE), bytes8(sizes), u64(0), u64(UNDEFINED), u64(end), u64(SUPERBLOCK)]);
}

function groupHeader(name: string, child: number): Uint8Array {
  const text = new TextEncoder().encode(name);
  const flags = 0x11; // the name's length takes 2 bytes, its characters are told: UTF-8
  return objectHeader([
    [MESSAGE.linkInfo, [bytes8([0, 0]), u64(UNDEFINED), u64(UNDEFINED)]],
    [MESSAGE.groupInfo, [bytes8([0, 0])]],
    [MESSAGE.link, [bytes8([1, flags, 1]), u16(text.length), text, u64(child)]],
  ]);
}

function datasetHeader(
  { shape, components, dtype, voxelSize }: Hdf5Info,
  dataStart: number,
  dataBytes: number,
): Uint8Array {
  const lengths = components > 1 ? [...shape, components] : shape;
  const attributes: Message[] = voxelSize === undefined
    ? []
    : [[MESSAGE.attribute, lengthsAttribute("element_size_um", voxelSize.map((length) => length / 1000))]];
  return objectHeader([
    [MESSAGE.dataspace, dataspace(lengths)],
    [MESSAGE.datatype, DATATYPES[dtype]()],
    [MESSAGE.fillValue, [bytes8([3, 0x0a])]], // none; would be written late and if it were set
    [MESSAGE.layout, [bytes8([3, 1]), u64(dataStart), u64(dataBytes)]], // contiguous
    ...attributes,
  ]);
}

function lengthsAttribute(name: string, values: readonly number[]): Uint8Array[] {
  const text = new TextEncoder().encode(`${name}\0`);
  const type = joinBytes(DATATYPES.float64());
  const space = joinBytes(dataspace([values.length]));
  const sizes = [text, type, space].map(({ length }) => u16(length));
  return [bytes8([3, 0]), ...sizes, bytes8([0]), text, type, space, new Uint8Array(float64s(values))];
}

function float64s(values: readonly number[]): ArrayBuffer {
  const view = new DataView(new ArrayBuffer(values.length * 8));
  for (const [index, value] of values.entries()) view.setFloat64(index * 8, value, true);
  return view.buffer;
}

function dataspace(lengths: readonly number[]): Uint8Array[] {
  return [bytes8([2, lengths.length, 0, 1]), ...lengths.map(u64)]; // version, rank, no largest size, simple
}

const DATATYPES = {
  uint8: () => whole(1, false),
  int8: () => whole(1, true),
  uint16: () => whole(2, false),
  int16: () => whole(2, true),
  uint32: () => whole(4, false),
  int32: () => whole(4, true),
  uint64: () => whole(8, false),
  int64: () => whole(8, true),
  // size, exponent's place and length, mantissa's length, exponent's bias
  float32: () => float(4, 23, 8, 127),
  float64: () => float(8, 52, 11, 1023),
} as const;

function whole(size: number, isSigned: boolean): Uint8Array[] {
  return [bytes8([0x10, isSigned ? 8 : 0, 0, 0]), u32(size), u16(0), u16(8 * size)]; // little-endian
}

function float(size: number, mantissa: number, exponent: number, bias: number): Uint8Array[] {
  const sign = 8 * size - 1;
  const class1 = bytes8([0x11, 0x20, sign, 0]); // little-endian, the mantissa's first bit is not stored
  return [class1, u32(size), u16(0), u16(8 * size), bytes8([mantissa, exponent, 0, mantissa]), u32(bias)];
}

type Message = readonly [type: number, parts: readonly Uint8Array[]];

function objectHeader(messages: readonly Message[]): Uint8Array {
  const bodies = messages.flatMap(([type, parts]) => {
    const body = joinBytes(parts);
    return [bytes8([type]), u16(body.length), bytes8([0]), body];
  });
  const body = joinBytes(bodies);
  // version 2; the flag says that the length takes 4 bytes
  return withChecksum([new TextEncoder().encode("OHDR"), bytes8([2, 2]), u32(body.length), body]);
}

function withChecksum(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = joinBytes(parts);
  return joinBytes([bytes, u32(lookup3(bytes))]);
}

function bytes8(values: readonly number[]): Uint8Array {
  return Uint8Array.from(values);
}

function u16(value: number): Uint8Array {
  return Uint8Array.of(value & 255, value >> 8);
}

function u32(value: number): Uint8Array {
  const view = new DataView(new ArrayBuffer(4));
  view.setUint32(0, value, true);
  return new Uint8Array(view.buffer);
}

function u64(value: number | bigint): Uint8Array {
  const view = new DataView(new ArrayBuffer(8));
  view.setBigUint64(0, BigInt(value), true);
  return new Uint8Array(view.buffer);
}
