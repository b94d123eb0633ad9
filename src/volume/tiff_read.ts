/** Voxels of TIFF stacks. */
import { inflateSync } from "node:zlib";
import { UserError } from "../config/user_error.ts";
import { copyBox } from "./box.ts";
import type { RowSource } from "./source.ts";
import {
  fieldBytes,
  fieldNumber,
  openTiffFile,
  readDirectory,
  type TiffDirectory,
  type TiffFile,
} from "./tiff_directory.ts";
import { type PageBlocks, readPageBlocks, readTiffStack, TAG, type TiffStack } from "./tiff_pages.ts";

/** TIFF compression numbers of Deflate: Adobe's and the older one. */
const DEFLATE: readonly number[] = [8, 32946];

/** Decodes the compressed bytes of a strip or tile. */
type Decode = (stored: Uint8Array<ArrayBuffer>) => Promise<Uint8Array>;

/** The page in work: its blocks, how to decode them, and the row of blocks decoded last. */
interface OpenPage {
  readonly z: number;
  readonly blocks: PageBlocks;
  readonly decode: Decode | undefined;
  readonly band: { index: number; readonly bytes: Uint8Array };
}

/**
 * Opens an 8-bit greyscale TIFF or BigTIFF stack, any layout and compression that geotiff decodes.
 * @throws UserError as `readTiffStack`, or for an unknown compression
 */
export async function openTiff(path: string): Promise<RowSource> {
  const file = openTiffFile(path);
  try {
    const stack = readTiffStack(file);
    let page: OpenPage | undefined;
    const [, height, width] = stack.shape;
    if (stack.compression !== 1) page = await openPage(file, stack, 0); // an unknown compression is told at once
    return {
      path,
      shape: stack.shape,
      components: 1,
      dtype: "uint8",
      littleEndian: file.littleEndian,
      access: stack.compression === 1 ? "random" : "forward",
      files: [path],
      async readRows(z, y, rows, out) {
        const run = stack.runs[z] ?? -1;
        if (run >= 0) {
          file.readInto(run + y * width, out.subarray(0, rows * width));
          return;
        }
        if (page?.z !== z) page = await openPage(file, stack, z);
        await readBlockRows(file, page, [height, width], y, rows, out);
      },
      finish: () => Promise.resolve(),
      close: () => file.close(),
    };
  } catch (cause) {
    file.close();
    throw cause;
  }
}

async function openPage(file: TiffFile, stack: TiffStack, z: number): Promise<OpenPage> {
  const [, height, width] = stack.shape;
  const directory = readDirectory(file, stack.directories[z] ?? 0);
  const blocks = readPageBlocks(file, directory, z);
  return {
    z,
    blocks,
    decode: await decoderOf(file, stack.compression, directory, blocks),
    band: { index: -1, bytes: new Uint8Array(Math.min(blocks.height, height) * width) },
  };
}

async function decoderOf(
  file: TiffFile,
  compression: number,
  directory: TiffDirectory,
  blocks: PageBlocks,
): Promise<Decode | undefined> {
  if (compression === 1) return undefined;
  const predictor = fieldNumber(file, directory, TAG.predictor, 1);
  if (DEFLATE.includes(compression) && predictor <= 2) return inflateDecoder(blocks, predictor);
  const tables = fieldBytes(file, directory, TAG.jpegTables);
  return await geotiffDecoder(file.path, compression, {
    tileWidth: blocks.width,
    tileHeight: blocks.height,
    predictor,
    bitsPerSample: [8],
    planarConfiguration: 1,
    samplesPerPixel: 1,
    ...(tables === undefined ? {} : { JPEGTables: tables }),
  });
}

// Not geotiff's: its inflate is written in JavaScript and several times slower than the native one.
function inflateDecoder(blocks: PageBlocks, predictor: number): Decode {
  const length = blocks.width * blocks.height;
  // deno-lint-ignore require-await -- rejects instead of throwing, as geotiff's decoders
  return async (stored) => {
    const bytes = inflateSync(stored, { maxOutputLength: length });
    if (predictor === 2) undoDifferences(bytes, blocks.width);
    return bytes;
  };
}

/** Undoes horizontal differencing of 8-bit rows (TIFF 6.0, section 14). */
function undoDifferences(bytes: Uint8Array, width: number): void {
  for (let start = 0; start < bytes.length; start += width) {
    const end = Math.min(start + width, bytes.length);
    for (let at = start + 1, sum = bytes[start] ?? 0; at < end; at++) {
      sum += bytes[at] ?? 0;
      bytes[at] = sum;
    }
  }
}

async function geotiffDecoder(
  path: string,
  compression: number,
  parameters: Parameters<typeof import("geotiff")["getDecoder"]>[1],
): Promise<Decode> {
  // Loaded only for compressed files: it is large, and every worker would load it.
  const { getDecoder } = await import("geotiff");
  try {
    const decoder = await getDecoder(compression, parameters);
    return async (stored) => new Uint8Array(await decoder.decode(stored.buffer));
  } catch (cause) {
    throw new UserError(
      `${path}: TIFF compression ${compression} cannot be read; save it uncompressed or with LZW or Deflate`,
      { cause },
    );
  }
}

/** Copies rows of a page that is cut into blocks; a row of blocks is decoded once while rows are read in order. */
async function readBlockRows(
  file: TiffFile,
  page: OpenPage,
  [height, width]: readonly [number, number],
  y: number,
  rows: number,
  out: Uint8Array,
): Promise<void> {
  const { blocks, band } = page;
  for (let row = y; row < y + rows;) {
    const index = Math.floor(row / blocks.height);
    const bandRows = Math.min(blocks.height, height - index * blocks.height);
    if (band.index !== index) {
      band.index = -1;
      await decodeBand(file, page, index, bandRows, width);
      band.index = index;
    }
    const inBand = row - index * blocks.height;
    const count = Math.min(bandRows - inBand, y + rows - row);
    out.set(band.bytes.subarray(inBand * width, (inBand + count) * width), (row - y) * width);
    row += count;
  }
}

async function decodeBand(
  file: TiffFile,
  page: OpenPage,
  index: number,
  rows: number,
  width: number,
): Promise<void> {
  const { blocks, band } = page;
  const across = Math.ceil(width / blocks.width);
  for (let column = 0; column < across; column++) {
    const block = index * across + column;
    const bytes = await decodeBlock(file, page, block, rows * blocks.width);
    const start = column * blocks.width;
    copyBox(
      { bytes, shape: [1, rows, blocks.width], start: [0, 0, 0] },
      { bytes: band.bytes, shape: [1, rows, width], start: [0, 0, start] },
      [1, rows, Math.min(blocks.width, width - start)],
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
  const where = `${file.path}, page ${page.z}, strip or tile ${block}`;
  const stored = new Uint8Array(page.blocks.byteCounts[block] ?? 0);
  file.readInto(page.blocks.offsets[block] ?? 0, stored);
  let bytes: Uint8Array;
  try {
    bytes = page.decode === undefined ? stored : await page.decode(stored);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new UserError(`${where}: damaged: ${reason}; save the file again`, { cause });
  }
  if (bytes.length < expected) {
    throw new UserError(
      `${where}: damaged: ${bytes.length} voxels, expected ${expected}; save the file again`,
    );
  }
  return bytes;
}
