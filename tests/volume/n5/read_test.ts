/** N5 datasets of every type and compression, regions and groups of resolutions. */
import assert from "node:assert/strict";
import { deflateSync, gzipSync, zstdCompressSync } from "node:zlib";
import type { Dtype } from "../../../src/volume/dtype.ts";
import { describeVolumeFile } from "../../../src/volume/open.ts";
import type { Region } from "../../../src/volume/region.ts";
import { ccboostHere as ccboost } from "../../helpers/cli_process.ts";
import { BZIP2, lz4Frames, N5_LAYOUT, type N5Layout, writeN5 } from "../../helpers/n5_files.ts";
import { rejected } from "../../helpers/hostile_files.ts";
import { serveFolder } from "../../helpers/serve_folder.ts";
import { expected, PART, readBox, valueAt, WHOLE } from "../../helpers/small_boxes.ts";
import { inTempFolder } from "../../helpers/temp_folder.ts";
import { converted } from "../../helpers/volume_files.ts";

const read = (path: string, dtype: Dtype, region?: Region) => readBox("n5", path, dtype, region);
const TYPES = [
  "uint8",
  "int8",
  "uint16",
  "int16",
  "uint32",
  "int32",
  "uint64",
  "int64",
  "float32",
  "float64",
] as const;

Deno.test("openVolume() reads N5 of every type, cut and padded blocks, whole and in parts", () =>
  inTempFolder(async (folder) => {
    for (const dataType of TYPES) {
      for (const isPadded of [false, true]) {
        const path = `${folder}/${dataType}-${isPadded}`;
        writeN5(path, { ...N5_LAYOUT, dataType, isPadded }, valueAt);
        const { format, shape, dtype, voxelSize } = await describeVolumeFile(path);
        assert.deepEqual([format, shape, dtype, voxelSize], ["n5", [3, 10, 12], dataType, undefined]);
        assert.deepEqual(await read(path, dataType), expected(WHOLE));
        assert.deepEqual(await read(path, dataType, PART), expected(PART));
      }
    }
  }));

const COMPRESSIONS: readonly (readonly [compression: unknown, pack: N5Layout["pack"]])[] = [
  [{ type: "raw" }, (bytes) => bytes],
  [{ type: "gzip", level: 5 }, gzipSync],
  [{ type: "gzip", useZlib: true }, deflateSync],
  [{ type: "zstd", level: 3 }, zstdCompressSync],
  [{ type: "lz4", blockSize: 65536 }, lz4Frames],
];

Deno.test("openVolume() reads N5 of each compression that it knows, also as version 1 names it", () =>
  inTempFolder(async (folder) => {
    for (const [place, [compression, pack = (bytes: Uint8Array) => bytes]] of COMPRESSIONS.entries()) {
      const path = `${folder}/${place}`;
      writeN5(path, { ...N5_LAYOUT, dataType: "uint16", compression, pack }, valueAt);
      assert.deepEqual(await read(path, "uint16"), expected(WHOLE));
    }
    const bzip2 = { dimensions: [5, 4, 2], compression: { type: "bzip2", blockSize: 9 }, pack: () => BZIP2 };
    writeN5(`${folder}/bzip2`, { ...N5_LAYOUT, ...bzip2 }, () => 3);
    const { voxels } = await converted(`${folder}/bzip2`, `${folder}/bzip2.zarr`);
    assert.deepEqual(voxels, new Uint8Array(40).fill(3));
    const old = `${folder}/old`;
    writeN5(old, { ...N5_LAYOUT, compression: undefined, attributes: { compressionType: "gzip" } }, valueAt);
    assert.deepEqual(await read(old, "uint8"), expected(WHOLE));
  }));

Deno.test("openVolume() reads blocks of N5 that were never written as zeros", () =>
  inTempFolder(async (folder) => {
    writeN5(`${folder}/v`, { ...N5_LAYOUT, isWritten: ([x]) => x !== 1 }, valueAt);
    const isGone = (x = 0) => x >= 5 && x < 10;
    assert.deepEqual(
      await read(`${folder}/v`, "uint8"),
      expected(WHOLE, (place) => isGone(place[0]) ? 0 : valueAt(place)),
    );
    writeN5(`${folder}/empty`, { ...N5_LAYOUT, isWritten: () => false }, valueAt);
    assert.deepEqual(await read(`${folder}/empty`, "uint8"), expected(WHOLE, () => 0));
  }));

/** Attributes of a group, of its finest level and of the second, and the voxel size of both in nm, z, y, x. */
const SIZES: readonly (readonly [
  name: string,
  group: Record<string, unknown>,
  levels: readonly [Record<string, unknown>, Record<string, unknown>],
  sizes: readonly [readonly number[], readonly number[]],
])[] = [
  [
    "COSEM",
    {
      multiscales: [{
        datasets: [{ path: "s0", transform: {} }, { path: "s1", transform: {} }],
        name: "raw",
      }],
    },
    [
      {
        transform: {
          axes: ["z", "y", "x"],
          scale: [5.24, 4, 3],
          translate: [0, 0, 0],
          units: ["nm", "nm", "nm"],
        },
      },
      {
        transform: {
          axes: ["z", "y", "x"],
          scale: [10.48, 8, 6],
          translate: [0, 0, 0],
          units: ["nm", "nm", "nm"],
        },
      },
    ],
    [[5.24, 4, 3], [10.48, 8, 6]],
  ],
  [
    "COSEM, in the group alone",
    {
      multiscales: [{
        datasets: [1, 2].map((by, level) => ({
          path: `s${level}`,
          transform: { axes: ["z", "y", "x"], scale: [5 * by, 4 * by, 3 * by], units: ["nm", "nm", "nm"] },
        })),
      }],
    },
    [{}, {}],
    [[5, 4, 3], [10, 8, 6]],
  ],
  [
    "the resolution of each level, as n5-spark writes it",
    {},
    [
      { pixelResolution: { dimensions: [3, 4, 5], unit: "nm" } },
      { pixelResolution: { dimensions: [6, 8, 10], unit: "nm" } },
    ],
    [[5, 4, 3], [10, 8, 6]],
  ],
  [
    "the N5 viewer",
    { pixelResolution: { dimensions: [0.003, 0.004, 0.005], unit: "um" } },
    [{ downsamplingFactors: [1, 1, 1] }, { downsamplingFactors: [2, 2, 1] }],
    [[5, 4, 3], [5, 8, 6]],
  ],
  [
    "the N5 viewer, in its old form",
    { pixelResolution: [0.003, 0.004, 0.005], scales: [[1, 1, 1], [2, 2, 1]] },
    [{}, {}],
    [[5, 4, 3], [5, 8, 6]],
  ],
  [
    "OME",
    {
      multiscales: [{
        axes: ["z", "y", "x"].map((name) => ({ name, type: "space", unit: "micrometer" })),
        datasets: [1, 2].map((by, level) => ({
          path: `s${level}`,
          coordinateTransformations: [{ type: "scale", scale: [0.005 * by, 0.004 * by, 0.003 * by] }],
        })),
      }],
    },
    [{}, {}],
    [[5, 4, 3], [10, 8, 6]],
  ],
  [
    "Paintera",
    { multiScale: true, resolution: [3, 4, 5], offset: [0, 0, 0] },
    [{}, { downsamplingFactors: [2, 2, 2] }],
    [[5, 4, 3], [10, 8, 6]],
  ],
  [
    "ImageJ",
    {},
    [
      { pixelWidth: 3, pixelHeight: 4, pixelDepth: 5, pixelUnit: "nm", numSlices: 3, numChannels: 1 },
      { pixelWidth: 6, pixelHeight: 8, pixelDepth: 10, pixelUnit: "nm" },
    ],
    [[5, 4, 3], [10, 8, 6]],
  ],
];

for (const [name, group, levels, sizes] of SIZES) {
  Deno.test(`openVolume() opens the finest level of a group and each by its name, with voxel sizes as of ${name}`, () =>
    inTempFolder(async (folder) => {
      const path = `${folder}/v.n5/em`;
      for (const [level, attributes] of levels.entries()) {
        const dimensions = level === 0 ? [12, 10, 3] : [6, 5, 2];
        writeN5(`${path}/s${level}`, { ...N5_LAYOUT, dimensions, attributes }, valueAt);
      }
      Deno.writeTextFileSync(`${path}/attributes.json`, JSON.stringify(group));
      Deno.writeTextFileSync(`${folder}/v.n5/attributes.json`, `{"n5":"2.5.1"}`);
      const round = (size: readonly number[] | undefined) =>
        size?.map((value) => Number(value.toPrecision(9)));
      const found = [path, `${path}/s0`, `${path}/s1`].map((one) => describeVolumeFile(one));
      const [finest, first, second] = await Promise.all(found);
      assert.deepEqual([finest?.shape, round(finest?.voxelSize)], [[3, 10, 12], sizes[0]]);
      assert.deepEqual(round(first?.voxelSize), sizes[0]);
      assert.deepEqual([second?.shape, round(second?.voxelSize)], [[2, 5, 6], sizes[1]]);
    }));
}

Deno.test("openVolume() opens a data set of Paintera, and says what there is in a group without resolutions", () =>
  inTempFolder(async (folder) => {
    const path = `${folder}/v.n5/raw`;
    writeN5(`${path}/data/s0`, N5_LAYOUT, valueAt);
    Deno.writeTextFileSync(`${path}/data/attributes.json`, `{"multiScale":true,"resolution":[4,4,40]}`);
    Deno.writeTextFileSync(`${path}/attributes.json`, `{"painteraData":{"type":"raw"}}`);
    Deno.writeTextFileSync(`${folder}/v.n5/attributes.json`, `{"n5":"2.5.1"}`);
    assert.deepEqual((await describeVolumeFile(path)).voxelSize, [40, 4, 4]);
    assert.deepEqual(await read(path, "uint8"), expected(WHOLE));
    await rejected(
      () => describeVolumeFile(`${folder}/v.n5`),
      /an N5 group, not an array, with the arrays raw\/data\/s0 \(3 x 10 x 12\); use one of them, such as .*s0/,
    );
    await rejected(
      () => describeVolumeFile(`${folder}/v.n5/row`),
      /no array row in the N5 group .* raw\/data\/s0/,
    );
  }));

Deno.test("openVolume() takes one channel of an N5 dataset, wherever ImageJ has put that axis", () =>
  inTempFolder(async (folder) => {
    const layout = { ...N5_LAYOUT, dimensions: [12, 10, 3, 2], blockSize: [5, 4, 2, 1] };
    writeN5(`${folder}/last`, layout, valueAt);
    const channel = { ...N5_LAYOUT, dimensions: [12, 10, 2, 3], blockSize: [5, 4, 2, 2] };
    const attributes = { pixelWidth: 1, numChannels: 2, numSlices: 3, numFrames: 1 };
    writeN5(
      `${folder}/imagej`,
      { ...channel, attributes },
      ([x = 0, y = 0, c = 0, z = 0]) => valueAt([x, y, z, c]),
    );
    for (const name of ["last", "imagej"]) {
      const path = `${folder}/${name}`;
      assert.deepEqual((await describeVolumeFile(path)).components, 2);
      assert.deepEqual(
        await read(`${path}#channel=1`, "uint8"),
        expected(WHOLE, (place) => valueAt([...place, 1])),
      );
    }
  }));

Deno.test("convertVolume() reads N5 from a folder and over http, and knows it again by its metadata", () =>
  inTempFolder(async (folder) => {
    writeN5(`${folder}/v.n5/s0`, { ...N5_LAYOUT, isWritten: ([x]) => x !== 2 }, valueAt);
    const values = expected(WHOLE, (place) => (place[0] ?? 0) >= 10 ? 0 : valueAt(place));
    assert.deepEqual([...(await converted(`${folder}/v.n5`, `${folder}/here`)).voxels], values);
    await using server = serveFolder(folder);
    for (const address of [`${server.address}/v.n5`, `${server.address}/v.n5/s0/`]) {
      assert.equal((await describeVolumeFile(address)).format, "n5");
      assert.deepEqual([...(await converted(address, `${folder}/out`)).voxels], values);
    }
    // A store of objects that answers 403 for what is not there.
    await using strict = serveFolder(folder, (path) => {
      const isThere = /attributes\.json$|s0\/0\/0\/0/.test(path);
      return isThere ? undefined : new Response("no", { status: 403 });
    });
    await rejected(() => converted(`${strict.address}/v.n5/s0`, `${folder}/strict`), /403 \(forbidden\)/);
    assert.equal((await describeVolumeFile(`${strict.address}/v.n5/s0#absent=403`)).format, "n5");
  }));

Deno.test("ccboost info shows an N5 dataset with its compression", () =>
  inTempFolder(async (folder) => {
    writeN5(`${folder}/v`, { ...N5_LAYOUT, attributes: { resolution: [4, 5, 50] } }, valueAt);
    const { code, out } = await ccboost("info", `${folder}/v`);
    assert.equal(code, 0);
    assert.match(
      out,
      /: N5, 12 x 10 x 3 voxels \(x, y, z\), uint8, .*\n.*compression: gzip\nvoxel size: 4 x 5 x 50 nm/,
    );
  }));
