import assert from "node:assert/strict";
import { thresholdBySize } from "../../../src/stages/refine/refine_parts.ts";
import type { Region, Zyx } from "../../../src/volume/region.ts";
import { createZarr, writeRegion, type ZarrVolume } from "../../../src/volume/zarr/mod.ts";
import { inTempFolder } from "../../helpers/temp_folder.ts";

const SHAPE: Zyx = [40, 60, 60];
const WHOLE: Region = { start: [0, 0, 0], shape: SHAPE };
const BOX: Region = { start: [18, 28, 28], shape: [4, 4, 4] };

/** Scores that fall from 10 by one with each voxel of distance from the middle. */
async function writeScores(folder: string): Promise<{ volume: ZarrVolume; scores: Float32Array }> {
  const [nz, ny, nx] = SHAPE;
  const scores = Float32Array.from({ length: nz * ny * nx }, (_, i) => {
    const [z, y, x] = [Math.floor(i / (ny * nx)), Math.floor(i / nx) % ny, i % nx];
    return 10 - Math.max(Math.abs(z - 19.5), Math.abs(y - 29.5), Math.abs(x - 29.5));
  });
  const volume = await createZarr(`${folder}/s.zarr`, {
    shape: SHAPE,
    chunk: [32, 32, 32],
    dtype: "float32",
  });
  await writeRegion(volume, { start: [0, 0, 0], shape: SHAPE }, scores);
  return { volume, scores };
}

Deno.test("thresholdBySize() finds the lowest threshold with at most four times the labelled voxels around them", () =>
  inTempFolder(async (folder) => {
    const { volume, scores } = await writeScores(folder);
    const found = async (voxels: number, least = 1, boxes = [BOX]) => {
      const components = boxes.map((box) => ({ box, voxels: voxels / boxes.length }));
      return await thresholdBySize(
        [{ scores: volume, components, anisotropy: 1, within: [WHOLE] }],
        least,
        undefined,
      );
    };
    const passing = (threshold: number) => scores.filter((score) => score >= threshold).length;
    for (const voxels of [16, 54, 128, 1000]) {
      const threshold = await found(voxels);
      assert.ok(passing(threshold) <= 4 * voxels, `${passing(threshold)} of ${voxels} at ${threshold}`);
      assert.ok(passing(threshold - 1 / 64) > 4 * voxels || threshold === 1);
    }
    assert.equal(await found(10_000), 1, "no more than that is found with the least threshold");
    assert.equal(await found(10_000, 3), 3);
    assert.equal(await found(128, 1, [BOX, BOX]), await found(128), "what two boxes share counts once");
  }));

Deno.test("thresholdBySize() looks at the surroundings of labelled synapses alone", () =>
  inTempFolder(async (folder) => {
    const { volume } = await writeScores(folder);
    const far: Region = { start: [0, 0, 0], shape: [2, 2, 2] };
    const options = { scores: volume, components: [{ box: far, voxels: 8 }], anisotropy: 1, within: [WHOLE] };
    assert.equal(await thresholdBySize([options], 1, undefined), 1);
  }));

Deno.test("thresholdBySize() goes in steps of any size, as scores of stumps are larger than log-odds", () =>
  inTempFolder(async (folder) => {
    const { volume, scores } = await writeScores(folder);
    const options = {
      scores: volume,
      components: [{ box: BOX, voxels: 54 }],
      anisotropy: 1,
      within: [WHOLE],
    };
    const step = 0.25;
    const threshold = await thresholdBySize([options], 1, undefined, step);
    const passing = (least: number) => scores.filter((score) => score >= least).length;
    assert.equal((threshold - 1) % step, 0);
    assert.ok(passing(threshold) <= 4 * 54 && passing(threshold - step) > 4 * 54, `${threshold}`);
  }));
