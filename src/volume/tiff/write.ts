/** Multi-page TIFF files, uncompressed: classic below 4 GiB, BigTIFF beyond. */
import { bytesPerVoxel } from "../dtype.ts";
import { createRowFile, type OutputFile, type RowWriter } from "../output_file.ts";
import type { Zyx } from "../region.ts";
import { TAG } from "./tags.ts";
import { imageJDescription, resolutionBytes, resolutionOf } from "./voxel_size.ts";
import type { VoxelSize } from "../voxel_size.ts";

/** Types that ImageJ reads; of 32-bit whole numbers it makes floats. */
export type TiffDtype = "uint8" | "uint16" | "int16" | "uint32" | "float32";

/** What a TIFF stack holds. */
export interface TiffInfo {
  readonly shape: Zyx;
  readonly dtype: TiffDtype;
  /** Undefined where it is not known. */
  readonly voxelSize?: VoxelSize;
}

const HEADER = 16;
const CLASSIC_LIMIT = 2 ** 32;
const SHORT = 3;
const LONG = 4;
const RATIONAL = 5;
const LONG8 = 16;
const ASCII = 2;

/**
 * Begins a TIFF stack. All voxels lie in one run after the header, then the directories: so ImageJ reads it as one
 * stack, whichever way it goes.
 */
export function createTiff(path: string, info: TiffInfo): RowWriter & { readonly file: OutputFile } {
  const [depth, height, width] = info.shape;
  const rowBytes = width * bytesPerVoxel(info.dtype);
  const dataBytes = depth * height * rowBytes;
  const description = new TextEncoder().encode(`${imageJDescription(info)}\0`);
  const descriptionAt = HEADER + dataBytes + dataBytes % 2;
  const resolutionsAt = Math.ceil((descriptionAt + description.length) / 8) * 8;
  const resolutions = resolutionBytes(info.voxelSize);
  const directoriesAt = resolutionsAt + resolutions.length;
  const count = fieldCount(info);
  const isBig = directoriesAt + depth * directoryBytes(count, false) >= CLASSIC_LIMIT;

  function* head(): Generator<readonly [number, Uint8Array]> {
    yield [0, tiffHeader(isBig, directoriesAt)];
    yield [descriptionAt, description];
    yield [resolutionsAt, resolutions];
    for (let z = 0; z < depth; z++) {
      const bytes = directoryBytes(count, isBig);
      const at = directoriesAt + z * bytes;
      const fields = [
        ...pageFields(info, HEADER + z * height * rowBytes, [descriptionAt, description.length]),
        ...resolutionFields(info.voxelSize, resolutionsAt, isBig),
      ].sort(([a], [b]) => a - b);
      yield [at, directory({ fields, next: z + 1 < depth ? at + bytes : 0 }, isBig)];
    }
  }

  return createRowFile(path, head(), { dataStart: HEADER, rowBytes, rows: height });
}

function tiffHeader(isBig: boolean, firstDirectory: number): Uint8Array {
  const view = new DataView(new ArrayBuffer(HEADER));
  view.setUint16(0, 0x4949);
  view.setUint16(2, isBig ? 43 : 42, true);
  if (isBig) {
    view.setUint16(4, 8, true);
    view.setBigUint64(8, BigInt(firstDirectory), true);
  } else {
    view.setUint32(4, firstDirectory, true);
  }
  return new Uint8Array(view.buffer);
}

type Field = readonly [tag: number, type: number, count: number, value: number | bigint];

const PAGE_FIELDS = 11;
const RESOLUTION_FIELDS = 3;

function fieldCount({ voxelSize }: TiffInfo): number {
  return PAGE_FIELDS + (voxelSize === undefined ? 0 : RESOLUTION_FIELDS);
}

/** A multiple of 8, so that each directory begins at an even byte. */
function directoryBytes(count: number, isBig: boolean): number {
  return Math.ceil((isBig ? 8 + count * 20 + 8 : 2 + count * 12 + 4) / 8) * 8;
}

function pageFields(info: TiffInfo, start: number, [textAt, textBytes]: readonly [number, number]): Field[] {
  const [, height, width] = info.shape;
  const size = bytesPerVoxel(info.dtype);
  return [
    [TAG.width, LONG, 1, width],
    [TAG.height, LONG, 1, height],
    [TAG.bitsPerSample, SHORT, 1, size * 8],
    [TAG.compression, SHORT, 1, 1],
    [TAG.photometric, SHORT, 1, 1],
    [TAG.description, ASCII, textBytes, textAt],
    [TAG.stripOffsets, LONG8, 1, start],
    [TAG.samplesPerPixel, SHORT, 1, 1],
    [TAG.rowsPerStrip, LONG, 1, height],
    [TAG.stripBytes, LONG8, 1, height * width * size],
    [TAG.sampleFormat, SHORT, 1, info.dtype === "float32" ? 3 : info.dtype === "int16" ? 2 : 1],
  ];
}

/** Voxels per unit along x and y; the unit is in the description, as ImageJ keeps it. */
function resolutionFields(size: VoxelSize | undefined, at: number, isBig: boolean): Field[] {
  if (size === undefined) return [];
  const place = (index: number, length: number) => isBig ? resolutionOf(length) : at + index * 8;
  return [
    [TAG.xResolution, RATIONAL, 1, place(0, size[2])],
    [TAG.yResolution, RATIONAL, 1, place(1, size[1])],
    [TAG.resolutionUnit, SHORT, 1, 1],
  ];
}

function directory({ fields, next }: { fields: readonly Field[]; next: number }, isBig: boolean): Uint8Array {
  const view = new DataView(new ArrayBuffer(directoryBytes(fields.length, isBig)));
  const setPointer = (at: number, value: number | bigint) =>
    isBig ? view.setBigUint64(at, BigInt(value), true) : view.setUint32(at, Number(value), true);
  let at = isBig ? 8 : 2;
  if (isBig) view.setBigUint64(0, BigInt(fields.length), true);
  else view.setUint16(0, fields.length, true);
  for (const [tag, type, count, value] of fields) {
    view.setUint16(at, tag, true);
    view.setUint16(at + 2, type === LONG8 && !isBig ? LONG : type, true);
    setPointer(at + 4, count);
    // Numbers are little-endian, so a short one in a wide place reads the same.
    setPointer(at + (isBig ? 12 : 8), value);
    at += isBig ? 20 : 12;
  }
  setPointer(at, next);
  return new Uint8Array(view.buffer);
}
