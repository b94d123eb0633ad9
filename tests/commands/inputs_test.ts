/** Inputs of all kinds on the command line. */
import assert from "node:assert/strict";
import { openZarr } from "../../src/volume/zarr/mod.ts";
import { ccboostHere as ccboost, namesIn, resultOf, writeTiffFile } from "../helpers/cli_process.ts";
import { hdf5Seeds, pngBytes } from "../fuzz/image_seeds.ts";
import { inTempFolder } from "../helpers/temp_folder.ts";
import { noise, tiffBytes } from "../helpers/tiff_files.ts";

Deno.test("ccboost info tells format, size, type and voxel size, and convert how much memory HDF5 takes", () =>
  inTempFolder(async (folder) => {
    const [seed] = await hdf5Seeds();
    Deno.writeFileSync(`${folder}/v.h5`, seed?.files.get("v.h5") ?? new Uint8Array(0));
    const { code, out } = await ccboost("info", `${folder}/v.h5:/volumes/raw`);
    assert.equal(code, 0);
    assert.match(
      out,
      /v\.h5:\/volumes\/raw: HDF5, 12 x 10 x 3 voxels \(x, y, z\), uint8, 360 B\nHDF5 filters: [a-z, ]+\nvoxel size: 4 x 5 x 40 nm \(x, y, z\)\n$/,
    );
    const small = await ccboost("convert", `${folder}/v.h5`, `${folder}/v.zarr`, "--memory", "150MiB");
    assert.deepEqual([small.code, /give at least --memory 184MiB/.test(small.err)], [2, true]);
    Deno.mkdirSync(`${folder}/s`);
    for (const index of [1, 2]) {
      Deno.writeFileSync(`${folder}/s/${index}.png`, pngBytes(noise(240), [10, 12], 16));
    }
    const slices = resultOf(await ccboost("info", `${folder}/s`, "--json"));
    assert.deepEqual(
      [slices["format"], slices["shape"], slices["dtype"], slices["voxelSize"]],
      ["slices", [2, 10, 12], "uint16", null],
    );
  }));

Deno.test("ccboost convert rescales, keeps a voxel size that is given, and tells both", () =>
  inTempFolder(async (folder) => {
    Deno.mkdirSync(`${folder}/s`);
    for (const index of [1, 2]) {
      Deno.writeFileSync(`${folder}/s/${index}.png`, pngBytes(noise(240), [10, 12], 16));
    }
    const out = `${folder}/v.zarr`;
    const wrong = await ccboost("convert", `${folder}/s/*.png`, out, "--type", "uint8");
    assert.equal(wrong.code, 2);
    assert.match(wrong.err, /s\/\*\.png: uint16 .* --rescale auto/);
    const done = await ccboost(
      "convert",
      `${folder}/s/*.png`,
      out,
      "--rescale",
      "-10,65535.5",
      "--voxel-size",
      "4,5,40",
    );
    assert.equal(done.code, 0, done.err);
    assert.match(
      done.out,
      /1 of uint8 each.*\nvalues -10 to 65535\.5 became 0 to 255\nvoxels of 4 x 5 x 40 nm/,
    );
    assert.deepEqual((await openZarr(out)).voxelSize, [40, 5, 4]);
    const again = resultOf(await ccboost("convert", `${folder}/s`, out, "--rescale", "auto", "--json"));
    assert.equal((again["rescaled"] as number[]).length, 2);
    assert.equal(again["voxelSize"], null);
    assert.deepEqual(namesIn(folder), ["s", "v.zarr"]);
  }));

Deno.test("ccboost channels and erode-dilate read what is no 8-bit TIFF", () =>
  inTempFolder(async (folder) => {
    const bytes = new Uint8Array(Uint16Array.from(noise(1000), (value) => value * 100).buffer);
    Deno.writeFileSync(
      `${folder}/v.tif`,
      await tiffBytes(bytes, [10, 10, 20], { fields: { 256: [10], 258: [16] } }),
    );
    const channels = await ccboost(
      "channels",
      `${folder}/v.tif`,
      `${folder}/c`,
      "--only",
      "gauss-s1.0",
      "--rescale",
      "0,25500",
    );
    assert.equal(channels.code, 0, channels.err);
    assert.deepEqual(namesIn(`${folder}/c`), ["gauss-s1.0.nrrd"]);
    Deno.mkdirSync(`${folder}/l`);
    for (const index of [1, 2, 10]) {
      await writeTiffFile(`${folder}/l/${index}.tif`, noise(100).map((value) => value > 99 ? 255 : 0), [
        1,
        10,
        10,
      ]);
    }
    const eroded = await ccboost("erode-dilate", `${folder}/l`, "0", "1", `${folder}/e.tif`);
    assert.equal(eroded.code, 0, eroded.err);
    assert.match(eroded.out, /10 x 10 x 3 voxels/);
  }));

Deno.test("ccboost tells of wrong values of --rescale and --voxel-size", async () => {
  const wrong: [args: string[], message: RegExp][] = [
    [["--rescale", "5"], /--rescale is "5"; expected LOW,HIGH, two numbers/],
    [["--rescale", "5,5"], /--rescale is "5,5"; expected/],
    [["--rescale", "0,x"], /--rescale is "0,x"/],
    [["--rescale", "0,1,2"], /--rescale is "0,1,2"/],
    [["--voxel-size", "4,4"], /--voxel-size is "4,4"; expected three lengths in nm/],
    [["--voxel-size", "4,0,4"], /--voxel-size is "4,0,4"/],
    [["--rescale", "0,1", "--type", "float32"], /--rescale makes 8-bit voxels, --type float32 keeps them/],
  ];
  for (const [args, message] of wrong) {
    const { code, err } = await ccboost("convert", "a.tif", "b.zarr", ...args);
    assert.equal(code, 2);
    assert.match(err, message);
  }
});
