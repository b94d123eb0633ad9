/** The pages of a TIFF stack: which there are, that they fit together, and where their voxels lie. */
import { UserError } from "../config/user_error.ts";
import type { Zyx } from "./region.ts";
import { stackOfOneDirectory } from "./tiff_description.ts";
import {
  fieldNumber,
  fieldNumbers,
  fieldText,
  readDirectory,
  type TiffDirectory,
  type TiffFile,
} from "./tiff_directory.ts";

/** TIFF tags (TIFF 6.0, appendix A) by what they mean here. */
export const TAG = {
  subfileType: 254,
  width: 256,
  height: 257,
  bitsPerSample: 258,
  compression: 259,
  photometric: 262,
  fillOrder: 266,
  description: 270,
  stripOffsets: 273,
  samplesPerPixel: 277,
  rowsPerStrip: 278,
  stripBytes: 279,
  predictor: 317,
  colorMap: 320,
  tileWidth: 322,
  tileHeight: 323,
  tileOffsets: 324,
  tileBytes: 325,
  sampleFormat: 339,
  jpegTables: 347,
} as const;

/** A stack of 8-bit pages of one size. */
export interface TiffStack {
  readonly shape: Zyx;
  /** TIFF compression number of every page; 1 is none. */
  readonly compression: number;
  /** Byte of the file at which each page's directory begins. */
  readonly directories: readonly number[];
  /** Byte at which each page's voxels begin where they lie in one run; -1 elsewhere. */
  readonly runs: readonly number[];
}

/** How one page is cut into strips (of full width) or tiles. */
export interface PageBlocks {
  readonly offsets: readonly number[];
  readonly byteCounts: readonly number[];
  readonly width: number;
  readonly height: number;
}

const REDUCED_OR_MASK = 1 | 4;

/**
 * Walks all directories of a file. Time is linear in the number of pages, memory is two numbers a page.
 * @throws UserError if there is no page, pages differ, voxels are not 8-bit grey, or the file is damaged or truncated
 */
export function readTiffStack(file: TiffFile): TiffStack {
  const seen = new Set<number>();
  const directories: number[] = [];
  const runs: number[] = [];
  let first: { height: number; width: number; compression: number; description: string } | undefined;
  for (let at = file.firstDirectory; at !== 0;) {
    if (seen.has(at)) {
      throw problem(file, directories.length, "its directories form a loop", "save the file again");
    }
    seen.add(at);
    const directory = readDirectory(file, at);
    if ((fieldNumber(file, directory, TAG.subfileType, 0) & REDUCED_OR_MASK) === 0) {
      const page = readPage(file, directory, directories.length);
      first ??= { ...page, description: fieldText(file, directory, TAG.description) };
      if (page.height !== first.height || page.width !== first.width) {
        const found = `${page.width} x ${page.height} voxels, page 0 has ${first.width} x ${first.height}`;
        throw problem(file, directories.length, found, "save a stack of pages of one size");
      }
      if (page.compression !== first.compression) {
        throw problem(file, directories.length, "compressed otherwise than page 0", "save the stack anew");
      }
      directories.push(at);
      runs.push(page.run);
    }
    at = directory.next;
  }
  if (first === undefined) {
    throw new UserError(`${file.path}: a TIFF file without pages; save the file again`);
  }
  const { height, width, compression, description } = first;
  const stack = { shape: [directories.length, height, width] as const, compression, directories, runs };
  return stackOfOneDirectory(file, stack, description);
}

function readPage(file: TiffFile, directory: TiffDirectory, page: number) {
  const width = fieldNumber(file, directory, TAG.width, 0);
  const height = fieldNumber(file, directory, TAG.height, 0);
  if (width < 1 || height < 1) {
    throw problem(file, page, `${width} x ${height} voxels`, "save the file again");
  }
  checkVoxelType(file, directory, page);
  const compression = fieldNumber(file, directory, TAG.compression, 1);
  const blocks = readPageBlocks(file, directory, page);
  return { height, width, compression, run: compression === 1 ? runOf(blocks, height, width) : -1 };
}

function checkVoxelType(file: TiffFile, directory: TiffDirectory, page: number): void {
  const advice = "convert it to 8-bit greyscale";
  const samples = fieldNumber(file, directory, TAG.samplesPerPixel, 1);
  const photometric = fieldNumber(file, directory, TAG.photometric, 1);
  if (samples !== 1 || photometric === 2) {
    throw problem(file, page, `${samples} samples a voxel (colour)`, advice);
  }
  const bits = fieldNumber(file, directory, TAG.bitsPerSample, 1);
  const format = fieldNumber(file, directory, TAG.sampleFormat, 1);
  if (bits !== 8 || (format !== 1 && format !== 4)) {
    const kind = format === 3 ? "float" : format === 2 ? "signed" : "unsigned";
    throw problem(file, page, `${bits}-bit ${kind} voxels, expected 8-bit unsigned`, advice);
  }
  if (fieldNumber(file, directory, TAG.fillOrder, 1) !== 1) {
    throw problem(file, page, "reversed bit order (FillOrder 2)", advice);
  }
  // What 0 means would be a guess: ImageJ writes masks so without meaning that they be inverted.
  if (photometric === 0) {
    throw problem(
      file,
      page,
      "white is zero",
      "save it with black as zero (in ImageJ: Image > Lookup Tables > Grays)",
    );
  }
  if (photometric === 3 && !isGreyPalette(fieldNumbers(file, directory, TAG.colorMap))) {
    throw problem(file, page, "a colour palette", "apply a grey lookup table and save it as 8-bit greyscale");
  }
  if (photometric !== 1 && photometric !== 3) {
    throw problem(file, page, `photometric interpretation ${photometric}, expected greyscale`, advice);
  }
}

function isGreyPalette(colorMap: readonly number[] | undefined): boolean {
  if (colorMap?.length !== 768) return false;
  return colorMap.every((value, index) => value >> 8 === index % 256);
}

/** Reads where the strips or tiles of a page lie. @throws UserError if there are too few, or one leaves the file */
export function readPageBlocks(file: TiffFile, directory: TiffDirectory, page: number): PageBlocks {
  const pageWidth = fieldNumber(file, directory, TAG.width, 0);
  const pageHeight = fieldNumber(file, directory, TAG.height, 0);
  const isTiled = directory.fields.has(TAG.tileOffsets);
  const [offsetTag, bytesTag] = isTiled
    ? [TAG.tileOffsets, TAG.tileBytes] as const
    : [TAG.stripOffsets, TAG.stripBytes] as const;
  const width = isTiled ? fieldNumber(file, directory, TAG.tileWidth, 0) : pageWidth;
  const height = isTiled
    ? fieldNumber(file, directory, TAG.tileHeight, 0)
    : Math.min(pageHeight, fieldNumber(file, directory, TAG.rowsPerStrip, pageHeight) || pageHeight);
  const offsets = fieldNumbers(file, directory, offsetTag) ?? [];
  const count = Math.ceil(pageWidth / width) * Math.ceil(pageHeight / height);
  const byteCounts = fieldNumbers(file, directory, bytesTag) ??
    (count === 1 && !isTiled ? [pageWidth * pageHeight] : []);
  if (!(width > 0 && height > 0) || offsets.length < count || byteCounts.length < count) {
    throw problem(file, page, `${offsets.length} strips or tiles, expected ${count}`, "save the file again");
  }
  for (let index = 0; index < count; index++) {
    const end = (offsets[index] ?? 0) + (byteCounts[index] ?? 0);
    if (end > file.bytes) {
      throw problem(
        file,
        page,
        `truncated: voxels up to byte ${end} of ${file.bytes}`,
        "copy the file again",
      );
    }
  }
  return { offsets: offsets.slice(0, count), byteCounts: byteCounts.slice(0, count), width, height };
}

/** The byte at which a page of uncompressed strips begins if they follow each other without a gap; else -1. */
function runOf(blocks: PageBlocks, height: number, width: number): number {
  if (blocks.width !== width) return -1;
  const start = blocks.offsets[0] ?? -1;
  let expected = start;
  for (const [index, offset] of blocks.offsets.entries()) {
    const rows = Math.min(blocks.height, height - index * blocks.height);
    if (offset !== expected) return -1;
    expected += rows * width;
    // A tile or strip may be padded; only the last one may end early or late without moving others.
    if (blocks.byteCounts[index] !== rows * width && index < blocks.offsets.length - 1) return -1;
  }
  return (blocks.byteCounts.at(-1) ?? 0) >= (height - (blocks.offsets.length - 1) * blocks.height) * width
    ? start
    : -1;
}

function problem(file: TiffFile, page: number, found: string, advice: string): UserError {
  return new UserError(`${file.path}, page ${page}: ${found}; ${advice}`);
}
