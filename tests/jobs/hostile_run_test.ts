/** Volumes that do not fit a run: what the run says, from the library and from the command line. */
import assert from "node:assert/strict";
import { encodeTiff } from "../../fixtures/tiff.ts";
import { wholeRegion, type Zyx } from "../../src/volume/region.ts";
import { createZarr, writeRegion } from "../../src/volume/zarr/mod.ts";
import { ccboost } from "../helpers/cli_process.ts";
import { concat, gzipBomb, rejected } from "../helpers/hostile_files.ts";
import { readNrrd, runJob } from "../helpers/run_job.ts";
import { TINY, tinyVolume, writeTiny } from "../helpers/run_tiny.ts";
import { inTempFolder } from "../helpers/temp_folder.ts";

const VOXELS = TINY[0] * TINY[1] * TINY[2];
const SIZES = `${TINY[2]} ${TINY[1]} ${TINY[0]}`;

/** An NRRD file of uncompressed little-endian voxels. */
function nrrd(type: string, sizes: string, voxels: ArrayBufferView<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const dimension = sizes.split(" ").length;
  const header =
    `NRRD0004\ntype: ${type}\ndimension: ${dimension}\nsizes: ${sizes}\nendian: little\nencoding: raw\n\n`;
  return concat(header, new Uint8Array(voxels.buffer));
}

const tiff = (voxels: Uint8Array, shape: Zyx = TINY) => encodeTiff(voxels, shape);
const floats = (count: number, value: (index: number) => number) =>
  Float32Array.from({ length: count }, (_, i) => value(i));
const labels = tinyVolume(1).labels;

/** Files beside those of the tiny job, and what is set. */
interface Case {
  readonly files: Readonly<Record<string, Uint8Array>>;
  readonly set?: readonly string[];
  readonly message: RegExp;
}

const CASES: Readonly<Record<string, Case>> = {
  "an image of one value": {
    files: { "raw.tif": tiff(new Uint8Array(VOXELS).fill(7)) },
    message: /raw\.tif: each of its 48 x 44 x 20 voxels \(x, y, z\) has the value 7; expected an image/,
  },
  "an image of one voxel": {
    files: {
      "raw.tif": tiff(new Uint8Array(1), [1, 1, 1]),
      "labels.tif": tiff(new Uint8Array(1), [1, 1, 1]),
    },
    message: /raw\.tif has 1 voxel along z, too few for borderMinDist/,
  },
  "labels without positives": {
    files: { "labels.tif": tiff(new Uint8Array(VOXELS)) },
    message: /labels\.tif has no voxel of 255 \(positive\): 42240 voxels are 0/,
  },
  "labels of 0 and 1": {
    files: { "labels.tif": tiff(labels.map((label) => label === 255 ? 1 : 0)) },
    message:
      /labels\.tif has no voxel of 255 \(positive\): 41247 voxels are 0, 0 are 255 and 993 have other values/,
  },
  "labels without negatives": {
    files: { "labels.tif": tiff(labels.map((label) => label === 255 ? 255 : 128)) },
    message: /labels\.tif has no voxel of 0 \(negative\)/,
  },
  "labels that erosion takes away": {
    files: {},
    set: ["train.groundTruthErodeRadius=9"],
    message: /labels\.tif, eroded by 9, has no voxel of 255.*; lower groundTruthErodeRadius/,
  },
  "labels of another size": {
    files: { "labels.tif": tiff(labels.subarray(0, VOXELS / 2), [10, 44, 48]) },
    message: /labels\.tif has 48 x 44 x 10 voxels \(x, y, z\) but rawVolume, .*raw\.tif, has 48 x 44 x 20 /,
  },
  "a channel of another size": {
    files: { "c.nrrd": nrrd("float", "48 44 19", floats(VOXELS * 19 / 20, (i) => i)) },
    set: ['train.otherFeatures=["c.nrrd"]'],
    message: /c\.nrrd has 48 x 44 x 19 voxels .* but rawVolume, .*raw\.tif, has 48 x 44 x 20/,
  },
  "16-bit voxels": {
    files: { "raw16.nrrd": nrrd("ushort", SIZES, new Uint16Array(VOXELS)) },
    set: ["train.rawVolume=raw16.nrrd"],
    message: /raw16\.nrrd: uint16 with 1 components per voxel; expected uint8 with 1: .*--rescale auto/,
  },
  "RGB": {
    files: { "rgb.nrrd": nrrd("uchar", `3 ${SIZES}`, new Uint8Array(3 * VOXELS)) },
    set: ["train.rawVolume=rgb.nrrd"],
    message: /rgb\.nrrd: uint8 with 3 components per voxel; expected uint8 with 1/,
  },
  "a channel with NaN": {
    files: { "c.nrrd": nrrd("float", SIZES, floats(VOXELS, (i) => i === 99 ? NaN : 1)) },
    set: ['train.otherFeatures=["c.nrrd"]'],
    message: /c\.nrrd: component 0 of voxel x 3, y 2, z 0 is NaN; expected finite values/,
  },
  "an orientation that is infinite": {
    files: { "o.nrrd": nrrd("float", `9 ${SIZES}`, floats(9 * VOXELS, () => -Infinity)) },
    set: ["train.orientEstimate=o.nrrd"],
    message: /o\.nrrd: component 0 of voxel x 0, y 0, z 0 is -Infinity; expected finite values/,
  },
  "an orientation of 10^38": {
    files: { "o.nrrd": nrrd("float", `9 ${SIZES}`, floats(9 * VOXELS, () => 1e38)) },
    set: ["train.orientEstimate=o.nrrd"],
    message: /o\.nrrd has e2 = .* expected unit vectors at right angles/,
  },
  "an orientation of 3 components": {
    files: { "o.nrrd": nrrd("float", `3 ${SIZES}`, floats(3 * VOXELS, () => 1)) },
    set: ["train.orientEstimate=o.nrrd"],
    message: /o\.nrrd has 3 components per voxel; expected 9/,
  },
};

for (const [name, { files, set = [], message }] of Object.entries(CASES)) {
  Deno.test(`runCcboost() rejects ${name}`, () =>
    inTempFolder(async (folder) => {
      await writeTiny(folder);
      for (const [file, bytes] of Object.entries(files)) Deno.writeFileSync(`${folder}/${file}`, bytes);
      await rejected(() => runJob(folder, { set: ["test=()", ...set] }), message);
    }));
}

Deno.test("runCcboost() rejects a test volume of one value, or with other channels than train", () =>
  inTempFolder(async (folder) => {
    await writeTiny(folder);
    Deno.writeFileSync(`${folder}/blank.tif`, tiff(new Uint8Array(VOXELS)));
    await rejected(
      () => runJob(folder, { set: ["test[0].rawVolume=blank.tif"] }),
      /blank\.tif: each of its 48 x 44 x 20 voxels/,
    );
    Deno.writeFileSync(`${folder}/1.nrrd`, nrrd("float", SIZES, floats(VOXELS, (i) => i % 17)));
    Deno.writeFileSync(`${folder}/3.nrrd`, nrrd("float", `3 ${SIZES}`, floats(3 * VOXELS, (i) => i % 17)));
    const set = ['train.otherFeatures=["1.nrrd"]', 'test[0].otherFeatures=["3.nrrd"]', "outFileName=b"];
    await rejected(
      () => runJob(folder, { set }),
      /otherFeatures: .*3\.nrrd has 3 components per voxel, but .*1\.nrrd.* has 1/,
    );
  }));

Deno.test("runCcboost() keeps to the range that a Zarr channel used in place claims, whatever it holds", () =>
  inTempFolder(async (folder) => {
    await writeTiny(folder);
    const attributes = { range: [[0, 1]] };
    const options = { shape: TINY, chunk: TINY, dtype: "float32", attributes } as const;
    const volume = await createZarr(`${folder}/c.zarr`, options);
    const lies = floats(VOXELS, (i) => i % 7 === 0 ? NaN : i % 7 < 3 ? 1e38 : -1e38);
    await writeRegion(volume, wholeRegion(TINY), lies);
    const channels = ['train.otherFeatures=["c.zarr"]', 'test[0].otherFeatures=["c.zarr"]'];
    await runJob(folder, { set: [...channels, "numStumps=3"] });
    const scores = await readNrrd(`${folder}/out-0-ab-max.nrrd`);
    assert.ok(scores.length === VOXELS && scores.every(Number.isFinite));
  }));

Deno.test("ccboost ends with status 2 and one line for hostile files of each kind", () =>
  inTempFolder(async (folder) => {
    await writeTiny(folder);
    Deno.writeTextFileSync(`${folder}/deep.cfg`, `a = ${"[".repeat(100_000)}`);
    Deno.writeTextFileSync(`${folder}/out.cfg`, `@include "/etc/passwd"`);
    const bomb = "NRRD0004\ntype: uchar\ndimension: 3\nsizes: 8 8 8\nencoding: gzip\n\n";
    Deno.writeFileSync(`${folder}/bomb.nrrd`, concat(bomb, gzipBomb(2000)));
    Deno.writeFileSync(`${folder}/cut.tif`, Deno.readFileSync(`${folder}/raw.tif`).subarray(0, 900));
    Deno.writeFileSync(`${folder}/rgb.nrrd`, nrrd("uchar", `3 ${SIZES}`, new Uint8Array(3 * VOXELS)));
    Deno.mkdirSync(`${folder}/lie.zarr`);
    Deno.writeTextFileSync(
      `${folder}/lie.zarr/.zarray`,
      `{"zarr_format": 2, "shape": [1e18, 1e18, 1e18], "dtype": "|u1"}`,
    );
    Deno.writeTextFileSync(`${folder}/m.cfg`, "stumps = ( { threshold = NaN; } );");
    const job = `${folder}/job.cfg`;
    const lines: readonly (readonly [args: readonly string[], message: RegExp])[] = [
      [[`${folder}/deep.cfg`], /nested deeper than 100/],
      [[`${folder}/out.cfg`], /outside the configuration's folder/],
      [["convert", `${folder}/bomb.nrrd`, `${folder}/bomb.zarr`], /bytes of voxels, expected 512/],
      [["convert", `${folder}/cut.tif`, `${folder}/out.zarr`], /cut\.tif, page 0: truncated/],
      [
        ["erode-dilate", `${folder}/rgb.nrrd`, "1", "2", `${folder}/out.tif`],
        /rgb\.nrrd has 3 components per voxel/,
      ],
      [["evaluate", `${folder}/raw.tif`, `${folder}/rgb.nrrd`], /rgb\.nrrd has 3 components per voxel/],
      [["convert", `${folder}/lie.zarr`, `${folder}/out.zarr`], /shape \[1000000000000000000,/],
      [
        [
          job,
          "--work",
          `${folder}/w`,
          "--set",
          "savedStumpsPath=m.cfg",
          "--set",
          "usedSavedStumpsPathOnlyForTesting=true",
        ],
        /found NaN/,
      ],
    ];
    const finished = await Promise.all(lines.map(([args]) => ccboost(...args, "--quiet")));
    for (const [index, [args, message]] of lines.entries()) {
      const { code, out, err } = finished[index] ?? { code: -1, out: "", err: "" };
      assert.equal(code, 2, `${args.join(" ")}: ${err}`);
      assert.equal(out, "");
      assert.match(err, /^error: [^\n]*\n$/, args.join(" "));
      assert.match(err, message);
    }
  }));
