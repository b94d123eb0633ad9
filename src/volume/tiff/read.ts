/** Voxels of TIFF stacks. */
import { reasonOf, UserError } from "../../user_error.ts";
import { copyBox } from "../box.ts";
import { bytesPerVoxel } from "../dtype.ts";
import type { RowSource } from "../source.ts";
import { type PageBlocks, readPageBlocks } from "./blocks.ts";
import {
  fieldBytes,
  fieldNumber,
  fieldNumbers,
  openTiffFile,
  readDirectory,
  type TiffFile,
} from "./directory.ts";
import { calibrated } from "./calibration.ts";
import { type Decode, decoderOf } from "./decode.ts";
import { readTiffStack } from "./pages.ts";
import type { TiffStack } from "./description.ts";
import { TAG } from "./tags.ts";

/** The page in work: its blocks, how to decode them, and the row of blocks decoded last. */
interface OpenPage {
  readonly number: number;
  readonly blocks: PageBlocks;
  readonly decode: Decode | undefined;
  readonly band: { index: number; bytes: Uint8Array };
}

/**
 * Opens a greyscale TIFF or BigTIFF stack of any number type and layout; uncompressed, LZW, Deflate, PackBits, Zstandard, JPEG or LERC.
 * @param isRaw as of `readTiffStack`
 * @throws UserError as `readTiffStack`, or for an unknown compression
 */
export async function openTiff(path: string, isRaw = false): Promise<RowSource> {
  const file = openTiffFile(path);
  try {
    const stack = readTiffStack(file, isRaw);
    let page: OpenPage | undefined;
    const [, height, width] = stack.shape;
    const rowBytes = width * bytesPerVoxel(stack.dtype);
    if (stack.compression !== 1) page = await openPage(file, stack, 0); // an unknown compression is told at once
    const source: RowSource = {
      path,
      shape: stack.shape,
      components: 1,
      dtype: stack.dtype,
      description: stack.description,
      isPalette: stack.isPalette,
      littleEndian: file.littleEndian,
      voxelSize: stack.voxelSize,
      access: stack.compression === 1 ? "random" : "forward",
      files: [path],
      heldBytes: stack.heldBytes,
      async readRows(z, y, rows, out) {
        const number = Math.floor(z / stack.pageDepth), slice = z % stack.pageDepth;
        const run = stack.runs[number] ?? -1;
        if (run >= 0) {
          file.readInto(run + (slice * height + y) * rowBytes, out.subarray(0, rows * rowBytes));
          return;
        }
        if (page?.number !== number) page = await openPage(file, stack, number);
        await readBlockRows(file, page, [height, rowBytes], [slice, y], rows, out);
      },
      finish: () => Promise.resolve(),
      close: () => file.close(),
    };
    return calibrated(source, stack.description);
  } catch (cause) {
    file.close();
    throw cause;
  }
}

async function openPage(file: TiffFile, stack: TiffStack, number: number): Promise<OpenPage> {
  const directory = readDirectory(file, stack.directories[number] ?? 0);
  const blocks = readPageBlocks(file, directory, number);
  const decode = stack.compression === 1 ? undefined : await decoderOf(file.path, {
    compression: stack.compression,
    predictor: fieldNumber(file, directory, TAG.predictor, 1),
    width: blocks.width,
    height: blocks.height * blocks.depth,
    dtype: stack.dtype,
    littleEndian: file.littleEndian,
    jpegTables: fieldBytes(file, directory, TAG.jpegTables),
    lercParameters: fieldNumbers(file, directory, TAG.lercParameters, 2),
  });
  return { number, blocks, decode, band: { index: -1, bytes: new Uint8Array(0) } };
}

/** Copies rows of a page that is cut into blocks; a row of blocks is decoded once while rows of a slice are read in order. */
async function readBlockRows(
  file: TiffFile,
  page: OpenPage,
  [height, rowBytes]: readonly [number, number],
  [slice, y]: readonly [number, number],
  rows: number,
  out: Uint8Array,
): Promise<void> {
  const { blocks, band } = page;
  const bandsOfLayer = Math.ceil(height / blocks.height);
  for (let row = y; row < y + rows;) {
    const down = Math.floor(row / blocks.height);
    const index = Math.floor(slice / blocks.depth) * bandsOfLayer + down;
    const bandRows = Math.min(blocks.height, height - down * blocks.height);
    if (band.index !== index) {
      band.index = -1;
      await decodeBand(file, page, index, bandRows, rowBytes);
      band.index = index;
    }
    const inBand = (slice % blocks.depth) * bandRows + row - down * blocks.height;
    const count = Math.min(down * blocks.height + bandRows, y + rows) - row;
    out.set(band.bytes.subarray(inBand * rowBytes, (inBand + count) * rowBytes), (row - y) * rowBytes);
    row += count;
  }
}

/** Puts a row of blocks together: as many slices as a block has, `rows` rows each. */
async function decodeBand(
  file: TiffFile,
  page: OpenPage,
  index: number,
  rows: number,
  rowBytes: number,
): Promise<void> {
  const { blocks, band } = page;
  const { depth } = blocks;
  if (band.bytes.length < depth * rows * rowBytes) band.bytes = new Uint8Array(depth * rows * rowBytes);
  const blockBytes = blocks.width * blocks.voxelBytes;
  const across = Math.ceil(rowBytes / blockBytes);
  for (let column = 0; column < across; column++) {
    const block = index * across + column;
    // of the last slice of a tile no more rows are needed than the page has
    const bytes = await decodeBlock(file, page, block, ((depth - 1) * blocks.height + rows) * blockBytes);
    const start = column * blockBytes;
    copyBox(
      { bytes, shape: [depth, depth > 1 ? blocks.height : rows, blockBytes], start: [0, 0, 0] },
      { bytes: band.bytes, shape: [depth, rows, rowBytes], start: [0, 0, start] },
      [depth, rows, Math.min(blockBytes, rowBytes - start)],
      1,
    );
  }
}

async function decodeBlock(
  file: TiffFile,
  page: OpenPage,
  block: number,
  expected: number,
): Promise<Uint8Array> {
  const where = `${file.path}, page ${page.number}, strip or tile ${block}`;
  const length = page.blocks.byteCounts[block] ?? 0;
  const stored = new Uint8Array(page.decode === undefined ? expected : length);
  file.readInto(page.blocks.offsets[block] ?? 0, stored);
  let bytes: Uint8Array;
  try {
    bytes = page.decode === undefined ? stored : await page.decode(stored);
  } catch (cause) {
    throw new UserError(`${where}: damaged: ${reasonOf(cause)}; save the file again`, { cause });
  }
  if (bytes.length < expected) {
    throw new UserError(
      `${where}: damaged: ${bytes.length} bytes, expected ${expected}; save the file again`,
    );
  }
  return bytes;
}
