/** LERC in TIFF: voxels as libtiff wrote them, and blobs that someone else made. */
import assert from "node:assert/strict";
import { deflateSync } from "node:zlib";
import { fileURLToPath } from "node:url";
import { bytesPerVoxel } from "../../../src/volume/dtype.ts";
import { lercDecoder, type LercStorage } from "../../../src/volume/tiff/lerc.ts";
import { openTiff } from "../../../src/volume/tiff/read.ts";
import { encodeLerc, sealLerc } from "../../helpers/lerc_files.ts";
import { pythonWith, works } from "../../helpers/other_programs.ts";
import { seededRandom } from "../../helpers/seeded_random.ts";
import { inTempFolder } from "../../helpers/temp_folder.ts";
import { noise, tiffBytes } from "../../helpers/tiff_files.ts";
import { converted } from "../../helpers/volume_files.ts";

const SHAPE = [2, 20, 33] as const;
const VOXELS = SHAPE[0] * SHAPE[1] * SHAPE[2];
const WRITER = fileURLToPath(new URL("./lerc_write.py", import.meta.url));

const python = pythonWith("numpy");
const withLibtiff = python !== undefined && works(python, WRITER) ? python : undefined;

/** Smooth values, which LERC packs, of a type. */
function smooth(dtype: LercStorage["dtype"]) {
  const values = Float64Array.from(
    { length: VOXELS },
    (_, i) => 60 + Math.round(30 * Math.sin(i / 9)) + (i * 7919) % 5,
  );
  if (dtype === "float32") return Float32Array.from(values, (value) => value + 0.25);
  if (dtype === "float64") return values.map((value) => value + 0.1);
  const types = {
    uint8: Uint8Array,
    int8: Int8Array,
    uint16: Uint16Array,
    int16: Int16Array,
    int32: Int32Array,
  };
  return types[dtype as keyof typeof types].from(values);
}

/** Writes the values by libtiff. */
function write(folder: string, dtype: LercStorage["dtype"], added: number, isNoise = false): Uint8Array {
  const values = smooth(dtype);
  const bytes = isNoise ? noise(values.byteLength) : new Uint8Array(values.buffer);
  Deno.writeFileSync(`${folder}/raw.bin`, bytes);
  const args = [WRITER, `${folder}/raw.bin`, `${folder}/v.tif`, dtype, ...SHAPE, 7, added].map(String);
  assert.ok(works(withLibtiff ?? "", ...args), args.join(" "));
  return bytes;
}

Deno.test({
  name: "openTiff() reads LERC of every type as libtiff writes it",
  ignore: withLibtiff === undefined,
  fn: () =>
    inTempFolder(async (folder) => {
      for (const dtype of ["uint8", "int8", "uint16", "int16", "int32", "float32", "float64"] as const) {
        for (const added of [0, 1, 2, 3]) {
          const isNoise = added === 3; // which LERC stores as it is
          if (isNoise && dtype.startsWith("float")) continue; // no value, where it is not a number
          const expected = write(folder, dtype, added % 3, isNoise);
          const source = await openTiff(`${folder}/v.tif`);
          const out = new Uint8Array(expected.length);
          const page = out.length / SHAPE[0];
          for (let z = 0; z < SHAPE[0]; z++) await source.readRows(z, 0, SHAPE[1], out.subarray(z * page));
          source.close();
          assert.equal(source.dtype, dtype);
          assert.deepEqual(out, expected, `${dtype}, ${added}`);
        }
      }
    }),
});

Deno.test("convertVolume() reads LERC in strips and tiles, also deflated", () =>
  inTempFolder(async (folder) => {
    const [depth, height, width] = [2, 24, 32];
    const voxels = noise(depth * height * width);
    for (const [i, layout] of [{ block: [8] }, { block: [16, 16] }, { isDeflated: true }].entries()) {
      const { block, isDeflated = false } = layout as { block?: [number, number?]; isDeflated?: boolean };
      const compression = isDeflated ? "deflated lerc" : "lerc";
      const bytes = await tiffBytes(voxels, [depth, height, width], {
        compression,
        ...(block === undefined ? {} : { block }),
        fields: { 50674: [4, isDeflated ? 1 : 0] },
      });
      Deno.writeFileSync(`${folder}/v.tif`, bytes);
      assert.deepEqual((await converted(`${folder}/v.tif`, `${folder}/${i}`)).voxels, voxels);
    }
  }));

const STORAGE: LercStorage = {
  width: 16,
  height: 12,
  dtype: "uint8",
  littleEndian: true,
  parameters: [4, 0],
};
const BLOB = encodeLerc(noise(12 * 16), 12, 16);

/** A blob with another number at a place of its header. */
function changed(at: number, value: number, isFloat = false): Uint8Array {
  const blob = BLOB.slice();
  const view = new DataView(blob.buffer);
  if (isFloat) view.setFloat64(at, value, true);
  else view.setInt32(at, value, true);
  return sealLerc(blob);
}

Deno.test("lercDecoder() rejects blobs that do not fit their strip", async () => {
  const decode = await lercDecoder("v.tif", STORAGE);
  assert.deepEqual(await decode(BLOB), noise(12 * 16));
  const cases: readonly (readonly [Uint8Array, RegExp])[] = [
    [new Uint8Array(500), /no LERC of version 2/],
    [BLOB.subarray(0, 60), /no LERC of version 2/],
    [BLOB.subarray(0, 100), /100 bytes of LERC, expected/],
    [changed(6, 2), /LERC 2\.2, expected 2\.3 to 2\.5/],
    [changed(14, 65000), /LERC of 16 x 65000 voxels, expected 16 x 12/],
    [changed(18, -1), /LERC of 4294967295 x 12 voxels/],
    [changed(22, 1 << 30), /1073741824 values per voxel/],
    [changed(26, 100), /92 of 192 voxels have no value/],
    [changed(30, 0), /squares of 0 voxels/],
    [changed(34, 0), /bytes of LERC, expected 0/],
    [changed(38, 6), /LERC of float32, expected uint8/],
    [changed(38, 77), /LERC of an unknown type/],
    [changed(58, NaN, true), /values from 0 to NaN/],
    [BLOB.map((byte, i) => i === 150 ? byte ^ 1 : byte), /Checksum failed/],
  ];
  for (const [blob, message] of cases) {
    await assert.rejects(decode(blob), (cause) => message.test(String(cause)), `${message}`);
  }
  const bomb = deflateSync(new Uint8Array(1 << 24));
  const deflated = await lercDecoder("v.tif", { ...STORAGE, parameters: [4, 1] });
  await assert.rejects(deflated(bomb), /larger than/);
  const unknown = await lercDecoder("v.tif", { ...STORAGE, parameters: [4, 9] });
  await assert.rejects(unknown(BLOB), /an unknown compression 9/);
});

Deno.test("lercDecoder() rejects types that cannot be read", async () => {
  for (const dtype of ["uint32", "uint64"] as const) {
    await assert.rejects(
      lercDecoder("v.tif", { ...STORAGE, dtype }),
      /v\.tif: LERC of uint(32|64) cannot be read/,
    );
  }
  const turned = lercDecoder("v.tif", { ...STORAGE, dtype: "float32", littleEndian: false });
  await assert.rejects(turned, /big-endian float32/);
});

/** The first blob of a file. */
function blobIn(path: string): Uint8Array {
  const bytes = Deno.readFileSync(path);
  const at = new TextDecoder("latin1").decode(bytes).indexOf("Lerc2 ");
  return bytes.slice(at, at + new DataView(bytes.buffer).getInt32(at + 34, true));
}

Deno.test({
  name: "lercDecoder() gives a strip or an error for any bytes behind the header",
  ignore: withLibtiff === undefined,
  fn: () =>
    inTempFolder(async (folder) => {
      const random = seededRandom(1);
      let [read, rejected] = [0, 0];
      for (const dtype of ["uint8", "uint16", "float32"] as const) {
        write(folder, dtype, 0);
        const whole = blobIn(`${folder}/v.tif`);
        const decode = await lercDecoder("v.tif", { ...STORAGE, width: 33, height: 7, dtype });
        for (let run = 0; run < 1000; run++) {
          const blob = whole.slice();
          for (let left = 1 + Math.floor(random() * 4); left > 0; left--) {
            blob[66 + Math.floor(random() * (blob.length - 66))] = Math.floor(random() * 256);
          }
          try {
            assert.equal((await decode(sealLerc(blob))).length, 7 * 33 * bytesPerVoxel(dtype));
            read++;
          } catch (cause) {
            if (cause instanceof assert.AssertionError) throw cause;
            rejected++;
          }
        }
      }
      assert.ok(read > 100 && rejected > 100, `${read} read, ${rejected} rejected`);
    }),
});
