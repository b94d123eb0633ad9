/** NIfTI files of both versions, and damaged ones. */
import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { bytesPerVoxel, type SourceDtype } from "../../src/volume/dtype.ts";
import { describeVolumeFile, openVolume } from "../../src/volume/open.ts";
import { swapBytes } from "../../src/volume/byte_order.ts";
import { viewAs } from "../../src/volume/unpack.ts";
import { concat, gzipBomb, rejected } from "../helpers/hostile_files.ts";
import { niftiBytes, type NiftiLayout } from "../helpers/nifti_files.ts";
import { pythonWith } from "../helpers/other_programs.ts";
import { inTempFolder } from "../helpers/temp_folder.ts";
import { converted, noise } from "../helpers/volume_files.ts";

/** All values of a file, read row by row or at once. */
async function read(path: string, rowsAtOnce = 10): Promise<number[]> {
  const open = await openVolume(path);
  assert.ok(open.kind === "rows" && open.format === "nifti");
  const { shape: [depth, height, width], dtype, littleEndian } = open.source;
  const values: number[] = [];
  try {
    for (let z = 0; z < depth; z++) {
      for (let y = 0; y < height; y += rowsAtOnce) {
        const rows = Math.min(rowsAtOnce, height - y);
        const bytes = new Uint8Array(rows * width * bytesPerVoxel(dtype));
        await open.source.readRows(z, y, rows, bytes);
        if (!littleEndian) swapBytes(bytes, bytesPerVoxel(dtype));
        values.push(...Array.from(viewAs(dtype, bytes) as Iterable<number | bigint>, Number));
      }
    }
    await open.source.finish();
  } finally {
    open.source.close();
  }
  return values;
}

const TYPES: readonly (readonly [number: number, dtype: SourceDtype])[] = [
  [2, "uint8"],
  [4, "int16"],
  [8, "int32"],
  [16, "float32"],
  [64, "float64"],
  [256, "int8"],
  [512, "uint16"],
  [768, "uint32"],
  [1024, "int64"],
  [1280, "uint64"],
];
const VALUES = Array.from({ length: 360 }, (_, index) => (7 * index) % 121);

/** The bytes of values in a byte order. */
function stored(dtype: SourceDtype, values: readonly number[], littleEndian = true): Uint8Array {
  const bytes = new Uint8Array(values.length * bytesPerVoxel(dtype));
  const voxels = viewAs(dtype, bytes);
  for (const [index, value] of values.entries()) {
    if (voxels instanceof BigInt64Array || voxels instanceof BigUint64Array) voxels[index] = BigInt(value);
    else voxels[index] = value;
  }
  if (!littleEndian) swapBytes(bytes, bytesPerVoxel(dtype));
  return bytes;
}

Deno.test("openVolume() reads NIfTI of both versions and byte orders and every type, also in gzip", () =>
  inTempFolder(async (folder) => {
    for (const version of [1, 2] as const) {
      for (const littleEndian of [true, false]) {
        for (const [type, dtype] of TYPES) {
          const file = niftiBytes(stored(dtype, VALUES, littleEndian), { version, littleEndian, type });
          for (const [name, bytes] of [["v.nii", file], ["v.nii.gz", gzipSync(file)]] as const) {
            Deno.writeFileSync(`${folder}/${name}`, bytes);
            const found = await describeVolumeFile(`${folder}/${name}`);
            assert.deepEqual([found.format, found.shape, found.dtype], ["nifti", [3, 10, 12], dtype]);
            assert.deepEqual(found.voxelSize, [50000, 5000, 4000]);
            assert.deepEqual(await read(`${folder}/${name}`, 3), VALUES);
          }
        }
      }
    }
    // Random access, and through the conversion.
    Deno.writeFileSync(`${folder}/raw.nii`, niftiBytes(noise(360)));
    assert.deepEqual((await converted(`${folder}/raw.nii`, `${folder}/out`)).voxels, noise(360));
  }));

Deno.test("openVolume() takes one time point and channel of NIfTI, and asks for them", () =>
  inTempFolder(async (folder) => {
    const all = Array.from({ length: 6 }, (_, place) => VALUES.map((value) => (value + place) % 120)).flat();
    const file = niftiBytes(stored("uint8", all), { dim: [12, 10, 3, 2, 3, 1] });
    for (const [name, bytes] of [["v.nii", file], ["v.nii.gz", gzipSync(file)]] as const) {
      Deno.writeFileSync(`${folder}/${name}`, bytes);
      for (const [time, channel] of [[0, 0], [1, 0], [1, 2]] as const) {
        const place = 2 * channel + time;
        const values = await read(`${folder}/${name}#channel=${channel},time=${time}`);
        assert.deepEqual(values, all.slice(360 * place, 360 * (place + 1)));
      }
      await rejected(
        () => describeVolumeFile(`${folder}/${name}`),
        /has 2 time points, 3 channels; choose one/,
      );
      await rejected(
        () => describeVolumeFile(`${folder}/${name}#channel=3,time=0`),
        /has no channel 3: 2 time points, 3 channels/,
      );
      await rejected(() => describeVolumeFile(`${folder}/${name}#channel=0,time=2`), /has no time point 2/);
    }
  }));

Deno.test("openVolume() applies the slope and the offset of NIfTI and says so, or refuses them", () =>
  inTempFolder(async (folder) => {
    const path = `${folder}/v.nii`;
    const bytes = stored("int16", VALUES, false);
    Deno.writeFileSync(path, niftiBytes(bytes, { type: 4, littleEndian: false, slope: 0.5, offset: -3 }));
    const { dtype, notes } = await describeVolumeFile(path);
    assert.equal(dtype, "float32");
    assert.match(notes?.join() ?? "", /values are -3 \+ 0\.5 x the stored values, as its header says/);
    assert.deepEqual(await read(path, 4), VALUES.map((value) => value / 2 - 3));
    for (const [slope, offset] of [[0, 7], [NaN, NaN], [1, 0]] as const) {
      Deno.writeFileSync(path, niftiBytes(bytes, { type: 4, littleEndian: false, slope, offset }));
      assert.deepEqual([(await describeVolumeFile(path)).dtype, await read(path)], ["int16", VALUES]);
    }
    for (const [type, slope, offset] of [[8, 2, 0], [1280, 1, 5], [64, 3, 0], [4, 2, NaN]] as const) {
      Deno.writeFileSync(path, niftiBytes(new Uint8Array(2880), { type, slope, offset }));
      await rejected(() => describeVolumeFile(path), /x the stored values of .*, which is not applied here/);
    }
  }));

Deno.test("describeVolumeFile() reads the voxel size of NIfTI with its unit, and none without", () =>
  inTempFolder(async (folder) => {
    const cases: readonly (readonly [layout: NiftiLayout, size: readonly number[] | undefined])[] = [
      [{ units: 2, sizes: [4e-6, 4e-6, 5e-5] }, [50, 4, 4]],
      [{ units: 2 | 8, sizes: [0.0046, 0.0046, 0.05] }, [50000, 4600, 4600]],
      [{ units: 1, sizes: [1e-9, 1e-9, 1e-8] }, [10, 1, 1]],
      [{ version: 2, units: 3, sizes: [0.004, 0.005, 0.05] }, [50, 5, 4]],
      [{ units: 0 }, undefined],
      [{ sizes: [0, 4, 5] }, undefined],
      [{ sizes: [NaN, 4, 5] }, undefined],
      [{ sizes: [-4, 4, 5] }, undefined],
    ];
    for (const [layout, size] of cases) {
      Deno.writeFileSync(`${folder}/v.nii`, niftiBytes(noise(360), layout));
      assert.deepEqual((await describeVolumeFile(`${folder}/v.nii`)).voxelSize, size);
    }
  }));

const GOOD = niftiBytes(noise(360));
const HOSTILE: readonly (readonly [name: string, bytes: Uint8Array, message: RegExp])[] = [
  [
    "voxels that are cut off",
    GOOD.subarray(0, 700),
    /truncated or damaged: 700 bytes, expected 712 by its header/,
  ],
  ["a header that is cut off", GOOD.subarray(0, 347), /expected a TIFF/],
  ["no axes", niftiBytes(noise(360), { dim: [] }), /a NIfTI file of 0 axes; expected 1 to 7/],
  [
    "9 axes",
    niftiBytes(noise(360), { dim: [12, 10, 3, 1, 1, 1, 1, 1, 1].slice(0, 7), version: 2 }).fill(9, 16, 17),
    /of 9 axes/,
  ],
  ["a length of 0", niftiBytes(noise(360), { dim: [12, 0, 3] }), /expected whole numbers from 1/],
  ["negative lengths", niftiBytes(noise(360), { dim: [12, -10, 3] }), /expected whole numbers from 1/],
  [
    "lengths of 2^60",
    niftiBytes(noise(360), { version: 2, dim: [2 ** 60, 10, 3] }),
    /expected (whole numbers|at most)/,
  ],
  [
    "rows of 2^24 doubles",
    niftiBytes(noise(360), { version: 2, type: 64, dim: [2 ** 24, 1, 1] }),
    /rows of 134217728 bytes/,
  ],
  [
    "2^20 slices that are not there",
    niftiBytes(noise(360), { version: 2, dim: [12, 10, 2 ** 20] }),
    /truncated or damaged/,
  ],
  [
    "a sixth axis",
    niftiBytes(noise(360), { dim: [12, 10, 1, 1, 1, 3] }),
    /axes of 12 x 10 x 1 x 1 x 1 x 3; expected x, y, z, time/,
  ],
  ["times of -1", niftiBytes(noise(360), { dim: [12, 10, 3, -1] }), /axes of 12 x 10 x 3 x -1/],
  ["times of 2^62", niftiBytes(noise(360), { version: 2, dim: [12, 10, 3, 2 ** 62] }), /axes of/],
  ["RGB", niftiBytes(noise(1080), { type: 128 }), /NIfTI data type 128; expected integers/],
  [
    "voxels within the header",
    niftiBytes(noise(360), { start: 100 }),
    /its voxels begin at byte 100; expected .* from 352/,
  ],
  ["voxels at a fraction", niftiBytes(noise(360), { start: 352.5 }), /begin at byte 352\.5/],
  ["voxels at infinity", niftiBytes(noise(360), { start: Infinity }), /begin at byte Infinity/],
  ["voxels at NaN", niftiBytes(noise(360), { start: NaN }), /begin at byte NaN/],
  ["voxels behind the end", niftiBytes(noise(360), { start: 1 << 20 }), /truncated or damaged/],
  [
    "gzip that is cut off",
    gzipSync(niftiBytes(crypto.getRandomValues(new Uint8Array(360)))).subarray(0, 400),
    /damaged or truncated gzip/,
  ],
  ["gzip of fewer voxels", gzipSync(GOOD.subarray(0, 700)), /348 bytes of voxels, expected 360/],
  ["gzip of more", gzipSync(concat(GOOD, new Uint8Array(9))), /bytes of voxels, expected 360/],
  [
    "few bytes of gzip that claim to be many voxels",
    gzipSync(niftiBytes(noise(0), { dim: [4000, 4000, 4000] })),
    /cannot hold the/,
  ],
  ["only the beginning of gzip", gzipSync(GOOD).subarray(0, 40), /a gzip file|damaged/],
  ["a bomb of zeros", gzipBomb(64), /a gzip file/],
  [
    "a header for voxels in another file",
    GOOD.map((byte, at) => at === 345 ? 0x69 : byte),
    /a NIfTI header without voxels; .*save both files as one/,
  ],
];

for (const [name, bytes, message] of HOSTILE) {
  Deno.test(`convertVolume() rejects NIfTI with ${name}`, () =>
    inTempFolder(async (folder) => {
      Deno.writeFileSync(`${folder}/v.nii`, bytes);
      await rejected(() => converted(`${folder}/v.nii`, `${folder}/out`), message);
    }));
}

const PYTHON = pythonWith("nibabel", "numpy");
const WRITE = `
import sys, numpy, nibabel
z, y, x = numpy.mgrid[:3, :10, :12]
values = ((7 * (x + 12 * y + 120 * z)) % 121).T
for name, image in (("1", nibabel.Nifti1Image), ("2", nibabel.Nifti2Image)):
    for dtype in ("u1", "i1", "u2", "i2", "u4", "i4", "u8", "i8", "f4", "f8"):
        for ending in (".nii", ".nii.gz"):
            one = image(values.astype(dtype), numpy.diag([0.004, 0.005, 0.05, 1]), dtype=numpy.dtype(dtype))
            one.header.set_xyzt_units("micron", "sec")
            nibabel.save(one, f"{sys.argv[1]}/{name}-{dtype}{ending}")
            print(f"{name}-{dtype}{ending}")
scaled = nibabel.Nifti1Image(values * 0.25, numpy.eye(4))
scaled.set_data_dtype("i2")
nibabel.save(scaled, f"{sys.argv[1]}/scaled.nii")
print(*nibabel.load(f"{sys.argv[1]}/scaled.nii").get_fdata().T.astype("f4").ravel(), file=sys.stderr)
`;

Deno.test({
  name: "openVolume() reads what nibabel writes, of each type, and values that it scales",
  ignore: PYTHON === undefined,
  fn: () =>
    inTempFolder(async (folder) => {
      const output = await new Deno.Command(PYTHON ?? "", { args: ["-c", WRITE, folder] }).output();
      const [out, err] = [output.stdout, output.stderr].map((bytes) => new TextDecoder().decode(bytes));
      assert.ok(output.success, err);
      const names = (out ?? "").trim().split("\n");
      assert.equal(names.length, 40);
      for (const name of names) {
        assert.deepEqual((await describeVolumeFile(`${folder}/${name}`)).voxelSize, [50, 5, 4], name);
        assert.deepEqual(await read(`${folder}/${name}`), VALUES, name);
      }
      const scaled = await read(`${folder}/scaled.nii`);
      const expected = (err ?? "").trim().split(/\s+/).map(Number);
      assert.equal(expected.length, 360);
      for (const [index, value] of scaled.entries()) {
        assert.ok(Math.abs(value - (expected[index] ?? NaN)) < 1e-5);
      }
    }),
});
