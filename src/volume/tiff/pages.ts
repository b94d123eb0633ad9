/** The pages of a TIFF stack: which there are, that they fit together, and where their voxels lie. */
import { UserError } from "../../user_error.ts";
import { bytesPerVoxel, type SourceDtype } from "../dtype.ts";
import { MAX_PAGES, requireVolumeSize } from "../limits.ts";
import { overlapOf, type PageBlocks, pageProblem, readPageBlocks } from "./blocks.ts";
import { checkOneAxis, stackInOrder, stackOfOneDirectory, type TiffStack } from "./description.ts";
import {
  fieldNumber,
  fieldNumbers,
  fieldText,
  readDirectory,
  type TiffDirectory,
  type TiffFile,
} from "./directory.ts";
import { TAG } from "./tags.ts";
import { tiffVoxelSize } from "./voxel_size.ts";

const REDUCED_OR_MASK = 1 | 4;

/**
 * Walks all directories of a file. Time is linear in the number of pages and strips, memory is a few numbers per page.
 * @param isRaw whether pages are wanted as they lie in the file, whatever its description says of them
 * @throws UserError if there is no page, pages differ, voxels are not grey numbers, or the file is damaged or truncated
 */
export function readTiffStack(file: TiffFile, isRaw = false): TiffStack {
  const seen = new Set<number>();
  const directories: number[] = [];
  const runs: number[] = [];
  let stored = { bytes: 0, entries: 0 };
  let heldBytes = 0;
  let first: ReturnType<typeof readPage> & { directory: TiffDirectory; description: string } | undefined;
  for (let at = file.firstDirectory; at !== 0;) {
    if (seen.has(at)) {
      throw pageProblem(file, directories.length, "its directories form a cycle", "save the file again");
    }
    seen.add(at);
    const directory = readDirectory(file, at);
    if ((fieldNumber(file, directory, TAG.subfileType, 0) & REDUCED_OR_MASK) === 0) {
      const number = directories.length;
      const page = readPage(file, directory, number);
      first ??= { ...page, directory, description: fieldText(file, directory, TAG.description) };
      if (page.height !== first.height || page.width !== first.width) {
        const found = `${page.width} x ${page.height} voxels, page 0 has ${first.width} x ${first.height}`;
        throw pageProblem(file, number, found, "save a stack of pages of one size");
      }
      if (page.depth !== first.depth) {
        const found = `${page.depth} slices, page 0 has ${first.depth}`;
        throw pageProblem(file, number, found, "save a stack of pages of one depth");
      }
      if (page.dtype !== first.dtype) {
        throw pageProblem(
          file,
          number,
          `${page.dtype}, page 0 has ${first.dtype}`,
          "save a stack of one type",
        );
      }
      if (page.isPalette !== first.isPalette) {
        throw pageProblem(
          file,
          number,
          "a colour palette, which not all pages have",
          "save a stack of one type",
        );
      }
      if (page.compression !== first.compression) {
        throw pageProblem(file, number, "compressed differently from page 0", "save the stack again");
      }
      stored = addStored(file, number, stored, page.blocks);
      heldBytes = Math.max(heldBytes, page.blocks.heldBytes);
      directories.push(at);
      runs.push(page.run);
    }
    if (seen.size > MAX_PAGES) {
      throw new UserError(`${file.path}: more than ${MAX_PAGES} directories; save the file again`);
    }
    at = directory.next;
  }
  if (first === undefined) {
    throw new UserError(`${file.path}: a TIFF file without pages; save the file again`);
  }
  const { depth, height, width, compression, description, dtype, isPalette } = first;
  requireRunsApart(file, runs, depth * height * width * bytesPerVoxel(dtype));
  const shape = [directories.length * depth, height, width] as const;
  requireVolumeSize(file.path, shape, bytesPerVoxel(dtype));
  const voxelSize = tiffVoxelSize(file, first.directory, description);
  const stack = {
    shape,
    description,
    dtype,
    isPalette,
    voxelSize,
    compression,
    heldBytes,
    directories,
    pageDepth: depth,
    runs,
  };
  if (depth > 1) return stack;
  if (isRaw) return stackOfOneDirectory(file, stack, description);
  checkOneAxis(file, description);
  return stackInOrder(file, stackOfOneDirectory(file, stack, description), description);
}

// Pages that do not share voxels or tables have together no more of them than the file has bytes. That keeps the work linear in
// the file's length, where a thousand pages may name one table of a million strips.
function addStored(
  file: TiffFile,
  page: number,
  before: { readonly bytes: number; readonly entries: number },
  { offsets, byteCounts }: PageBlocks,
): { bytes: number; entries: number } {
  const bytes = byteCounts.reduce((sum, count) => sum + count, before.bytes);
  const entries = before.entries + (offsets.length > 1 ? offsets.length : 0);
  if (bytes > file.bytes || entries * 4 > file.bytes) {
    throw pageProblem(file, page, "its strips or tiles overlap those of other pages", "save the file again");
  }
  return { bytes, entries };
}

function requireRunsApart(file: TiffFile, runs: readonly number[], length: number): void {
  const pages = [...runs.keys()].filter((page) => (runs[page] ?? -1) >= 0);
  const pair = overlapOf(pages.map((page) => ({ start: runs[page] ?? 0, end: (runs[page] ?? 0) + length })));
  if (pair === undefined) return;
  const [a, b] = pair.map((index) => pages[index] ?? 0);
  throw pageProblem(file, b ?? 0, `its voxels overlap those of page ${a}`, "save the file again");
}

function readPage(file: TiffFile, directory: TiffDirectory, page: number) {
  const width = fieldNumber(file, directory, TAG.width, 0);
  const height = fieldNumber(file, directory, TAG.height, 0);
  if (width < 1 || height < 1) {
    throw pageProblem(file, page, `${width} x ${height} voxels`, "save the file again");
  }
  const depth = fieldNumber(file, directory, TAG.imageDepth, 1);
  if (depth < 1) throw pageProblem(file, page, `${depth} slices`, "save the file again");
  const dtype = voxelType(file, directory, page);
  requireVolumeSize(`${file.path}, page ${page}`, [depth, height, width], bytesPerVoxel(dtype));
  const compression = fieldNumber(file, directory, TAG.compression, 1);
  const blocks = readPageBlocks(file, directory, page);
  const { run } = blocks;
  const isPalette = fieldNumber(file, directory, TAG.photometric, 1) === 3 &&
    !isGreyPalette(fieldNumbers(file, directory, TAG.colorMap, 769));
  return { depth, height, width, dtype, isPalette, compression, blocks, run };
}

/** Voxel types by TIFF's sample format (1 unsigned, 2 signed, 3 float, 4 undefined) and bits. */
const TYPES: Readonly<Record<string, SourceDtype>> = {
  "1-8": "uint8",
  "1-16": "uint16",
  "1-32": "uint32",
  "1-64": "uint64",
  "2-8": "int8",
  "2-16": "int16",
  "2-32": "int32",
  "2-64": "int64",
  "3-32": "float32",
  "3-64": "float64",
};

function voxelType(file: TiffFile, directory: TiffDirectory, page: number): SourceDtype {
  const advice = "convert it to 8-bit or 16-bit greyscale";
  const samples = fieldNumber(file, directory, TAG.samplesPerPixel, 1);
  const photometric = fieldNumber(file, directory, TAG.photometric, 1);
  if (samples !== 1 || photometric === 2) {
    throw pageProblem(file, page, `${samples} samples per voxel (colour)`, advice);
  }
  const bits = fieldNumber(file, directory, TAG.bitsPerSample, 1);
  const format = fieldNumber(file, directory, TAG.sampleFormat, 1);
  const dtype = TYPES[`${format === 4 ? 1 : format}-${bits}`];
  if (dtype === undefined) {
    const kind = format === 3 ? "float" : format === 2 ? "signed" : "unsigned";
    throw pageProblem(file, page, `${bits}-bit ${kind} voxels, expected 8, 16, 32 or 64 bits`, advice);
  }
  if (fieldNumber(file, directory, TAG.fillOrder, 1) !== 1) {
    throw pageProblem(file, page, "reversed bit order (FillOrder 2)", advice);
  }
  // What 0 means would be a guess: ImageJ writes masks so without meaning that they be inverted.
  if (photometric === 0) {
    throw pageProblem(
      file,
      page,
      "white is zero",
      "save it with black as zero (in ImageJ: Image > Lookup Tables > Grays)",
    );
  }
  if (photometric === 3 && bits > 16) {
    throw pageProblem(file, page, `a palette of ${bits} bits, expected 8 or 16`, advice);
  }
  if (photometric !== 1 && photometric !== 3) {
    throw pageProblem(file, page, `photometric interpretation ${photometric}, expected greyscale`, advice);
  }
  return dtype;
}

function isGreyPalette(colorMap: readonly number[] | undefined): boolean {
  if (colorMap?.length !== 768) return false;
  return colorMap.every((value, index) => value >> 8 === index % 256);
}
