/** Whole numbers stay what they are, 8 to 64 bits, through convert and export, whatever file they come from. */
import assert from "node:assert/strict";
import { convertVolume } from "../../../src/stages/convert/convert.ts";
import { exportVolume } from "../../../src/stages/export/export.ts";
import { swapBytes } from "../../../src/volume/byte_order.ts";
import {
  allocateVoxels,
  bytesOf,
  bytesPerVoxel,
  type Dtype,
  isBig,
  isInteger,
  type Voxels,
  voxelsOf,
} from "../../../src/volume/dtype.ts";
import { createContrastCounter } from "../../../src/volume/contrast.ts";
import { downscaleMean, downscaleMode } from "../../../src/volume/downscale.ts";
import { describeVolumeFile } from "../../../src/volume/open.ts";
import { wholeRegion, type Zyx } from "../../../src/volume/region.ts";
import { openZarr, readRegion } from "../../../src/volume/zarr/mod.ts";
import { ccboostHere as ccboost, resultOf } from "../../helpers/cli_process.ts";
import { rejected } from "../../helpers/hostile_files.ts";
import { inTempFolder } from "../../helpers/temp_folder.ts";

const TYPES: readonly Dtype[] = [
  "uint8",
  "int8",
  "uint16",
  "int16",
  "uint32",
  "int32",
  "uint64",
  "int64",
  "float32",
];
const SHAPE: Zyx = [4, 6, 70];

/** The ends of a type, and values that a 32-bit float or a double does not tell from their neighbours; blocks of 2^3 are of one value. */
function voxelsOfType(dtype: Dtype): Voxels {
  const out = allocateVoxels(dtype, 4 * 6 * 70);
  const bits = BigInt(8 * bytesPerVoxel(dtype));
  const least = dtype.startsWith("int") ? -(1n << (bits - 1n)) : 0n;
  const most = (1n << (least < 0n ? bits - 1n : bits)) - 1n;
  const values = [0n, 1n, least, most, most - 1n, least + 1n, (1n << 24n) + 1n, (1n << 53n) + 1n, -1n].map((
    value,
  ) => value < least || value > most ? 7n : value);
  for (let i = 0; i < out.length; i++) {
    const [z, y, x] = [Math.floor(i / 420), Math.floor(i / 70) % 6, i % 70];
    const value = values[((z >> 1) + 2 * (y >> 1) + 3 * (x >> 1)) % values.length] ?? 0n;
    if (isBig(out)) out[i] = value;
    else out[i] = isInteger(dtype) ? Number(value) : Number(value) + 0.5;
  }
  return out;
}

const order = (voxels: Voxels, littleEndian: boolean) => {
  const bytes = bytesOf(voxels).slice();
  if (!littleEndian) {
    swapBytes(bytes, bytesPerVoxel(voxels.BYTES_PER_ELEMENT === 1 ? "uint8" : typeOf(voxels)));
  }
  return bytes;
};
const typeOf = (voxels: Voxels) =>
  TYPES.find((dtype) => allocateVoxels(dtype, 0).constructor === voxels.constructor) ?? "uint8";

function writeNrrdOf(path: string, voxels: Voxels, littleEndian: boolean): void {
  const dtype = typeOf(voxels);
  const head = `NRRD0004\ntype: ${
    dtype === "float32" ? "float" : dtype
  }\ndimension: 3\nsizes: 70 6 4\nendian: ${littleEndian ? "little" : "big"}\nencoding: raw\n\n`;
  Deno.writeFileSync(
    path,
    new Uint8Array([...new TextEncoder().encode(head), ...order(voxels, littleEndian)]),
  );
}

function writeZarr2(path: string, voxels: Voxels, littleEndian: boolean): void {
  const dtype = typeOf(voxels);
  const letter = dtype.startsWith("float") ? "f" : dtype.startsWith("u") ? "u" : "i";
  const size = bytesPerVoxel(dtype);
  const fields = {
    zarr_format: 2,
    shape: SHAPE,
    chunks: SHAPE,
    dtype: `${size === 1 ? "|" : littleEndian ? "<" : ">"}${letter}${size}`,
    compressor: null,
    fill_value: 0,
    order: "C",
    filters: null,
  };
  Deno.mkdirSync(path);
  Deno.writeTextFileSync(`${path}/.zarray`, JSON.stringify(fields));
  Deno.writeFileSync(`${path}/0.0.0`, order(voxels, littleEndian));
}

/** Voxels of an array that keeps its types. */
async function voxelsIn(path: string): Promise<Voxels> {
  const volume = await openZarr(path, "any");
  const out = allocateVoxels(volume.dtype, volume.shape[0] * volume.shape[1] * volume.shape[2]);
  await readRegion(volume, wholeRegion(volume.shape), out);
  return out;
}

for (const dtype of TYPES) {
  for (const littleEndian of [true, false]) {
    Deno.test(`convertVolume() and exportVolume() keep ${dtype} of ${littleEndian ? "little" : "big"}-endian files to the bit`, () =>
      inTempFolder(async (folder) => {
        const voxels = voxelsOfType(dtype);
        writeNrrdOf(`${folder}/v.nrrd`, voxels, littleEndian);
        writeZarr2(`${folder}/v2.zarr`, voxels, littleEndian);
        for (const input of ["v.nrrd", "v2.zarr"]) {
          assert.equal((await describeVolumeFile(`${folder}/${input}`)).dtype, dtype);
          const out = `${folder}/${input}-out.zarr`;
          const volume = await convertVolume(`${folder}/${input}`, out, {
            dtype,
            anisotropy: 1,
            chunk: [4, 4, 32],
          });
          if (volume.path !== out) continue; // used where it is
          assert.equal(volume.dtype, dtype);
          assert.deepEqual(await voxelsIn(out), voxels);
          const names = [
            "o.nrrd",
            "o.h5",
            "o.zarr",
            ...(/^(u?int16|uint8|float32)$/.test(dtype) ? ["o.tif"] : []),
          ];
          for (const name of names) {
            const path = `${folder}/${input}-${name}`;
            await exportVolume(volume, path);
            const found = await describeVolumeFile(path);
            assert.equal(found.dtype, dtype, name);
            const again = `${path}-again.zarr`;
            const copied = await convertVolume(path, again, { dtype, anisotropy: 1 });
            assert.deepEqual(await voxelsIn(copied.path), voxels, name);
          }
        }
      }));
  }
}

for (const dtype of ["int8", "uint16", "int16", "uint32", "int32", "uint64", "int64"] as const) {
  Deno.test(`downscaleMode() of ${dtype} is the most frequent, exactly, and the smallest but 0 of equals`, () => {
    const voxels = voxelsOfType(dtype);
    const into = allocateVoxels(dtype, 2 * 3 * 35);
    downscaleMode({ voxels, shape: SHAPE }, [2, 2, 2], into);
    const isFirst = (i: number) =>
      Math.floor(i / 420) % 2 === 0 && Math.floor(i / 70) % 2 === 0 && i % 2 === 0;
    assert.deepEqual(into, voxels.filter((_: unknown, i: number) => isFirst(i)));
    const last = voxels[4] ?? 0; // 7, or the largest
    const pair = allocateVoxels(dtype, 2), one = allocateVoxels(dtype, 1);
    pair[1] = last;
    downscaleMode({ voxels: pair, shape: [1, 1, 2] }, [1, 1, 2], one);
    assert.equal(one[0], last);
  });
}

Deno.test("downscaleMean() of signed numbers rounds halves up, and the contrast counts them", () => {
  for (const dtype of ["int8", "int16"] as const) {
    const voxels = allocateVoxels(dtype, 6), into = allocateVoxels(dtype, 3);
    for (const [i, value] of [-3, -2, -3, -4, 2, 3].entries()) voxels[i] = value;
    downscaleMean({ voxels, shape: [1, 1, 6] }, [1, 1, 2], into);
    assert.deepEqual(Array.from(into as Int8Array), [-2, -3, 3]);
    const counter = createContrastCounter();
    counter.add(voxels);
    assert.deepEqual(counter.window(), { min: -4, max: 3, start: -4, end: 3 });
  }
});

Deno.test("convertVolume() refuses floats for whole numbers that they do not hold, of each type", () =>
  inTempFolder(async (folder) => {
    const cases: readonly (readonly [Voxels, RegExp])[] = [
      [Uint32Array.of(2 ** 24 + 1), /has the value 16777217, which float32 does not hold/],
      [Int32Array.of(-(2 ** 24) - 1), /has the value -16777217/],
      [BigUint64Array.of(2n ** 53n + 1n), /has the value 9007199254740993/],
      [BigInt64Array.of(-(2n ** 60n) - 1n), /has the value -1152921504606846977/],
      [BigUint64Array.of(2n ** 64n - 1n), /has the value 18446744073709551615/],
    ];
    for (const [i, [value, message]] of cases.entries()) {
      const voxels = allocateVoxels(typeOf(value), 4 * 6 * 70);
      bytesOf(voxels).set(bytesOf(value), 80);
      writeNrrdOf(`${folder}/${i}.nrrd`, voxels, true);
      writeZarr2(`${folder}/${i}.zarr`, voxels, false);
      for (const input of [`${i}.nrrd`, `${i}.zarr`]) {
        const convert = () =>
          convertVolume(`${folder}/${input}`, `${folder}/out`, { dtype: "float32", anisotropy: 1 });
        await rejected(convert, message);
      }
    }
    const exact = Uint32Array.from({ length: 4 * 6 * 70 }, (_, i) => i * 4096);
    writeNrrdOf(`${folder}/exact.nrrd`, exact, true);
    const { path } = await convertVolume(`${folder}/exact.nrrd`, `${folder}/exact-out`, {
      dtype: "float32",
      anisotropy: 1,
    });
    assert.deepEqual(await voxelsIn(path), Float32Array.from(exact));
  }));

for (
  const [dtype, fill] of [["uint64", "18446744073709551615"], ["uint64", "9007199254740993"], [
    "int64",
    "-9223372036854775808",
  ]] as const
) {
  Deno.test(`convertVolume() fills what was never written with ${fill} of ${dtype}, exactly`, () =>
    inTempFolder(async (folder) => {
      const version2 = `{"zarr_format":2,"shape":[4,4,4],"chunks":[4,4,4],"dtype":"${
        dtype === "uint64" ? "<u8" : "<i8"
      }","compressor":null,"fill_value":${fill},"order":"C","filters":null}`;
      const version3 =
        `{"zarr_format":3,"node_type":"array","shape":[4,4,4],"data_type":"${dtype}","chunk_grid":{"name":"regular","configuration":{"chunk_shape":[4,4,4]}},"chunk_key_encoding":{"name":"default"},"fill_value":${fill},"codecs":[{"name":"bytes","configuration":{"endian":"little"}}]}`;
      for (const [name, text] of [[".zarray", version2], ["zarr.json", version3]] as const) {
        Deno.mkdirSync(`${folder}/${name}.zarr`);
        Deno.writeTextFileSync(`${folder}/${name}.zarr/${name}`, text);
        await convertVolume(`${folder}/${name}.zarr`, `${folder}/${name}-out`, { dtype, anisotropy: 1 });
        const voxels = await voxelsIn(`${folder}/${name}-out`);
        assert.ok(voxels.length === 64 && voxels.every((value: unknown) => value === BigInt(fill)));
      }
    }));
}

Deno.test("ccboost convert, export and info keep ids, and labels of 16 bits become OME-Zarr", () =>
  inTempFolder(async (folder) => {
    const ids = Uint32Array.from({ length: 4 * 6 * 70 }, (_, i) => 16777216 + i % 2);
    writeNrrdOf(`${folder}/ids.nrrd`, ids, true);
    writeNrrdOf(`${folder}/ids16.nrrd`, Uint16Array.from(ids, (id) => id % 60000), true);
    const { dtype } = resultOf(
      await ccboost("convert", `${folder}/ids.nrrd`, `${folder}/ids.zarr`, "--json"),
    );
    assert.equal(dtype, "uint32");
    assert.deepEqual(await voxelsIn(`${folder}/ids.zarr`), ids);
    await ccboost("export", `${folder}/ids.zarr`, `${folder}/o.nrrd`);
    assert.deepEqual(voxelsOf("uint32", Deno.readFileSync(`${folder}/o.nrrd`).slice(-4 * ids.length)), ids);
    const labels = await ccboost("export", `${folder}/ids16.nrrd`, `${folder}/ids.ome.zarr`, "--labels");
    assert.equal(labels.code, 0, labels.err);
    assert.equal(resultOf(await ccboost("info", `${folder}/ids.ome.zarr`, "--json"))["dtype"], "uint16");
    writeNrrdOf(`${folder}/f.nrrd`, Float32Array.from(ids), true);
    const refused = await ccboost("export", `${folder}/f.nrrd`, `${folder}/f.ome.zarr`, "--labels");
    assert.match(refused.err, /f\.nrrd: voxels are float32; labels are whole numbers/);
  }));

Deno.test("ccboost convert and export keep 8-bit volumes of several components, which no run takes for an image", () =>
  inTempFolder(async (folder) => {
    const head =
      "NRRD0004\ntype: uint8\ndimension: 4\nsizes: 3 4 4 2\nkinds: vector domain domain domain\nencoding: raw\n\n";
    const voxels = Uint8Array.from({ length: 96 }, (_, i) => i);
    Deno.writeFileSync(`${folder}/v.nrrd`, new Uint8Array([...new TextEncoder().encode(head), ...voxels]));
    const { dtype, components } = resultOf(
      await ccboost("convert", `${folder}/v.nrrd`, `${folder}/v.zarr`, "--json"),
    );
    assert.deepEqual([dtype, components], ["uint8", 3]);
    assert.equal((await ccboost("export", `${folder}/v.zarr`, `${folder}/o.nrrd`)).code, 0);
    assert.deepEqual(Deno.readFileSync(`${folder}/o.nrrd`).slice(-96), voxels);
    const convert = () =>
      convertVolume(`${folder}/v.nrrd`, `${folder}/raw.zarr`, { dtype: "uint8", anisotropy: 1 });
    await rejected(convert, /uint8 with 3 components a voxel; expected uint8 with 1/);
  }));
