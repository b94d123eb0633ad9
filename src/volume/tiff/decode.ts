/** Decoding of compressed strips and tiles of TIFF files, never to more than a strip or tile has voxels. */
import { inflateSync, zstdDecompressSync } from "node:zlib";
import { UserError } from "../../user_error.ts";
import { bytesPerVoxel, type SourceDtype } from "../dtype.ts";
import { requireJpegSize } from "./jpeg.ts";
import { LERC, lercDecoder } from "./lerc.ts";
import { decodeLzw } from "./lzw.ts";
import { undoDifferences, undoFloatDifferences } from "./predictor.ts";

/** Decodes the compressed bytes of a strip or tile. Throws whatever says what is wrong with them. */
export type Decode = (stored: Uint8Array<ArrayBuffer>) => Uint8Array | Promise<Uint8Array>;

/** How the blocks of a page are stored. */
interface Storage {
  /** TIFF's number. */
  readonly compression: number;
  /** 1: none; 2: differences along x; 3: of the bytes of floats, most significant ones first. */
  readonly predictor: number;
  /** Voxels of a strip or tile. */
  readonly width: number;
  readonly height: number;
  readonly dtype: SourceDtype;
  readonly littleEndian: boolean;
  /** Tables that JPEG strips share. */
  readonly jpegTables?: Uint8Array | undefined;
  /** Of LERC: its version, and what its strips are compressed with besides. */
  readonly lercParameters?: readonly number[] | undefined;
}

const COMPRESSION = {
  lzw: 5,
  jpeg: 7,
  deflate: 8,
  oldDeflate: 32946,
  packBits: 32773,
  zstd: 50000,
  webp: 50001,
} as const;

/**
 * How to decode the blocks of a page.
 * @throws UserError for a compression or predictor that cannot be read
 */
export async function decoderOf(path: string, storage: Storage): Promise<Decode> {
  const decode = await decompressorOf(path, storage);
  const { predictor, dtype, compression } = storage;
  if (predictor === 1 || compression === LERC) return decode; // libtiff predicts nothing in LERC
  const layout = { ...storage, voxelBytes: bytesPerVoxel(dtype) };
  if (predictor === 2) return async (stored) => undoDifferences(await decode(stored), layout);
  if (predictor === 3 && dtype.startsWith("float")) {
    return async (stored) => undoFloatDifferences(await decode(stored), layout);
  }
  throw new UserError(`${path}: TIFF predictor ${predictor} cannot be read; save it without one`);
}

async function decompressorOf(path: string, storage: Storage): Promise<Decode> {
  const { compression, width, height, dtype } = storage;
  const voxelBytes = bytesPerVoxel(dtype);
  const length = width * height * voxelBytes;
  switch (compression) {
    case COMPRESSION.lzw:
      return (stored) => decodeLzw(stored, length);
    case COMPRESSION.packBits:
      return (stored) => decodePackBits(stored, length);
    case COMPRESSION.deflate:
    case COMPRESSION.oldDeflate:
      return (stored) => inflateSync(stored, { maxOutputLength: length });
    case COMPRESSION.zstd:
      return (stored) => zstdDecompressSync(stored, { maxOutputLength: length });
    case COMPRESSION.jpeg:
      if (voxelBytes !== 1) {
        throw new UserError(`${path}: JPEG of ${8 * voxelBytes} bits; save it with LZW or Deflate`);
      }
      return await greyJpegDecoder(storage);
    case LERC:
      return await lercDecoder(path, { ...storage, parameters: storage.lercParameters ?? [] });
    case COMPRESSION.webp:
      throw new UserError(
        `${path}: WebP, which has no greyscale but colours only; save it with LZW or Deflate`,
      );
    default:
      throw new UserError(
        `${path}: TIFF compression ${compression} cannot be read; save it uncompressed or with LZW or Deflate`,
      );
  }
}

/** A decoder of JPEG images of one 8-bit component, of no more than this size. */
export async function greyJpegDecoder(
  { width, height, jpegTables }: Pick<Storage, "width" | "height" | "jpegTables">,
): Promise<Decode> {
  // Loaded only for JPEG: it is large, and every worker would load it.
  const { getDecoder } = await import("geotiff");
  const decoder = await getDecoder(COMPRESSION.jpeg, {
    tileWidth: width,
    tileHeight: height,
    predictor: 1,
    bitsPerSample: [8],
    planarConfiguration: 1,
    samplesPerPixel: 1,
    ...(jpegTables === undefined ? {} : { JPEGTables: jpegTables }),
  });
  return async (stored) => {
    requireJpegSize(stored, width, height);
    return new Uint8Array(await decoder.decode(stored.buffer));
  };
}

/** PackBits (TIFF 6.0, section 9). @throws RangeError if there is more than `length` bytes */
function decodePackBits(stored: Uint8Array, length: number): Uint8Array {
  const out = new Uint8Array(length);
  let to = 0;
  for (let at = 0; at < stored.length;) {
    const code = stored[at++] ?? 0;
    if (code === 128) continue;
    const count = code < 128 ? code + 1 : 257 - code;
    if (to + count > length) throw new RangeError(`more than ${length} bytes`);
    if (code < 128) out.set(stored.subarray(at, at + count), to);
    else out.fill(stored[at] ?? 0, to, to + count);
    at += code < 128 ? count : 1;
    if (at > stored.length) throw new RangeError(`the last run is cut off`);
    to += count;
  }
  return out.subarray(0, to);
}
