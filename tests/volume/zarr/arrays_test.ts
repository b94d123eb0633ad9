/** Opening and creating of Zarr arrays. */
import assert from "node:assert/strict";
import * as zarr from "zarrita";
import fc from "fast-check";
import { voxelCount, wholeRegion, type Zyx } from "../../../src/volume/region.ts";
import {
  createZarr,
  defaultChunk,
  openZarr,
  readRegion,
  setAttributes,
  writeRegion,
  type ZarrVolume,
} from "../../../src/volume/zarr/mod.ts";
import { folderStore } from "../../../src/volume/zarr/store.ts";
import { UserError } from "../../../src/user_error.ts";
import { inTempFolder } from "../../helpers/temp_folder.ts";
import { pattern, size } from "./volumes.ts";

Deno.test("openZarr() reads Zarr v2, Fortran order, blosc and big-endian arrays of other writers", async () => {
  await inTempFolder(async (folder) => {
    const shape: Zyx = [3, 4, 5];
    const chunk = [2, 4, 3] as const;
    for (const order of ["C", "F"] as const) {
      const path = `${folder}/v2-${order}`;
      Deno.mkdirSync(path);
      const metadata = {
        zarr_format: 2,
        shape,
        chunks: chunk,
        dtype: ">u4",
        compressor: null,
        fill_value: 9,
        order,
        filters: null,
      };
      Deno.writeTextFileSync(`${path}/.zarray`, JSON.stringify(metadata));
      const bytes = new DataView(new ArrayBuffer(24 * 4));
      const strides = order === "C" ? [12, 3, 1] as const : [1, 2, 8] as const;
      for (let z = 0; z < 2; z++) {
        for (let y = 0; y < 4; y++) {
          for (let x = 0; x < 3; x++) {
            bytes.setUint32(4 * (z * strides[0] + y * strides[1] + x * strides[2]), 100 * z + 10 * y + x);
          }
        }
      }
      Deno.writeFileSync(`${path}/0.0.0`, new Uint8Array(bytes.buffer));
      const volume = await openZarr(path);
      assert.deepEqual([volume.shape, volume.chunk, volume.dtype, volume.fillValue], [
        shape,
        chunk,
        "uint32",
        9,
      ]);
      const out = new Uint32Array(12);
      await readRegion(volume, { start: [0, 1, 1], shape: [2, 2, 3] }, out);
      assert.deepEqual([...out], [11, 12, 9, 21, 22, 9, 111, 112, 9, 121, 122, 9]);
      await assert.rejects(writeRegion(volume, wholeRegion(shape), new Uint32Array(60)), UserError);
    }
    const blosc = await zarr.create(zarr.root(folderStore(`${folder}/blosc`)), {
      shape: [2, 3, 4, 5],
      chunkShape: [2, 3, 4, 4],
      dtype: "uint8",
      fillValue: 0,
      codecs: [
        { name: "bytes", configuration: {} },
        { name: "blosc", configuration: { cname: "zstd", clevel: 3, shuffle: 0, blocksize: 0 } },
      ],
    });
    const data = new Uint8Array(120).map((_, index) => index + 1);
    await zarr.set(blosc, null, { data, shape: [2, 3, 4, 5], stride: [60, 20, 5, 1] });
    const volume = await openZarr(`${folder}/blosc`);
    const out = new Uint8Array(60);
    await readRegion(volume, wholeRegion(shape), out, 1);
    assert.deepEqual(out, data.subarray(60));
  });
});

Deno.test("openZarr() and readRegion() say what is wrong with an array", async () => {
  await inTempFolder(async (folder) => {
    await assert.rejects(openZarr(`${folder}/missing`), /missing: no such Zarr array/);
    Deno.mkdirSync(`${folder}/empty`);
    await assert.rejects(openZarr(`${folder}/empty`), /not a Zarr array that can be read/);
    await zarr.create(zarr.root(folderStore(`${folder}/group`)), { attributes: {} });
    await assert.rejects(openZarr(`${folder}/group`), /a Zarr group, not an array/);
    const create = (name: string, dtype: "uint16" | "uint8", shape: number[]) =>
      zarr.create(zarr.root(folderStore(`${folder}/${name}`)), {
        shape,
        chunkShape: shape,
        dtype,
        fillValue: 0,
        codecs: [{ name: "bytes", configuration: { endian: "little" } }],
      });
    await create("wide", "uint16", [1, 2, 3]);
    await assert.rejects(openZarr(`${folder}/wide`), /of uint16; expected uint8, uint32 or float32/);
    await create("flat", "uint8", [2, 3]);
    await assert.rejects(openZarr(`${folder}/flat`), /shape \[2,3\]; expected/);

    for (const codec of ["none", "zstd", "gzip"] as const) {
      const path = `${folder}/${codec}`;
      const volume = await createZarr(path, { shape: [4, 4, 4], chunk: [4, 4, 4], dtype: "uint32", codec });
      await writeRegion(volume, wholeRegion([4, 4, 4]), pattern("uint32", [4, 4, 40]).subarray(560));
      const stored = Deno.readFileSync(`${path}/c/0/0/0`);
      Deno.writeFileSync(`${path}/c/0/0/0`, stored.subarray(0, stored.length - 8));
      const reading = readRegion(volume, wholeRegion([4, 4, 4]), new Uint32Array(64));
      await assert.rejects(
        reading,
        (error) => error instanceof UserError && /c\/0\/0\/0/.test(error.message),
      );
    }
  });
});

Deno.test("createZarr() replaces an array, and touches nothing else", async () => {
  await inTempFolder(async (folder) => {
    const create = (name: string, shape: Zyx) =>
      createZarr(`${folder}/${name}`, { shape, chunk: shape, dtype: "uint8" });
    const first = await create("v", [1, 2, 3]);
    await writeRegion(first, wholeRegion([1, 2, 3]), new Uint8Array(6).fill(1));
    const second = await create("v", [1, 1, 2]);
    const out = new Uint8Array(2);
    await readRegion(second, wholeRegion([1, 1, 2]), out);
    assert.deepEqual([...out], [0, 0]);
    Deno.mkdirSync(`${folder}/thesis`);
    Deno.writeTextFileSync(`${folder}/thesis/chapter`, "text");
    for (const name of ["thesis", "thesis/chapter"]) {
      await assert.rejects(create(name, [1, 1, 1]), /exists and is not a Zarr array/);
    }
    assert.equal(Deno.readTextFileSync(`${folder}/thesis/chapter`), "text");
  });
});

Deno.test("setAttributes() replaces the attributes and keeps the array", async () => {
  await inTempFolder(async (folder) => {
    const attributes = { source: "a" };
    const volume = await createZarr(`${folder}/v`, {
      shape: [1, 2, 3],
      chunk: [1, 2, 3],
      dtype: "uint8",
      attributes,
    });
    assert.deepEqual(volume.attributes, { source: "a" });
    await writeRegion(volume, wholeRegion([1, 2, 3]), new Uint8Array([1, 2, 3, 4, 5, 6]));
    await setAttributes(volume, { range: [[0, 1]] });
    const again: ZarrVolume = await openZarr(`${folder}/v`);
    assert.deepEqual(again.attributes, { range: [[0, 1]] });
    const out = new Uint8Array(6);
    await readRegion(again, wholeRegion([1, 2, 3]), out);
    assert.deepEqual([...out], [1, 2, 3, 4, 5, 6]);
  });
});

Deno.test("defaultChunk() has about 64^3 voxels in powers of two, thin in z for anisotropic stacks", () => {
  assert.deepEqual(defaultChunk([512, 512, 512], 1), [64, 64, 64]);
  assert.deepEqual(defaultChunk([200, 4096, 4096], 10), [8, 128, 256]);
  assert.deepEqual(defaultChunk([1, 5000, 5000], 1), [1, 512, 512]);
  fc.assert(
    fc.property(size(3000), fc.double({ min: 1, max: 50, noNaN: true }), (shape, anisotropy) => {
      const chunk = defaultChunk(shape, anisotropy);
      assert.ok(chunk.every((value) => Number.isInteger(Math.log2(value))));
      assert.ok(voxelCount(chunk) <= 64 ** 3);
      assert.ok(chunk.every((value, axis) => value < 2 * (shape[axis] ?? 0) || value === 1));
    }),
  );
});
