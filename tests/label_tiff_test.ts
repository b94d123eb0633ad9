/** Identities as TIFF: 16 bits where they fit, which Fiji shows as they are, else 32. */
import assert from "node:assert/strict";
import { exportVolume } from "../src/stages/export/export.ts";
import { convertVolume } from "../src/stages/convert/convert.ts";
import { describeVolumeFile, openRowSource } from "../src/volume/open.ts";
import { voxelCount, wholeRegion, type Zyx } from "../src/volume/region.ts";
import { viewAs } from "../src/volume/unpack.ts";
import { createZarr, writeRegion } from "../src/volume/zarr/mod.ts";
import { inFolder } from "./hostile_files.ts";
import { pythonWith } from "./other_programs.ts";

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
    inFolder(async (folder) => {
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
  inFolder(async (folder) => {
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
