/** How the pages of a TIFF file are cut into strips or tiles, and where these lie. */
import { UserError } from "../../config/user_error.ts";
import { requireDecodable } from "../limits.ts";
import { fieldNumber, fieldNumbers, type TiffDirectory, type TiffFile } from "./directory.ts";
import { TAG } from "./tags.ts";

/** How one page is cut into strips (of full width) or tiles. */
export interface PageBlocks {
  readonly offsets: readonly number[];
  readonly byteCounts: readonly number[];
  readonly width: number;
  readonly height: number;
  /** Bytes of a voxel. */
  readonly voxelBytes: number;
  /** Bytes that a row of strips or tiles takes while it is decoded: stored, decoded, and put together. */
  readonly heldBytes: number;
  /** Byte at which the page's voxels begin where they lie uncompressed in one run; -1 elsewhere. */
  readonly run: number;
}

/** Most strips or tiles of a page. */
const MAX_BLOCKS = 1 << 20;

/** Bytes that a compressed strip or tile may have for its tables. */
const MAX_TABLES = 1 << 16;

/** Most bytes of a strip, a tile or a row of tiles that must be decoded as a whole. */
const MAX_BAND = 1 << 27;

/**
 * Reads where the strips or tiles of a page lie.
 *
 * @throws UserError if there are too few, one leaves the file, is too short for its voxels, or shares bytes with another, or
 * they are too large to be decoded one by one
 */
export function readPageBlocks(file: TiffFile, directory: TiffDirectory, page: number): PageBlocks {
  const pageWidth = fieldNumber(file, directory, TAG.width, 0);
  const pageHeight = fieldNumber(file, directory, TAG.height, 0);
  const voxelBytes = fieldNumber(file, directory, TAG.bitsPerSample, 8) / 8;
  const isTiled = directory.fields.has(TAG.tileOffsets);
  const [offsetTag, bytesTag] = isTiled
    ? [TAG.tileOffsets, TAG.tileBytes] as const
    : [TAG.stripOffsets, TAG.stripBytes] as const;
  const width = isTiled ? fieldNumber(file, directory, TAG.tileWidth, 0) : pageWidth;
  const height = isTiled
    ? fieldNumber(file, directory, TAG.tileHeight, 0)
    : Math.min(pageHeight, fieldNumber(file, directory, TAG.rowsPerStrip, pageHeight) || pageHeight);
  const count = Math.ceil(pageWidth / width) * Math.ceil(pageHeight / height);
  if (!(width > 0 && height > 0) || count > MAX_BLOCKS) {
    const found = `strips or tiles of ${width} x ${height} voxels for ${pageWidth} x ${pageHeight}`;
    throw pageProblem(file, page, found, "save the file again");
  }
  const offsets = fieldNumbers(file, directory, offsetTag, count) ?? [];
  const byteCounts = fieldNumbers(file, directory, bytesTag, count) ??
    (count === 1 && !isTiled ? [pageWidth * pageHeight * voxelBytes] : []);
  if (offsets.length < count || byteCounts.length < count) {
    const found = `${Math.min(offsets.length, byteCounts.length)} strips or tiles, expected ${count}`;
    throw pageProblem(file, page, found, "save the file again");
  }
  const cut = { offsets, byteCounts, width, height, voxelBytes };
  const compression = fieldNumber(file, directory, TAG.compression, 1);
  const run = compression === 1 ? runOf(cut, pageHeight, pageWidth) : -1;
  requirePlaces(file, page, cut);
  requireLengths(file, page, cut, compression, [pageHeight, pageWidth]);
  if (run < 0 && height * Math.max(width, pageWidth) * voxelBytes > MAX_BAND) {
    const found = `strips or tiles of ${width} x ${height} voxels, which must be decoded as a whole`;
    throw pageProblem(file, page, found, "save it uncompressed or with fewer rows a strip");
  }
  // JPEG is decoded to blocks of 32-bit coefficients first.
  const heldPerVoxel = compression === 7 ? 12 : 4 * voxelBytes;
  return { ...cut, run, heldBytes: run < 0 ? height * Math.max(width, pageWidth) * heldPerVoxel : 0 };
}

type Cut = Omit<PageBlocks, "run" | "heldBytes">;

function requirePlaces(file: TiffFile, page: number, { offsets, byteCounts }: Cut): void {
  const places = offsets.map((start, index) => ({ start, end: start + (byteCounts[index] ?? 0) }));
  for (const { end } of places) {
    if (end <= file.bytes) continue;
    const found = `truncated: voxels up to byte ${end} of ${file.bytes}`;
    throw pageProblem(file, page, found, "copy the file again");
  }
  const pair = overlapOf(places);
  if (pair === undefined) return;
  throw pageProblem(file, page, `strips or tiles ${pair.join(" and ")} overlap`, "save the file again");
}

function requireLengths(
  file: TiffFile,
  page: number,
  { byteCounts, width, height, voxelBytes }: Cut,
  compression: number,
  [pageHeight, pageWidth]: readonly [number, number],
): void {
  const across = Math.ceil(pageWidth / width);
  for (const [index, bytes] of byteCounts.entries()) {
    const rows = Math.min(height, pageHeight - Math.floor(index / across) * height);
    const least = compression === 1 ? rows * width * voxelBytes : 1;
    // No compression makes voxels twice as long; what is uncompressed may have anything after it.
    const most = compression === 1 ? Infinity : 2 * width * height * voxelBytes + MAX_TABLES;
    if (bytes >= least && bytes <= most) continue;
    const found = `strip or tile ${index} has ${bytes} bytes, expected at ${
      bytes < least ? "least" : "most"
    }`;
    throw pageProblem(file, page, `${found} ${bytes < least ? least : most}`, "save the file again");
  }
  const stored = byteCounts.reduce((sum, bytes) => sum + bytes, 0);
  if (compression !== 1) {
    requireDecodable(file.path, stored, pageHeight * pageWidth * voxelBytes, compression);
  }
}

/** The indices of two places that share bytes; undefined where there are none. */
export function overlapOf(
  places: readonly { readonly start: number; readonly end: number }[],
): readonly [number, number] | undefined {
  const startOf = (index: number) => places[index]?.start ?? 0;
  const endOf = (index: number) => places[index]?.end ?? 0;
  const order = [...places.keys()];
  if (order.some((index) => index > 0 && startOf(index) < startOf(index - 1))) {
    order.sort((a, b) => startOf(a) - startOf(b) || a - b);
  }
  for (const [place, index] of order.entries()) {
    const before = order[place - 1];
    if (before !== undefined && startOf(index) < endOf(before)) {
      return [Math.min(before, index), Math.max(before, index)];
    }
  }
  return undefined;
}

/** The byte at which a page of uncompressed strips begins if they follow each other without a gap; else -1. */
function runOf(cut: Cut, height: number, width: number): number {
  if (cut.width !== width) return -1;
  const start = cut.offsets[0] ?? -1;
  let expected = start;
  for (const [index, offset] of cut.offsets.entries()) {
    const rows = Math.min(cut.height, height - index * cut.height);
    if (offset !== expected) return -1;
    expected += rows * width * cut.voxelBytes;
    // A tile or strip may be padded; only the last one may end early or late without moving others.
    if (cut.byteCounts[index] !== rows * width * cut.voxelBytes && index < cut.offsets.length - 1) return -1;
  }
  const lastRows = height - (cut.offsets.length - 1) * cut.height;
  return (cut.byteCounts.at(-1) ?? 0) >= lastRows * width * cut.voxelBytes ? start : -1;
}

/** That something is wrong with a page, numbered from 0. */
export function pageProblem(file: TiffFile, page: number, found: string, advice: string): UserError {
  return new UserError(`${file.path}, page ${page}: ${found}; ${advice}`);
}
