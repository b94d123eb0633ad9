/** How the pages of a TIFF file are cut into strips or tiles, and where these lie. */
import { UserError } from "../../user_error.ts";
import { requireDecodable } from "../limits.ts";
import { fieldNumber, fieldNumbers, type TiffDirectory, type TiffFile } from "./directory.ts";
import { LERC } from "./lerc.ts";
import { TAG } from "./tags.ts";

/** How one page is cut into strips (of full width) or tiles. */
export interface PageBlocks {
  readonly offsets: readonly number[];
  readonly byteCounts: readonly number[];
  readonly width: number;
  readonly height: number;
  /** Slices of a tile; strips have one. */
  readonly depth: number;
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
  const pageDepth = fieldNumber(file, directory, TAG.imageDepth, 1);
  const voxelBytes = fieldNumber(file, directory, TAG.bitsPerSample, 8) / 8;
  const isTiled = directory.fields.has(TAG.tileOffsets);
  const [offsetTag, bytesTag] = isTiled
    ? [TAG.tileOffsets, TAG.tileBytes] as const
    : [TAG.stripOffsets, TAG.stripBytes] as const;
  const width = isTiled ? fieldNumber(file, directory, TAG.tileWidth, 0) : pageWidth;
  const height = isTiled
    ? fieldNumber(file, directory, TAG.tileHeight, 0)
    : Math.min(pageHeight, fieldNumber(file, directory, TAG.rowsPerStrip, pageHeight) || pageHeight);
  const depth = isTiled ? fieldNumber(file, directory, TAG.tileDepth, 1) : 1;
  const count = Math.ceil(pageWidth / width) * Math.ceil(pageHeight / height) * Math.ceil(pageDepth / depth);
  if (!(width > 0 && height > 0 && depth > 0) || count > MAX_BLOCKS) {
    const found = `strips or tiles of ${width} x ${height} voxels for ${pageWidth} x ${pageHeight}`;
    throw pageProblem(file, page, found, "save the file again");
  }
  const offsets = fieldNumbers(file, directory, offsetTag, count) ?? [];
  const compression = fieldNumber(file, directory, TAG.compression, 1);
  const page0 = [pageDepth, pageHeight, pageWidth] as const;
  const implied = impliedBytes({ width, height, depth, voxelBytes }, isTiled, page0);
  const told = fieldNumbers(file, directory, bytesTag, count);
  const byteCounts = compression === 1
    ? implied.map((bytes, index) => trueBytes(told?.[index], bytes))
    : told ?? (count === 1 && !isTiled ? implied : []);
  if (offsets.length < count || byteCounts.length < count) {
    const found = `${Math.min(offsets.length, byteCounts.length)} strips or tiles, expected ${count}`;
    throw pageProblem(file, page, found, "save the file again");
  }
  const cut = { offsets, byteCounts, width, height, depth, voxelBytes };
  const run = compression === 1 && depth === 1 ? runOf(cut, page0) : -1;
  requirePlaces(file, page, cut);
  requireLengths(file, page, cut, compression, page0, implied);
  const bandVoxels = depth * height * Math.max(width, pageWidth);
  if (run < 0 && bandVoxels * voxelBytes > MAX_BAND) {
    const found = `strips or tiles of ${width} x ${height} voxels, which must be decoded as a whole`;
    throw pageProblem(file, page, found, "save it uncompressed or with fewer rows per strip");
  }
  // JPEG is decoded to blocks of 32-bit coefficients first; of LERC there are two copies more.
  const heldPerVoxel = compression === 7 ? 12 : (compression === LERC ? 6 : 4) * voxelBytes;
  return { ...cut, run, heldBytes: run < 0 ? bandVoxels * heldPerVoxel : 0 };
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

/** Bytes of each strip or tile, uncompressed: the last strip of a slice has fewer rows, tiles are always full. */
function impliedBytes(
  { width, height, depth, voxelBytes }: Pick<Cut, "width" | "height" | "depth" | "voxelBytes">,
  isTiled: boolean,
  [pageDepth, pageHeight, pageWidth]: readonly [number, number, number],
): number[] {
  const down = Math.ceil(pageHeight / height), across = Math.ceil(pageWidth / width);
  return Array.from({ length: Math.ceil(pageDepth / depth) * down * across }, (_, index) => {
    const row = Math.floor(index / across) % down;
    const rows = isTiled ? height : Math.min(height, pageHeight - row * height);
    return depth * rows * width * voxelBytes;
  });
}

/** Writers leave 0, or the length of something larger, where what is uncompressed needs no length. */
function trueBytes(told: number | undefined, implied: number): number {
  return told === undefined || told === 0 || told > implied ? implied : told;
}

function requireLengths(
  file: TiffFile,
  page: number,
  { byteCounts, width, height, depth, voxelBytes }: Cut,
  compression: number,
  [pageDepth, pageHeight, pageWidth]: readonly [number, number, number],
  implied: readonly number[],
): void {
  for (const [index, bytes] of byteCounts.entries()) {
    const least = compression === 1 ? implied[index] ?? 0 : 1;
    // No compression makes voxels twice as long.
    const most = compression === 1 ? Infinity : 2 * depth * width * height * voxelBytes + MAX_TABLES;
    if (bytes >= least && bytes <= most) continue;
    const found = `strip or tile ${index} has ${bytes} bytes, expected at ${
      bytes < least ? "least" : "most"
    }`;
    throw pageProblem(file, page, `${found} ${bytes < least ? least : most}`, "save the file again");
  }
  const stored = byteCounts.reduce((sum, bytes) => sum + bytes, 0);
  if (compression !== 1) {
    requireDecodable(file.path, stored, pageDepth * pageHeight * pageWidth * voxelBytes, compression);
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
function runOf(cut: Cut, [, , width]: readonly [number, number, number]): number {
  if (cut.width !== width) return -1;
  const start = cut.offsets[0] ?? -1;
  let expected = start;
  for (const [index, offset] of cut.offsets.entries()) {
    if (offset !== expected) return -1;
    expected += cut.byteCounts[index] ?? 0;
  }
  return start;
}

/** That something is wrong with a page, numbered from 0. */
export function pageProblem(file: TiffFile, page: number, found: string, advice: string): UserError {
  return new UserError(`${file.path}, page ${page}: ${found}; ${advice}`);
}
