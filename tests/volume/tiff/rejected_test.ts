import assert from "node:assert/strict";
import { UserError } from "../../../src/user_error.ts";
import { describeVolumeFile } from "../../../src/volume/open.ts";
import { inTempFolder } from "../../helpers/temp_folder.ts";
import { type Layout, noise, tiffBytes } from "../../helpers/tiff_files.ts";
import { converted } from "../../helpers/volume_files.ts";

const REJECTED: readonly (readonly [name: string, layout: Layout, message: RegExp])[] = [
  ["12-bit voxels", { fields: { 258: [12] } }, /page 0: 12-bit unsigned voxels, expected 8, 16/],
  ["complex voxels", { fields: { 258: [64], 339: [6] } }, /64-bit unsigned voxels/],
  ["colour", { fields: { 277: [3], 262: [2] } }, /3 samples a voxel \(colour\)/],
  ["white as zero", { fields: { 262: [0] } }, /white is zero/],
  ["an unknown compression", { fields: { 259: [34712] } }, /compression 34712 cannot be read/],
  ["old JPEG", { fields: { 259: [6] } }, /compression 6 cannot be read/],
  ["no strips", { fields: { 273: undefined } }, /0 strips or tiles, expected 1/],
  [
    "several channels",
    { description: "ImageJ=1.53t\nimages=4\nchannels=2\nslices=2\n" },
    /2 channels, 2 slices, 1 frames/,
  ],
  [
    "several OME channels",
    { description: '<OME><Pixels SizeC="2" SizeT="1" SizeZ="2"/></OME>' },
    /2 channels, 2 slices/,
  ],
  [
    "several times",
    { description: "ImageJ=1.53t\nimages=4\nslices=2\nframes=2\n" },
    /1 channels, 2 slices, 2 frames/,
  ],
];

for (const [name, layout, message] of REJECTED) {
  Deno.test(`describeVolumeFile() rejects TIFF with ${name}`, async () => {
    await inTempFolder(async (folder) => {
      Deno.writeFileSync(`${folder}/in.tif`, await tiffBytes(noise(120), [4, 6, 5], layout));
      await assert.rejects(
        describeVolumeFile(`${folder}/in.tif`),
        (error) =>
          error instanceof UserError && error.message.includes("in.tif") && message.test(error.message),
      );
    });
  });
}

Deno.test("describeVolumeFile() rejects TIFF with pages of different sizes, loops and no pages", async () => {
  await inTempFolder(async (folder) => {
    const bytes = await tiffBytes(noise(120), [4, 6, 5]);
    const view = new DataView(bytes.buffer);
    const directory = (page: number) => {
      let at = view.getUint32(4, true);
      for (let index = 0; index < page; index++) {
        at = view.getUint32(at + 2 + 12 * view.getUint16(at, true), true);
      }
      return at;
    };
    const attempt = async (change: (copy: DataView) => void, message: RegExp) => {
      const copy = bytes.slice();
      change(new DataView(copy.buffer));
      Deno.writeFileSync(`${folder}/in.tif`, copy);
      await assert.rejects(
        describeVolumeFile(`${folder}/in.tif`),
        (error) => error instanceof UserError && message.test(error.message),
      );
    };
    await attempt(
      (copy) => copy.setUint32(directory(2) + 2 + 8, 4, true),
      /page 2: 4 x 6 voxels, page 0 has 5 x 6/,
    );
    const next = (page: number) => directory(page) + 2 + 12 * view.getUint16(directory(page), true);
    await attempt(
      (copy) => copy.setUint32(next(3), directory(1), true),
      /page 4: its directories form a loop/,
    );
    await attempt((copy) => copy.setUint32(4, 0, true), /without pages/);
    await attempt((copy) => copy.setUint32(4, bytes.length - 1, true), /truncated/);
    await attempt(
      (copy) => copy.setUint16(directory(0), 60000, true),
      /damaged: a directory of 60000 fields/,
    );
  });
});

Deno.test("convertVolume() says where a truncated or damaged TIFF fails, and leaves no volume", async () => {
  await inTempFolder(async (folder) => {
    const path = `${folder}/in.tif`;
    const whole = await tiffBytes(noise(4 * 30 * 30), [4, 30, 30]);
    for (const length of [3, 7, 12, 1000, whole.length - 10]) {
      Deno.writeFileSync(path, whole.subarray(0, length));
      await assert.rejects(
        converted(path, `${folder}/out`),
        (error) => error instanceof UserError && /truncated|expected a TIFF/.test(error.message),
      );
    }
    const deflated = await tiffBytes(noise(4 * 30 * 30), [4, 30, 30], { compression: "deflate" });
    deflated.fill(0xa5, 1200, 1500);
    Deno.writeFileSync(path, deflated);
    await assert.rejects(converted(path, `${folder}/out`), /page \d, strip or tile 0: damaged/);
    await assert.rejects(Deno.stat(`${folder}/out`), Deno.errors.NotFound);
  });
});
