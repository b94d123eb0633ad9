/** Zarr arrays that someone else made, to do harm or by accident. */
import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { UserError } from "../../../src/user_error.ts";
import { convertVolume } from "../../../src/stages/convert/convert.ts";
import { allocateVoxels } from "../../../src/volume/dtype.ts";
import { voxelCount, wholeRegion } from "../../../src/volume/region.ts";
import { openZarr, readRegion } from "../../../src/volume/zarr/mod.ts";
import { concat, gzipBomb, rejected, zlibBomb } from "../../helpers/hostile_files.ts";
import { inTempFolder } from "../../helpers/temp_folder.ts";

type Fields = Readonly<Record<string, unknown>>;

const grid = (...lengths: readonly unknown[]) => ({
  name: "regular",
  configuration: { chunk_shape: lengths },
});
const BYTES = { name: "bytes", configuration: { endian: "little" } };
const SHARDING = { chunk_shape: [2, 2, 2], codecs: [BYTES], index_codecs: [BYTES], index_location: "end" };
const sharded = (
  changes: Fields,
) => [{ name: "sharding_indexed", configuration: { ...SHARDING, ...changes } }];

const VERSION3: Fields = {
  zarr_format: 3,
  node_type: "array",
  shape: [4, 4, 4],
  data_type: "uint8",
  chunk_grid: grid(4, 4, 4),
  chunk_key_encoding: { name: "default", configuration: { separator: "/" } },
  fill_value: 0,
  codecs: [BYTES],
  attributes: {},
};

const VERSION2: Fields = {
  zarr_format: 2,
  shape: [4, 4, 4],
  chunks: [4, 4, 4],
  dtype: "|u1",
  compressor: null,
  fill_value: 0,
  order: "C",
  filters: null,
};

function writeVersion3(path: string, fields: Fields): void {
  Deno.mkdirSync(`${path}/c/0/0`, { recursive: true });
  Deno.writeTextFileSync(`${path}/zarr.json`, JSON.stringify({ ...VERSION3, ...fields }));
}

const huge = 2 ** 20;
const METADATA3: readonly (readonly [name: string, fields: Fields, message: RegExp])[] = [
  ["2^60 voxels", { shape: [huge, huge, huge] }, /1048576 x 1048576 x 1048576 voxels; .*2\^50 in all/],
  [
    "a length of 2^60",
    { shape: [4, 4, 2 ** 60] },
    /shape \[4,4,1152921504606847000\]; expected .* whole numbers from 1/,
  ],
  ["a length of 0", { shape: [4, 0, 4] }, /shape \[4,0,4\]; expected/],
  ["a negative length", { shape: [4, -4, 4] }, /shape \[4,-4,4\]; expected/],
  ["a length that is text", { shape: [4, "4", 4] }, /shape \[4,"4",4\]; expected/],
  ["two axes", { shape: [4, 4], chunk_grid: grid(4, 4) }, /shape \[4,4\]; expected/],
  ["no shape", { shape: undefined }, /shape nothing; expected/],
  [
    "chunks of a GiB",
    { chunk_grid: grid(1024, 1024, 1024) },
    /chunks of \[1024,1024,1024\], 1073741824 bytes; expected at most/,
  ],
  [
    "chunks of 2^60 voxels",
    { chunk_grid: grid(huge, huge, huge) },
    /chunks of .*; expected at most 134217728/,
  ],
  ["chunks of length 0", { chunk_grid: grid(4, 0, 4) }, /chunk_shape is \[4,0,4\]; expected 3 whole numbers/],
  ["chunks of two axes", { chunk_grid: grid(4, 4) }, /chunk_shape is \[4,4\]; expected 3/],
  ["another grid", { chunk_grid: { name: "rectangular" } }, /chunk_grid is .*; expected \{ "name": regular/],
  ["no grid", { chunk_grid: null }, /chunk_grid is null/],
  ["16-bit voxels", { data_type: "uint16" }, /a Zarr array of uint16; expected uint8, uint32 or float32/],
  ["a type that is an object", { data_type: { name: "x" } }, /a Zarr array of x; expected integers/],
  ["a separator that leaves the folder", {
    chunk_key_encoding: { name: "default", configuration: { separator: "/../../" } },
  }, /the separator of chunk names is \/\.\.\/\.\.\/; expected/],
  ["no names of chunks", { chunk_key_encoding: undefined }, /chunk_key_encoding is nothing/],
  ["no codecs", { codecs: [] }, /codecs is \[\]; expected a list of codecs/],
  ["a codec without a name", { codecs: [{}] }, /codecs is \{\}; expected/],
  [
    "an order that is none",
    { codecs: [{ name: "transpose", configuration: { order: [0, 0, 1] } }, BYTES] },
    /order of transpose is \[0,0,1\]; expected a permutation/,
  ],
  ["shards of 2^60 chunks", {
    chunk_grid: grid(huge, huge, huge),
    codecs: sharded({ chunk_shape: [1, 1, 1] }),
  }, /chunk_shape of sharding is \[1,1,1\]; expected/],
  [
    "shards that chunks do not fill",
    { codecs: sharded({ chunk_shape: [3, 2, 2] }) },
    /chunk_shape of sharding is \[3,2,2\]/,
  ],
  ["shards inside shards", { codecs: sharded({ codecs: sharded({}) }) }, /no shards inside shards/],
  [
    "a fill value beyond its type",
    { fill_value: 300 },
    /fill_value is 300; expected a whole number from 0 to 255/,
  ],
  ["a fill value that is no number", { fill_value: "NaN" }, /fill_value is NaN; expected a whole number/],
  ["attributes that are a list", { attributes: [1] }, /attributes is \[1\]; expected an object/],
  [
    "a storage transformer",
    { storage_transformers: [{ name: "x" }] },
    /storage_transformers is .*; expected none/,
  ],
  ["a group instead", { node_type: "group" }, /a Zarr group, not an array/],
  ["another version", { zarr_format: 4 }, /zarr_format is 4; expected 3/],
];

for (const [name, fields, message] of METADATA3) {
  Deno.test(`openZarr() rejects an array with ${name}`, () =>
    inTempFolder(async (folder) => {
      writeVersion3(`${folder}/v`, fields);
      await rejected(() => openZarr(`${folder}/v`), message);
    }));
}

const METADATA2: readonly (readonly [name: string, fields: Fields, message: RegExp])[] = [
  ["2^60 voxels", { shape: [huge, huge, huge] }, /2\^50 in all/],
  ["chunks of 2^60 voxels", { chunks: [huge, huge, huge] }, /chunks of .*; expected at most/],
  ["chunks of negative length", { chunks: [4, 4, -4] }, /chunks is \[4,4,-4\]; expected/],
  ["objects", { dtype: "|O" }, /a Zarr array of \|O/],
  ["16-bit voxels", { dtype: "<u2" }, /a Zarr array of uint16/],
  ["an order that is none", { order: "Z" }, /order is Z; expected "C" or "F"/],
  ["a compressor that is a number", { compressor: 7 }, /compressor or filter is 7/],
  ["filters that are text", { filters: "x" }, /filters is x; expected a list or null/],
  [
    "a separator that leaves the folder",
    { dimension_separator: "/../" },
    /the separator of chunk names is \/\.\.\//,
  ],
];

for (const [name, fields, message] of METADATA2) {
  Deno.test(`openZarr() rejects a Zarr v2 array with ${name}`, () =>
    inTempFolder(async (folder) => {
      Deno.writeTextFileSync(`${folder}/.zarray`, JSON.stringify({ ...VERSION2, ...fields }));
      await rejected(() => openZarr(folder), message);
    }));
}

Deno.test("openZarr() rejects metadata that are no JSON, too deep, too long, cut off or no file", () =>
  inTempFolder(async (folder) => {
    const whole = JSON.stringify(VERSION3);
    const texts: readonly (readonly [text: string, message: RegExp])[] = [
      ["", /damaged JSON/],
      ["null", /its JSON is null; expected an object/],
      [`{"a":\n\n\n x}`, /damaged JSON/],
      ["[".repeat(100_000), /brackets more than 64 deep/],
      [`{"attributes": ${`{"a":`.repeat(100_000)}`, /brackets more than 64 deep/],
      [`${whole.slice(0, -1)}, "x": "${"y".repeat(2 ** 22)}"}`, /longer than 4 MiB/],
      ...Array.from(
        { length: whole.length - 1 },
        (_, length) => [whole.slice(0, length), /damaged JSON/] as const,
      ),
    ];
    for (const [text, message] of texts) {
      Deno.writeTextFileSync(`${folder}/zarr.json`, text);
      await rejected(() => openZarr(folder), message);
    }
    Deno.removeSync(`${folder}/zarr.json`);
    Deno.mkdirSync(`${folder}/zarr.json`);
    await rejected(() => openZarr(folder), /this is a folder, not a file/);
  }));

/** Reads a whole array. */
async function readAll(path: string): Promise<void> {
  const volume = await openZarr(path);
  await readRegion(volume, wholeRegion(volume.shape), allocateVoxels(volume.dtype, voxelCount(volume.shape)));
}

Deno.test("readRegion() rejects chunks that decode to more, or less, than they should", () =>
  inTempFolder(async (folder) => {
    const zstdClaim = concat(
      new Uint8Array([0x28, 0xb5, 0x2f, 0xfd, 0xe0, 0, 0, 0, 0, 1, 0, 0, 0]),
      new Uint8Array(20),
    );
    const claim = (value: number, at: number) => {
      const bytes = new Uint8Array(64);
      new DataView(bytes.buffer).setUint32(at, value, true);
      bytes[0] = at === 4 ? 2 : bytes[0] ?? 0;
      return bytes;
    };
    const codec = (name: string) => ({ codecs: [BYTES, { name, configuration: {} }] });
    const chunks: readonly (readonly [fields: Fields, chunk: Uint8Array, message: RegExp])[] = [
      [{}, new Uint8Array(63), /truncated: 64 bytes expected/],
      [codec("gzip"), gzipBomb(2000), /: damaged: /],
      [codec("gzip"), gzipBomb(1000), /: damaged: /],
      [codec("gzip"), gzipSync(new Uint8Array(63)), /damaged: 63 bytes instead of 64/],
      [codec("zstd"), zstdClaim, /: damaged: /],
      [codec("blosc"), claim(2 ** 31 - 1, 4), /: damaged: /],
      [codec("blosc"), new Uint8Array(3), /: damaged: /],
      [codec("lz4"), claim(2 ** 31 - 1, 0), /: damaged: /],
      [codec("numcodecs.zlib"), zlibBomb(1000), /: damaged: /],
      [
        codec("unknown"),
        new Uint8Array(64),
        /stored with the codec unknown, which cannot be read here; copy it with zstd/,
      ],
      [{ codecs: sharded({}) }, new Uint8Array(128).fill(0x7f), /truncated or damaged: \d+ bytes expected/],
      [{ codecs: sharded({}) }, new Uint8Array(3), /damaged/],
    ];
    for (const [index, [fields, chunk, message]] of chunks.entries()) {
      const path = `${folder}/${index}`;
      writeVersion3(path, fields);
      Deno.writeFileSync(`${path}/c/0/0/0`, chunk);
      await rejected(() => readAll(path), message);
    }
    const compressors: readonly (readonly [compressor: unknown, chunk: Uint8Array])[] = [
      [{ id: "zlib", level: 1 }, zlibBomb(1000)],
      [{ id: "gzip", level: 1 }, gzipBomb(1000)],
      [{ id: "zstd", level: 1 }, zstdClaim],
    ];
    for (const [index, [compressor, chunk]] of compressors.entries()) {
      const path = `${folder}/v2-${index}`;
      Deno.mkdirSync(path);
      Deno.writeTextFileSync(`${path}/.zarray`, JSON.stringify({ ...VERSION2, compressor }));
      Deno.writeFileSync(`${path}/0.0.0`, chunk);
      await rejected(() => readAll(path), /: damaged: /);
    }
  }));

Deno.test("readRegion() reads no chunk file that is longer than any chunk, or no file", () =>
  inTempFolder(async (folder) => {
    writeVersion3(`${folder}/v`, { codecs: [BYTES, { name: "gzip", configuration: { level: 1 } }] });
    const chunk = `${folder}/v/c/0/0/0`;
    Deno.writeTextFileSync(chunk, "");
    Deno.truncateSync(chunk, 2 ** 40);
    await rejected(() => readAll(`${folder}/v`), /damaged: 1099511627776 bytes, expected at most/);
    Deno.removeSync(chunk);
    Deno.mkdirSync(chunk);
    await rejected(() => readAll(`${folder}/v`), /no regular file/);
  }));

Deno.test("convertVolume() does not use an array in place whose chunks are larger than workers count on", () =>
  inTempFolder(async (folder) => {
    writeVersion3(`${folder}/v`, { chunk_grid: grid(512, 256, 256), shape: [4, 4, 300] });
    Deno.writeFileSync(`${folder}/v/c/0/0/0`, new Uint8Array(512 * 256 * 256).fill(3));
    const volume = await convertVolume(`${folder}/v`, `${folder}/out`, { dtype: "uint8", anisotropy: 1 });
    assert.equal(volume.path, `${folder}/out`);
    const voxels = new Uint8Array(4 * 4 * 300);
    await readRegion(volume, wholeRegion([4, 4, 300]), voxels);
    assert.ok(voxels.every((value, index) => value === (index % 300 < 256 ? 3 : 0)));
  }));

Deno.test("openZarr() opens any metadata or rejects them", () =>
  inTempFolder(async (folder) => {
    const keys = fc.constantFrom(...Object.keys(VERSION3));
    const values = fc.oneof(
      fc.jsonValue({ maxDepth: 3 }),
      fc.constantFrom<unknown>([4, 4, 4], grid(2, 2, 2), "float32", [BYTES]),
    );
    await fc.assert(
      fc.asyncProperty(fc.dictionary(keys, values, { maxKeys: 3 }), async (fields) => {
        Deno.writeTextFileSync(`${folder}/zarr.json`, JSON.stringify({ ...VERSION3, ...fields }));
        try {
          const { shape, chunkBytes } = await openZarr(folder);
          assert.ok(shape.every((length) => length > 0) && chunkBytes > 0);
        } catch (error) {
          assert.ok(error instanceof UserError, String(error));
        }
      }),
      { numRuns: 300 },
    );
  }));
