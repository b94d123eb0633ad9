/** One block of an N5 dataset: a header of big-endian numbers, then the compressed voxels, big-endian too. */
import { reasonOf, UserError } from "../../user_error.ts";
import { allocateVoxels, bytesPerVoxel } from "../dtype.ts";
import { damagedChunk, type GridChunk, stridesOf } from "../grid_source.ts";
import { swapBytes } from "../byte_order.ts";
import { viewAs } from "../unpack.ts";
import { decompress } from "./compression.ts";
import type { N5Dataset } from "./metadata.ts";

/**
 * Decodes the block at an index, of axes in the reverse of the file's order.
 * @param path of its file, for messages
 * @throws UserError if it is damaged, or of another kind than blocks of voxels
 */
export async function decodeBlock(
  path: string,
  dataset: N5Dataset,
  index: readonly number[],
  stored: Uint8Array,
): Promise<GridChunk> {
  const { shape, start } = readHeader(path, dataset, index, stored);
  const voxelBytes = bytesPerVoxel(dataset.dtype);
  const length = shape.reduce((product, side) => product * side, voxelBytes);
  let bytes;
  try {
    bytes = await decompress(dataset.compression, stored.subarray(start), length);
  } catch (cause) {
    throw damagedChunk(path, reasonOf(cause), cause);
  }
  // A copy, which begins at a multiple of the voxel's bytes; `slice` of a Buffer is none.
  const voxels = new Uint8Array(bytes);
  swapBytes(voxels, voxelBytes);
  return { data: viewAs(dataset.dtype, voxels), stride: stridesOf(shape) };
}

/** A block that was never written. */
export function emptyBlock({ block, dtype }: N5Dataset): GridChunk {
  const length = block.reduce((product, side) => product * side, 1);
  return { data: allocateVoxels(dtype, length), stride: stridesOf(block) };
}

/** The block's shape, and the byte at which its voxels begin. */
function readHeader(path: string, dataset: N5Dataset, index: readonly number[], stored: Uint8Array) {
  const rank = dataset.shape.length;
  const start = 4 + 4 * rank;
  if (stored.length < 4) throw damagedChunk(path, `${stored.length} bytes, too few for a header`);
  const view = new DataView(stored.buffer, stored.byteOffset, stored.byteLength);
  const mode = view.getUint16(0);
  if (mode !== 0) {
    throw new UserError(
      `${path}: a block of mode ${mode}, ${MODES[mode] ?? "which is unknown"}; expected mode 0, one number ` +
        "per voxel: convert it to plain labels first",
    );
  }
  const axes = view.getUint16(2);
  if (axes !== rank || stored.length < start) {
    throw damagedChunk(path, `a header of ${axes} axes in ${stored.length} bytes, expected ${rank} axes`);
  }
  const shape = Array.from({ length: rank }, (_, axis) => view.getUint32(4 + 4 * (rank - 1 - axis)));
  for (const [axis, length] of shape.entries()) {
    const most = dataset.block[axis] ?? 0;
    const least = Math.min(most, (dataset.shape[axis] ?? 0) - (index[axis] ?? 0) * most);
    if (length < least || length > most) {
      throw damagedChunk(path, `a block of [${shape}] voxels, expected [${dataset.block}]`);
    }
  }
  return { shape, start };
}

const MODES: Readonly<Record<number, string>> = {
  1: "of varying length, as Paintera's label multisets",
  2: "an object",
};
