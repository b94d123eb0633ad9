/** What of a Zarr array's codecs is refused, and how. */
import { rejected } from "../../helpers/hostile_files.ts";
import { BYTES, config, type Fields, read, sharding, transpose, write2, write3 } from "./codec_arrays.ts";
import { inTempFolder } from "../../helpers/temp_folder.ts";

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
    inTempFolder(async (folder) => {
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
    inTempFolder(async (folder) => {
      await rejected(() => read(write2(folder, fields, new Uint8Array(512))), message);
    }));
}
