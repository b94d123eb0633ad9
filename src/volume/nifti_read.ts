/** Voxels of NIfTI-1 and NIfTI-2 (nifti.nimh.nih.gov: nifti1.h, nifti2.h), also compressed with gzip. */
import { constants, gunzipSync } from "node:zlib";
import { type AxisPick, PICK_ADVICE } from "../config/pick.ts";
import { UserError } from "../user_error.ts";
import { bytesPerVoxel, type SourceDtype } from "./dtype.ts";
import { fileState, openForReading, readExactly } from "./file.ts";
import { requireDecodable, requireVolumeSize } from "./limits.ts";
import { gzipVoxels } from "./nrrd/read.ts";
import { pickedOf } from "./pick_axes.ts";
import { plainRows, type Rows } from "./plain_rows.ts";
import { voxelCount, type Zyx } from "./region.ts";
import type { RowSource } from "./source.ts";
import { onLine } from "./tiff/calibration.ts";
import { toLength, type VoxelSize } from "./voxel_size.ts";

/** What a header says. */
interface NiftiHeader {
  readonly littleEndian: boolean;
  readonly dtype: SourceDtype;
  readonly shape: Zyx;
  readonly times: number;
  readonly channels: number;
  /** Byte of the decoded file at which the voxels begin. */
  readonly start: number;
  readonly voxelSize: VoxelSize | undefined;
  /** What values are: `slope` times the stored ones plus `offset`; undefined where they are as stored. */
  readonly line: { readonly slope: number; readonly offset: number } | undefined;
}

/** Bytes of the two kinds of header, which say their length first, and the least byte that voxels begin at. */
const LENGTHS = [348, 540];
const EXTENSION = 4;

/** Data types by their numbers. */
const TYPES: Readonly<Record<number, SourceDtype>> = {
  2: "uint8",
  4: "int16",
  8: "int32",
  16: "float32",
  64: "float64",
  256: "int8",
  512: "uint16",
  768: "uint32",
  1024: "int64",
  1280: "uint64",
};

/** Nanometres in the units of length, by their numbers. */
const UNITS: Readonly<Record<number, number>> = { 1: 1e9, 2: 1e6, 3: 1e3 };

/** The beginning of a file that is compressed with gzip, decoded; as it is if it is not. */
export function decodedHead(head: Uint8Array): Uint8Array {
  if (head[0] !== 0x1f || head[1] !== 0x8b) return head;
  try {
    return gunzipSync(head, { finishFlush: constants.Z_SYNC_FLUSH });
  } catch (cause) {
    if (cause instanceof Error) return head; // no gzip, whatever it is
    throw cause;
  }
}

/** Whether a file with header and voxels begins with these bytes, which are decoded. */
export function isNiftiHeader(head: Uint8Array): boolean {
  const order = byteOrder(head);
  if (order === undefined) return false;
  const at = order.length === 348 ? 344 : 4;
  return /^n\+[12]$/.test(new TextDecoder("latin1").decode(head.subarray(at, at + 3)));
}

function byteOrder(head: Uint8Array) {
  if (head.length < Math.min(...LENGTHS)) return undefined;
  const view = new DataView(head.buffer, head.byteOffset, head.length);
  for (const littleEndian of [true, false]) {
    const length = view.getInt32(0, littleEndian);
    if (LENGTHS.includes(length) && head.length >= length) return { view, length, littleEndian };
  }
  return undefined;
}

/**
 * Opens a volume of integers of 8 to 64 bits or floats; x is the first axis of the file, and voxels stay in its order, whatever
 * orientation it tells.
 * @throws UserError if it is of another kind, its length is not what the header tells, or there are several volumes and none is chosen
 */
export function openNifti(path: string, pick: AxisPick): RowSource {
  const stored = fileState(path)?.bytes ?? 0;
  const head = headOf(path, Math.min(stored, 1 << 12));
  const isGzip = head[0] === 0x1f;
  const header = readHeader(path, decodedHead(head));
  const { shape, dtype, littleEndian, voxelSize, line } = header;
  const volumeBytes = voxelCount(shape) * bytesPerVoxel(dtype);
  const count = header.times * header.channels;
  const place = placeOf(path, header, pick);
  const start = header.start + place * volumeBytes;
  const end = header.start + count * volumeBytes;
  if (isGzip) requireDecodable(path, stored, end);
  else if (stored < end) {
    throw new UserError(
      `${path}: truncated or damaged: ${stored} bytes, expected ${end} by its header; copy the file again`,
    );
  }
  const source: RowSource = {
    path,
    shape,
    components: 1,
    dtype,
    littleEndian,
    voxelSize,
    files: [path],
    ...(isGzip
      ? compressedRows(path, { shape, dtype, start, isLast: place === count - 1 })
      : plainRows(openForReading(path), { path, shape, dtype }, start)),
    ...pickedOf(pick),
  };
  if (line === undefined) return source;
  const note = `${path}: values are ${line.offset} + ${line.slope} x the stored values, as its header says`;
  return { ...onLine(source, line), notes: [note] };
}

function headOf(path: string, length: number): Uint8Array {
  using file = openForReading(path);
  const head = new Uint8Array(length);
  readExactly(file, path, 0, head);
  return head;
}

function readHeader(path: string, head: Uint8Array): NiftiHeader {
  const order = isNiftiHeader(head) ? byteOrder(head) : undefined;
  if (order === undefined) throw new UserError(`${path}: damaged: no NIfTI header; copy the file again`);
  const { view, length, littleEndian } = order;
  const isFirst = length === 348;
  const float = (first: number, second: number) =>
    isFirst ? view.getFloat32(first, littleEndian) : view.getFloat64(second, littleEndian);
  const long = (at: number) => Number(view.getBigInt64(at, littleEndian));
  const dims = Array.from(
    { length: 8 },
    (_, axis) => isFirst ? view.getInt16(40 + 2 * axis, littleEndian) : long(16 + 8 * axis),
  );
  const rank = dims[0] ?? 0;
  if (!(rank >= 1 && rank <= 7)) {
    throw new UserError(`${path}: a NIfTI file of ${rank} axes; expected 1 to 7: save it again`);
  }
  const [x = 1, y = 1, z = 1, times = 1, channels = 1, ...others] = dims.slice(1, rank + 1);
  const type = view.getInt16(isFirst ? 70 : 12, littleEndian);
  const dtype = TYPES[type];
  if (dtype === undefined) {
    throw new UserError(
      `${path}: NIfTI data type ${type}; expected integers or 32 or 64-bit floats: convert it to 8-bit or 16-bit greyscale`,
    );
  }
  const shape: Zyx = [z, y, x];
  requireVolumeSize(path, shape, bytesPerVoxel(dtype));
  const isCounted = [times, channels, ...others].every((count) => Number.isSafeInteger(count) && count >= 1);
  if (!isCounted || times * channels > 2 ** 24 || others.some((count) => count > 1)) {
    throw new UserError(
      `${path}: a NIfTI file with axes of ${dims.slice(1, rank + 1).join(" x ")}; expected x, y, z, time ` +
        "and channel: save one volume alone",
    );
  }
  const start = isFirst ? view.getFloat32(108, littleEndian) : long(168);
  if (!Number.isSafeInteger(start) || start < length + EXTENSION) {
    throw new UserError(
      `${path}: its voxels begin at byte ${start}; expected a whole number from ${length + EXTENSION}: ` +
        "save it again",
    );
  }
  const units = isFirst ? view.getUint8(123) : view.getInt32(500, littleEndian);
  const lengths = [3, 2, 1].map((axis) => {
    const size = float(76 + 4 * axis, 104 + 8 * axis);
    const digits = isFirst ? 7 : 15; // that a number of 32 or 64 bits has
    return toLength(Number((size * (UNITS[units & 7] ?? NaN)).toPrecision(digits)));
  });
  const [sizeZ, sizeY, sizeX] = lengths;
  return {
    littleEndian,
    dtype,
    shape,
    times,
    channels,
    start,
    voxelSize: sizeZ === undefined || sizeY === undefined || sizeX === undefined
      ? undefined
      : [sizeZ, sizeY, sizeX],
    line: lineOf(path, dtype, float(112, 176), float(116, 184)),
  };
}

/** A slope of 0, or one that is no number, means that values are as stored. */
function lineOf(path: string, dtype: SourceDtype, slope: number, offset: number): NiftiHeader["line"] {
  if (slope === 0 || !Number.isFinite(slope) || (slope === 1 && offset === 0)) return undefined;
  const isNarrow = bytesPerVoxel(dtype) <= 2 || dtype === "float32";
  if (isNarrow && Number.isFinite(offset)) return { slope, offset };
  throw new UserError(
    `${path}: its values are ${offset} + ${slope} x the stored values of ${dtype}, which is not applied here; save them ` +
      "as they are, for example as 32-bit floats",
  );
}

/** Which of the volumes in the file is read. */
function placeOf(path: string, { times, channels }: NiftiHeader, { time, channel }: AxisPick): number {
  const several = `${times} time points, ${channels} channels`;
  if ((time ?? 0) >= times || (channel ?? 0) >= channels) {
    const wanted = (time ?? 0) >= times ? `time point ${time}` : `channel ${channel}`;
    throw new UserError(`${path}: has no ${wanted}: ${several}; ${PICK_ADVICE}`);
  }
  if ((times > 1 && time === undefined) || (channels > 1 && channel === undefined)) {
    throw new UserError(`${path}: has ${several}; ${PICK_ADVICE}`);
  }
  return (channel ?? 0) * times + (time ?? 0);
}

function compressedRows(
  path: string,
  { shape, dtype, start, isLast }: {
    readonly shape: Zyx;
    readonly dtype: SourceDtype;
    readonly start: number;
    readonly isLast: boolean;
  },
): Rows {
  const run = gzipVoxels({
    shape,
    dtype,
    components: 1,
    dataFiles: [{ path, start: 0 }],
    decodedSkip: start,
  });
  const rowBytes = shape[2] * bytesPerVoxel(dtype);
  return {
    access: "forward",
    heldBytes: run.heldBytes,
    readRows: (z, y, rows, out) => run.read((z * shape[1] + y) * rowBytes, out.subarray(0, rows * rowBytes)),
    // Behind another than the last volume there is more, which is not looked at.
    finish: () => isLast ? run.finish() : Promise.resolve(),
    close: () => run.close(),
  };
}
