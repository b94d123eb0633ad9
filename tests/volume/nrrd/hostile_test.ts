/** NRRD files that someone else made, to do harm or by accident. */
import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { UserError } from "../../../src/user_error.ts";
import { convertVolume } from "../../../src/stages/convert/convert.ts";
import { describeVolumeFile } from "../../../src/volume/open.ts";
import { concat, gzipBomb, rejected } from "../../helpers/hostile_files.ts";
import { inTempFolder } from "../../helpers/temp_folder.ts";

const GOOD: Readonly<Record<string, string>> = {
  type: "uchar",
  dimension: "3",
  sizes: "4 3 2",
  encoding: "raw",
};
const VOXELS = Uint8Array.from({ length: 24 }, (_, index) => index * 7);

/** A header of `GOOD` with other fields; an empty one is left out. */
function headerOf(fields: Readonly<Record<string, string>>): string {
  const lines = Object.entries({ ...GOOD, ...fields }).filter(([, value]) => value !== "");
  return `NRRD0004\n${lines.map(([key, value]) => `${key}: ${value}`).join("\n")}\n`;
}

type Fields = Readonly<Record<string, string>>;
const FILES: readonly (readonly [name: string, fields: Fields, data: Uint8Array, message: RegExp])[] = [
  [
    "2^60 voxels",
    { sizes: "1048576 1048576 1048576" },
    VOXELS,
    /1048576 x 1048576 x 1048576 voxels .*2\^50 in total/,
  ],
  [
    "2^60 voxels on one axis",
    { sizes: "1152921504606846976 1 1" },
    VOXELS,
    /"sizes" is 1152921504606846976 1 1; expected positive/,
  ],
  ["2^48 voxels", { sizes: "65536 65536 65536" }, VOXELS, /24 bytes of voxels, expected 281474976710656/],
  [
    "2^48 voxels in a few bytes of gzip",
    { sizes: "65536 65536 65536", encoding: "gzip" },
    gzipSync(VOXELS),
    /compressed bytes cannot hold the 281474976710656 bytes/,
  ],
  ["a size of 0", { sizes: "4 0 2" }, VOXELS, /"sizes" is 4 0 2; expected positive whole numbers/],
  ["a negative size", { sizes: "4 -3 2" }, VOXELS, /"sizes" is 4 -3 2; expected positive/],
  ["a size that is a fraction", { sizes: "4 3 2.0" }, VOXELS, /"sizes" is 4 3 2.0; expected positive/],
  ["a size that is no number", { sizes: "NaN 3 2" }, VOXELS, /"sizes" is NaN 3 2; expected positive/],
  ["an infinite size", { sizes: "Infinity 3 2" }, VOXELS, /"sizes" is Infinity 3 2; expected positive/],
  [
    "rows of a GiB",
    { sizes: "9 3000000 1 1", dimension: "4", type: "double", endian: "little" },
    VOXELS,
    /rows of 216000000 bytes; expected at most 16777216/,
  ],
  ["100,000 sizes", { sizes: "1 ".repeat(100_000) }, VOXELS, /"dimension" is 3 with sizes 1 1 1.*\.\.\./],
  [
    "a type of a million letters",
    { type: "a".repeat(900_000) },
    VOXELS,
    /"type" is a+\.\.\.a*; expected a number type/,
  ],
  [
    "two different sizes",
    { sizes: "4 3 2\nsizes: 4 3 1" },
    VOXELS,
    /"sizes" is both 4 3 2 and 4 3 1; expected one value/,
  ],
  ["fewer bytes than voxels", { sizes: "4 3 3" }, VOXELS, /24 bytes of voxels, expected 36/],
  ["more bytes than voxels", { sizes: "4 3 1" }, VOXELS, /24 bytes of voxels, expected 12/],
  [
    "voxels that would begin in the header",
    { sizes: "4 3 3", "byte skip": "-1" },
    VOXELS,
    /24 bytes of voxels, expected 36/,
  ],
  [
    "a byte skip beyond the file",
    { "byte skip": "9007199254740991" },
    VOXELS,
    /bytes of voxels, expected 24|"byte skip"/,
  ],
  ["a byte skip of -2", { "byte skip": "-2" }, VOXELS, /"byte skip" is -2; expected a whole number from -1/],
  [
    "a gzip skip beyond what there can be",
    { "byte skip": "999999999999", encoding: "gzip" },
    gzipSync(VOXELS),
    /cannot hold/,
  ],
  [
    "more lines to skip than it has",
    { "line skip": "1000000000000" },
    VOXELS,
    /"line skip" is 0 lines; expected 1000000000000/,
  ],
  ["itself as data", { "data file": "v.nrrd" }, VOXELS, /bytes of voxels, expected 24/],
  ["a folder as data", { "data file": "." }, VOXELS, /"data file" is \., a folder; expected a file/],
  ["no data", { "data file": "no.raw" }, VOXELS, /"data file" is no.raw, missing/],
  [
    "a device as data",
    { "data file": "/dev/zero" },
    VOXELS,
    /bytes of voxels, expected 24|not a regular file|denied|cannot read/,
  ],
  [
    "a terminal's commands in a name",
    { "data file": "\x1b[2Jno.raw" },
    VOXELS,
    /"data file" is \\u001b\[2Jno\.raw, missing/,
  ],
  [
    "16-bit voxels",
    { type: "ushort", endian: "little", sizes: "4 3 1" },
    VOXELS,
    /uint16 with 1 components per voxel; expected uint8 with 1: .*--rescale auto/,
  ],
  [
    "RGB",
    { dimension: "4", sizes: "3 4 2 1" },
    VOXELS,
    /uint8 with 3 components per voxel; expected uint8 with 1/,
  ],
  ["a line that is no field", { "x\ny": "1" }, VOXELS, /damaged NRRD header: "x" is not "field: value"/],
  ["gzip that is none", { encoding: "gzip" }, VOXELS, /damaged or truncated gzip data after 0 of 24 bytes/],
  [
    "gzip that is cut off",
    { encoding: "gzip" },
    gzipSync(VOXELS).subarray(0, 20),
    /damaged or truncated gzip data/,
  ],
];

for (const [name, fields, data, message] of FILES) {
  Deno.test(`convertVolume() rejects an NRRD with ${name}`, () =>
    inTempFolder(async (folder) => {
      Deno.writeFileSync(`${folder}/v.nrrd`, concat(headerOf(fields), "\n", data));
      await rejected(
        () => convertVolume(`${folder}/v.nrrd`, `${folder}/out`, { dtype: "uint8", anisotropy: 1 }),
        message,
      );
    }));
}

Deno.test("convertVolume() rejects gzip data that go on after the voxels, without decoding them all", () =>
  inTempFolder(async (folder) => {
    const path = `${folder}/v.nrrd`;
    const bomb = gzipBomb(8000);
    for (const sizes of ["4 3 2", "4096 1024 1"]) {
      Deno.writeFileSync(path, concat(headerOf({ sizes, encoding: "gzip" }), "\n", bomb));
      const work = () => convertVolume(path, `${folder}/out`, { dtype: "uint8", anisotropy: 1 });
      await rejected(work, /\d+ bytes of voxels, expected (24|4194304) by the header's sizes/);
    }
  }));

Deno.test("convertVolume() rejects an NRRD that is cut off anywhere", () =>
  inTempFolder(async (folder) => {
    for (
      const whole of [
        concat(headerOf({}), "\n", VOXELS),
        concat(headerOf({ encoding: "gzip" }), "\n", gzipSync(VOXELS)),
      ]
    ) {
      for (let length = 0; length < whole.length; length++) {
        Deno.writeFileSync(`${folder}/v.nrrd`, whole.subarray(0, length));
        const work = () =>
          convertVolume(`${folder}/v.nrrd`, `${folder}/out`, { dtype: "uint8", anisotropy: 1 });
        await rejected(work, /v\.nrrd/);
      }
    }
  }));

Deno.test("convertVolume() rejects values of a channel that are not finite, also once they are 32-bit", () =>
  inTempFolder(async (folder) => {
    for (const value of [NaN, Infinity, -Infinity, 1e300]) {
      const values = new Float64Array(24).fill(1);
      values[17] = value;
      const header = headerOf({ type: "double", endian: "little" });
      Deno.writeFileSync(`${folder}/v.nrrd`, concat(header, "\n", new Uint8Array(values.buffer)));
      const work = () =>
        convertVolume(`${folder}/v.nrrd`, `${folder}/out`, { dtype: "float32", anisotropy: 1 });
      await rejected(work, /component 0 of voxel x 1, y 1, z 1 is (NaN|-?Infinity); expected finite values/);
    }
  }));

Deno.test("describeVolumeFile() says what a file is that is no volume", () =>
  inTempFolder(async (folder) => {
    const path = `${folder}/v`;
    for (
      const bytes of [
        new Uint8Array(0),
        new Uint8Array([1]),
        concat("\x89PNX\r\n\x1a\n"),
        concat("NRRX0004\n"),
      ]
    ) {
      Deno.writeFileSync(path, bytes);
      await rejected(
        () => describeVolumeFile(path),
        /(empty|begins with the bytes [\d ]+); expected a TIFF, NRRD, MRC, DM3, DM4, NIfTI, HDF5 or PNG file, a folder/,
      );
    }
    await rejected(() => describeVolumeFile("/dev/zero"), /not a regular file|denied|cannot read/);
    await rejected(() => describeVolumeFile(`${folder}/none`), /no such file or folder/);
  }));

Deno.test("describeVolumeFile() describes any header or rejects it", () =>
  inTempFolder(async (folder) => {
    const values = fc.oneof(
      fc.constantFrom(
        "",
        "0",
        "-1",
        "3",
        "4",
        "1e3",
        "0x10",
        "4 3 2",
        "3 4 2 1",
        "raw",
        "gzip",
        "float",
        "uchar",
        "little",
        "v.nrrd",
      ),
      fc.string({ maxLength: 20 }).map((text) => text.replace(/[\r\n]/g, " ")),
      fc.bigInt({ min: -5n, max: 1n << 70n }).map(String),
    );
    const keys = fc.constantFrom(
      "type",
      "dimension",
      "sizes",
      "encoding",
      "endian",
      "byte skip",
      "line skip",
      "data file",
      "kinds",
    );
    await fc.assert(
      fc.asyncProperty(fc.dictionary(keys, values, { maxKeys: 4 }), async (fields) => {
        Deno.writeFileSync(`${folder}/v.nrrd`, concat(headerOf(fields), "\n", VOXELS));
        try {
          const { shape, bytes } = await describeVolumeFile(`${folder}/v.nrrd`);
          assert.ok(shape.every((length) => length > 0) && bytes > 0);
        } catch (error) {
          assert.ok(error instanceof UserError, String(error));
        }
      }),
      { numRuns: 500 },
    );
  }));
