/** Damaged and malicious N5. */
import assert from "node:assert/strict";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { describeVolumeFile } from "../../../src/volume/open.ts";
import { concat, gzipBomb, rejected } from "../../helpers/hostile_files.ts";
import { BZIP2, BZIP2_BOMB, lz4Frames, N5_LAYOUT, type N5Layout, writeN5 } from "../../helpers/n5_files.ts";
import { valueAt } from "../../helpers/small_boxes.ts";
import { inTempFolder } from "../../helpers/temp_folder.ts";
import { converted } from "../../helpers/volume_files.ts";

const nested = (count: number) => "[".repeat(count) + "]".repeat(count);

const ATTRIBUTES: readonly (readonly [name: string, changes: Record<string, unknown>, message: RegExp])[] = [
  ["a length of 0", { dimensions: [12, 0, 3] }, /dimensions is \[12,0,3\]; expected 3 whole numbers from 1/],
  ["negative lengths", { dimensions: [-12, 10, 3] }, /dimensions is/],
  ["fractions", { dimensions: [1.5, 10, 3] }, /dimensions is/],
  ["text", { dimensions: "12,10,3" }, /dimensions is 12,10,3; expected 2 to 8/],
  ["no dimensions", { dimensions: undefined }, /dimensions is nothing/],
  ["lengths of 2^60", { dimensions: [2 ** 60, 10, 3] }, /dimensions is/],
  ["lengths of 2^40", { dimensions: [2 ** 40, 10, 3] }, /expected at most 16777216 per axis/],
  ["200 axes", { dimensions: new Array(200).fill(1) }, /expected 2 to 8 whole numbers/],
  ["blocks of fewer axes", { blockSize: [5, 4] }, /blockSize is \[5,4\]; expected 3 whole numbers/],
  ["blocks of 0", { blockSize: [5, 0, 2] }, /blockSize is/],
  ["large blocks", { blockSize: [4096, 4096, 4096] }, /blocks of \[4096,4096,4096\], .*smaller blocks/],
  ["blocks of 2^50", { blockSize: [2 ** 50, 2 ** 50, 2 ** 50] }, /smaller blocks/],
  ["objects", { dataType: "object" }, /an N5 dataset of object; expected integers/],
  ["a type that is none", { dataType: 8 }, /an N5 dataset of 8;/],
  ["no compression", { compression: undefined }, /compression is nothing; expected \{ "type"/],
  ["a compression without a type", { compression: {} }, /compression is \{\}/],
  ["useZlib that is text", { compression: { type: "gzip", useZlib: "no" } }, /compression is/],
];

for (const [name, changes, message] of ATTRIBUTES) {
  Deno.test(`describeVolumeFile() rejects N5 with ${name}`, () =>
    inTempFolder(async (folder) => {
      writeN5(`${folder}/v`, N5_LAYOUT, valueAt);
      const attributes = { ...JSON.parse(Deno.readTextFileSync(`${folder}/v/attributes.json`)), ...changes };
      Deno.writeTextFileSync(`${folder}/v/attributes.json`, JSON.stringify(attributes));
      await rejected(() => describeVolumeFile(`${folder}/v`), message);
    }));
}

Deno.test("describeVolumeFile() rejects attributes of N5 that are cut off anywhere, nested deeply or too long", () =>
  inTempFolder(async (folder) => {
    writeN5(`${folder}/v.n5`, N5_LAYOUT, valueAt);
    const file = `${folder}/v.n5/attributes.json`;
    const text = Deno.readTextFileSync(file);
    for (let length = 0; length < text.length; length++) {
      Deno.writeTextFileSync(file, text.slice(0, length));
      await rejected(
        () => describeVolumeFile(`${folder}/v.n5`),
        /not an N5 dataset that can be read: damaged JSON/,
      );
    }
    Deno.writeTextFileSync(file, `{"dimensions": ${nested(100_000)}}`);
    await rejected(() => describeVolumeFile(`${folder}/v.n5`), /brackets nested more than 64 deep/);
    Deno.writeTextFileSync(file, `{"dimensions": [${" ".repeat(5 << 20)}]}`);
    await rejected(() => describeVolumeFile(`${folder}/v.n5`), /longer than 4 MiB/);
  }));

Deno.test("describeVolumeFile() does not follow the levels of a group out of it", () =>
  inTempFolder(async (folder) => {
    writeN5(`${folder}/secret`, N5_LAYOUT, valueAt);
    for (const path of ["../secret", "/secret", `${folder}/secret`, "a/../../secret", ""]) {
      Deno.mkdirSync(`${folder}/v.n5`, { recursive: true });
      const group = JSON.stringify({ multiscales: [{ datasets: [{ path }] }] });
      Deno.writeTextFileSync(`${folder}/v.n5/attributes.json`, group);
      await rejected(() => describeVolumeFile(`${folder}/v.n5`), /an N5 group, not an array, without arrays/);
    }
  }));

Deno.test("info tells of a compression that cannot be read, and convertVolume() refuses it", () =>
  inTempFolder(async (folder) => {
    for (const type of ["xz", "jpeg", "__proto__"]) {
      writeN5(`${folder}/v`, { ...N5_LAYOUT, compression: { type } }, valueAt);
      assert.match(
        (await describeVolumeFile(`${folder}/v`)).unread ?? "",
        /copy it with gzip, zstd or blosc/,
      );
      await rejected(
        () => converted(`${folder}/v`, `${folder}/out`),
        /compressed with .*, which cannot be read/,
      );
    }
  }));

Deno.test("convertVolume() refuses an N5 dataset whose folder has other files than its blocks", () =>
  inTempFolder(async (folder) => {
    writeN5(`${folder}/v`, { ...N5_LAYOUT, isWritten: () => false }, valueAt);
    Deno.mkdirSync(`${folder}/v/c/0`, { recursive: true });
    Deno.writeTextFileSync(`${folder}/v/c/0/0`, "block");
    await rejected(
      () => converted(`${folder}/v`, `${folder}/out`),
      /none of its files is one of its blocks: expected names such as 0\/0\/0, found c\/0\/0/,
    );
  }));

/** A header of a mode, and lengths along x, y and z. */
function header(mode: number, ...lengths: number[]): Uint8Array {
  const view = new DataView(new ArrayBuffer(4 + 4 * lengths.length));
  view.setUint16(0, mode);
  view.setUint16(2, lengths.length);
  for (const [axis, length] of lengths.entries()) view.setUint32(4 + 4 * axis, length);
  return new Uint8Array(view.buffer);
}

const VOXELS = new Uint8Array(40).fill(3);
const GZIP = N5_LAYOUT.compression;
const BOMB = gzipBomb(64);
const LZ4 = lz4Frames(VOXELS);
const changed = (bytes: Uint8Array, at: number, value: number) => {
  const copy = bytes.slice();
  new DataView(copy.buffer).setUint32(at, value, true);
  return copy;
};

const BLOCKS: readonly (readonly [name: string, compression: unknown, bytes: Uint8Array, message: RegExp])[] =
  [
    ["no bytes", GZIP, new Uint8Array(0), /0 bytes, too few for a header/],
    ["a header that is cut off", GZIP, header(0, 5, 4, 2).subarray(0, 9), /a header of 3 axes in 9 bytes/],
    ["two axes", GZIP, concat(header(0, 5, 4), gzipSync(VOXELS)), /a header of 2 axes/],
    ["65535 axes", GZIP, Uint8Array.of(0, 0, 255, 255, 0, 0, 0, 5, ...VOXELS), /a header of 65535 axes/],
    ["mode 1", GZIP, concat(header(1, 5, 4, 2), VOXELS), /a block of mode 1, of varying length.*Paintera/],
    ["mode 2", GZIP, Uint8Array.of(0, 2, 0, 0, 0, 9, ...VOXELS), /a block of mode 2, an object/],
    ["mode 77", GZIP, concat(header(77, 5, 4, 2), VOXELS), /a block of mode 77, which is unknown/],
    [
      "more voxels than blocks have",
      GZIP,
      concat(header(0, 5, 4, 9), gzipSync(VOXELS)),
      /\[9,4,5\] voxels, expected \[2,4,5\]/,
    ],
    ["fewer voxels", GZIP, concat(header(0, 5, 4, 1), gzipSync(VOXELS)), /a block of \[1,4,5\] voxels/],
    [
      "2^32 voxels along x",
      GZIP,
      concat(header(0, 2 ** 32 - 1, 4, 2), gzipSync(VOXELS)),
      /expected \[2,4,5\]/,
    ],
    [
      "voxels that are missing",
      GZIP,
      concat(header(0, 5, 4, 2), gzipSync(VOXELS.subarray(1))),
      /39 bytes of voxels, expected 40/,
    ],
    ["voxels too many", GZIP, concat(header(0, 5, 4, 2), gzipSync(new Uint8Array(41))), /damaged/],
    ["a bomb of gzip", GZIP, concat(header(0, 5, 4, 2), BOMB), /damaged/],
    ["gzip that is none", GZIP, concat(header(0, 5, 4, 2), VOXELS), /damaged/],
    ["gzip that is cut off", GZIP, concat(header(0, 5, 4, 2), gzipSync(VOXELS).subarray(0, 15)), /damaged/],
    [
      "raw voxels that are cut off",
      { type: "raw" },
      concat(header(0, 5, 4, 2), VOXELS.subarray(0, 30)),
      /30 bytes of voxels, expected 40/,
    ],
    [
      "zstd of more",
      { type: "zstd" },
      concat(header(0, 5, 4, 2), zstdCompressSync(new Uint8Array(1 << 20))),
      /damaged/,
    ],
    ["a bomb of bzip2", { type: "bzip2" }, concat(header(0, 5, 4, 2), BZIP2_BOMB), /more than 40 bytes/],
    ["bzip2 that is none", { type: "bzip2" }, concat(header(0, 5, 4, 2), VOXELS), /damaged/],
    [
      "bzip2 that is cut off",
      { type: "bzip2" },
      concat(header(0, 5, 4, 2), BZIP2.subarray(0, -9)),
      /bzip2 that is cut off/,
    ],
    [
      "bzip2 with a wrong checksum",
      { type: "bzip2" },
      concat(header(0, 5, 4, 2), changed(BZIP2, 10, 1)),
      /damaged/,
    ],
    ["no frame of LZ4", { type: "lz4" }, concat(header(0, 5, 4, 2), VOXELS), /no LZ4 frame at byte 0/],
    [
      "LZ4 that is cut off",
      { type: "lz4" },
      concat(header(0, 5, 4, 2), LZ4.subarray(0, 30)),
      /an LZ4 frame of/,
    ],
    [
      "LZ4 of 2 GiB",
      { type: "lz4" },
      concat(header(0, 5, 4, 2), changed(LZ4, 13, 2 ** 31)),
      /of 40 that are left/,
    ],
    [
      "LZ4 that stores 4 GiB",
      { type: "lz4" },
      concat(header(0, 5, 4, 2), changed(LZ4, 9, 2 ** 32 - 1)),
      /an LZ4 frame of 4294967295/,
    ],
    ["LZ4 of another length", { type: "lz4" }, concat(header(0, 5, 4, 2), changed(LZ4, 13, 19)), /damaged/],
    ["blosc that is none", { type: "blosc" }, concat(header(0, 5, 4, 2), VOXELS), /damaged/],
    [
      "blosc that claims 4 GiB",
      { type: "blosc" },
      concat(header(0, 5, 4, 2), changed(new Uint8Array(40), 4, 2 ** 32 - 1)),
      /it claims to have 4294967295 bytes/,
    ],
    [
      "blosc without a header",
      { type: "blosc" },
      concat(header(0, 5, 4, 2), new Uint8Array(3)),
      /too few for a header/,
    ],
    ["very many bytes", { type: "raw" }, new Uint8Array(5 << 20), /5242880 bytes, expected at most/],
  ];

for (const [name, compression, bytes, message] of BLOCKS) {
  Deno.test(`convertVolume() rejects a block of N5 with ${name}`, () =>
    inTempFolder(async (folder) => {
      const layout: N5Layout = { ...N5_LAYOUT, compression, isWritten: () => false };
      writeN5(`${folder}/v`, layout, valueAt);
      Deno.mkdirSync(`${folder}/v/0/0`, { recursive: true });
      Deno.writeFileSync(`${folder}/v/0/0/0`, bytes);
      await rejected(() => converted(`${folder}/v`, `${folder}/out`), message);
      await rejected(() => converted(`${folder}/v`, `${folder}/out`), /v\/0\/0\/0: /);
    }));
}

Deno.test("convertVolume() rejects a block of N5 that is a folder", () =>
  inTempFolder(async (folder) => {
    writeN5(`${folder}/v`, N5_LAYOUT, valueAt);
    Deno.removeSync(`${folder}/v/1/1/0`);
    Deno.mkdirSync(`${folder}/v/1/1/0`);
    await rejected(() => converted(`${folder}/v`, `${folder}/out`), /v\/1\/1\/0: not a regular file/);
  }));
