/** Reading and writing of regions of Zarr volumes. */
import assert from "node:assert/strict";
import * as zarr from "zarrita";
import fc from "fast-check";
import { type Region, voxelCount, wholeRegion, type Zyx } from "../../../src/volume/region.ts";
import { createZarr, readRegion, writeRegion } from "../../../src/volume/zarr/mod.ts";
import { folderStore } from "../../../src/volume/zarr/store.ts";
import { inTempFolder } from "../../helpers/temp_folder.ts";
import {
  chunks,
  codecs,
  cut,
  dtypes,
  filesBelow,
  fractions,
  insideRegion,
  pattern,
  size,
  voxels,
} from "./volumes.ts";

Deno.test("readRegion() returns what writeRegion() wrote, for any shape, chunk, type, codec and region", async () => {
  await inTempFolder(async (folder) => {
    let count = 0;
    await fc.assert(
      fc.asyncProperty(
        size(23),
        chunks,
        dtypes,
        codecs,
        fractions,
        fractions,
        async (shape, chunk, dtype, codec, a, b) => {
          const volume = await createZarr(`${folder}/${count++}`, { shape, chunk, dtype, codec });
          const whole = pattern(dtype, shape);
          await writeRegion(volume, wholeRegion(shape), whole);
          const region = insideRegion(shape, a, b);
          // A longer array, from an odd place on: only the region's voxels may change.
          const memory = voxels(dtype, voxelCount(region.shape) + 5).fill(77);
          await readRegion(volume, region, memory.subarray(3));
          assert.deepEqual(memory.subarray(3, -2), cut(whole, shape, region, dtype));
          assert.deepEqual([...memory.subarray(0, 3), ...memory.subarray(-2)], [77, 77, 77, 77, 77]);
        },
      ),
      { numRuns: 50 },
    );
  });
});

Deno.test("readRegion() writes into WebAssembly memory in place", async () => {
  await inTempFolder(async (folder) => {
    const shape: Zyx = [5, 6, 7];
    const volume = await createZarr(`${folder}/v`, { shape, chunk: [4, 4, 4], dtype: "float32" });
    const whole = pattern("float32", shape);
    await writeRegion(volume, wholeRegion(shape), whole);
    const memory = new WebAssembly.Memory({ initial: 1 });
    await readRegion(volume, wholeRegion(shape), new Float32Array(memory.buffer, 1024, 210));
    assert.deepEqual(new Float32Array(memory.buffer).slice(256, 466), whole);
  });
});

Deno.test("zarrita reads the arrays that writeRegion() writes, to the bit", async () => {
  await inTempFolder(async (folder) => {
    for (const codec of ["none", "zstd", "zstd-small", "gzip"] as const) {
      const shape: Zyx = [5, 9, 11];
      const options = {
        shape,
        chunk: [4, 4, 8] as const,
        dtype: "float32" as const,
        codec,
        components: 2,
        fillValue: 3,
      };
      const volume = await createZarr(`${folder}/${codec}`, options);
      const planes = [pattern("float32", shape), pattern("float32", shape).map((value) => -value)] as const;
      for (const [component, plane] of planes.entries()) {
        await writeRegion(volume, wholeRegion(shape), plane, component);
      }
      const array = await zarr.open.v3(zarr.root(folderStore(`${folder}/${codec}`)), { kind: "array" });
      assert.deepEqual(array.shape, [2, 5, 9, 11]);
      const { data } = await zarr.get(array);
      const bits = (values: Float32Array) => new Uint32Array(values.slice().buffer);
      const expected = new Float32Array([...planes[0], ...planes[1]]);
      assert.ok(data instanceof Float32Array);
      assert.deepEqual(bits(data), bits(expected)); // -0 is not 0
    }
  });
});

Deno.test("writeRegion() stores no chunk of fill values, and removes the one that was there", async () => {
  await inTempFolder(async (folder) => {
    const volume = await createZarr(`${folder}/v`, {
      shape: [4, 4, 6],
      chunk: [4, 4, 4],
      dtype: "float32",
      fillValue: -1,
    });
    const region: Region = { start: [0, 0, 0], shape: [4, 4, 4] };
    await writeRegion(volume, region, new Float32Array(64).fill(2));
    assert.deepEqual(filesBelow(`${folder}/v`), ["c/0/0/0", "zarr.json"]);
    await writeRegion(volume, region, new Float32Array(64).fill(-1));
    assert.deepEqual(filesBelow(`${folder}/v`), ["zarr.json"]);
    const out = new Float32Array(96);
    await readRegion(volume, wholeRegion([4, 4, 6]), out);
    assert.ok(out.every((value) => value === -1));
  });
});

Deno.test("writeRegion() keeps a chunk of -0 where the fill value is 0", async () => {
  await inTempFolder(async (folder) => {
    const volume = await createZarr(`${folder}/v`, { shape: [1, 1, 2], chunk: [1, 1, 2], dtype: "float32" });
    await writeRegion(volume, wholeRegion([1, 1, 2]), new Float32Array([-0, -0]));
    const out = new Float32Array(2);
    await readRegion(volume, wholeRegion([1, 1, 2]), out);
    assert.ok(Object.is(out[0], -0) && Object.is(out[1], -0));
  });
});

Deno.test("writeRegion() leaves other chunks alone and rejects regions that cut a chunk", async () => {
  await inTempFolder(async (folder) => {
    const volume = await createZarr(`${folder}/v`, { shape: [4, 10, 10], chunk: [4, 4, 4], dtype: "uint8" });
    await writeRegion(volume, wholeRegion([4, 10, 10]), new Uint8Array(400).fill(1));
    await writeRegion(volume, { start: [0, 8, 4], shape: [4, 2, 6] }, new Uint8Array(48).fill(2));
    const out = new Uint8Array(400);
    await readRegion(volume, wholeRegion([4, 10, 10]), out);
    for (const [index, value] of out.entries()) {
      const [y, x] = [Math.floor(index / 10) % 10, index % 10];
      assert.equal(value, y >= 8 && x >= 4 ? 2 : 1);
    }
    const regions: Region[] = [
      { start: [0, 2, 0], shape: [4, 2, 4] },
      { start: [0, 0, 0], shape: [4, 4, 6] },
      { start: [0, 8, 8], shape: [4, 4, 2] },
    ];
    for (const region of regions) {
      await assert.rejects(writeRegion(volume, region, new Uint8Array(400)), /not made of whole chunks/);
    }
    const first: Region = { start: [0, 0, 0], shape: [4, 4, 4] };
    await assert.rejects(writeRegion(volume, first, new Uint8Array(63)), /needs 64 voxels/);
    await assert.rejects(writeRegion(volume, first, new Float32Array(64)), /of float32/);
    await assert.rejects(writeRegion(volume, first, new Uint8Array(64), 1), /no component 1/);
    await assert.rejects(
      readRegion(volume, { start: [0, 0, 8], shape: [1, 1, 3] }, new Uint8Array(9)),
      /not inside/,
    );
  });
});

Deno.test("workers write different chunks of one array at the same time", async () => {
  await inTempFolder(async (folder) => {
    const path = `${folder}/v`;
    const shape: Zyx = [8, 16, 64];
    const volume = await createZarr(path, { shape, chunk: [8, 8, 8], dtype: "float32" });
    const library = new URL("../../../src/volume/zarr/mod.ts", import.meta.url).href;
    const source = `
      import { openZarr, writeRegion } from ${JSON.stringify(library)};
      self.onmessage = async ({ data: { path, first } }) => {
        const volume = await openZarr(path);
        for (let x = first; x < 64; x += 16) {
          await writeRegion(volume, { start: [0, 0, x], shape: [8, 16, 8] }, new Float32Array(1024).fill(x + 1));
        }
        self.postMessage("done");
      };`;
    const url = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
    const workers = [0, 8].map((first) => {
      const worker = new Worker(url, { type: "module" });
      const done = new Promise((resolve, reject) => {
        worker.onmessage = resolve;
        worker.onerror = reject;
      });
      worker.postMessage({ path, first });
      return { worker, done };
    });
    await Promise.all(workers.map(({ done }) => done));
    for (const { worker } of workers) worker.terminate();
    URL.revokeObjectURL(url);
    const out = new Float32Array(voxelCount(shape));
    await readRegion(volume, wholeRegion(shape), out);
    for (const [index, value] of out.entries()) assert.equal(value, Math.floor((index % 64) / 8) * 8 + 1);
    assert.equal(filesBelow(path).length, 17);
  });
});
