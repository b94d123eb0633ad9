/** Predictors of TIFF: what was stored as differences becomes voxels again, in place. */

/** How the rows of a strip or tile are made up. */
interface PredictedRows {
  /** Voxels of a row. */
  readonly width: number;
  readonly voxelBytes: number;
  readonly littleEndian: boolean;
}

/** Undoes horizontal differencing of 8, 16, 32 or 64-bit rows in place (TIFF 6.0, section 14). */
export function undoDifferences(
  bytes: Uint8Array,
  { width, voxelBytes, littleEndian }: PredictedRows,
): Uint8Array {
  const rowBytes = width * voxelBytes;
  if (voxelBytes === 1) {
    for (let start = 0; start < bytes.length; start += rowBytes) sumBytes(bytes, start, rowBytes);
    return bytes;
  }
  const first = littleEndian ? 0 : voxelBytes - 1; // the least significant byte
  const step = littleEndian ? 1 : -1;
  for (let start = 0; start + rowBytes <= bytes.length; start += rowBytes) {
    for (let at = start + voxelBytes; at < start + rowBytes; at += voxelBytes) {
      let carry = 0;
      for (let byte = 0, low = at + first; byte < voxelBytes; byte++, low += step) {
        carry += (bytes[low] ?? 0) + (bytes[low - voxelBytes] ?? 0);
        bytes[low] = carry;
        carry >>= 8;
      }
    }
  }
  return bytes;
}

/**
 * Undoes the floating point predictor in place (Adobe Photoshop TIFF Technical Note 3): a row is stored as the most significant
 * bytes of all its voxels, then the next ones, each byte as the difference to the one before.
 */
export function undoFloatDifferences(
  bytes: Uint8Array,
  { width, voxelBytes, littleEndian }: PredictedRows,
): Uint8Array {
  const rowBytes = width * voxelBytes;
  const row = new Uint8Array(rowBytes);
  for (let start = 0; start + rowBytes <= bytes.length; start += rowBytes) {
    sumBytes(bytes, start, rowBytes);
    row.set(bytes.subarray(start, start + rowBytes));
    for (let plane = 0; plane < voxelBytes; plane++) {
      let at = start + (littleEndian ? voxelBytes - 1 - plane : plane);
      for (let x = 0; x < width; x++, at += voxelBytes) bytes[at] = row[plane * width + x] ?? 0;
    }
  }
  return bytes;
}

function sumBytes(bytes: Uint8Array, start: number, length: number): void {
  const end = Math.min(start + length, bytes.length);
  for (let at = start + 1, sum = bytes[start] ?? 0; at < end; at++) {
    sum += bytes[at] ?? 0;
    bytes[at] = sum;
  }
}
