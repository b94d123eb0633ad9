import assert from "node:assert/strict";
import { describeVolumeFile, openRowSource } from "../../../src/volume/open.ts";
import { createTiff } from "../../../src/volume/tiff/write.ts";
import { openTiffFile, readDirectory } from "../../../src/volume/tiff/directory.ts";
import { inTempFolder } from "../../helpers/temp_folder.ts";
import { noise, once, writeTiff } from "../../helpers/volume_files.ts";

Deno.test("createTiff() writes float32 pages that lie in one run", async () => {
  await inTempFolder(async (folder) => {
    const values = new Float32Array(3 * 2 * 5).map((_, index) => index / 3);
    await writeTiff(
      `${folder}/f.tif`,
      { shape: [3, 2, 5], dtype: "float32" },
      once(new Uint8Array(values.buffer)),
    );
    const bytes = Deno.readFileSync(`${folder}/f.tif`);
    assert.deepEqual(new Float32Array(bytes.slice(16, 16 + 120).buffer), values);
    assert.match(new TextDecoder("latin1").decode(bytes), /ImageJ=[^\n]+\nimages=3\nslices=3\n/);
    const { shape, dtype } = await describeVolumeFile(`${folder}/f.tif`);
    assert.deepEqual([shape, dtype], [[3, 2, 5], "float32"]);
    const short = writeTiff(`${folder}/g.tif`, { shape: [3, 2, 5], dtype: "uint8" }, once(noise(29)));
    await assert.rejects(short, /29 bytes of voxels for a file of 30/);
  });
});

Deno.test("createTiff() writes BigTIFF from 4 GiB on", async () => {
  await inTempFolder(async (folder) => {
    for (const [depth, isBig] of [[3, false], [4, true], [5, true]] as const) {
      const path = `${folder}/${depth}.tif`;
      const writer = createTiff(path, { shape: [depth, 32768, 32768], dtype: "uint8" });
      writer.writeRows(depth - 1, 32767, new Uint8Array([4, 5, 6]), 32765);
      writer.complete();
      const file = openTiffFile(path);
      assert.equal(file.isBig, isBig);
      assert.ok(readDirectory(file, file.firstDirectory).next > 0);
      file.close();
      const source = await openRowSource(path, "tiff");
      assert.deepEqual(source.shape, [depth, 32768, 32768]);
      const row = new Uint8Array(32768);
      await source.readRows(depth - 1, 32767, 1, row);
      source.close();
      assert.deepEqual([...row.subarray(-4)], [0, 4, 5, 6]);
    }
  });
});
