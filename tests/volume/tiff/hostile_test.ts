/** TIFF files that someone else made, to do harm or by accident: directories. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { convertVolume } from "../../../src/stages/convert/convert.ts";
import { describeVolumeFile } from "../../../src/volume/open.ts";
import type { Zyx } from "../../../src/volume/region.ts";
import { overlapOf } from "../../../src/volume/tiff/blocks.ts";
import { rejected } from "../../helpers/hostile_files.ts";
import { type Change, changed, directoriesOf, DOUBLE, INTEGER, LONG8, set, TAG, TILE } from "./changes.ts";
import { inTempFolder } from "../../helpers/temp_folder.ts";
import { type Layout, noise, tiffBytes } from "../../helpers/tiff_files.ts";

const SHAPE: Zyx = [4, 8, 8];

const FILES:
  readonly (readonly [name: string, layout: Layout, changes: readonly Change[], message: RegExp])[] = [
    [
      "a width of 2^32 - 1",
      {},
      [set(TAG.width, 2 ** 32 - 1)],
      /page 0: 4294967295 x 8 x 1 voxels .*at most 16777216 per axis/,
    ],
    ["a height of 2^31", {}, [set(TAG.height, 2 ** 31)], /page 0: 8 x 2147483648 x 1 voxels/],
    [
      "2^48 voxels a page",
      {},
      [set(TAG.width, 2 ** 24), set(TAG.height, 2 ** 24)],
      /strips or tiles of 16777216 x 8 voxels for 16777216 x 16777216/,
    ],
    ["a width of 0", {}, [set(TAG.width, 0)], /page 0: 0 x 8 voxels/],
    [
      "a width that is a double",
      {},
      [{ tag: TAG.width, type: DOUBLE }],
      /TIFF field 256 has type 12; expected whole numbers/,
    ],
    [
      "2^31 strips",
      {},
      [set(TAG.rows, 1), set(TAG.height, 2 ** 23)],
      /strips or tiles of 8 x 1 voxels for 8 x 8388608/,
    ],
    [
      "more strips than the file has bytes for",
      { block: [1] },
      [set(TAG.height, 2 ** 20)],
      /truncated|strips or tiles, expected/,
    ],
    ["a strip outside the file", {}, [set(TAG.strips, 10_000)], /page 0: truncated: voxels up to byte 10064/],
    [
      "a compressed strip longer than the file",
      { compression: "deflate" },
      [set(TAG.counts, 2 ** 32 - 1)],
      /page 0: truncated/,
    ],
    [
      "a strip shorter than its rows",
      {},
      [set(TAG.counts, 7)],
      /strip or tile 0 has 7 bytes, expected at least 64/,
    ],
    [
      "an empty strip",
      { compression: "deflate" },
      [set(TAG.counts, 0)],
      /strip or tile 0 has 0 bytes, expected at least 1/,
    ],
    [
      "a page that lies in another",
      {},
      [set(TAG.strips, 12, 1)],
      /page 1: its voxels overlap those of page 0/,
    ],
    [
      "compressed pages that share a strip",
      { compression: "deflate" },
      [0, 1, 2, 3].flatMap((page) => [set(TAG.strips, 8, page), set(TAG.counts, 250, page)]),
      /page \d: .*(overlap|at most)/,
    ],
    [
      "tiles of 2^16 x 2^16",
      { block: [16, 16] },
      [set(TILE.width, 65536), set(TILE.height, 65536)],
      /strip or tile 0 has \d+ bytes|must be decoded as a whole/,
    ],
    ["compressed tiles of 2^16 x 2^16", { block: [16, 16], compression: "deflate" }, [
      set(TILE.width, 65536),
      set(TILE.height, 65536),
    ], /which must be decoded as a whole/],
    ["tiles of width 0", { block: [16, 16] }, [set(TILE.width, 0)], /strips or tiles of 0 x 16 voxels/],
    ["2^40 voxels in a few compressed bytes", { compression: "lzw" }, [
      set(TAG.width, 2 ** 20),
      set(TAG.height, 2 ** 20),
      set(TAG.rows, 16),
    ], /strips or tiles, expected|cannot hold|at least/],
    ["a page of 2^26 voxels in a few bytes", { compression: "zstd" }, [
      set(TAG.width, 8192),
      set(TAG.height, 8192),
      set(TAG.rows, 8192),
    ], /compressed bytes cannot hold the 67108864 bytes/],
    ["a description of 4 GiB", {}, [{ tag: TAG.description, count: 2 ** 32 - 1, value: 8 }], /truncated/],
    ["2^32 - 1 strips counted", {}, [{ tag: TAG.strips, count: 2 ** 32 - 1, type: LONG8 }], /truncated|page/],
    [
      "12-bit voxels",
      {},
      [set(TAG.bits, 12)],
      /12-bit unsigned voxels, expected 8, 16, 32 or 64 bits; convert it to 8-bit/,
    ],
    [
      "RGB",
      { fields: { 277: [3], 262: [2], 258: [8, 8, 8] } },
      [],
      /3 samples per voxel \(colour\); convert it to 8-bit or 16-bit greyscale/,
    ],
    ["half floats", { fields: { 258: [16], 339: [3] } }, [], /16-bit float voxels/],
    [
      "16 bits a voxel in strips of 8",
      { fields: { 258: [16] } },
      [],
      /strip or tile 0 has \d+ bytes, expected at least/,
    ],
    [
      "an unknown predictor",
      { compression: "deflate", predictor: 1, fields: { 317: [3] } },
      [],
      /predictor 3 cannot be read/,
    ],
    ["an unknown compression", { fields: { 259: [50002] } }, [], /compression 50002 cannot be read/],
    ["WebP", { fields: { 259: [50001] } }, [], /WebP, which has no greyscale/],
    [
      "10^15 pages in its description",
      { description: `ImageJ=1.53t\nimages=${10 ** 15}\n`, directories: 1 },
      [],
      /says 1000000000000000 pages; expected at most/,
    ],
    [
      "300,000 pages in its description",
      { description: `ImageJ=1.53t\nimages=300000\n`, directories: 1 },
      [],
      /says 300000 pages; expected at most/,
    ],
    [
      "pages that are no number",
      { description: '{"shape": [1 2, 8, 8], "truncated": true}', directories: 1 },
      [],
      /says NaN pages/,
    ],
  ];

for (const [name, layout, changes, message] of FILES) {
  Deno.test(`convertVolume() rejects a TIFF with ${name}`, () =>
    inTempFolder(async (folder) => {
      const bytes = await tiffBytes(noise(SHAPE[0] * SHAPE[1] * SHAPE[2]), SHAPE, layout);
      Deno.writeFileSync(`${folder}/v.tif`, changed(bytes, changes));
      await rejected(
        () => convertVolume(`${folder}/v.tif`, `${folder}/out`, { dtype: "uint8", anisotropy: 1 }),
        message,
      );
    }));
}

Deno.test("describeVolumeFile() rejects TIFF directories that form a loop, or are too many", () =>
  inTempFolder(async (folder) => {
    const path = `${folder}/v.tif`;
    const bytes = new Uint8Array(await tiffBytes(noise(256), SHAPE));
    const view = new DataView(bytes.buffer);
    const starts = directoriesOf(view);
    const last = starts.at(-1) ?? 0;
    for (const target of starts) {
      view.setUint32(last + 2 + 12 * view.getUint16(last, true), target, true);
      Deno.writeFileSync(path, bytes);
      await rejected(() => describeVolumeFile(path), /page 4: its directories form a cycle/);
    }
    // Thumbnails, which are passed over: one field each, in 18 bytes.
    const many = 2 ** 18 + 2;
    const chain = new Uint8Array(8 + 18 * many);
    const out = new DataView(chain.buffer);
    chain.set([0x49, 0x49, 42, 0, 8]);
    for (let index = 0; index < many; index++) {
      const at = 8 + 18 * index;
      out.setUint16(at, 1, true);
      out.setUint16(at + 2, 254, true);
      out.setUint16(at + 4, INTEGER, true);
      out.setUint32(at + 6, 1, true);
      out.setUint32(at + 10, 1, true);
      out.setUint32(at + 14, index + 1 < many ? at + 18 : 0, true);
    }
    Deno.writeFileSync(path, chain);
    await rejected(() => describeVolumeFile(path), /more than 262144 directories/);
  }));

Deno.test("describeVolumeFile() rejects pages that all name one long table of strips", () =>
  inTempFolder(async (folder) => {
    const height = 4096;
    const one = new Uint8Array(await tiffBytes(noise(height), [1, height, 1], { block: [1] }));
    const view = new DataView(one.buffer);
    const [start = 0] = directoriesOf(view);
    const length = 2 + 12 * view.getUint16(start, true) + 4;
    const pages = 400;
    const bytes = new Uint8Array(one.length + pages * length);
    bytes.set(one);
    for (let page = 0; page < pages; page++) {
      const at = one.length + page * length;
      bytes.set(one.subarray(start, start + length), at);
      const from = page === 0 ? start : at - length;
      new DataView(bytes.buffer).setUint32(from + length - 4, at, true);
    }
    Deno.writeFileSync(`${folder}/v.tif`, bytes);
    await rejected(
      () => describeVolumeFile(`${folder}/v.tif`),
      /page \d+: its strips or tiles overlap those of other pages/,
    );
  }));

Deno.test("convertVolume() rejects a TIFF that is cut off anywhere", () =>
  inTempFolder(async (folder) => {
    for (
      const layout of [{}, { compression: "lzw", block: [3] }, { isBig: true, block: [16, 16] }] as Layout[]
    ) {
      const whole = await tiffBytes(noise(128), [2, 8, 8], layout);
      for (let length = 0; length < whole.length; length += 7) {
        Deno.writeFileSync(`${folder}/v.tif`, whole.subarray(0, length));
        const work = () =>
          convertVolume(`${folder}/v.tif`, `${folder}/out`, { dtype: "uint8", anisotropy: 1 });
        await rejected(work, /v\.tif/);
      }
    }
  }));

Deno.test("overlapOf() finds two places that share bytes, if there are any", () => {
  const places = fc.array(
    fc.tuple(fc.nat(40), fc.nat(6)).map(([start, length]) => ({ start, end: start + length })),
    {
      maxLength: 8,
    },
  );
  fc.assert(fc.property(places, (list) => {
    const shared = (a: number, b: number) => {
      const first = list[a], second = list[b];
      if (!first || !second) return 0;
      return Math.min(first.end, second.end) - Math.max(first.start, second.start);
    };
    const nonEmpty = list.every(({ start, end }) => end > start);
    fc.pre(nonEmpty);
    const found = overlapOf(list);
    const pairs = list.flatMap((_, a) => list.map((__, b) => [a, b] as const)).filter(([a, b]) => a < b);
    if (found === undefined) assert.ok(pairs.every(([a, b]) => shared(a, b) <= 0));
    else assert.ok(shared(found[0], found[1]) > 0);
  }));
});
