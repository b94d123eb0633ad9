/** Copies of boxes of voxels between dense arrays, row by row. */
import type { Zyx } from "./region.ts";

/** A dense array of voxels as bytes: its shape and the voxel of it at which a box begins. */
interface BoxPlace {
  readonly bytes: Uint8Array;
  readonly shape: Zyx;
  readonly start: Zyx;
}

/**
 * Copies a box of `box` voxels of `voxelBytes` bytes each. Works on bytes, so that neither side needs to be aligned and
 * every bit pattern (NaN, -0) survives.
 */
export function copyBox(from: BoxPlace, to: BoxPlace, box: Zyx, voxelBytes: number): void {
  const [depth, height, width] = box;
  if (depth === 0 || height === 0 || width === 0) return;
  const row = width * voxelBytes;
  const fromRow = from.shape[2] * voxelBytes;
  const toRow = to.shape[2] * voxelBytes;
  const contiguousRows = row === fromRow && row === toRow;
  if (!contiguousRows && row <= SHORT_ROW && copyWords(from, to, box, voxelBytes)) return;
  for (let z = 0; z < depth; z++) {
    let source = (((from.start[0] + z) * from.shape[1] + from.start[1]) * from.shape[2] + from.start[2]) *
      voxelBytes;
    let target = (((to.start[0] + z) * to.shape[1] + to.start[1]) * to.shape[2] + to.start[2]) * voxelBytes;
    if (contiguousRows) {
      to.bytes.set(from.bytes.subarray(source, source + row * height), target);
      continue;
    }
    for (let y = 0; y < height; y++) {
      to.bytes.set(from.bytes.subarray(source, source + row), target);
      source += fromRow;
      target += toRow;
    }
  }
}

/** Bytes of a row up to which a loop over words is faster than a call that copies it: 4 times for 64 bytes. */
const SHORT_ROW = 512;

/** Copies word by word, or returns false where a row does not begin and end at words. */
function copyWords(from: BoxPlace, to: BoxPlace, [depth, height, width]: Zyx, voxelBytes: number): boolean {
  const starts = [from, to].flatMap(({ bytes, shape, start }) => [
    bytes.byteOffset,
    shape[2] * voxelBytes,
    start[2] * voxelBytes,
  ]);
  if ([...starts, width * voxelBytes].some((bytes) => bytes % 4 !== 0)) return false;
  const source = new Int32Array(from.bytes.buffer, from.bytes.byteOffset, Math.floor(from.bytes.length / 4));
  const target = new Int32Array(to.bytes.buffer, to.bytes.byteOffset, Math.floor(to.bytes.length / 4));
  const words = (voxels: number) => (voxels * voxelBytes) / 4;
  const row = words(width), fromRow = words(from.shape[2]), toRow = words(to.shape[2]);
  for (let z = 0; z < depth; z++) {
    let read = ((from.start[0] + z) * from.shape[1] + from.start[1]) * fromRow + words(from.start[2]);
    let write = ((to.start[0] + z) * to.shape[1] + to.start[1]) * toRow + words(to.start[2]);
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < row; x++) target[write + x] = source[read + x] ?? 0;
      read += fromRow;
      write += toRow;
    }
  }
  return true;
}

/** Sets every voxel of a box to the same bytes. */
export function fillBox(to: BoxPlace, box: Zyx, voxel: Uint8Array): void {
  const row = new Uint8Array(box[2] * voxel.length);
  for (let x = 0; x < box[2]; x++) row.set(voxel, x * voxel.length);
  for (let z = 0; z < box[0]; z++) {
    for (let y = 0; y < box[1]; y++) {
      const voxelIndex = ((to.start[0] + z) * to.shape[1] + to.start[1] + y) * to.shape[2] + to.start[2];
      to.bytes.set(row, voxelIndex * voxel.length);
    }
  }
}
