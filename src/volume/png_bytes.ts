/** Grey PNG images that are in memory, as chunks of other formats are (PNG, W3C, second edition). */
import { crc32, inflateSync } from "node:zlib";
import { swapBytes } from "./byte_order.ts";
import { isPngHeader, undoFilter } from "./png_read.ts";

/** Parts of an image, at most: a chunk of a volume is small. */
const MOST_PARTS = 65_536;

/**
 * Decodes an image of 8 or 16-bit grey, row after row; of 16 bits little-endian.
 * @param voxels how many it must have
 * @param voxelBytes 1 or 2
 * @throws Error where it is damaged, or another image
 */
export function decodeGreyPng(bytes: Uint8Array, voxels: number, voxelBytes: number): Uint8Array {
  if (!isPngHeader(bytes)) throw new RangeError("no PNG header");
  const { header, data } = partsOf(bytes);
  const view = new DataView(header.buffer, header.byteOffset, header.byteLength);
  const [width, height] = [view.getUint32(0), view.getUint32(4)];
  const [bits = 0, colour = 0, , , interlace = 0] = header.subarray(8);
  if (width * height !== voxels) {
    throw new RangeError(`PNG of ${width} x ${height} voxels, expected ${voxels}`);
  }
  if (bits !== 8 * voxelBytes || colour !== 0 || interlace !== 0) {
    throw new RangeError(
      `PNG of ${bits} bits and colour type ${colour}, expected grey of ${8 * voxelBytes} bits`,
    );
  }
  const rowBytes = width * voxelBytes;
  const length = height * (rowBytes + 1);
  const rows = new Uint8Array(inflateSync(data, { maxOutputLength: length }));
  if (rows.length !== length) throw new RangeError(`${rows.length} bytes of rows, expected ${length}`);
  const out = new Uint8Array(height * rowBytes);
  let above = new Uint8Array(rowBytes + 1);
  for (let y = 0; y < height; y++) {
    const row = rows.subarray(y * (rowBytes + 1), (y + 1) * (rowBytes + 1));
    undoFilter(row, above, voxelBytes);
    out.set(row.subarray(1), y * rowBytes);
    above = row;
  }
  swapBytes(out, voxelBytes);
  return out;
}

/** The header's contents and the compressed rows; checksums are compared. */
function partsOf(bytes: Uint8Array): { readonly header: Uint8Array; readonly data: Uint8Array } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const data = new Uint8Array(bytes.length);
  let header: Uint8Array | undefined;
  let used = 0;
  for (let at = 8, parts = 0; parts < MOST_PARTS && at + 12 <= bytes.length; parts++) {
    const length = view.getUint32(at);
    if (length > bytes.length - at - 12) throw new RangeError(`a part of ${length} bytes at byte ${at}`);
    const name = new TextDecoder("latin1").decode(bytes.subarray(at + 4, at + 8));
    const contents = bytes.subarray(at + 8, at + 8 + length);
    if (crc32(bytes.subarray(at + 4, at + 8 + length)) !== view.getUint32(at + 8 + length)) {
      throw new RangeError(`the checksum of ${JSON.stringify(name)} at byte ${at} is wrong`);
    }
    at += length + 12;
    if (name === "IHDR" && length === 13) header = contents;
    if (name === "IDAT") {
      data.set(contents, used);
      used += length;
    }
    if (name !== "IEND") continue;
    if (header === undefined) throw new RangeError("PNG without IHDR");
    return { header, data: data.subarray(0, used) };
  }
  throw new RangeError("PNG that is cut off");
}
