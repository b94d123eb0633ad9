import assert from "node:assert/strict";
import { describeVolumeFile, openRowSource } from "../../../src/volume/open.ts";
import { referencePath } from "../../helpers/project.ts";
import { inTempFolder } from "../../helpers/temp_folder.ts";
import { tiffBytes } from "../../helpers/tiff_files.ts";
import { converted } from "../../helpers/volume_files.ts";

Deno.test("openTiff() reads the end of a BigTIFF of 6 GiB without reading the rest", async () => {
  await inTempFolder(async (folder) => {
    const path = `${folder}/large.tif`;
    const [depth, height, width] = [6, 32768, 32768];
    const page = height * width;
    const small = await tiffBytes(new Uint8Array(6), [6, 1, 1], { isBig: true });
    // Directories of 6 pages of 1 GiB each; the voxels are a hole in the file.
    const view = new DataView(small.buffer);
    let at = Number(view.getBigUint64(8, true));
    for (let z = 0; z < depth; z++) {
      const count = Number(view.getBigUint64(at, true));
      for (let index = 0; index < count; index++) {
        const field = at + 8 + 20 * index;
        const tag = view.getUint16(field, true);
        if (tag === 256) view.setUint32(field + 12, width, true);
        if (tag === 257 || tag === 278) view.setUint16(field + 12, height, true);
        if (tag === 273) view.setBigUint64(field + 12, BigInt(4096 + z * page), true);
        if (tag === 279) view.setUint32(field + 12, page, true);
      }
      at = Number(view.getBigUint64(at + 8 + 20 * count, true));
    }
    const mark = new Uint8Array([1, 2, 3, 4, 5]);
    using file = Deno.openSync(path, { write: true, createNew: true });
    file.writeSync(small);
    file.truncateSync(4096 + depth * page);
    file.seekSync(4096 + 5 * page + 32767 * width + 100, Deno.SeekMode.Start);
    file.writeSync(mark);
    assert.deepEqual((await describeVolumeFile(path)).shape, [depth, height, width]);
    const source = await openRowSource(path, "tiff");
    const row = new Uint8Array(width);
    await source.readRows(5, 32767, 1, row);
    source.close();
    assert.deepEqual(row.slice(99, 106), new Uint8Array([0, ...mark, 0]));
  });
});

for (
  const [name, shape, sum] of [
    ["fibsem/volume.tif", [55, 99, 106], 74632352],
    ["fibsem/labels.tif", [55, 99, 106], 67283092],
    ["vnc/test.tif", [20, 1024, 512], 1353608825],
    ["vnc/test-labels.tif", [20, 1024, 512], 16164523],
  ] as const
) {
  const path = referencePath(name);
  const missing = !exists(path);
  Deno.test({
    name: `convertVolume() reads the reference ${name}${missing ? " (skipped: no reference data)" : ""}`,
    ignore: missing,
    fn: async () => {
      await inTempFolder(async (folder) => {
        const { volume, voxels } = await converted(path, `${folder}/out`);
        assert.deepEqual(volume.shape, shape);
        // Sums as tifffile 2023.2.3 finds them.
        assert.equal(voxels.reduce((total, value) => total + value, 0), sum);
      });
    },
  });
}

function exists(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
