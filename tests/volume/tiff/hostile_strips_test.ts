/** TIFF files that someone else made, to do harm or by accident: compressed strips. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { UserError } from "../../../src/user_error.ts";
import { convertVolume } from "../../../src/stages/convert/convert.ts";
import { decodeLzw } from "../../../src/volume/tiff/lzw.ts";
import { rejected, zlibBomb } from "../../helpers/hostile_files.ts";
import { encodeJpeg } from "../../helpers/jpeg_files.ts";
import { encodeLerc } from "../../helpers/lerc_files.ts";
import { changed, set, TAG } from "./changes.ts";
import { inTempFolder } from "../../helpers/temp_folder.ts";
import { tiffBytes } from "../../helpers/tiff_files.ts";

/** A TIFF of one page whose only strip is these bytes. */
async function strip(compression: number, stored: Uint8Array, [height, width]: readonly [number, number]) {
  const empty = await tiffBytes(new Uint8Array(1), [1, 1, 1]);
  const bytes = new Uint8Array(empty.length + stored.length);
  bytes.set(empty);
  bytes.set(stored, empty.length);
  return changed(bytes, [
    set(TAG.width, width),
    set(TAG.height, height),
    set(TAG.rows, height),
    set(TAG.compression, compression),
    set(TAG.strips, empty.length),
    set(TAG.counts, stored.length),
  ]);
}

Deno.test("convertVolume() rejects TIFF strips that decode to more, or less, than they should", () =>
  inTempFolder(async (folder) => {
    const size = [1024, 1024] as const;
    const lzwBomb = new Uint8Array(30_000).fill(0x80); // codes that stand for ever longer texts
    const cases: readonly (readonly [number, Uint8Array, RegExp])[] = [
      [8, zlibBomb(1500), /strip or tile 0: damaged: /],
      [8, zlibBomb(1500).subarray(0, 5000), /strip or tile 0: damaged: /],
      [5, lzwBomb, /strip or tile 0: damaged: |cannot hold/],
      [5, new Uint8Array(600).fill(0xff), /cannot hold|damaged/],
      [32773, new Uint8Array(80_000).fill(0x81), /strip or tile 0: damaged: more than 1048576 bytes/],
      [
        50000,
        new Uint8Array([
          0x28,
          0xb5,
          0x2f,
          0xfd,
          0xe0,
          ...new Uint8Array(8).fill(0x7f),
          ...new Uint8Array(64),
        ]),
        /damaged/,
      ],
      [7, encodeJpeg(new Uint8Array(64), 8, 8), /cannot hold|damaged: 64 voxels, expected 1048576/],
      [7, jpegOf(65528, 65528), /JPEG of 65528 x 65528 voxels, expected 1024 x 1024/],
      [7, jpegOf(1024, 1024).fill(0xff, 4, 6), /damaged: a JPEG segment at byte 2 is cut off/],
      [7, new Uint8Array(4000), /damaged: no JPEG marker at byte 2/],
      [34887, encodeLerc(new Uint8Array(64), 8, 8), /damaged: LERC of 8 x 8 voxels, expected 1024 x 1024/],
    ];
    for (const [compression, stored, message] of cases) {
      Deno.writeFileSync(`${folder}/v.tif`, await strip(compression, stored, size));
      const work = () => convertVolume(`${folder}/v.tif`, `${folder}/out`, { dtype: "uint8", anisotropy: 1 });
      await rejected(work, message);
    }
  }));

/** A JPEG stream that claims so many voxels and has few, with enough bytes after it. */
function jpegOf(height: number, width: number): Uint8Array {
  const bytes = encodeJpeg(new Uint8Array(64), 8, 8);
  const frame = bytes.findIndex((byte, index) => byte === 0xff && bytes[index + 1] === 0xc0);
  new DataView(bytes.buffer).setUint16(frame + 5, height);
  new DataView(bytes.buffer).setUint16(frame + 7, width);
  return new Uint8Array([...bytes, ...new Uint8Array(4000)]);
}

Deno.test("decodeLzw() gives no more than it may for any bytes", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), fc.nat(2000), (stored, length) => {
      try {
        assert.ok(decodeLzw(stored, length).length <= length);
      } catch (error) {
        assert.ok(error instanceof RangeError && !(error instanceof UserError));
      }
    }),
    { numRuns: 500 },
  );
});
