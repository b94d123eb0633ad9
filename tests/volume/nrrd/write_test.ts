import assert from "node:assert/strict";
import { openNrrd } from "../../../src/volume/nrrd/read.ts";
import { inTempFolder } from "../../helpers/temp_folder.ts";
import { writeNrrd } from "../../helpers/volume_files.ts";

Deno.test("createNrrd() writes what openNrrd() reads, or nothing at all", async () => {
  await inTempFolder(async (folder) => {
    const values = new Float32Array(2 * 2 * 3 * 5).map((_, index) => index / 7);
    const bytes = new Uint8Array(values.buffer);
    const info = { shape: [2, 3, 5], components: 2, dtype: "float32", voxelSize: [50, 4.6, 4.6] } as const;
    async function* parts(length: number) {
      for (let at = 0; at < length; at += 33) {
        yield await Promise.resolve(bytes.subarray(at, Math.min(length, at + 33)));
      }
    }
    await writeNrrd(`${folder}/out.nrrd`, info, parts(bytes.length));
    const text = new TextDecoder("latin1").decode(Deno.readFileSync(`${folder}/out.nrrd`));
    assert.match(text, /^NRRD0004\ntype: float\ndimension: 4\nsizes: 2 5 3 2\nspace dimension: 3\n/);
    assert.match(
      text,
      /\nspace directions: none \(4.6,0,0\) \(0,4.6,0\) \(0,0,50\)\nspace units: "nm" "nm" "nm"\n/,
    );
    const source = openNrrd(`${folder}/out.nrrd`);
    const out = new Uint8Array(bytes.length);
    await source.readRows(0, 0, 6, out);
    source.close();
    assert.deepEqual(out, bytes);
    await assert.rejects(writeNrrd(`${folder}/short.nrrd`, info, parts(100)), RangeError);
    assert.deepEqual([...Deno.readDirSync(folder)].map(({ name }) => name), ["out.nrrd"]);
  });
});
