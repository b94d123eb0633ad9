/** HDF5 files of BigDataViewer, whose 16-bit numbers are unsigned though the file calls them signed. */
import assert from "node:assert/strict";
import { convertVolume } from "../../../src/stages/convert/convert.ts";
import { createHdf5 } from "../../../src/volume/hdf5/write.ts";
import { describeVolumeFile } from "../../../src/volume/open.ts";
import { wholeRegion } from "../../../src/volume/region.ts";
import { openZarr, readRegion } from "../../../src/volume/zarr/mod.ts";
import { inTempFolder } from "../../helpers/temp_folder.ts";

const CASES: readonly (readonly [path: string, dtype: "uint16" | "int16"])[] = [
  ["t00000/s00/0/cells", "uint16"],
  ["t00012/s01/2/cells", "uint16"],
  ["t00000/s00/0/other", "int16"],
  ["volume/cells", "int16"],
  ["t0/s0/0/cells", "int16"],
];

for (const [path, dtype] of CASES) {
  Deno.test(`convertVolume() reads signed numbers of ${path} as ${dtype}`, () =>
    inTempFolder(async (folder) => {
      const stored = Int16Array.from({ length: 128 }, (_, i) => i * 500 - 32000);
      const file = `${folder}/v.h5`;
      const writer = createHdf5({ file, names: path.split("/") }, {
        shape: [2, 8, 8],
        components: 1,
        dtype: "int16",
      });
      writer.writeRows(0, 0, new Uint8Array(stored.buffer));
      writer.complete();
      for (const location of [file, `${file}:/${path}`]) {
        const described = await describeVolumeFile(location);
        assert.equal(described.dtype, dtype);
        assert.equal(described.notes?.length ?? 0, dtype === "uint16" ? 1 : 0);
        const out = `${folder}/${crypto.randomUUID()}`;
        await convertVolume(location, out, { dtype, anisotropy: 1 });
        const voxels = dtype === "uint16" ? new Uint16Array(128) : new Int16Array(128);
        await readRegion(await openZarr(out, "any"), wholeRegion([2, 8, 8]), voxels);
        assert.deepEqual(new Uint8Array(voxels.buffer), new Uint8Array(stored.buffer));
        assert.equal(voxels[0], dtype === "uint16" ? 33536 : -32000);
      }
    }));
}
