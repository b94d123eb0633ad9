/** HDF5, MRC and PNG files, and axes, that someone else made, to do harm or by accident. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { convertVolume } from "../../src/stages/convert/convert.ts";
import { placeAxes } from "../../src/volume/axes.ts";
import { describeVolumeFile } from "../../src/volume/open.ts";
import { undoDifferences, undoFloatDifferences } from "../../src/volume/tiff/predictor.ts";
import { createZarr, openZarr, readRegion } from "../../src/volume/zarr/mod.ts";
import { hdf5Seeds, mrcSeeds, pngBytes } from "../fuzz/image_seeds.ts";
import { rejected } from "../helpers/hostile_files.ts";
import { inTempFolder } from "../helpers/temp_folder.ts";
import { noise, tiffBytes } from "../helpers/tiff_files.ts";

const convert = (path: string, out: string) => convertVolume(path, out, { dtype: "uint8", anisotropy: 1 });

const MRC: readonly (readonly [name: string, change: (view: DataView) => void, message: RegExp])[] = [
  ["mode 3", (view) => view.setInt32(12, 3, true), /MRC mode 3; expected 0, 1, 2 or 6/],
  ["no columns", (view) => view.setInt32(0, 0, true), /0 x 10 x 3 voxels .*; expected whole numbers from 1/],
  ["negative rows", (view) => view.setInt32(4, -10, true), /12 x -10 x 3 voxels/],
  [
    "2^31 sections",
    (view) => view.setInt32(8, 2 ** 31 - 1, true),
    /2147483647 voxels .*expected at most 16777216/,
  ],
  [
    "more sections than it has",
    (view) => view.setInt32(8, 4, true),
    /truncated or damaged: 360 bytes of voxels/,
  ],
  [
    "a header beyond its end",
    (view) => view.setInt32(92, 1 << 30, true),
    /truncated or damaged: -?\d+ bytes/,
  ],
  ["a header of negative length", (view) => view.setInt32(92, -500, true), /truncated or damaged/],
  [
    "columns along z",
    (view) => [3, 2, 1].forEach((axis, index) => view.setInt32(64 + 4 * index, axis, true)),
    /its columns, rows and sections are z, y, x; expected x, y, z: permute/,
  ],
  ["another stamp and mode", (view) => {
    view.setUint8(212, 7);
    view.setInt32(12, 0x01010101, true);
  }, /machine stamp 7; expected 68 or 17/],
];

for (const [name, change, message] of MRC) {
  Deno.test(`describeVolumeFile() rejects an MRC file with ${name}`, () =>
    inTempFolder(async (folder) => {
      const bytes = mrcSeeds()[0]?.files.get("v.mrc")?.slice() ?? new Uint8Array(0);
      change(new DataView(bytes.buffer));
      Deno.writeFileSync(`${folder}/v.mrc`, bytes);
      await rejected(() => describeVolumeFile(`${folder}/v.mrc`), message);
    }));
}

const HEADER = 16;
const PNG: readonly (readonly [name: string, change: (bytes: Uint8Array) => void, message: RegExp])[] = [
  ["colour", (bytes) => bytes[HEADER + 9] = 2, /a PNG of 8 bits, colour; expected up to 16-bit grey/],
  ["3 bits", (bytes) => bytes[HEADER + 8] = 3, /a PNG of 3 bits, grey; expected/],
  [
    "no palette",
    (bytes) => bytes[HEADER + 9] = 3,
    /a PNG of 8 bits, a palette that is missing or wrong; expected/,
  ],
  ["interlacing", (bytes) => bytes[HEADER + 12] = 1, /an interlaced PNG/],
  ["no columns", (bytes) => bytes.fill(0, HEADER, HEADER + 4), /0 x 10 x 1 voxels/],
  ["2^31 rows", (bytes) => bytes[HEADER + 4] = 0x7f, /expected at most 16777216 on an axis/],
  ["2^23 rows", (bytes) => bytes[HEADER + 5] = 0x7f, /compressed bytes cannot hold the 108\d+ bytes/],
  ["one row more than it has", (bytes) => bytes[HEADER + 7] = 11, /damaged: it ends in row 10; copy/],
  [
    "a damaged stream",
    (bytes) => bytes.fill(0xa5, bytes.length - 80, bytes.length - 40),
    /damaged: .*copy or save/,
  ],
];

for (const [name, change, message] of PNG) {
  Deno.test(`convertVolume() rejects a PNG with ${name}`, () =>
    inTempFolder(async (folder) => {
      const bytes = pngBytes(noise(120), [10, 12], 8);
      change(bytes);
      Deno.writeFileSync(`${folder}/v.png`, bytes);
      await rejected(() => convert(`${folder}/v.png`, `${folder}/out`), message);
    }));
}

Deno.test("convertVolume() reads a PNG with a palette of greys, and one of colours only as labels", () =>
  inTempFolder(async (folder) => {
    const path = `${folder}/v.png`;
    const stored = Uint8Array.from([0, 0, 1, 1]); // without a filter in the first row only
    const colours = Uint8Array.of(9, 9, 9, 7, 7, 7);
    Deno.writeFileSync(path, pngBytes(stored.subarray(2), [1, 2], 8, colours));
    const { path: made } = await convert(path, `${folder}/out`);
    const voxels = new Uint8Array(2);
    await readRegion(await openZarr(made), { start: [0, 0, 0], shape: [1, 1, 2] }, voxels);
    assert.deepEqual([...voxels], [7, 7]);
    colours[4] = 8;
    Deno.writeFileSync(path, pngBytes(stored.subarray(2), [1, 2], 8, colours));
    await rejected(() => convert(path, `${folder}/out`), /places in a palette of colours; expected an image/);
    assert.equal((await describeVolumeFile(path)).isPalette, true);
    const labels = await convertVolume(path, `${folder}/labels`, {
      dtype: "uint8",
      labels: "1/0",
      anisotropy: 1,
    });
    await readRegion(labels, { start: [0, 0, 0], shape: [1, 1, 2] }, voxels);
    assert.deepEqual([...voxels], [0, 0]);
  }));

Deno.test("convertVolume() rejects a PNG, MRC or HDF5 file that is cut off anywhere", () =>
  inTempFolder(async (folder) => {
    const files = [
      pngBytes(noise(120), [10, 12], 8),
      mrcSeeds()[0]?.files.get("v.mrc"),
      ...(await hdf5Seeds()).map(({ files }) => files.get("v.h5")),
    ];
    for (const [index, whole = new Uint8Array(0)] of files.entries()) {
      // A PNG's last chunk is empty and looked for by nobody.
      const end = index === 0 ? whole.length - 24 : whole.length - 1;
      for (let length = 0; length < end; length += 1 + Math.floor(end / 40)) {
        Deno.writeFileSync(`${folder}/v`, whole.subarray(0, length));
        await rejected(() => convert(`${folder}/v`, `${folder}/out`), /v: |v:\//);
      }
    }
  }));

Deno.test("describeVolumeFile() says what is in an HDF5 file where the dataset is not told or not there", () =>
  inTempFolder(async (folder) => {
    const [seed] = await hdf5Seeds();
    Deno.writeFileSync(`${folder}/v.h5`, seed?.files.get("v.h5") ?? new Uint8Array(0));
    const { shape, voxelSize } = await describeVolumeFile(`${folder}/v.h5`);
    assert.deepEqual([shape, voxelSize], [[3, 10, 12], [40, 5, 4]]);
    await rejected(
      () => describeVolumeFile(`${folder}/v.h5:/raw`),
      /there is no dataset \/raw in this HDF5 file, which has \/volumes\/raw \(3 x 10 x 12\); name one, such as .*v\.h5:\/volumes\/raw/,
    );
    await rejected(
      () => describeVolumeFile(`${folder}/v.h5:/note`),
      /its axes are 3 without names; expected z, y and x/,
    );
    Deno.writeFileSync(`${folder}/t.h5`, await tiffBytes(noise(120), [4, 6, 5]));
    await rejected(
      () => describeVolumeFile(`${folder}/t.h5:/raw`),
      /t\.h5: no HDF5 file, so there is no \/raw in it/,
    );
  }));

Deno.test("placeAxes() finds z, y and x by names in any order, and by place without names", () => {
  const places = (shape: readonly number[], names?: string) => {
    const { z, y, x, component } = placeAxes("v", shape, names?.split(""));
    return [z, y, x, component];
  };
  assert.deepEqual(places([5, 6, 7]), [0, 1, 2, undefined]);
  assert.deepEqual(places([6, 7]), [undefined, 0, 1, undefined]);
  assert.deepEqual(places([1, 1, 5, 6, 7]), [2, 3, 4, undefined]);
  assert.deepEqual(places([5, 6, 7, 1]), [0, 1, 2, undefined]);
  assert.deepEqual(places([3, 5, 6, 7]), [1, 2, 3, 0]);
  assert.deepEqual(places([1, 1, 1]), [0, 1, 2, undefined]);
  assert.deepEqual(places([1, 7, 6, 5, 2], "txyzc"), [3, 2, 1, 4]);
  assert.deepEqual(places([6, 7], "yx"), [undefined, 0, 1, undefined]);
  for (
    const [shape, names, message] of [
      [[4, 5, 6, 7], "tzyx", /v: its axes are t 4, z 5, y 6, x 7; expected z, y and x/],
      [[5, 6, 7], "zzy", /its axes are z 5, z 6, y 7/],
      [[12, 5, 6, 7], "czyx", /its axes are c 12/],
      [[12, 5, 6, 7], undefined, /its axes are 12, 5, 6, 7 without names/],
      [[7], undefined, /its axes are 7 without names/],
    ] as const
  ) assert.throws(() => places(shape, names), message);
});

Deno.test("describeVolumeFile() rejects OME-Zarr whose levels lie outside it, or are not there", () =>
  inTempFolder(async (folder) => {
    await createZarr(`${folder}/outside`, { shape: [2, 3, 4], chunk: [2, 2, 2], dtype: "uint8" });
    Deno.mkdirSync(`${folder}/v.zarr`);
    const cases: [path: unknown, message: RegExp][] = [
      ["../outside", /v\.zarr: a Zarr group, not an array/],
      [`${folder}/outside`, /a Zarr group, not an array/],
      ["a/../../outside", /a Zarr group, not an array/],
      [7, /a Zarr group, not an array/],
      ["0", /its first level should be the array 0, which is not there/],
    ];
    for (const [path, message] of cases) {
      const group = {
        zarr_format: 3,
        node_type: "group",
        attributes: { ome: { multiscales: [{ datasets: [{ path }] }] } },
      };
      Deno.writeTextFileSync(`${folder}/v.zarr/zarr.json`, JSON.stringify(group));
      await rejected(() => describeVolumeFile(`${folder}/v.zarr`), message);
    }
  }));

Deno.test("describeVolumeFile() rejects OME-TIFF whose pages are elsewhere or not all placed", () =>
  inTempFolder(async (folder) => {
    const cases: [data: string, message: RegExp][] = [
      [
        '<TiffData IFD="0" FirstZ="0"/><TiffData IFD="0" FirstZ="1"/><TiffData IFD="2" FirstZ="2"/>',
        /do not make up the 3 pages/,
      ],
      ['<TiffData IFD="0" FirstZ="2000000000" PlaneCount="3"/>', /places 3 planes from 2000000000 on, of 3/],
      ['<TiffData IFD="7" PlaneCount="3"/>', /do not make up the 3 pages/],
      [
        '<TiffData IFD="0"><UUID FileName="a.tif"/></TiffData><TiffData><UUID FileName="b.tif"/></TiffData>',
        /places plane 0 twice/,
      ],
    ];
    for (const [data, message] of cases) {
      const description = `<OME><Pixels SizeZ="3" SizeC="1" SizeT="1">${data}</Pixels></OME>`;
      Deno.writeFileSync(`${folder}/v.tif`, await tiffBytes(noise(90), [3, 6, 5], { description }));
      await rejected(() => describeVolumeFile(`${folder}/v.tif`), message);
    }
  }));

Deno.test("undoDifferences() and undoFloatDifferences() undo what a writer does, in either byte order", () => {
  const rows = fc.record({
    width: fc.integer({ min: 1, max: 9 }),
    voxelBytes: fc.constantFrom(1, 2, 4, 8),
    littleEndian: fc.boolean(),
    seed: fc.integer({ min: 0, max: 500 }),
  });
  fc.assert(fc.property(rows, ({ seed, ...row }) => {
    const { width, voxelBytes, littleEndian } = row;
    const voxels = noise(1000).subarray(seed, seed + 3 * width * voxelBytes);
    const value = (bytes: Uint8Array, voxel: number) =>
      [...bytes.subarray(voxel * voxelBytes, (voxel + 1) * voxelBytes)][littleEndian ? "reverse" : "slice"]()
        .reduce((sum, byte) => sum * 256n + BigInt(byte), 0n);
    const stored = new Uint8Array(voxels.length);
    const planes = new Uint8Array(voxels.length);
    for (let voxel = 0; voxel < 3 * width; voxel++) {
      const before = voxel % width === 0 ? 0n : value(voxels, voxel - 1);
      let difference = BigInt.asUintN(8 * voxelBytes, value(voxels, voxel) - before);
      const start = (voxel - voxel % width) * voxelBytes;
      for (let byte = 0; byte < voxelBytes; byte++, difference >>= 8n) {
        const place = littleEndian ? byte : voxelBytes - 1 - byte;
        stored[voxel * voxelBytes + place] = Number(difference & 255n);
        const plane = littleEndian ? voxelBytes - 1 - byte : byte;
        planes[start + plane * width + voxel % width] = voxels[voxel * voxelBytes + byte] ?? 0;
      }
    }
    for (let at = planes.length - 1; at > 0; at--) {
      if (at % (width * voxelBytes) !== 0) planes[at] = (planes[at] ?? 0) - (planes[at - 1] ?? 0);
    }
    assert.deepEqual(undoDifferences(stored, row), voxels);
    assert.deepEqual(undoFloatDifferences(planes, row), voxels);
  }));
});
