/** Stacks of files, one slice each. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { identifyAll } from "../../src/volume/file_identity.ts";
import { describeVolumeFile } from "../../src/volume/open.ts";
import { naturalOrder } from "../../src/volume/slices.ts";
import { convertVolume } from "../../src/stages/convert/convert.ts";
import { pngBytes } from "../fuzz/image_seeds.ts";
import { rejected } from "../helpers/hostile_files.ts";
import { inTempFolder } from "../helpers/temp_folder.ts";
import { noise, tiffBytes } from "../helpers/tiff_files.ts";
import { converted } from "../helpers/volume_files.ts";

const page = (seed: number, height = 6, width = 5) =>
  tiffBytes(noise(1000).subarray(seed, seed + height * width), [1, height, width]);

async function writeSlices(folder: string, names: readonly string[]): Promise<void> {
  Deno.mkdirSync(folder, { recursive: true });
  for (const [index, name] of names.entries()) {
    Deno.writeFileSync(`${folder}/${name}`, await page(30 * index));
  }
}

Deno.test("naturalOrder() sorts by the numbers in names, whatever order they come in", () => {
  const names = [
    "a",
    "s1.tif",
    "s1a.tif",
    "s02.tif",
    "s2.tif",
    "s10.tif",
    "s10_1.tif",
    "s10_12.tif",
    "t0.tif",
  ];
  fc.assert(fc.property(fc.shuffledSubarray(names, { minLength: names.length }), (shuffled) => {
    assert.deepEqual(naturalOrder(shuffled), names);
  }));
});

Deno.test("convertVolume() reads slices in natural order, from a folder and by patterns", () =>
  inTempFolder(async (folder) => {
    const names = ["s2.tif", "s10.tif", "s1.tif"];
    await writeSlices(`${folder}/v`, names);
    Deno.writeTextFileSync(`${folder}/v/notes.txt`, "not a slice");
    Deno.writeFileSync(`${folder}/v/.s3.tif`, await page(99));
    const { voxels } = await converted(`${folder}/v`, `${folder}/out`);
    const voxelsOf = (index: number) => [...noise(1000).subarray(30 * index, 30 * index + 30)];
    assert.deepEqual([...voxels], [...voxelsOf(2), ...voxelsOf(0), ...voxelsOf(1)]);
    assert.deepEqual((await converted(`${folder}/v/s*.tif`, `${folder}/out2`)).voxels, voxels);
    assert.deepEqual(
      (await converted(`${folder}/?/s?.tif`, `${folder}/out3`)).voxels,
      voxels.subarray(0, 60),
    );
  }));

Deno.test("describeVolumeFile() and convertVolume() name the slice that differs, and say why nothing is a stack", () =>
  inTempFolder(async (folder) => {
    const write = (name: string, bytes: Uint8Array) => Deno.writeFileSync(`${folder}/v/${name}`, bytes);
    const convert = () => convertVolume(`${folder}/v`, `${folder}/out`, { dtype: "uint8", anisotropy: 1 });
    await writeSlices(`${folder}/v`, ["1.tif", "2.tif", "3.tif", "4.tif"]);
    write("3.tif", await page(0, 5, 6));
    await rejected(
      convert,
      /v\/3\.tif: 6 x 5 voxels of uint8, but 1\.tif has 5 x 6 voxels of uint8/,
    );
    write("3.tif", await tiffBytes(noise(60), [2, 6, 5]));
    await rejected(convert, /v\/3\.tif: 2 slices; /);
    write("3.tif", noise(100));
    await rejected(convert, /v\/3\.tif: .*begins with the bytes/);
    write("3.tif", await page(0));
    await convert();
    write("4.png", pngBytes(noise(30), [6, 5], 8));
    await rejected(
      () => describeVolumeFile(`${folder}/v`),
      /both TIFF and PNG files; use a pattern/,
    );
    assert.deepEqual((await describeVolumeFile(`${folder}/v/*.tif`)).shape, [4, 6, 5]);
    assert.deepEqual((await describeVolumeFile(`${folder}/v/4.*`)).shape, [2, 6, 5]);
    await rejected(() => describeVolumeFile(`${folder}/v/x*.tif`), /x\*\.tif: matches no file/);
    Deno.mkdirSync(`${folder}/empty`);
    await rejected(
      () => describeVolumeFile(`${folder}/empty`),
      /not a Zarr array and has no slices \(\.tif, \.png\)/,
    );
    await rejected(() => describeVolumeFile(`${folder}/none/*.tif`), /matches no file/);
  }));

Deno.test("convertVolume() begins anew when any of many slices has changed", () =>
  inTempFolder(async (folder) => {
    const names = Array.from({ length: 12 }, (_, index) => `${index}.tif`);
    await writeSlices(`${folder}/v`, names);
    const before = identifyAll("v", names.map((name) => `${folder}/v/${name}`));
    assert.equal(before.bytes > 12 * 30, true);
    const first = await converted(`${folder}/v`, `${folder}/out`);
    Deno.writeFileSync(`${folder}/v/7.tif`, await page(500));
    const second = await converted(`${folder}/v`, `${folder}/out`);
    assert.deepEqual(second.voxels.subarray(0, 210), first.voxels.subarray(0, 210));
    assert.deepEqual([...second.voxels.subarray(210, 240)], [...noise(1000).subarray(500, 530)]);
    const { files } = second.volume.attributes["source"] as { files: unknown[] };
    assert.equal(files.length, 1);
  }));
