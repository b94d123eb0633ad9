/** DM3 and DM4 files, and damaged ones. */
import assert from "node:assert/strict";
import { swapBytes } from "../../../src/volume/byte_order.ts";
import { describeVolumeFile, openVolume } from "../../../src/volume/open.ts";
import { bytesPerVoxel, type SourceDtype } from "../../../src/volume/dtype.ts";
import { viewAs } from "../../../src/volume/unpack.ts";
import { dmBytes, dmImage } from "../../helpers/dm_files.ts";
import { rejected } from "../../helpers/hostile_files.ts";
import { inTempFolder } from "../../helpers/temp_folder.ts";
import { converted, noise } from "../../helpers/volume_files.ts";

const TYPES: readonly (readonly [type: number, arrayType: number, dtype: SourceDtype])[] = [
  [1, 2, "int16"],
  [2, 6, "float32"],
  [6, 10, "uint8"],
  [7, 3, "int32"],
  [9, 10, "int8"],
  [10, 4, "uint16"],
  [11, 5, "uint32"],
  [12, 7, "float64"],
];
const VALUES = Array.from({ length: 360 }, (_, index) => (7 * index) % 121);

Deno.test("openVolume() reads DM3 and DM4 of every type and byte order, with voxel size, past the thumbnail", () =>
  inTempFolder(async (folder) => {
    const path = `${folder}/v.dm`;
    for (const version of [3, 4] as const) {
      for (const littleEndian of [true, false]) {
        for (const [type, arrayType, dtype] of TYPES) {
          const bytesEach = bytesPerVoxel(dtype);
          const bytes = new Uint8Array(360 * bytesEach);
          const voxels = viewAs(dtype, bytes);
          for (const [index, value] of VALUES.entries()) voxels[index] = value;
          if (!littleEndian) swapBytes(bytes, bytesEach);
          Deno.writeFileSync(
            path,
            dmBytes(dmImage(bytes, { type, arrayType, bytesEach }), { version, littleEndian }),
          );
          const found = await describeVolumeFile(path);
          assert.deepEqual([found.format, found.shape, found.dtype], ["dm", [3, 10, 12], dtype]);
          assert.deepEqual([found.voxelSize, found.notes], [[50, 4.5, 4.5], undefined]);
          const open = await openVolume(path);
          assert.ok(open.kind === "rows");
          const part = new Uint8Array(4 * 12 * bytesEach);
          await open.source.readRows(1, 3, 4, part);
          open.source.close();
          if (!littleEndian) swapBytes(part, bytesEach);
          assert.deepEqual(Array.from(viewAs(dtype, part), Number), VALUES.slice(156, 204));
        }
      }
    }
    Deno.writeFileSync(path, dmBytes(dmImage(noise(360)), { version: 4 }));
    assert.deepEqual((await converted(path, `${folder}/out`)).voxels, noise(360));
  }));

Deno.test("openVolume() reads a DM4 image that is small, flat or without thumbnail, and stacks of such files", () =>
  inTempFolder(async (folder) => {
    // 12 numbers of 16 bits are stored as a text would be
    const small = dmBytes(dmImage(noise(24), { type: 10, arrayType: 4, bytesEach: 2, dims: [4, 3] }), {
      version: 4,
    });
    Deno.writeFileSync(`${folder}/small.dm4`, small);
    assert.deepEqual((await describeVolumeFile(`${folder}/small.dm4`)).shape, [1, 3, 4]);
    Deno.mkdirSync(`${folder}/slices`);
    for (const z of [0, 1, 2]) {
      const tags = dmImage(noise(360).subarray(120 * z, 120 * (z + 1)), { dims: [12, 10] });
      Deno.writeFileSync(`${folder}/slices/${z}.dm3`, dmBytes({ ...tags, Thumbnails: {} }));
    }
    assert.deepEqual((await converted(`${folder}/slices/*.dm3`, `${folder}/out`)).voxels, noise(360));
  }));

Deno.test("describeVolumeFile() tells of a calibration of brightness, which is not applied", () =>
  inTempFolder(async (folder) => {
    const tags = dmBytes(dmImage(noise(360)));
    const name = new TextEncoder().encode("Brightness");
    const at = tags.findIndex((_, index) => name.every((byte, step) => tags[index + step] === byte));
    const scale = tags.findIndex((_, index) =>
      index > at && tags[index] === 0x53 && tags[index + 4] === 0x65
    );
    new DataView(tags.buffer).setFloat32(scale + 5 + 4 + 4 + 4, 0.5, true);
    Deno.writeFileSync(`${folder}/v.dm3`, tags);
    assert.match(
      (await describeVolumeFile(`${folder}/v.dm3`)).notes?.join() ?? "",
      /0\.5 x \(stored - 0\), is not applied/,
    );
  }));

const GOOD = dmImage(noise(360));
const IMAGE = { ...(GOOD["ImageList"] as Record<string, never>) };
const NESTED = Array.from({ length: 40 }).reduce<Record<string, never>>(
  (inner) => ({ a: inner as never }),
  {},
);

const HOSTILE: readonly (readonly [name: string, bytes: Uint8Array, message: RegExp])[] = [
  ["no image", dmBytes({ ImageList: {} }), /no image in this file of DigitalMicrograph/],
  ["no tags", dmBytes({}), /no image/],
  ["two images", dmBytes({ ImageList: { ...IMAGE, "#2": IMAGE["#1"] as never } }), /2 images in this file/],
  ["complex numbers", dmBytes(dmImage(noise(360), { type: 3 })), /data type 3; expected integers/],
  ["RGB alone", dmBytes({ ImageList: { "#0": IMAGE["#0"] as never } }), /data type 23/],
  ["fewer voxels", dmBytes(dmImage(noise(359))), /359 bytes of voxels, expected 360/],
  ["a length of 0", dmBytes(dmImage(noise(0), { dims: [12, 0, 3] })), /expected whole numbers from 1/],
  [
    "lengths of 2^32",
    dmBytes(dmImage(noise(360), { dims: [2 ** 32 - 1, 2 ** 32 - 1, 3] })),
    /expected at most/,
  ],
  ["one axis", dmBytes(dmImage(noise(360), { dims: [360] })), /an image of 360; expected x, y and z/],
  ["four axes", dmBytes(dmImage(noise(360), { dims: [12, 10, 1, 3] })), /an image of 12 x 10 x 1 x 3/],
  ["groups 40 deep", dmBytes(NESTED), /groups more than 32 deep/],
  ["groups of 2^32 tags", dmBytes({ a: [5, 1] }).fill(255, 14, 18), /a tag of kind|bytes expected/],
  ["a tag of another kind", dmBytes({ a: [5, 1] }).fill(9, 18, 19), /a tag of kind 9, expected 20 or 21/],
  ["a value without its mark", dmBytes({ a: [5, 1] }).fill(0, 22, 23), /no %%%% before a value/],
  ["a value of type 99", dmBytes({ a: [99, 1] }), /a value of type 99/],
  [
    "an array of 2^40 numbers",
    dmBytes({ a: { array: new Uint8Array(4), type: 10, bytesEach: 2 ** -38 } }, { version: 4 }),
    /1099511627776 bytes expected/,
  ],
];

for (const [name, bytes, message] of HOSTILE) {
  Deno.test(`describeVolumeFile() rejects a file of DigitalMicrograph with ${name}`, () =>
    inTempFolder(async (folder) => {
      Deno.writeFileSync(`${folder}/v.dm3`, bytes);
      await rejected(() => describeVolumeFile(`${folder}/v.dm3`), message);
    }));
}

Deno.test("describeVolumeFile() rejects DM3 and DM4 that are cut off anywhere", () =>
  inTempFolder(async (folder) => {
    for (const version of [3, 4] as const) {
      const bytes = dmBytes(GOOD, { version });
      for (let length = 20; length < bytes.length - 8; length += 3) {
        Deno.writeFileSync(`${folder}/v.dm3`, bytes.subarray(0, length));
        await rejected(() => describeVolumeFile(`${folder}/v.dm3`), /damaged at byte \d+: .* bytes expected/);
      }
    }
  }));
