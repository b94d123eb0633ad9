/** Arrays whose files are shards of chunks. */
import assert from "node:assert/strict";
import * as zarr from "zarrita";
import fc from "fast-check";
import { DamagedError } from "../../../src/volume/damaged_error.ts";
import { voxelCount, wholeRegion, zipAxes, type Zyx } from "../../../src/volume/region.ts";
import { chunkFiles, countChunks, lostChunks } from "../../../src/volume/zarr/check.ts";
import { createZarr, openZarr, readRegion, writeRegion } from "../../../src/volume/zarr/mod.ts";
import { writeChunks, writeRegionShared } from "../../../src/volume/zarr/write.ts";
import { bytesOf } from "../../../src/volume/dtype.ts";
import { scratchBytes } from "../../../src/volume/zarr/chunk.ts";
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

const per = fc.constantFrom<Zyx>([1, 1, 2], [2, 1, 3], [2, 2, 2], [4, 1, 1]);

Deno.test("readRegion() and zarrita return what writeRegion() wrote into shards, for any shape, chunk, type and codec", () =>
  inTempFolder(async (folder) => {
    let count = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          shape: size(23),
          chunk: chunks,
          per,
          dtype: dtypes,
          codec: codecs,
          storesAll: fc.boolean(),
        }),
        fractions,
        fractions,
        async ({ per, ...options }, from, extent) => {
          const { shape, chunk, dtype } = options;
          const path = `${folder}/${count++}`;
          const shard = zipAxes((c, n) => c * n, chunk, per);
          const volume = await createZarr(path, { ...options, shard });
          assert.deepEqual([volume.shard, volume.chunk], [shard, chunk]);
          const whole = pattern(dtype, shape);
          await writeRegion(volume, wholeRegion(shape), whole);
          const region = insideRegion(shape, from, extent);
          const found = voxels(dtype, voxelCount(region.shape));
          await readRegion(volume, region, found);
          assert.deepEqual(found, cut(whole, shape, region, dtype));
          const array = await zarr.open.v3(zarr.root(folderStore(path)), { kind: "array" });
          const { data } = await zarr.get(array);
          assert.deepEqual(data, whole);
        },
      ),
      { numRuns: 40 },
    );
  }));

const SHAPE: Zyx = [20, 30, 40];
const OPTIONS = { shape: SHAPE, chunk: [8, 8, 8], shard: [16, 16, 16], dtype: "float32" } as const;

Deno.test("writeRegion() makes the same shards of a whole volume, of blocks in another order and of threads that share them", () =>
  inTempFolder(async (folder) => {
    const whole = pattern("float32", SHAPE);
    const one = await createZarr(`${folder}/one`, { ...OPTIONS, storesAll: true });
    await writeRegion(one, wholeRegion(SHAPE), whole);
    const two = await createZarr(`${folder}/two`, { ...OPTIONS, storesAll: true });
    for (const z of [16, 0]) {
      for (const x of [32, 0]) {
        const region = { start: [z, 0, x], shape: [Math.min(16, 20 - z), 30, Math.min(32, 40 - x)] } as const;
        await writeRegion(two, region, cut(whole, SHAPE, region, "float32"));
      }
    }
    const three = await createZarr(`${folder}/three`, { ...OPTIONS, storesAll: true });
    const writing = await writeRegionShared(three, wholeRegion(SHAPE), whole, 0, (shared, files) => {
      for (const at of files.toReversed()) {
        writeChunks(shared, bytesOf(whole), [at], new Uint8Array(scratchBytes(three)));
      }
    });
    await writing.finish();
    const names = filesBelow(`${folder}/one`);
    assert.equal(names.length, 2 * 2 * 3 + 1);
    for (const other of ["two", "three"]) {
      assert.deepEqual(filesBelow(`${folder}/${other}`), names);
      for (const name of names) {
        assert.deepEqual(
          Deno.readFileSync(`${folder}/${other}/${name}`),
          Deno.readFileSync(`${folder}/one/${name}`),
        );
      }
    }
    await assert.rejects(
      writeRegion(one, { start: [8, 0, 0], shape: [8, 16, 16] }, whole),
      /is not made of whole shards \[16,16,16\]/,
    );
  }));

Deno.test("writeRegion() leaves no file of a shard of fill values, and removes one that was there", () =>
  inTempFolder(async (folder) => {
    const volume = await createZarr(`${folder}/v`, OPTIONS);
    const region = { start: [0, 0, 0], shape: [16, 16, 16] } as const;
    const some = new Float32Array(16 ** 3);
    some[16 ** 3 - 1] = 1;
    await writeRegion(volume, region, some);
    assert.equal(countChunks(volume), 1);
    const index = Deno.readFileSync(`${folder}/v/c/0/0/0`).subarray(-(8 * 16 + 4));
    assert.equal(index.subarray(0, 7 * 16).every((byte) => byte === 255), true); // seven of eight chunks
    await writeRegion(volume, region, new Float32Array(16 ** 3));
    assert.deepEqual(filesBelow(`${folder}/v`), ["zarr.json"]);
  }));

Deno.test("lostChunks() finds a shard without a file, with the region that it held", () =>
  inTempFolder(async (folder) => {
    const volume = await createZarr(`${folder}/v`, { ...OPTIONS, storesAll: true });
    await writeRegion(volume, wholeRegion(SHAPE), pattern("float32", SHAPE));
    assert.equal(chunkFiles(volume).count, 12);
    assert.deepEqual([...lostChunks(volume)], []);
    Deno.removeSync(`${folder}/v/c/1/0/2`);
    const [lost] = lostChunks(volume);
    assert.deepEqual(lost?.region, { start: [16, 0, 32], shape: [4, 16, 8] });
    await assert.rejects(
      readRegion(volume, wholeRegion(SHAPE), new Float32Array(voxelCount(SHAPE))),
      DamagedError,
    );
  }));

Deno.test("readRegion() finds every kind of damage of a shard", () =>
  inTempFolder(async (folder) => {
    const shape: Zyx = [16, 16, 16];
    const volume = await createZarr(`${folder}/v`, { ...OPTIONS, shape, storesAll: true });
    await writeRegion(volume, wholeRegion(shape), pattern("float32", shape));
    const file = `${folder}/v/c/0/0/0`;
    const bytes = Deno.readFileSync(file);
    const read = async () =>
      await readRegion(await openZarr(`${folder}/v`), wholeRegion(shape), new Float32Array(16 ** 3));
    const step = Math.ceil(bytes.length / 40);
    for (let at = bytes.length - 1; at >= 0; at -= at > bytes.length - 140 ? 7 : step) {
      const bad = bytes.slice();
      bad[at] = (bad[at] ?? 0) ^ (1 << at % 8);
      Deno.writeFileSync(file, bad);
      await assert.rejects(read(), DamagedError, `byte ${at}`);
    }
    for (const length of [0, 3, 100, 132, bytes.length - 1]) {
      Deno.writeFileSync(file, bytes.subarray(0, length));
      await assert.rejects(read(), DamagedError, `${length} bytes`);
    }
    Deno.writeFileSync(file, bytes);
    await read();
  }));
