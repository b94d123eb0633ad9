import assert from "node:assert/strict";
import { UserError } from "../../../src/user_error.ts";
import { convertVolume } from "../../../src/stages/convert/convert.ts";
import { exportVolume } from "../../../src/stages/export/export.ts";
import { openRowSource } from "../../../src/volume/open.ts";
import { voxelCount, wholeRegion, type Zyx } from "../../../src/volume/region.ts";
import { createZarr, readRegion, writeRegion } from "../../../src/volume/zarr/mod.ts";
import { inTempFolder } from "../../helpers/temp_folder.ts";
import { noise } from "../../helpers/volume_files.ts";

const SHAPE: Zyx = [13, 17, 19];

Deno.test("exportVolume() writes NRRD and TIFF that convert back to the same voxels, for any memory", async () => {
  await inTempFolder(async (folder) => {
    const options = { chunk: [8, 16, 16] as const, shape: SHAPE };
    const scores = await createZarr(`${folder}/scores`, { ...options, dtype: "float32", components: 3 });
    const raw = await createZarr(`${folder}/raw`, { ...options, dtype: "uint8" });
    const values = [0, 1, 2].map((component) =>
      new Float32Array(voxelCount(SHAPE)).map((_, index) => Math.fround(Math.sin(index + component)))
    );
    for (const [component, plane] of values.entries()) {
      await writeRegion(scores, wholeRegion(SHAPE), plane, component);
    }
    const bytes = noise(voxelCount(SHAPE));
    await writeRegion(raw, wholeRegion(SHAPE), bytes);
    for (const memory of [1, 4000, 1e8]) {
      const progress: number[] = [];
      await exportVolume(scores, `${folder}/out.nrrd`, {
        memory,
        onProgress: (done) => void progress.push(done),
      });
      assert.equal(progress.at(-1), voxelCount(SHAPE));
      const back = await convertVolume(`${folder}/out.nrrd`, `${folder}/back`, {
        dtype: "float32",
        anisotropy: 1,
      });
      for (const [component, plane] of values.entries()) {
        const out = new Float32Array(plane.length);
        await readRegion(back, wholeRegion(SHAPE), out, component);
        assert.deepEqual(out, plane);
      }
      for (const name of ["out.tif", "out.TIFF", "raw.nrrd"]) {
        await exportVolume(raw, `${folder}/${name}`, { memory });
        const again = await convertVolume(`${folder}/${name}`, `${folder}/${name}.zarr`, {
          dtype: "uint8",
          anisotropy: 1,
        });
        const out = new Uint8Array(bytes.length);
        await readRegion(again, wholeRegion(SHAPE), out);
        assert.deepEqual(out, bytes);
      }
    }
  });
});

Deno.test("exportVolume() applies a transform, and leaves nothing behind when it is stopped", async () => {
  await inTempFolder(async (folder) => {
    const volume = await createZarr(`${folder}/v`, { shape: [5, 6, 7], chunk: [2, 4, 4], dtype: "float32" });
    const values = new Float32Array(210).map((_, index) => index / 210);
    await writeRegion(volume, wholeRegion([5, 6, 7]), values);
    const transform = (scores: Float32Array) => Uint8Array.from(scores, (score) => Math.floor(254 * score));
    await exportVolume(volume, `${folder}/p.tif`, { transform, memory: 1 });
    const source = await openRowSource(`${folder}/p.tif`, "tiff");
    const page = new Uint8Array(42);
    await source.readRows(3, 0, 6, page);
    source.close();
    assert.deepEqual(page, transform(values.subarray(126, 168)));

    const control = new AbortController();
    const onProgress = () => control.abort(new Error("stopped"));
    await assert.rejects(
      exportVolume(volume, `${folder}/q.nrrd`, { memory: 1, signal: control.signal, onProgress }),
      /stopped/,
    );
    await assert.rejects(exportVolume(volume, `${folder}/q.png`), /unknown format ".png"/);
    await assert.rejects(exportVolume(volume, `${folder}/no/q.tif`), UserError);
    assert.deepEqual([...Deno.readDirSync(folder)].map(({ name }) => name).sort(), ["p.tif", "v"]);
  });
});
