/** Every setting of a Zarr array's codecs is obeyed or refused, and checksums are looked at wherever they are. */
import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { convertVolume } from "../../../src/stages/convert/convert.ts";
import { wholeRegion } from "../../../src/volume/region.ts";
import { readRegion } from "../../../src/volume/zarr/mod.ts";
import { concat, rejected } from "../../helpers/hostile_files.ts";
import {
  BYTES,
  CRC,
  EXPECTED,
  gridOf,
  index64,
  ONE,
  read,
  sealed,
  sharding,
  STORED,
  transpose,
  TWO,
  write2,
  write3,
} from "./codec_arrays.ts";
import { inTempFolder } from "../../helpers/temp_folder.ts";

Deno.test("convertVolume() reads shards with their index at either end, which the metadata tell", () =>
  inTempFolder(async (folder) => {
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
  inTempFolder(async (folder) => {
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
  inTempFolder(async (folder) => {
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

Deno.test("convertVolume() obeys every order of transpose, and either byte order", () =>
  inTempFolder(async (folder) => {
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

Deno.test("convertVolume() reads names in the place of codecs without settings, a type as an object, and fields that need no understanding", () =>
  inTempFolder(async (folder) => {
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
    inTempFolder(async (folder) => {
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
    inTempFolder(async (folder) => {
      await rejected(
        () => read(write3(folder, { data_type: "float32", fill_value: fill })),
        /is (NaN|-?Infinity); expected finite/,
      );
    }));
}
