/** Every setting of a Zarr array's codecs is obeyed or refused, and checksums are looked at wherever they are. */
import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { checksumBytes, createCrc32c } from "../src/volume/crc32c.ts";
import type { Zyx } from "../src/volume/region.ts";
import { convertVolume } from "../src/stages/convert/convert.ts";
import { wholeRegion } from "../src/volume/region.ts";
import { readRegion } from "../src/volume/zarr/mod.ts";
import { concat, inFolder, rejected } from "./hostile_files.ts";

type Fields = Readonly<Record<string, unknown>>;

const SHAPE: Zyx = [4, 4, 4];
const BYTES = { name: "bytes", configuration: { endian: "little" } };
const CRC = { name: "crc32c" };
const gridOf = (chunk: readonly number[]) => ({ name: "regular", configuration: { chunk_shape: chunk } });
const VERSION3: Fields = {
  zarr_format: 3,
  node_type: "array",
  shape: SHAPE,
  data_type: "uint8",
  chunk_grid: gridOf(SHAPE),
  chunk_key_encoding: { name: "default", configuration: { separator: "/" } },
  fill_value: 0,
  codecs: [BYTES],
  attributes: {},
};
const VERSION2: Fields = {
  zarr_format: 2,
  shape: SHAPE,
  chunks: SHAPE,
  dtype: "|u1",
  compressor: null,
  fill_value: 0,
  order: "C",
  filters: null,
};

const sealed = (bytes: Uint8Array) => concat(bytes, checksumBytes(createCrc32c()(bytes)));
const index64 = (...values: readonly number[]) => new Uint8Array(BigUint64Array.from(values, BigInt).buffer);
const sharding = (changes: Fields = {}) => ({
  name: "sharding_indexed",
  configuration: {
    chunk_shape: [2, 4, 4],
    codecs: [BYTES, CRC],
    index_codecs: [BYTES, CRC],
    index_location: "end",
    ...changes,
  },
});

function write3(folder: string, fields: Fields, chunk?: Uint8Array): string {
  Deno.mkdirSync(`${folder}/v.zarr/c/0/0`, { recursive: true });
  Deno.writeTextFileSync(`${folder}/v.zarr/zarr.json`, JSON.stringify({ ...VERSION3, ...fields }));
  if (chunk !== undefined) Deno.writeFileSync(`${folder}/v.zarr/c/0/0/0`, chunk);
  return `${folder}/v.zarr`;
}

function write2(folder: string, fields: Fields, chunk?: Uint8Array): string {
  Deno.mkdirSync(`${folder}/v2.zarr`, { recursive: true });
  Deno.writeTextFileSync(`${folder}/v2.zarr/.zarray`, JSON.stringify({ ...VERSION2, ...fields }));
  if (chunk !== undefined) Deno.writeFileSync(`${folder}/v2.zarr/0.0.0`, chunk);
  return `${folder}/v2.zarr`;
}

async function read(path: string): Promise<Float32Array> {
  const out = `${path}-${crypto.randomUUID()}`;
  const volume = await convertVolume(path, out, { dtype: "float32", anisotropy: 1 });
  const voxels = new Float32Array(64);
  await readRegion(volume, wholeRegion(SHAPE), voxels);
  return voxels;
}

const ONE = new Uint8Array(32).fill(1), TWO = new Uint8Array(32).fill(2);
const EXPECTED = Float32Array.from({ length: 64 }, (_, i) => i < 32 ? 1 : 2);
const STORED = concat(sealed(ONE), sealed(TWO));

Deno.test("convertVolume() reads shards with their index at either end, which the metadata tell", () =>
  inFolder(async (folder) => {
    const atEnd = concat(STORED, sealed(index64(0, 36, 36, 36)));
    assert.deepEqual(await read(write3(folder, { codecs: [sharding()] }, atEnd)), EXPECTED);
    const atStart = concat(sealed(index64(36, 36, 72, 36)), STORED);
    assert.deepEqual(
      await read(write3(folder, { codecs: [sharding({ index_location: "start" })] }, atStart)),
      EXPECTED,
    );
    const defaults = sharding({ index_location: undefined });
    assert.deepEqual(await read(write3(folder, { codecs: [defaults] }, atEnd)), EXPECTED);
    const bigIndex = new Uint8Array(32);
    for (const [i, value] of [0, 36, 36, 36].entries()) {
      new DataView(bigIndex.buffer).setBigUint64(8 * i, BigInt(value));
    }
    const big = sharding({ index_codecs: [{ name: "bytes", configuration: { endian: "big" } }] });
    assert.deepEqual(await read(write3(folder, { codecs: [big] }, concat(STORED, bigIndex))), EXPECTED);
    const absent = concat(
      sealed(TWO),
      sealed(new Uint8Array(BigUint64Array.of(2n ** 64n - 1n, 2n ** 64n - 1n, 0n, 36n).buffer)),
    );
    const filled = await read(write3(folder, { codecs: [sharding()], fill_value: 1 }, absent));
    assert.deepEqual(filled, EXPECTED);
  }));

Deno.test("convertVolume() finds every flipped bit of a shard with checksums, in chunks and in the index", () =>
  inFolder(async (folder) => {
    const good = concat(STORED, sealed(index64(0, 36, 36, 36)));
    for (let at = 0; at < good.length; at++) {
      const bad = good.slice();
      bad[at] = (bad[at] ?? 0) ^ 8;
      await rejected(() => read(write3(folder, { codecs: [sharding()] }, bad)), /v\.zarr.*damaged/);
    }
    const lost = good.slice();
    lost.fill(0xff, 72, 88); // an index entry that says that the chunk was never written
    await rejected(() => read(write3(folder, { codecs: [sharding()] }, lost)), /crc32c/);
  }));

Deno.test("convertVolume() finds flipped bits below and above a compressor, of 16-bit voxels too", () =>
  inFolder(async (folder) => {
    const voxels = new Uint8Array(Uint16Array.from({ length: 64 }, (_, i) => i * 900).buffer);
    const gzip = { name: "gzip", configuration: { level: 1 } };
    for (
      const [codecs, bytes] of [
        [[BYTES, CRC, gzip], gzipSync(sealed(voxels))],
        [[BYTES, gzip, CRC], sealed(gzipSync(voxels))],
        [[BYTES, CRC], sealed(voxels)],
        [[BYTES, CRC, CRC], sealed(sealed(voxels))],
      ] as const
    ) {
      const fields = { codecs, data_type: "uint16" };
      assert.deepEqual(
        await read(write3(folder, fields, bytes)),
        Float32Array.from({ length: 64 }, (_, i) => i * 900),
      );
    }
    const bad = sealed(voxels);
    bad[7] = 99;
    await rejected(
      () => read(write3(folder, { codecs: [BYTES, CRC, gzip], data_type: "uint16" }, gzipSync(bad))),
      /checksum \(crc32c\) does not fit its contents/,
    );
    await rejected(
      () => read(write3(folder, { codecs: [BYTES, CRC], data_type: "uint16" }, new Uint8Array(3))),
      /crc32c/,
    );
  }));

const transpose = (...order: readonly number[]) => ({ name: "transpose", configuration: { order } });

Deno.test("convertVolume() obeys every order of transpose, and either byte order", () =>
  inFolder(async (folder) => {
    const shape = [2, 3, 4] as const;
    for (const order of [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] as const) {
      for (const endian of ["little", "big"] as const) {
        // the definition: axis i of what is stored is axis order[i] of the array
        const stored = order.map((axis) => shape[axis] ?? 1);
        const bytes = new Uint8Array(48), view = new DataView(bytes.buffer);
        for (let i = 0; i < 24; i++) {
          const at = [0, 0, 0];
          const [, rows = 1, columns = 1] = stored;
          for (
            const [place, index] of [
              Math.floor(i / (rows * columns)),
              Math.floor(i / columns) % rows,
              i % columns,
            ].entries()
          ) {
            at[order[place] ?? 0] = index;
          }
          view.setUint16(2 * i, 1000 * (at[0] ?? 0) + 100 * (at[1] ?? 0) + (at[2] ?? 0), endian === "little");
        }
        const fields = {
          shape,
          chunk_grid: gridOf(shape),
          data_type: "uint16",
          codecs: [transpose(...order), { name: "bytes", configuration: { endian } }],
        };
        const path = write3(folder, fields, bytes);
        const volume = await convertVolume(path, `${path}-${order}-${endian}`, {
          dtype: "float32",
          anisotropy: 1,
        });
        const voxels = new Float32Array(24);
        await readRegion(volume, wholeRegion(shape), voxels);
        const expected = Float32Array.from(
          { length: 24 },
          (_, i) => 1000 * Math.floor(i / 12) + 100 * (Math.floor(i / 4) % 3) + i % 4,
        );
        assert.deepEqual(voxels, expected, `${order} ${endian}`);
      }
    }
  }));

const config = (name: string, configuration: Fields) => ({ name, configuration });
const REFUSED3: readonly (readonly [what: string, fields: Fields, message: RegExp])[] = [
  [
    "an index at neither end",
    { codecs: [sharding({ index_location: "middle" })] },
    /index_location of sharding_indexed is middle; expected "end" or "start"/,
  ],
  ["a codec behind shards", { codecs: [sharding(), config("gzip", { level: 1 })] }, /sharding_indexed alone/],
  ["a codec before shards", { codecs: [transpose(2, 1, 0), sharding()] }, /sharding_indexed alone/],
  [
    "a compressed index",
    { codecs: [sharding({ index_codecs: [BYTES, config("gzip", {})] })] },
    /gzip cannot be read in the index of a shard/,
  ],
  [
    "an index without a byte order",
    { codecs: [sharding({ index_codecs: [{ name: "bytes" }] })] },
    /endian of bytes is nothing/,
  ],
  ["two transposes", { codecs: [transpose(2, 1, 0), transpose(0, 2, 1), BYTES] }, /at most one transpose/],
  ["no bytes", { codecs: [config("gzip", {})] }, /one from array to bytes/],
  ["bytes twice", { codecs: [BYTES, BYTES] }, /at most one codec from array to bytes/],
  ["a compressor before bytes", { codecs: [config("gzip", {}), BYTES] }, /before bytes to bytes/],
  ["a transpose after bytes", { codecs: [BYTES, transpose(0, 1, 2)] }, /before array to bytes/],
  [
    "16 bits without a byte order",
    { data_type: "uint16", codecs: [{ name: "bytes" }] },
    /endian of bytes is nothing; expected "little" or "big"/,
  ],
  ["another byte order", { codecs: [config("bytes", { endian: "pdp" })] }, /endian of bytes is pdp/],
  [
    "a setting that is not known",
    { codecs: [BYTES, config("gzip", { level: 1, window: 3 })] },
    /window of gzip is 3; expected no such setting/,
  ],
  [
    "a setting of crc32c",
    { codecs: [BYTES, config("crc32c", { location: "start" })] },
    /location of crc32c is start/,
  ],
  [
    "zstd with another checksum",
    { codecs: [BYTES, config("zstd", { level: 1, checksum: "xxh" })] },
    /checksum of zstd is xxh/,
  ],
  [
    "delta of another type",
    { codecs: [config("numcodecs.delta", { dtype: "<i2" }), BYTES] },
    /dtype of numcodecs.delta is <i2/,
  ],
  ["delta stored as another type", {
    data_type: "uint16",
    codecs: [config("numcodecs.delta", { dtype: "uint16", astype: "|i1" }), BYTES],
  }, /astype of numcodecs.delta is \|i1/],
  ["shuffle of another size", {
    data_type: "uint16",
    codecs: [BYTES, config("numcodecs.shuffle", { elementsize: 4 })],
  }, /elementsize of numcodecs.shuffle is 4/],
  ["shuffle of the usual size, which is another", {
    data_type: "uint16",
    codecs: [BYTES, config("numcodecs.shuffle", {})],
  }, /elementsize of numcodecs.shuffle is nothing/],
  [
    "an unknown codec",
    { codecs: [BYTES, config("lzma", {})] },
    /stored with the codec lzma, which cannot be read here; copy it with zstd/,
  ],
  [
    "an unknown codec within shards",
    { codecs: [sharding({ codecs: [BYTES, config("pcodec", {})] })] },
    /stored with the codec pcodec, which cannot be read here/,
  ],
  [
    "an unknown field",
    { extension: { name: "x" } },
    /extension is .*; expected no such field, or one with "must_understand": false/,
  ],
  [
    "hexadecimal of another length",
    { data_type: "float32", fill_value: "0x3ff0000000000000" },
    /fill_value is 0x3ff0000000000000; expected 8 hexadecimal digits/,
  ],
  ["hexadecimal of an integer", { fill_value: "0x01" }, /fill_value is 0x01; expected a whole number/],
  [
    "a fill value beyond 64 bits",
    { data_type: "uint64", fill_value: 2 ** 64 },
    /expected a whole number from 0 to 18446744073709551615/,
  ],
];

for (const [what, fields, message] of REFUSED3) {
  Deno.test(`convertVolume() refuses Zarr v3 with ${what}`, () =>
    inFolder(async (folder) => {
      await rejected(() => read(write3(folder, fields, new Uint8Array(512))), message);
    }));
}

const REFUSED2: readonly (readonly [what: string, fields: Fields, message: RegExp])[] = [
  [
    "a checksum as a filter",
    { filters: [{ id: "fletcher32" }] },
    /stored with the codec fletcher32, which cannot be read here/,
  ],
  ["bz2", { compressor: { id: "bz2", level: 1 } }, /stored with the codec bz2, which cannot be read here/],
  [
    "delta stored as another type",
    { dtype: "<i4", filters: [{ id: "delta", dtype: "<i4", astype: "<i2" }] },
    /astype of numcodecs.delta is <i2/,
  ],
  [
    "delta of another byte order",
    { dtype: ">i2", filters: [{ id: "delta", dtype: "<i2" }] },
    /dtype of numcodecs.delta is <i2/,
  ],
  ["delta after shuffle", {
    dtype: "<i2",
    filters: [{ id: "shuffle", elementsize: 2 }, { id: "delta", dtype: "<i2" }],
  }, /before bytes to bytes/],
  ["scaled integers that stand for integers", {
    dtype: "<i2",
    filters: [{ id: "fixedscaleoffset", scale: 10, offset: 1, dtype: "<i2", astype: "|u1" }],
  }, /astype of fixedscaleoffset is \|u1/],
  ["scaled integers of another byte order", {
    dtype: "<f4",
    filters: [{ id: "fixedscaleoffset", scale: 10, offset: 1, dtype: "<f4", astype: ">i2" }],
  }, /astype of fixedscaleoffset is >i2/],
  [
    "a setting that is not known",
    { compressor: { id: "zlib", level: 1, wbits: -15 } },
    /wbits of numcodecs.zlib is -15/,
  ],
];

for (const [what, fields, message] of REFUSED2) {
  Deno.test(`convertVolume() refuses Zarr v2 with ${what}`, () =>
    inFolder(async (folder) => {
      await rejected(() => read(write2(folder, fields, new Uint8Array(512))), message);
    }));
}

Deno.test("convertVolume() reads names in the place of codecs without settings, a type as an object, and fields that need no understanding", () =>
  inFolder(async (folder) => {
    const fields = {
      codecs: ["bytes", "crc32c"],
      data_type: { name: "uint8" },
      x: { must_understand: false },
    };
    assert.deepEqual(await read(write3(folder, fields, sealed(concat(ONE, TWO)))), EXPECTED);
  }));

const FILLS: readonly (readonly [type: string, fill: unknown, value: number])[] = [
  ["float32", "0x3f800000", 1],
  ["float32", "0xBF800000", -1],
  ["float32", "0x00000001", 2 ** -149],
  ["float64", "0x4000000000000000", 2],
  ["float32", 0.5, 0.5],
  ["uint16", 65535, 65535],
  ["int8", -128, -128],
  ["bool", true, 1],
];

for (const [type, fill, value] of FILLS) {
  Deno.test(`convertVolume() fills what was never written with ${JSON.stringify(fill)} of ${type}`, () =>
    inFolder(async (folder) => {
      const expected = new Float32Array(64).fill(value);
      assert.deepEqual(await read(write3(folder, { data_type: type, fill_value: fill })), expected);
      const types: Record<string, string> = {
        float32: "<f4",
        float64: "<f8",
        uint16: "<u2",
        int8: "|i1",
        bool: "|b1",
      };
      assert.deepEqual(await read(write2(folder, { dtype: types[type], fill_value: fill })), expected);
      const shards = { codecs: [sharding({ codecs: [BYTES] })], data_type: type, fill_value: fill };
      assert.deepEqual(await read(write3(folder, shards)), expected);
    }));
}

for (const fill of ["0x7f800000", "0xff800000", "0x7fc00000", "NaN", "Infinity", "-Infinity"]) {
  Deno.test(`convertVolume() says that what was never written is not finite where it is ${fill}`, () =>
    inFolder(async (folder) => {
      await rejected(
        () => read(write3(folder, { data_type: "float32", fill_value: fill })),
        /is (NaN|-?Infinity); expected finite/,
      );
    }));
}
