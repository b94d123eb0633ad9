/** Chunks of labels of several stacks share the memory in which they are kept. */
import assert from "node:assert/strict";
import { createChunkCache, openLabelChunks } from "../../src/label/chunks.ts";
import { voxelCount, type Zyx } from "../../src/volume/region.ts";
import { createZarr } from "../../src/volume/zarr/mod.ts";
import { inTempFolder } from "../helpers/temp_folder.ts";

const CHUNK: Zyx = [4, 8, 8];
const BYTES = 4 * voxelCount(CHUNK);

Deno.test("createChunkCache() keeps the chunks that were used last, as many as it has bytes, but four at least", () => {
  const chunk = () => new Uint32Array(voxelCount(CHUNK));
  for (const [bytes, kept] of [[6 * BYTES, 6], [6.5 * BYTES, 6], [0, 4]] as const) {
    const cache = createChunkCache(bytes);
    for (let i = 0; i < 9; i++) cache.keep(`${i}`, chunk());
    assert.equal(Array.from({ length: 9 }, (_, i) => cache.get(`${i}`)).filter((one) => one).length, kept);
    assert.ok(cache.get("8") && !cache.get("0"));
    cache.keep("8", chunk()); // in the place of the one before
    assert.ok(cache.get("7"));
  }
});

Deno.test("openLabelChunks() gives each array its own chunks, also where they are forgotten for those of another", () =>
  inTempFolder(async (folder) => {
    const cache = createChunkCache(4 * BYTES);
    const arrays = await Promise.all(["a", "b"].map(async (name) => {
      const array = { shape: [4, 8, 64], chunk: CHUNK, dtype: "uint32", codec: "zstd" } as const;
      return await openLabelChunks(await createZarr(`${folder}/${name}.zarr`, array), cache);
    }));
    const value = (place: number, x: number) => 10 * place + x + 1;
    for (const [place, chunks] of arrays.entries()) {
      for (let x = 0; x < 8; x++) {
        const voxels = new Uint32Array(voxelCount(CHUNK)).fill(value(place, x));
        await chunks.write([{ at: [0, 0, x], voxels }]);
      }
    }
    for (let x = 0; x < 8; x++) {
      for (const [place, chunks] of arrays.entries()) {
        const [both] = await Promise.all([chunks.load([0, 0, x]), chunks.load([0, 0, 7 - x])]);
        assert.deepEqual([...new Set(both)], [value(place, x)]);
      }
    }
  }));
