/** TIFF files with several slices a page, without lengths of strips, and with values that ImageJ calibrates. */
import assert from "node:assert/strict";
import { convertVolume } from "../../../src/stages/convert/convert.ts";
import { allocateVoxels, type Dtype, type Voxels } from "../../../src/volume/dtype.ts";
import { describeVolumeFile } from "../../../src/volume/open.ts";
import { voxelCount, wholeRegion, type Zyx } from "../../../src/volume/region.ts";
import { openZarr, readRegion } from "../../../src/volume/zarr/mod.ts";
import { ccboostHere as ccboost } from "../../helpers/cli_process.ts";
import { rejected } from "../../helpers/hostile_files.ts";
import { inTempFolder } from "../../helpers/temp_folder.ts";
import { type Page, tiffOf, type Value } from "../../helpers/tiff_builder.ts";

async function read(
  folder: string,
  bytes: Uint8Array,
  dtype: Dtype,
): Promise<{ shape: Zyx; voxels: Voxels }> {
  Deno.writeFileSync(`${folder}/v.tif`, bytes);
  const out = `${folder}/${crypto.randomUUID()}`;
  const { shape } = await convertVolume(`${folder}/v.tif`, out, { dtype, anisotropy: 1 });
  const voxels = allocateVoxels(dtype, voxelCount(shape));
  await readRegion(await openZarr(out, "any"), wholeRegion(shape), voxels);
  return { shape, voxels };
}

const place: Value = (z, y, x, page) => (page * 100 + z * 1000 + y * 37 + x) % 60000;

const DEEP: readonly (readonly [what: string, page: Page, pages?: number])[] = [
  ["tiles of all slices", { shape: [5, 40, 50], tile: [5, 16, 16], bits: 16 }],
  ["tiles of some slices", { shape: [5, 40, 50], tile: [2, 16, 32], bits: 16 }],
  ["tiles of one slice", { shape: [3, 40, 50], tile: [1, 16, 16], bits: 16 }],
  ["deflated tiles", { shape: [5, 40, 50], tile: [4, 32, 16], bits: 16, isDeflated: true }],
  ["tiles of a big-endian file", { shape: [5, 40, 50], tile: [2, 16, 16], bits: 16, bigEndian: true }],
  ["tiles larger than the page", { shape: [3, 10, 12], tile: [8, 16, 16], bits: 16 }],
  ["strips", { shape: [3, 10, 12], rows: 4, bits: 16 }],
  ["deflated strips", { shape: [3, 10, 12], rows: 4, bits: 16, isDeflated: true }],
  ["strips of whole slices", { shape: [3, 10, 12], bits: 16 }],
  ["two pages of tiles", { shape: [3, 20, 20], tile: [2, 16, 16], bits: 16 }, 2],
];

for (const [what, page, pages = 1] of DEEP) {
  Deno.test(`convertVolume() reads TIFF with several slices a page: ${what}`, () =>
    inTempFolder(async (folder) => {
      const { shape, voxels } = await read(
        folder,
        tiffOf(Array.from({ length: pages }, () => page), place),
        "uint16",
      );
      assert.deepEqual(shape, [page.shape[0] * pages, page.shape[1], page.shape[2]]);
      const [, height, width] = shape;
      const expected = Uint16Array.from({ length: voxelCount(shape) }, (_, i) => {
        const z = Math.floor(i / (height * width));
        return place(
          z % page.shape[0],
          Math.floor(i / width) % height,
          i % width,
          Math.floor(z / page.shape[0]),
        );
      });
      assert.deepEqual(voxels, expected);
    }));
}

Deno.test("convertVolume() rejects TIFF whose pages have other depths, or too few tiles for theirs", () =>
  inTempFolder(async (folder) => {
    const page: Page = { shape: [3, 20, 20], tile: [2, 16, 16] };
    await rejected(
      () => read(folder, tiffOf([page, { ...page, shape: [4, 20, 20] }], place), "uint8"),
      /4 slices, page 0 has 3/,
    );
    const bytes = tiffOf([page], place);
    const at = bytes.findIndex((_, i) => bytes[i] === 0xe5 && bytes[i + 1] === 0x80 && bytes[i + 2] === 4);
    bytes[at + 8] = 200; // ImageDepth
    await rejected(() => read(folder, bytes, "uint8"), /8 strips or tiles, expected 400/);
  }));

const LENGTHS: readonly (readonly [what: string, lengthOf: Page["lengthOf"]])[] = [
  ["of 0", () => 0],
  ["that are too large", (length) => length + 1000],
  ["of the whole page", () => 2000],
  ["of 2^32 - 1", () => 2 ** 32 - 1],
  ["that are left out", undefined],
];

for (const [what, lengthOf] of LENGTHS) {
  Deno.test(`convertVolume() reads uncompressed strips and tiles with lengths ${what}`, () =>
    inTempFolder(async (folder) => {
      for (const cut of [{}, { rows: 10 }, { rows: 7 }, { tile: [1, 16, 16] as const }]) {
        for (const bits of [8, 16] as const) {
          const page: Page = { shape: [1, 20, 20], bits, lengthOf, ...cut };
          const value: Value = (z, y, x, number) => place(z, y, x, number) % 251;
          const { voxels } = await read(folder, tiffOf([page, page], value), bits === 8 ? "uint8" : "uint16");
          assert.deepEqual(
            Array.from(voxels as Uint8Array),
            Array.from(
              { length: 800 },
              (_, i) => value(0, Math.floor(i / 20) % 20, i % 20, Math.floor(i / 400)),
            ),
          );
        }
      }
    }));
}

const imageJ = (more: string) => `ImageJ=1.53t\nimages=2\nslices=2\nvunit=Gray Value\n${more}loop=false\n`;
const SIGNED = imageJ("cf=0\nc0=-32768.0\nc1=1.0\n");

for (const bigEndian of [false, true]) {
  for (const isDeflated of [false, true]) {
    Deno.test(`convertVolume() reads signed 16-bit TIFF as ImageJ means it, ${bigEndian ? "big" : "little"}-endian${isDeflated ? ", deflated" : ""}`, () =>
      inTempFolder(async (folder) => {
        const page: Page = {
          shape: [1, 8, 8],
          bits: 16,
          description: SIGNED,
          bigEndian,
          isDeflated,
          rows: 3,
        };
        const value: Value = (_z, y, x, number) => (number * 64 + y * 8 + x) * 512;
        Deno.writeFileSync(`${folder}/v.tif`, tiffOf([page, page], value));
        const { dtype, notes = [] } = await describeVolumeFile(`${folder}/v.tif`);
        assert.equal(dtype, "int16");
        assert.match(notes.join(), /values are -32768 \+ 1 x what is stored, as ImageJ shows them/);
        const { voxels } = await read(folder, tiffOf([page, page], value), "int16");
        assert.deepEqual(voxels, Int16Array.from({ length: 128 }, (_, i) => i * 512 - 32768));
      }));
  }
}

const LINES: readonly (readonly [c0: number, c1: number, bits: 8 | 16, dtype: Dtype])[] = [
  [255, -1, 8, "uint8"],
  [0, 0.25, 8, "float32"],
  [-10, 2, 8, "float32"],
  [-1000.5, 0.5, 16, "float32"],
  [-32768, 2, 16, "float32"],
];

for (const [c0, c1, bits, dtype] of LINES) {
  Deno.test(`convertVolume() reads ${bits}-bit TIFF of ImageJ's line ${c0} + ${c1} x`, () =>
    inTempFolder(async (folder) => {
      const page: Page = { shape: [1, 8, 8], bits, description: imageJ(`cf=0\nc0=${c0}\nc1=${c1}\n`) };
      const value: Value = (_z, y, x, number) => number * 64 + y * 8 + x;
      const { voxels } = await read(folder, tiffOf([page, page], value), dtype);
      assert.deepEqual(
        Array.from(voxels as Float32Array),
        Array.from({ length: 128 }, (_, i) => c0 + c1 * i),
      );
    }));
}

const UNCHANGED: readonly (readonly [what: string, description: string, note: RegExp])[] = [
  ["the line that changes nothing", imageJ("cf=0\nc0=0\nc1=1\n"), /^$/],
  ["no function", imageJ("cf=20\nc0=-32768\nc1=1\n"), /^$/],
  ["a curve", imageJ("cf=4\nc0=1\nc1=2\n"), /ImageJ's calibration function 4 is not applied/],
  ["a line without numbers", imageJ("cf=0\n"), /calibration function 0 is not applied/],
  ["another program's text", "c0=-32768.0\nc1=1.0\ncf=0\n", /^$/],
];

for (const [what, description, note] of UNCHANGED) {
  Deno.test(`convertVolume() keeps values under ${what}`, () =>
    inTempFolder(async (folder) => {
      const page: Page = { shape: [1, 8, 8], bits: 16, description };
      Deno.writeFileSync(`${folder}/v.tif`, tiffOf([page, page], place));
      const { dtype, notes = [] } = await describeVolumeFile(`${folder}/v.tif`);
      assert.equal(dtype, "uint16");
      assert.match(notes.join(), note);
    }));
}

Deno.test("ccboost info and convert --rescale speak of the values that Fiji shows, also of slices in files of their own", () =>
  inTempFolder(async (folder) => {
    Deno.mkdirSync(`${folder}/slices`);
    const description = SIGNED.replace("images=2\nslices=2\n", "");
    for (const z of [0, 1]) {
      const page: Page = { shape: [1, 8, 8], bits: 16, description };
      Deno.writeFileSync(
        `${folder}/slices/${z}.tif`,
        tiffOf([page], (_z, y, x) => 32768 - 1000 + (z * 64 + y * 8 + x) * 16),
      );
    }
    const told = await ccboost("info", `${folder}/slices`);
    assert.match(told.out, /int16/);
    assert.match(told.out, /values are -32768 \+ 1 x what is stored/);
    const { code, err } = await ccboost(
      "convert",
      `${folder}/slices`,
      `${folder}/o.zarr`,
      "--rescale=-1000,1032",
    );
    assert.equal(code, 0, err);
    const voxels = new Uint8Array(128);
    await readRegion(await openZarr(`${folder}/o.zarr`), wholeRegion([2, 8, 8]), voxels);
    assert.deepEqual(voxels, Uint8Array.from({ length: 128 }, (_, i) => Math.round(i * 16 * 255 / 2032)));
  }));
