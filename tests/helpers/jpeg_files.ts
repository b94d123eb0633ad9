/** JPEG streams of flat squares, written by hand (ITU-T T.81): enough for a decoder to show that it reads them. */

/** Side of the squares that have one value each. */
const SQUARE = 8;

function segment(marker: number, body: readonly number[]): number[] {
  const length = body.length + 2;
  return [0xff, marker, length >> 8, length & 255, ...body];
}

/** DC differences of category 0 to 8 have codes of 4 bits, in that order; the only AC symbol, the end of a block, is one 0. */
const DC_TABLE = [0x00, ...[0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], 0, 1, 2, 3, 4, 5, 6, 7, 8];
const AC_TABLE = [0x10, ...[1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], 0];

/**
 * A baseline JPEG image of one component.
 * @param voxels `[y, x]`, of which every square of 8 x 8 has one value
 */
export function encodeJpeg(voxels: Uint8Array, height: number, width: number): Uint8Array<ArrayBuffer> {
  let bits = "";
  let before = 128;
  for (let y = 0; y < height; y += SQUARE) {
    for (let x = 0; x < width; x += SQUARE) {
      // A flat square's only coefficient is 8 times its distance from 128; the quantiser is 8.
      const value = voxels[y * width + x] ?? 0;
      const difference = value - before;
      before = value;
      const category = difference === 0 ? 0 : Math.floor(Math.log2(Math.abs(difference))) + 1;
      const extra = difference >= 0 ? difference : difference + 2 ** category - 1;
      bits += category.toString(2).padStart(4, "0");
      if (category > 0) bits += extra.toString(2).padStart(category, "0");
      bits += "0";
    }
  }
  const bytes = (bits.match(/.{1,8}/g) ?? []).map((byte) => parseInt(byte.padEnd(8, "1"), 2));
  return Uint8Array.from([
    ...[0xff, 0xd8],
    ...segment(0xdb, [0, 8, ...Array.from({ length: 63 }, () => 8)]),
    ...segment(0xc0, [8, height >> 8, height & 255, width >> 8, width & 255, 1, 1, 0x11, 0]),
    ...segment(0xc4, DC_TABLE),
    ...segment(0xc4, AC_TABLE),
    ...segment(0xda, [1, 1, 0x00, 0, 63, 0]),
    ...bytes.flatMap((byte) => byte === 0xff ? [0xff, 0] : [byte]),
    ...[0xff, 0xd9],
  ]);
}
