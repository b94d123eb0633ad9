/** PNG files of grey pictures: one filter, one block of data, which every reader takes. */
import { crc32, deflateSync } from "node:zlib";
import { joinBytes } from "../../volume/bytes.ts";

const SIGNATURE = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);
const GREY = 0;
const FILTER_SUB = 1;

/**
 * A PNG of 8 bits per pixel, 0 black, 255 white.
 * @param pixels row by row, `width` a row
 */
export function encodeGreyPng(pixels: Uint8Array, width: number): Uint8Array {
  const height = pixels.length / width;
  if (!Number.isInteger(height) || height < 1) {
    throw new RangeError(`${pixels.length} pixels are no rows of ${width}`);
  }
  const header = new Uint8Array(13);
  const view = new DataView(header.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  header.set([8, GREY, 0, 0, 0], 8);
  // Each row as the differences of neighbours, which are small in micrographs and so packed better.
  const rows = new Uint8Array(height * (width + 1));
  for (let y = 0; y < height; y++) {
    const at = y * (width + 1);
    rows[at] = FILTER_SUB;
    for (let x = 0; x < width; x++) {
      rows[at + 1 + x] = (pixels[y * width + x] ?? 0) - (x === 0 ? 0 : pixels[y * width + x - 1] ?? 0);
    }
  }
  const parts = [
    SIGNATURE,
    chunk("IHDR", header),
    chunk("IDAT", deflateSync(rows, { level: 9 })),
    chunk("IEND"),
  ];
  return joinBytes(parts);
}

function chunk(type: string, data: Uint8Array = new Uint8Array(0)): Uint8Array {
  const bytes = joinBytes([new Uint8Array(4), new TextEncoder().encode(type), data, new Uint8Array(4)]);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, data.length);
  view.setUint32(bytes.length - 4, crc32(bytes.subarray(4, -4)));
  return bytes;
}
