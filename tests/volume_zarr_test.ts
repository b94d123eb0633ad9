import assert from "node:assert/strict";
import * as zarr from "zarrita";
import fc from "fast-check";
import { type Region, voxelCount, wholeRegion, zipAxes, type Zyx } from "../src/volume/region.ts";
import {
  type ChunkCodec,
  createZarr,
  defaultChunk,
  type Dtype,
  openZarr,
  readPaddedRegion,
  readRegion,
  setAttributes,
  type Voxels,
  writeRegion,
  type ZarrVolume,
} from "../src/volume/zarr.ts";
import { folderStore } from "../src/volume/zarr_store.ts";
import { UserError } from "../src/config/user_error.ts";

async function inTemporaryFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "volume_zarr_" });
  try {
    await work(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function voxels(dtype: Dtype, length: number): Voxels {
  if (dtype === "uint8") return new Uint8Array(length);
  return dtype === "uint32" ? new Uint32Array(length) : new Float32Array(length);
}

/** A value for each voxel of a volume that tells its place, with runs of 0 so that empty chunks occur. */
function pattern(dtype: Dtype, shape: Zyx): Voxels {
  const out = voxels(dtype, voxelCount(shape));
  for (let index = 0; index < out.length; index++) {
    const mixed = Math.imul(index + 1, 0x9e3779b1) >>> 0;
    const value = dtype === "float32" ? mixed / 1e5 - 2e4 : mixed;
    out[index] = Math.floor(index / 500) % 3 === 0 ? 0 : value;
  }
  return out;
}

/** The voxels of a region of a dense array; beyond it the nearest voxel's. Plainly written, to compare with. */
function cut(from: Voxels, shape: Zyx, region: Region, dtype: Dtype): Voxels {
  const out = voxels(dtype, voxelCount(region.shape));
  const clamp = (value: number, length: number) => Math.min(length - 1, Math.max(0, value));
  let index = 0;
  for (let z = 0; z < region.shape[0]; z++) {
    for (let y = 0; y < region.shape[1]; y++) {
      for (let x = 0; x < region.shape[2]; x++) {
        const at = (clamp(region.start[0] + z, shape[0]) * shape[1] + clamp(region.start[1] + y, shape[1])) *
          shape[2];
        out[index++] = from[at + clamp(region.start[2] + x, shape[2])] ?? NaN;
      }
    }
  }
  return out;
}

const length = (most: number) => fc.integer({ min: 1, max: most });
const size = (most: number) => fc.tuple(length(most), length(most), length(most)) as fc.Arbitrary<Zyx>;
/** Not so small that a test writes thousands of files, each of which must reach the disk. */
const chunks = size(9).map((chunk) => chunk.map((value) => value + 5) as unknown as Zyx);
const dtypes = fc.constantFrom<Dtype>("uint8", "uint32", "float32");
const codecs = fc.constantFrom<ChunkCodec>("none", "zstd", "zstd-small", "gzip");

/** A region inside a volume, from fractions of its lengths. */
function insideRegion(shape: Zyx, from: readonly number[], extent: readonly number[]): Region {
  const start = shape.map((n, axis) => Math.floor((from[axis] ?? 0) * n)) as unknown as Zyx;
  const rest = zipAxes((n, s) => n - s, shape, start);
  return { start, shape: rest.map((n, axis) => Math.ceil((extent[axis] ?? 0) * n)) as unknown as Zyx };
}

const fraction = fc.double({ min: 0, max: 0.999, noNaN: true });
const fractions = fc.tuple(fraction, fraction, fraction);

Deno.test("readRegion() returns what writeRegion() wrote, for any shape, chunk, type, codec and region", async () => {
  await inTemporaryFolder(async (folder) => {
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

Deno.test("readPaddedRegion() continues the edge voxels where the region sticks out", async () => {
  await inTemporaryFolder(async (folder) => {
    const shape: Zyx = [7, 11, 13];
    for (const dtype of ["uint8", "float32"] as const) {
      const volume = await createZarr(`${folder}/${dtype}`, { shape, chunk: [4, 4, 8], dtype });
      const whole = pattern(dtype, shape);
      await writeRegion(volume, wholeRegion(shape), whole);
      const start = fc.tuple(
        fc.integer({ min: -9, max: 6 }),
        fc.integer({ min: -9, max: 10 }),
        fc.integer({ min: -9, max: 12 }),
      );
      await fc.assert(
        fc.asyncProperty(start, size(20), async ([z, y, x], extra) => {
          // At least one voxel inside.
          const region: Region = {
            start: [z, y, x],
            shape: zipAxes((n, s) => n + Math.max(0, -s), extra, [z, y, x]),
          };
          const out = voxels(dtype, voxelCount(region.shape)).fill(1);
          await readPaddedRegion(volume, region, out);
          assert.deepEqual(out, cut(whole, shape, region, dtype));
        }),
        { numRuns: 60 },
      );
      await assert.rejects(
        readPaddedRegion(volume, { start: [0, 11, 0], shape: [1, 1, 1] }, voxels(dtype, 1)),
        /lies outside/,
      );
    }
  });
});

Deno.test("readRegion() writes into WebAssembly memory in place", async () => {
  await inTemporaryFolder(async (folder) => {
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
  await inTemporaryFolder(async (folder) => {
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

/** All files below a folder, without the folder's name. */
function filesBelow(folder: string): string[] {
  const names: string[] = [];
  for (const { name, isDirectory } of Deno.readDirSync(folder)) {
    if (isDirectory) names.push(...filesBelow(`${folder}/${name}`).map((below) => `${name}/${below}`));
    else names.push(name);
  }
  return names.sort();
}

Deno.test("writeRegion() stores no chunk of fill values, and removes the one that was there", async () => {
  await inTemporaryFolder(async (folder) => {
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
  await inTemporaryFolder(async (folder) => {
    const volume = await createZarr(`${folder}/v`, { shape: [1, 1, 2], chunk: [1, 1, 2], dtype: "float32" });
    await writeRegion(volume, wholeRegion([1, 1, 2]), new Float32Array([-0, -0]));
    const out = new Float32Array(2);
    await readRegion(volume, wholeRegion([1, 1, 2]), out);
    assert.ok(Object.is(out[0], -0) && Object.is(out[1], -0));
  });
});

Deno.test("writeRegion() leaves other chunks alone and rejects regions that cut a chunk", async () => {
  await inTemporaryFolder(async (folder) => {
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

Deno.test("openZarr() reads Zarr v2, Fortran order, blosc and big-endian arrays of other writers", async () => {
  await inTemporaryFolder(async (folder) => {
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
  await inTemporaryFolder(async (folder) => {
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
  await inTemporaryFolder(async (folder) => {
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
  await inTemporaryFolder(async (folder) => {
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

Deno.test("workers write different chunks of one array at the same time", async () => {
  await inTemporaryFolder(async (folder) => {
    const path = `${folder}/v`;
    const shape: Zyx = [8, 16, 64];
    const volume = await createZarr(path, { shape, chunk: [8, 8, 8], dtype: "float32" });
    const library = new URL("../src/volume/zarr.ts", import.meta.url).href;
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
