/** LERC strips and tiles (github.com/Esri/lerc, file format 2.3 to 2.5): checked before the package decodes them, which trusts its input. */
import { inflateSync, zstdDecompressSync } from "node:zlib";
import { UserError } from "../../user_error.ts";
import { bytesPerVoxel, type SourceDtype } from "../dtype.ts";

/** TIFF's number of the compression. */
export const LERC = 34887;

/** What LERC's blob may be compressed with besides, by the second of the values of tag 50674. */
const ADDED = { none: 0, deflate: 1, zstd: 2 } as const;

/** LERC's types, by their numbers. */
const TYPES: readonly SourceDtype[] = [
  "int8",
  "uint8",
  "int16",
  "uint16",
  "int32",
  "uint32",
  "float32",
  "float64",
];

const READ: readonly SourceDtype[] = TYPES.filter((dtype) => dtype !== "uint32");

/** Bytes before the voxels: of version 2.3, and of later ones, which have a number of values per voxel. */
const HEADER = 62;
const LATER_HEADER = 66;

/** Bytes that tell how long the mask is; there is none where all voxels have a value. */
const MASK = 4;

/** Largest side of the squares that are packed together (Lerc2::ReadHeader). */
const MOST_SQUARE = 32;

/** The strips or tiles of a page. */
export interface LercStorage {
  /** Voxels. */
  readonly width: number;
  readonly height: number;
  readonly dtype: SourceDtype;
  readonly littleEndian: boolean;
  /** Values of tag 50674: the version, and what is added. */
  readonly parameters: readonly number[];
}

/**
 * A decoder of LERC.
 * @throws UserError for 64-bit integers, which LERC has not; for uint32, for which the package has a fault; and for big-endian
 * voxels, whose bytes some programs turn around before they are compressed and others do not
 */
export async function lercDecoder(
  path: string,
  storage: LercStorage,
): Promise<(stored: Uint8Array) => Promise<Uint8Array>> {
  const { width, height, dtype, littleEndian } = storage;
  const voxelBytes = bytesPerVoxel(dtype);
  if (!READ.includes(dtype) || (voxelBytes > 1 && !littleEndian)) {
    const order = voxelBytes > 1 && !littleEndian ? "big-endian " : "";
    throw new UserError(`${path}: LERC of ${order}${dtype} cannot be read; save it with LZW or Deflate`);
  }
  // Loaded only for LERC: it is large, and every worker would load it.
  const { getDecoder } = await import("geotiff");
  const parameters = {
    tileWidth: width,
    tileHeight: height,
    predictor: 1,
    planarConfiguration: 1,
    samplesPerPixel: 1,
    bitsPerSample: [8 * voxelBytes],
    LercParameters: [4, ADDED.none],
  };
  const decoder = await getDecoder(LERC, parameters);
  return async (stored) => {
    const blob = blobOf(stored, storage);
    const bytes = requireLercHeader(blob, storage) * voxelBytes;
    const voxels = new Uint8Array(await decoder.decode(new Uint8Array(blob).buffer));
    return voxels.length === bytes ? voxels : sweptVoxels(blob, bytes);
  };
}

/** Undoes what was added, to no more than a blob may have. */
function blobOf(stored: Uint8Array, { width, height, dtype, parameters }: LercStorage): Uint8Array {
  const added = parameters[1] ?? ADDED.none;
  const maxOutputLength = 2 * width * height * bytesPerVoxel(dtype) + (1 << 16);
  if (added === ADDED.none) return stored;
  if (added === ADDED.deflate) return inflateSync(stored, { maxOutputLength });
  if (added === ADDED.zstd) return zstdDecompressSync(stored, { maxOutputLength });
  throw new RangeError(`LERC with an unknown compression ${added}`);
}

/**
 * Checks what the package allocates and repeats by.
 * @returns how many voxels there are
 * @throws RangeError if the blob is not of one value per voxel, of this type, and no larger than the strip or tile, or lacks voxels
 */
function requireLercHeader(blob: Uint8Array, { width, height, dtype }: LercStorage): number {
  const view = new DataView(blob.buffer, blob.byteOffset, blob.byteLength);
  const name = new TextDecoder("latin1").decode(blob.subarray(0, 6));
  if (name !== "Lerc2 " || blob.length < LATER_HEADER) throw new RangeError("no LERC of version 2");
  const version = view.getInt32(6, true);
  if (version < 3 || version > 5) throw new RangeError(`LERC 2.${version}, expected 2.3 to 2.5`);
  const [rows, columns] = [view.getUint32(14, true), view.getUint32(18, true)];
  if (rows === 0 || columns === 0 || rows > height || columns !== width) {
    throw new RangeError(`LERC of ${columns} x ${rows} voxels, expected ${width} x ${height}`);
  }
  const values = version === 3 ? 1 : view.getUint32(22, true);
  if (values !== 1) throw new RangeError(`LERC of ${values} values per voxel, expected 1`);
  const at = (version === 3 ? HEADER : LATER_HEADER) - 40;
  const type = TYPES[view.getInt32(at + 12, true)];
  if (type !== dtype) throw new RangeError(`LERC of ${type ?? "an unknown type"}, expected ${dtype}`);
  const [valid, square, bytes] = [
    view.getUint32(at, true),
    view.getInt32(at + 4, true),
    view.getInt32(at + 8, true),
  ];
  if (valid !== rows * columns) {
    throw new RangeError(`${rows * columns - valid} of ${rows * columns} voxels have no value`);
  }
  if (square < 1 || square > MOST_SQUARE) throw new RangeError(`LERC in squares of ${square} voxels`);
  if (bytes !== blob.length) throw new RangeError(`${blob.length} bytes of LERC, expected ${bytes}`);
  const [least, most] = [view.getFloat64(at + 24, true), view.getFloat64(at + 32, true)];
  if (!(least <= most)) throw new RangeError(`LERC of values from ${least} to ${most}`);
  return rows * columns;
}

/** Bytes that are stored as they are, "in one sweep", of which geotiff gives the whole blob. */
function sweptVoxels(blob: Uint8Array, bytes: number): Uint8Array {
  const isOld = new DataView(blob.buffer, blob.byteOffset).getInt32(6, true) === 3;
  const start = (isOld ? HEADER : LATER_HEADER + 2) + MASK + 1; // behind the least and the largest value, and the mark
  if (blob[start - 1] !== 1 || blob.length < start + bytes) throw new RangeError("LERC without its voxels");
  return blob.subarray(start, start + bytes);
}
