/** What a header may claim: checked before anything is allocated or repeated by it. */
import { UserError } from "../user_error.ts";
import { describeShape, type Zyx } from "./region.ts";

/** Longest axis: beyond it a voxel's place is not exact in 32-bit floats. */
const MAX_AXIS = 2 ** 24;

/** Most voxels of a volume, a petabyte of 8 bits: the index of every voxel stays far below 2^53. */
const MAX_VOXELS = 2 ** 50;

/** Longest row: conversions hold whole rows. */
const MAX_ROW_BYTES = 2 ** 24;

/** Most directories of a TIFF file. */
export const MAX_PAGES = 2 ** 18;

/** Most bytes that one byte of Deflate (RFC 1951) can stand for. */
export const MOST_DEFLATED = 1032;

/**
 * Most bytes that one stored byte can stand for, by TIFF's number of the compression: LZW, whose longest text of 12 bits has 3837
 * bytes; JPEG with two bits per block; Deflate (RFC 1951); PackBits; Zstandard, whose blocks of 128 KiB take 3 bytes at least.
 */
const MOST_DECODED: Readonly<Record<number, number>> = {
  5: 2560,
  7: 512,
  8: MOST_DEFLATED,
  32946: MOST_DEFLATED,
  32773: 64,
  50000: 43691,
};
const DEFLATE = 8;

/**
 * Checks a volume's claimed size.
 *
 * @param voxelBytes bytes of a voxel with all its components
 * @throws UserError if a length is not a whole number from 1, or beyond what volumes can have here
 */
export function requireVolumeSize(path: string, shape: Zyx, voxelBytes: number): void {
  const found = describeShape(shape);
  if (!shape.every((length) => Number.isSafeInteger(length) && length > 0)) {
    throw new UserError(`${path}: ${found}; expected whole numbers from 1: save the file again`);
  }
  if (Math.max(...shape) > MAX_AXIS || shape[0] * shape[1] * shape[2] > MAX_VOXELS) {
    throw new UserError(
      `${path}: ${found}; expected at most ${MAX_AXIS} per axis and 2^50 in total: either the header is damaged, or crop the volume`,
    );
  }
  if (shape[2] * voxelBytes > MAX_ROW_BYTES) {
    throw new UserError(
      `${path}: rows of ${shape[2] * voxelBytes} bytes; expected at most ${MAX_ROW_BYTES}: crop the ` +
        "volume along x",
    );
  }
}

/**
 * Checks that so many compressed bytes can be as many as a header claims.
 *
 * @param compression TIFF's number of it, Deflate unless given
 * @throws UserError if they cannot, whatever they hold
 */
export function requireDecodable(path: string, stored: number, claimed: number, compression = DEFLATE): void {
  if (claimed <= (stored + 16) * (MOST_DECODED[compression] ?? Infinity)) return;
  throw new UserError(
    `${path}: ${stored} compressed bytes cannot hold the ${claimed} bytes that the header claims; copy or save the file again`,
  );
}
