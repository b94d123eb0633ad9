/** Identities as TIFF: 16 bits where they fit, which Fiji shows as they are, else 32. */
import assert from "node:assert/strict";
import { exportVolume } from "../../../src/stages/export/export.ts";
import { convertVolume } from "../../../src/stages/convert/convert.ts";
import { allocateVoxels, bytesPerVoxel, type Dtype } from "../../../src/volume/dtype.ts";
import { describeVolumeFile, openRowSource } from "../../../src/volume/open.ts";
import { voxelCount, wholeRegion, type Zyx } from "../../../src/volume/region.ts";
import { viewAs } from "../../../src/volume/unpack.ts";
import { createZarr, readRegion, writeRegion } from "../../../src/volume/zarr/mod.ts";
import { ccboostHere as ccboost } from "../../helpers/cli_process.ts";
import { pythonWith } from "../../helpers/other_programs.ts";
import { inTempFolder } from "../../helpers/temp_folder.ts";

const SHAPE: Zyx = [5, 7, 9];
const python = pythonWith("tifffile");

const CASES: readonly (readonly [what: string, most: number, dtype: "uint16" | "uint32"])[] = [
  ["few identities", 300, "uint16"],
  ["the largest of 16 bits", 65535, "uint16"],
  ["one more", 65536, "uint32"],
  ["neighbours that a float does not tell apart", 16777217, "uint32"],
  ["the largest of 32 bits", 4294967295, "uint32"],
];

for (const [what, most, dtype] of CASES) {
  Deno.test(`exportVolume() writes ${what} as TIFF of ${dtype}`, () =>
    inTempFolder(async (folder) => {
      const ids = Uint32Array.from({ length: voxelCount(SHAPE) }, (_, i) =>
        i === 100 ? most : i === 101 ? most - 1 : i % 7);
      const volume = await createZarr(`${folder}/ids`, { shape: SHAPE, chunk: [2, 4, 4], dtype: "uint32" });
      await writeRegion(volume, wholeRegion(SHAPE), ids);
      // So little memory that it is written slab by slab.
      await exportVolume(volume, `${folder}/ids.tif`, { memory: 200 });
      const { dtype: found, shape } = await describeVolumeFile(`${folder}/ids.tif`);
      assert.deepEqual([found, shape], [dtype, SHAPE]);
      const source = await openRowSource(`${folder}/ids.tif`, "tiff");
      const [, height, width] = SHAPE;
      const size = dtype === "uint16" ? 2 : 4;
      const read: number[] = [];
      for (let z = 0; z < SHAPE[0]; z++) {
        const bytes = new Uint8Array(height * width * size);
        await source.readRows(z, 0, height, bytes);
        read.push(...Array.from(viewAs(dtype, bytes), Number));
      }
      source.close();
      assert.deepEqual(read, [...ids]);
      if (python === undefined) {
        return;
      }
      const script =
        `import tifffile; a = tifffile.imread('${folder}/ids.tif'); print(a.dtype, a.shape, int(a.max()), int(a.ravel()[101]))`;
      const { stdout } = await new Deno.Command(python, { args: ["-c", script] }).output();
      assert.equal(new TextDecoder().decode(stdout).trim(), `${dtype} (5, 7, 9) ${most} ${most - 1}`);
    }));
}

Deno.test("exportVolume() writes identities as TIFF that labels read again", () =>
  inTempFolder(async (folder) => {
    const volume = await createZarr(`${folder}/ids`, { shape: [1, 1, 4], chunk: [1, 1, 4], dtype: "uint32" });
    await writeRegion(volume, wholeRegion([1, 1, 4]), Uint32Array.of(0, 70000, 3, 0));
    await exportVolume(volume, `${folder}/ids.tif`, { memory: 1 << 20 });
    const texts: string[] = [];
    await convertVolume(`${folder}/ids.tif`, `${folder}/o`, {
      dtype: "uint8",
      labels: "ids",
      anisotropy: 1,
      onLabels: (text) => texts.push(text),
    });
    assert.deepEqual(texts, ["negative are 0 (2 voxels); positive are 3 (1 voxel) and 70000 (1 voxel)"]);
  }));

const OTHERS: readonly (readonly [dtype: Dtype, values: readonly (number | bigint)[], written: string])[] = [
  ["uint64", [0n, 5n, 65535n], "uint16"],
  ["uint64", [0n, 65536n, 4294967295n], "uint32"],
  ["int64", [0n, 9n, 300n], "uint16"],
  ["int64", [-1n, 0n, 300n], "int16"],
  ["int64", [0n, 16777217n, 16777216n], "uint32"],
  ["int32", [0, 70000, 2147483647], "uint32"],
  ["int32", [-32768, 0, 32767], "int16"],
  ["int8", [-128, 0, 127], "int16"],
];

for (const [dtype, values, written] of OTHERS) {
  Deno.test(`ccboost export --labels writes ${dtype} from ${values.at(0)} to ${values.at(-1)} as TIFF of ${written}`, () =>
    inTempFolder(async (folder) => {
      const shape: Zyx = [1, 1, values.length];
      const ids = allocateVoxels(dtype, values.length);
      for (const [i, value] of values.entries()) ids[i] = value;
      const volume = await createZarr(`${folder}/ids`, { shape, chunk: shape, dtype });
      await writeRegion(volume, wholeRegion(shape), ids);
      const { code, out, err } = await ccboost("export", "--labels", `${folder}/ids`, `${folder}/ids.tif`);
      assert.equal(code, 0, err);
      assert.match(out, new RegExp(`1 of ${written} each`));
      const source = await openRowSource(`${folder}/ids.tif`, "tiff");
      assert.equal(source.dtype, written);
      const bytes = new Uint8Array(bytesPerVoxel(source.dtype) * values.length);
      await source.readRows(0, 0, 1, bytes);
      source.close();
      assert.deepEqual(Array.from(viewAs(source.dtype, bytes), Number), values.map(Number));
    }));
}

for (
  const [dtype, values, message] of [
    [
      "uint64",
      [0n, 4294967296n],
      /ids\.tif: values from 0 to 4294967296; TIFF files hold whole numbers from 0/,
    ],
    ["uint64", [2n ** 64n - 1n, 2n ** 64n - 2n], /values from 0 to 18446744073709551615/],
    ["int32", [-1, 70000], /values from -1 to 70000/],
  ] as const
) {
  Deno.test(`ccboost export refuses ${dtype} of ${values} as TIFF, and names the values`, () =>
    inTempFolder(async (folder) => {
      const ids = allocateVoxels(dtype, 2);
      for (const [i, value] of values.entries()) ids[i] = value;
      const volume = await createZarr(`${folder}/ids`, { shape: [1, 1, 2], chunk: [1, 1, 2], dtype });
      await writeRegion(volume, wholeRegion([1, 1, 2]), ids);
      const { code, err } = await ccboost("export", `${folder}/ids`, `${folder}/ids.tif`);
      assert.equal(code, 2);
      assert.match(err, message);
      assert.deepEqual(Array.from(Deno.readDirSync(folder), ({ name }) => name), ["ids"]);
    }));
}

for (const dtype of ["uint64", "int64"] as const) {
  Deno.test(`CREMI's ${dtype} ids are copied exactly, and mean the same from the copy: background, ids, and neither`, () =>
    inTempFolder(async (folder) => {
      // Read as signed numbers, the background is -1 and what is neither -2.
      const values = [-1n, 0n, 7n, -2n, (1n << 53n) + 1n, -1n];
      const ids = allocateVoxels(dtype, values.length) as BigInt64Array | BigUint64Array;
      for (const [i, value] of values.entries()) {
        ids[i] = dtype === "uint64" ? BigInt.asUintN(64, value) : value;
      }
      const shape: Zyx = [1, 1, values.length];
      const volume = await createZarr(`${folder}/ids`, { shape, chunk: shape, dtype });
      await writeRegion(volume, wholeRegion(shape), ids);
      await exportVolume(volume, `${folder}/ids.h5`);
      const copied = await convertVolume(`${folder}/ids.h5`, `${folder}/copy`, { dtype, anisotropy: 1 });
      const read = allocateVoxels(dtype, values.length);
      await readRegion(copied, wholeRegion(shape), read);
      assert.deepEqual(read, ids);
      for (const input of ["ids", "ids.h5", "copy"]) {
        const painted = await convertVolume(`${folder}/${input}`, `${folder}/painted-${input}`, {
          dtype: "uint8",
          labels: "-1/*".replace("-1", dtype === "uint64" ? "18446744073709551615" : "-1"),
          anisotropy: 1,
        });
        const labels = new Uint8Array(values.length);
        await readRegion(painted, wholeRegion(shape), labels);
        assert.deepEqual([...labels], [0, 255, 255, 255, 255, 0], input);
      }
    }));
}
