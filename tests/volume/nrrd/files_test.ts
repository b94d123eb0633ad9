/** NRRD as other programs write it: several gzip members, several data files, further axes. */
import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { openNrrd } from "../../../src/volume/nrrd/read.ts";
import { describeVolumeFile } from "../../../src/volume/open.ts";
import { rejected } from "../../helpers/hostile_files.ts";
import { inTempFolder } from "../../helpers/temp_folder.ts";
import { converted } from "../../helpers/volume_files.ts";

/** 8-bit voxels of 4 slices of 3 rows of 5. */
const VOXELS = Uint8Array.from({ length: 60 }, (_, i) => (i * 7) % 251);
const text = (value: string) => new TextEncoder().encode(value);
const join = (...parts: readonly Uint8Array[]) => Uint8Array.from(parts.flatMap((part) => [...part]));
const head = (fields: string, sizes = "5 3 4") =>
  `NRRD0004\ntype: uchar\ndimension: ${sizes.split(" ").length}\nsizes: ${sizes}\n${fields}`;

const read = async (path: string) => (await converted(path, `${path}.zarr`)).voxels;

const slice = (z: number) => VOXELS.subarray(15 * z, 15 * z + 15);
const RAW = "encoding: raw\n";
const GZIP = "encoding: gzip\n";

/** The files of a form; `v.nhdr` or `v.nrrd` is named. */
const FORMS: Readonly<Record<string, Readonly<Record<string, Uint8Array>>>> = {
  "gzip of two members": {
    "v.nrrd": join(text(head(`${GZIP}\n`)), gzipSync(VOXELS.subarray(0, 11)), gzipSync(VOXELS.subarray(11))),
  },
  "gzip of many members, one empty, as bgzip ends": {
    "v.nrrd": join(
      text(head(`${GZIP}\n`)),
      ...[0, 1, 2, 3].map((z) => gzipSync(slice(z))),
      gzipSync(new Uint8Array(0)),
    ),
  },
  "gzip of two members in a detached file": {
    "v.nhdr": text(head(`${GZIP}data file: v.gz\n`)),
    "v.gz": join(gzipSync(slice(0)), gzipSync(VOXELS.subarray(15))),
  },
  "a list of raw files": {
    "v.nhdr": text(head(`${RAW}data file: LIST\na.raw\nb.raw\n`)),
    "a.raw": VOXELS.subarray(0, 30),
    "b.raw": VOXELS.subarray(30),
  },
  "a list with the axes of a file, and Windows' lines": {
    "v.nhdr": text(head(`${RAW}data file: LIST 2\n0.raw\n1.raw\n2.raw\n3.raw\n`).replaceAll("\n", "\r\n")),
    ...Object.fromEntries([0, 1, 2, 3].map((z) => [`${z}.raw`, slice(z)])),
  },
  "a list of gzip files": {
    "v.nhdr": text(head(`${GZIP}data file: LIST\n0.gz\n1.gz\n2.gz\n3.gz\n`)),
    ...Object.fromEntries([0, 1, 2, 3].map((z) => [`${z}.gz`, gzipSync(slice(z))])),
  },
  "a list of gzip files with bytes to skip": {
    "v.nhdr": text(head(`${GZIP}byte skip: 2\ndata file: LIST\n0.gz\n1.gz\n`)),
    "0.gz": gzipSync(join(text("ab"), VOXELS.subarray(0, 30))),
    "1.gz": gzipSync(join(text("cd"), VOXELS.subarray(30))),
  },
  "a list of raw files of which the end counts": {
    "v.nhdr": text(head(`${RAW}byte skip: -1\ndata file: LIST\na.raw\nb.raw\n`)),
    "a.raw": join(text("header"), VOXELS.subarray(0, 30)),
    "b.raw": join(text("longer header"), VOXELS.subarray(30)),
  },
  "a list of one file": { "v.nhdr": text(head(`${RAW}data file: LIST\na.raw\n`)), "a.raw": VOXELS },
  "numbered files": {
    "v.nhdr": text(head(`${RAW}data file: s%03d.raw 8 11 1\n`)),
    ...Object.fromEntries([0, 1, 2, 3].map((z) => [`s0${z + 8 < 10 ? "0" : ""}${z + 8}.raw`, slice(z)])),
  },
  "numbered files from the last to the first": {
    "v.nhdr": text(head(`${RAW}data file: %d.raw 3 0 -1 2\n`)),
    ...Object.fromEntries([0, 1, 2, 3].map((z) => [`${3 - z}.raw`, slice(z)])),
  },
  "one point of time at the end": {
    "v.nrrd": join(text(head(`kinds: space space space time\n${RAW}\n`, "5 3 4 1")), VOXELS),
  },
  "two axes of one at the end, of kinds": {
    "v.nrrd": join(text(head(`kinds: space space space list time\n${RAW}\n`, "5 3 4 1 1")), VOXELS),
  },
};

for (const [name, files] of Object.entries(FORMS)) {
  Deno.test(`convertVolume() reads NRRD with ${name}`, () =>
    inTempFolder(async (folder) => {
      for (const [file, bytes] of Object.entries(files)) Deno.writeFileSync(`${folder}/${file}`, bytes);
      const [first = ""] = Object.keys(files).filter((file) => /^v\.n/.test(file));
      assert.deepEqual((await describeVolumeFile(`${folder}/${first}`)).shape, [4, 3, 5]);
      assert.deepEqual(await read(`${folder}/${first}`), VOXELS);
    }));
}

const WRONG: Readonly<
  Record<string, readonly [files: Readonly<Record<string, Uint8Array>>, message: RegExp]>
> = {
  "a member that is cut off": [
    {
      "v.nrrd": join(
        text(head(`${GZIP}\n`)),
        gzipSync(slice(0)),
        gzipSync(VOXELS.subarray(15)).subarray(0, -9),
      ),
    },
    /damaged or truncated gzip data/,
  ],
  "something behind the last member": [
    { "v.nrrd": join(text(head(`${GZIP}\n`)), gzipSync(VOXELS), text("rubbish")) },
    /damaged or truncated gzip data/,
  ],
  "a member too many": [
    { "v.nrrd": join(text(head(`${GZIP}\n`)), gzipSync(VOXELS), gzipSync(slice(0))) },
    /75 bytes of voxels, expected 60/,
  ],
  "a file of a list missing": [
    { "v.nhdr": text(head(`${RAW}data file: LIST\na.raw\nb.raw\n`)), "a.raw": VOXELS.subarray(0, 30) },
    /"data file" is b\.raw, missing/,
  ],
  "a file of a list too short": [
    {
      "v.nhdr": text(head(`${RAW}data file: LIST\na.raw\nb.raw\n`)),
      "a.raw": VOXELS.subarray(0, 30),
      "b.raw": VOXELS.subarray(31),
    },
    /b\.raw: 29 bytes of voxels, expected 30/,
  ],
  "a file of a gzip list too short": [
    {
      "v.nhdr": text(head(`${GZIP}data file: LIST\na.gz\nb.gz\n`)),
      "a.gz": gzipSync(VOXELS.subarray(0, 29)),
      "b.gz": gzipSync(VOXELS.subarray(30)),
    },
    /a\.gz: 29 bytes of voxels, expected 30/,
  ],
  "a list of files that do not divide the voxels": [
    { "v.nhdr": text(head(`${RAW}data file: LIST\n${"a.raw\n".repeat(7)}`)) },
    /"data file" is 7 files; expected a number of files that divides the voxels/,
  ],
  "two axes of one at the end that could be components": [
    { "v.nrrd": join(text(head(`${RAW}\n`, "5 3 4 1 1")), VOXELS) },
    /"dimension" is 5 with sizes 5 3 4 1 1; expected x y z/,
  ],
  "an empty list": [{ "v.nhdr": text(head(`${RAW}data file: LIST\n`)) }, /but no name follows/],
  "numbers that count nothing": [
    { "v.nhdr": text(head(`${RAW}data file: %d.raw 3 0 1\n`)) },
    /which matches no files/,
  ],
  "a step of 0": [{ "v.nhdr": text(head(`${RAW}data file: %d.raw 0 3 0\n`)) }, /which matches no files/],
};

for (const [name, [files, message]] of Object.entries(WRONG)) {
  Deno.test(`convertVolume() rejects NRRD with ${name}`, () =>
    inTempFolder(async (folder) => {
      for (const [file, bytes] of Object.entries(files)) Deno.writeFileSync(`${folder}/${file}`, bytes);
      const [first = ""] = Object.keys(files).filter((file) => /^v\.n/.test(file));
      await rejected(() => read(`${folder}/${first}`), message);
    }));
}

Deno.test("describeVolumeFile() keeps the voxel size of NRRD with an axis of one at the end, and components at its head", () =>
  inTempFolder(async (folder) => {
    const fields = 'kinds: domain domain domain time\nspacings: 4 5 40 nan\nunits: "nm" "nm" "nm" "s"\n';
    Deno.writeFileSync(`${folder}/t.nrrd`, join(text(head(`${fields}${RAW}\n`, "5 3 4 1")), VOXELS));
    assert.deepEqual((await describeVolumeFile(`${folder}/t.nrrd`)).voxelSize, [40, 5, 4]);
    const directions =
      'space dimension: 3\nspace units: "nm" "nm" "nm"\nspace directions: (4,0,0) (0,5,0) (0,0,40) none\n';
    Deno.writeFileSync(
      `${folder}/d.nrrd`,
      join(text(head(`kinds: space space space list\n${directions}${RAW}\n`, "5 3 4 1")), VOXELS),
    );
    assert.deepEqual((await describeVolumeFile(`${folder}/d.nrrd`)).voxelSize, [40, 5, 4]);
    // One slice of three components is no volume with an axis of one too many.
    Deno.writeFileSync(
      `${folder}/c.nrrd`,
      join(text(head(`kinds: vector space space space\n${RAW}\n`, "3 5 4 1")), VOXELS),
    );
    const { shape, components } = await describeVolumeFile(`${folder}/c.nrrd`);
    assert.deepEqual([shape, components], [[1, 4, 5], 3]);
  }));

Deno.test("openNrrd() reads rows across data files, in any order where they are raw", () =>
  inTempFolder(async (folder) => {
    // Parts of 12 voxels: rows of 5 go from one into the next.
    const names = [0, 1, 2, 3, 4].map((part) => {
      Deno.writeFileSync(`${folder}/${part}.raw`, VOXELS.subarray(12 * part, 12 * part + 12));
      return `${part}.raw`;
    });
    Deno.writeTextFileSync(`${folder}/v.nhdr`, head(`${RAW}data file: LIST\n${names.join("\n")}\n`));
    const source = openNrrd(`${folder}/v.nhdr`);
    assert.equal(source.access, "random");
    assert.equal(source.files.length, 6);
    const out = new Uint8Array(10);
    for (const [z, y] of [[3, 1], [0, 1], [2, 0], [0, 0]] as const) {
      await source.readRows(z, y, 2, out);
      assert.deepEqual(out, VOXELS.subarray(15 * z + 5 * y, 15 * z + 5 * y + 10));
    }
    source.close();
  }));
