/** The voxels of one chunk of a precomputed volume. */
import { reasonOf } from "../../user_error.ts";
import { bytesPerVoxel } from "../dtype.ts";
import { damagedChunk } from "../grid_source.ts";
import { decodeGreyPng } from "../png_bytes.ts";
import { greyJpegDecoder } from "../tiff/decode.ts";
import { jpegSize } from "../tiff/jpeg.ts";
import { decodeSegmentation } from "./compressed_segmentation.ts";
import type { PrecomputedScale } from "./info.ts";

/** Whether chunks that are encoded so can be read. */
export function isRead({ encoding, channels }: PrecomputedScale): boolean {
  return encoding === "raw" || encoding === "compressed_segmentation" ||
    (["jpeg", "png"].includes(encoding) && channels === 1);
}

/**
 * Decodes a chunk to bytes of little-endian voxels, x fastest, channels slowest, in memory that numbers may be in.
 * @param path for messages
 * @param shape of this chunk, x, y, z
 * @throws UserError if it is damaged
 */
export async function decodeChunk(
  path: string,
  scale: PrecomputedScale,
  shape: readonly number[],
  stored: Uint8Array,
): Promise<Uint8Array> {
  const { channels, dtype, block } = scale;
  const voxels = shape.reduce((product, length) => product * length, 1);
  const length = voxels * channels * bytesPerVoxel(dtype);
  let bytes;
  try {
    if (scale.encoding === "compressed_segmentation") {
      bytes = decodeSegmentation(stored, { shape, block, channels, words: dtype === "uint64" ? 2 : 1 });
    } else if (scale.encoding === "png") bytes = decodeGreyPng(stored, voxels, bytesPerVoxel(dtype));
    else bytes = scale.encoding === "jpeg" ? await decodeJpeg(stored, voxels) : new Uint8Array(stored);
    if (bytes.length !== length) throw new RangeError(`${bytes.length} bytes of voxels, expected ${length}`);
  } catch (cause) {
    throw damagedChunk(path, reasonOf(cause), cause);
  }
  return bytes;
}

/** Rows of the image are those of the chunk, one after the other, however long they are. */
async function decodeJpeg(stored: Uint8Array, voxels: number): Promise<Uint8Array> {
  const { width, height } = jpegSize(stored);
  if (width * height !== voxels) {
    throw new RangeError(`JPEG of ${width} x ${height} voxels, expected ${voxels}`);
  }
  const decode = await greyJpegDecoder({ width, height });
  return await decode(new Uint8Array(stored));
}
