/** HDF5 as CREMI writes it: voxel sizes and offsets in nm. */
import assert from "node:assert/strict";
import * as h5wasm from "h5wasm";
import { describeVolumeFile } from "../../../src/volume/open.ts";
import { inTempFolder } from "../../helpers/temp_folder.ts";
import { noise } from "../../helpers/volume_files.ts";

async function write(path: string, offset: readonly number[] | undefined): Promise<void> {
  const { FS } = await h5wasm.ready;
  assert.ok(FS !== null);
  const file = new h5wasm.File("/cremi.h5", "w");
  const labels = file.create_group("volumes").create_group("labels");
  const clefts = labels.create_dataset({ name: "clefts", data: noise(360), shape: [3, 10, 12] });
  clefts.create_attribute("resolution", Float64Array.of(40, 4, 4));
  if (offset !== undefined) clefts.create_attribute("offset", Float64Array.from(offset));
  file.close();
  Deno.writeFileSync(path, FS.readFile("/cremi.h5"));
  FS.unlink("/cremi.h5");
}

Deno.test("describeVolumeFile() tells of the offset of CREMI's datasets, and of none at the beginning", () =>
  inTempFolder(async (folder) => {
    const path = `${folder}/sample_A.h5`;
    await write(path, [1480, 3644, 3648]);
    const { voxelSize, notes } = await describeVolumeFile(`${path}:/volumes/labels/clefts`);
    assert.deepEqual(voxelSize, [40, 4, 4]);
    assert.match(notes?.join() ?? "", /clefts: begins at 3648, 3644, 1480 nm \(x, y, z\) of the volume/);
    for (const offset of [undefined, [0, 0, 0], [1, 2], [NaN, 0, 1]]) {
      await write(path, offset);
      assert.equal((await describeVolumeFile(path)).notes, undefined);
    }
  }));
