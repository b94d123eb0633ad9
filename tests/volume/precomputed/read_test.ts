/** Precomputed volumes of every type, encoding and way to store chunks. */
import assert from "node:assert/strict";
import { brotliCompressSync, gzipSync } from "node:zlib";
import type { Dtype } from "../../../src/volume/dtype.ts";
import { describeVolumeFile } from "../../../src/volume/open.ts";
import { murmurHash128 } from "../../../src/volume/precomputed/murmur_hash.ts";
import { mortonCode, shardOf } from "../../../src/volume/precomputed/sharding.ts";
import { decodeGreyPng } from "../../../src/volume/png_bytes.ts";
import { openPng } from "../../../src/volume/png_read.ts";
import { pngBytes } from "../../fuzz/image_seeds.ts";
import { noise } from "../../helpers/tiff_files.ts";
import { type Region, wholeRegion } from "../../../src/volume/region.ts";
import { ccboostHere as ccboost } from "../../helpers/cli_process.ts";
import { rejected } from "../../helpers/hostile_files.ts";
import {
  PRECOMPUTED_LAYOUT,
  type PrecomputedLayout,
  SHARDING,
  writePrecomputed,
} from "../../helpers/precomputed_files.ts";
import { encodeJpeg } from "../../helpers/jpeg_files.ts";
import { serveFolder } from "../../helpers/serve_folder.ts";
import { expected, PART, readBox, valueAt, WHOLE } from "../../helpers/small_boxes.ts";
import { inTempFolder } from "../../helpers/temp_folder.ts";
import { converted } from "../../helpers/volume_files.ts";

const read = (path: string, dtype: Dtype, region?: Region) => readBox("precomputed", path, dtype, region);

const TYPES = ["uint8", "int8", "uint16", "int16", "uint32", "int32", "uint64", "float32"] as const;

Deno.test("openVolume() reads precomputed volumes of every type, whole and in parts, with voxel size and offset", () =>
  inTempFolder(async (folder) => {
    for (const dataType of TYPES) {
      const path = `${folder}/${dataType}`;
      writePrecomputed(path, { ...PRECOMPUTED_LAYOUT, dataType }, valueAt);
      for (const name of [path, `${path}/4_5_50`]) {
        const { shape, dtype, voxelSize } = await describeVolumeFile(name);
        assert.deepEqual([shape, dtype, voxelSize], [[3, 10, 12], dataType, [50, 5, 4]]);
        assert.deepEqual(await read(name, dataType), expected(WHOLE));
        assert.deepEqual(await read(name, dataType, PART), expected(PART));
      }
    }
  }));

const LAYOUTS: readonly (readonly [name: string, layout: Partial<PrecomputedLayout>])[] = [
  ["files that are compressed with gzip", { pack: gzipSync, suffix: ".gz" }],
  ["files that are compressed with brotli", { pack: brotliCompressSync, suffix: ".br" }],
  ["compressed segmentation of 32 bits", { encoding: "compressed_segmentation", dataType: "uint32" }],
  ["compressed segmentation of 64 bits", { encoding: "compressed_segmentation", dataType: "uint64" }],
  ["shards that are hashed and compressed", { sharding: SHARDING }],
  ["shards that are neither", {
    dataType: "uint16",
    sharding: { ...SHARDING, hash: "identity", minishard_index_encoding: "raw", data_encoding: undefined },
  }],
  ["one shard of one minishard", {
    sharding: { ...SHARDING, preshift_bits: 0, minishard_bits: 0, shard_bits: 0 },
  }],
  ["shards of compressed segmentation", {
    sharding: SHARDING,
    encoding: "compressed_segmentation",
    dataType: "uint64",
  }],
];

for (const [name, layout] of LAYOUTS) {
  Deno.test(`openVolume() reads precomputed volumes with ${name}, from a folder and over http`, () =>
    inTempFolder(async (folder) => {
      const whole: PrecomputedLayout = { ...PRECOMPUTED_LAYOUT, ...layout, isWritten: ([x]) => x !== 1 };
      writePrecomputed(`${folder}/v`, whole, valueAt);
      const values = (region: Region) =>
        expected(region, (place) => Math.floor((place[0] ?? 0) / 5) === 1 ? 0 : valueAt(place));
      const dtype = whole.dataType as Dtype;
      assert.deepEqual(await read(`${folder}/v`, dtype), values(WHOLE));
      assert.deepEqual(await read(`${folder}/v`, dtype, PART), values(PART));
      if (whole.suffix !== undefined) return;
      await using server = serveFolder(folder);
      for (const address of [`${server.address}/v`, `${server.address}/v/4_5_50/`]) {
        assert.deepEqual(await read(address, dtype), values(WHOLE));
      }
    }));
}

Deno.test("openVolume() keeps large labels of compressed segmentations, and reads one channel of several", () =>
  inTempFolder(async (folder) => {
    const large: PrecomputedLayout = {
      ...PRECOMPUTED_LAYOUT,
      dataType: "uint64",
      encoding: "compressed_segmentation",
      channels: 2,
    };
    const label = (place: readonly number[]) => 2 ** 40 + valueAt(place);
    writePrecomputed(`${folder}/v`, large, label);
    assert.equal((await describeVolumeFile(`${folder}/v`)).components, 2);
    for (const channel of [0, 1]) {
      const values = expected(WHOLE, (place) => label([...place, channel]));
      assert.deepEqual(await read(`${folder}/v#channel=${channel}`, "uint64"), values);
    }
    // Each bit length: blocks of 12 voxels have up to 12 labels.
    for (const labels of [1, 2, 3, 5, 12]) {
      const few = (place: readonly number[]) => valueAt(place) % labels;
      writePrecomputed(`${folder}/${labels}`, { ...large, channels: 1, dataType: "uint32" }, few);
      assert.deepEqual(await read(`${folder}/${labels}`, "uint32"), expected(WHOLE, few));
    }
  }));

Deno.test("openVolume() reads chunks of JPEG, whatever the sides of the image are", () =>
  inTempFolder(async (folder) => {
    const value = ([x = 0, y = 0, z = 0]: readonly number[]) =>
      40 + 30 * Math.floor(x / 8) + 20 * Math.floor(y / 8) + 7 * z;
    const layout: PrecomputedLayout = {
      ...PRECOMPUTED_LAYOUT,
      size: [16, 16, 4],
      chunk: [16, 16, 2],
      encoding: "jpeg",
    };
    const whole = wholeRegion([4, 16, 16]);
    writePrecomputed(`${folder}/tall`, { ...layout, pack: (bytes) => encodeJpeg(bytes, 32, 16) }, value);
    assert.deepEqual(await read(`${folder}/tall`, "uint8"), expected(whole, value));
    const slice = ([, , z = 0]: readonly number[]) => 90 + 9 * z;
    writePrecomputed(
      `${folder}/wide`,
      { ...layout, pack: (bytes) => encodeJpeg(bytes, 2 * 8, 256 / 8) },
      slice,
    );
    assert.deepEqual(await read(`${folder}/wide`, "uint8"), expected(whole, slice));
    writePrecomputed(`${folder}/rgb`, {
      ...layout,
      channels: 3,
      scale: { encoding: "jpeg" },
      encoding: "raw",
    }, value);
    assert.match(
      (await describeVolumeFile(`${folder}/rgb`)).unread ?? "",
      /jpeg of 3 channels, which cannot be read/,
    );
  }));

Deno.test("openVolume() reads chunks of PNG of 8 and 16 bits, with every filter of rows", () =>
  inTempFolder(async (folder) => {
    const swapped = (bytes: Uint8Array) => bytes.map((_, i) => bytes[i ^ 1] ?? 0);
    const layout = { ...PRECOMPUTED_LAYOUT, encoding: "png" };
    const one = (bytes: Uint8Array) => pngBytes(bytes, [1, bytes.length], 8);
    writePrecomputed(`${folder}/8`, { ...layout, pack: one }, valueAt);
    assert.deepEqual(await read(`${folder}/8`, "uint8"), expected(WHOLE));
    const value = (place: readonly number[]) => 300 * valueAt(place);
    const two = (bytes: Uint8Array) => pngBytes(swapped(bytes), [1, bytes.length / 2], 16);
    writePrecomputed(`${folder}/16`, { ...layout, dataType: "uint16", pack: two }, value);
    assert.deepEqual(await read(`${folder}/16`, "uint16"), expected(WHOLE, value));
    for (const bits of [8, 16] as const) {
      const bytes = pngBytes(noise(10 * 12 * bits / 8), [10, 12], bits);
      Deno.writeFileSync(`${folder}/${bits}.png`, bytes);
      const rows = new Uint8Array(120 * bits / 8);
      const source = openPng(`${folder}/${bits}.png`);
      await source.readRows(0, 0, 10, rows);
      source.close();
      const found = decodeGreyPng(bytes, 120, bits / 8);
      assert.deepEqual(found, bits === 8 ? rows : rows.map((_, i) => rows[i ^ 1] ?? 0));
    }
  }));

Deno.test("convertVolume() reads a precomputed volume, and refuses one without its chunks", () =>
  inTempFolder(async (folder) => {
    writePrecomputed(`${folder}/v`, { ...PRECOMPUTED_LAYOUT, sharding: SHARDING }, valueAt);
    assert.deepEqual([...(await converted(`${folder}/v`, `${folder}/out`)).voxels], expected(WHOLE));
    Deno.removeSync(`${folder}/v/4_5_50`, { recursive: true });
    await rejected(
      () => converted(`${folder}/v`, `${folder}/out2`),
      /this folder of a resolution is missing/,
    );
    Deno.mkdirSync(`${folder}/v/4_5_50`);
    Deno.writeTextFileSync(`${folder}/v/4_5_50/0-5_0-4_0-2`, "no offset");
    await rejected(
      () => converted(`${folder}/v`, `${folder}/out2`),
      /expected names such as 00\.shard, found 0-5/,
    );
  }));

Deno.test("ccboost info shows a precomputed volume with its resolutions and encoding", () =>
  inTempFolder(async (folder) => {
    writePrecomputed(`${folder}/v`, { ...PRECOMPUTED_LAYOUT, sharding: SHARDING }, valueAt);
    const { code, out } = await ccboost("info", `${folder}/v`);
    assert.equal(code, 0);
    assert.match(out, /: Neuroglancer precomputed, 12 x 10 x 3 voxels/);
    assert.match(out, /resolution 4_5_50 of 4_5_50; encoding raw, in shards\nvoxel size: 4 x 5 x 50 nm/);
  }));

Deno.test("murmurHash128() gives the hashes of libmurmurhash", () => {
  const pairs: readonly (readonly [value: bigint, hash: bigint])[] = [
    [0x0n, 0x4772b084e028ae41n],
    [0x1n, 0xe8bd67d616d4ce9an],
    [0x2n, 0xd62f9cd21b013f5an],
    [0xffn, 0x4e2fc5b5b87bf79an],
    [0x100n, 0x4964fc5b464976dan],
    [0x434522d9n, 0x475976c506492b79n],
    [0xffffffffffffffffn, 0x574f66bd212b5d1an],
    [0x123456789abcdefn, 0x708036264c109d93n],
  ];
  for (const [value, hash] of pairs) assert.equal(murmurHash128(value), hash);
});

// Of Janelia's VNC: gist.github.com/DocSavage/069a53c1b56696bf9dfa9f39463b0a7e
Deno.test("mortonCode() and shardOf() find a chunk of a published volume where its makers do", () => {
  const code = mortonCode([335, 438, 1024], [42943, 56068, 82276].map((length) => Math.ceil(length / 64)));
  assert.equal(code, 0x434522d9n);
  const sharding = { isHashed: false, isIndexGzip: true, isDataGzip: true };
  const bits = { preshiftBits: 9n, minishardBits: 6n, shardBits: 16n };
  assert.deepEqual(shardOf({ ...sharding, ...bits }, code), { file: "868a.shard", minishard: 0x11 });
});
