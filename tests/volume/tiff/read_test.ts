import assert from "node:assert/strict";
import fc from "fast-check";
import { describeVolumeFile } from "../../../src/volume/open.ts";
import type { Zyx } from "../../../src/volume/region.ts";
import { decodeLzw } from "../../../src/volume/tiff/lzw.ts";
import { openTiff } from "../../../src/volume/tiff/read.ts";
import { inTempFolder } from "../../helpers/temp_folder.ts";
import { encodeLzw, type Layout, noise, tiffBytes } from "../../helpers/tiff_files.ts";
import { converted } from "../../helpers/volume_files.ts";

const LAYOUTS: Readonly<Record<string, Layout>> = {
  "one strip a page": {},
  "strips in a run": { block: [3] },
  "strips in any order": { block: [3], shuffled: true },
  "tiles": { block: [16, 16] },
  "big-endian": { littleEndian: false, block: [4] },
  "BigTIFF": { isBig: true, block: [5] },
  "big-endian BigTIFF": { isBig: true, littleEndian: false },
  "deflate": { compression: "deflate", block: [4] },
  "deflate, predictor": { compression: "deflate", predictor: 2, block: [4] },
  "deflate, tiles, BigTIFF": { compression: "deflate", block: [16, 16], isBig: true },
  "LZW": { compression: "lzw" },
  "LZW, predictor, big-endian": { compression: "lzw", predictor: 2, littleEndian: false, block: [6] },
  "Zstandard, tiles": { compression: "zstd", block: [16, 16] },
  "PackBits": { compression: "packbits", block: [3] },
  "grey palette": {
    fields: { 262: [3], 320: Array.from({ length: 768 }, (_, index) => (index % 256) * 257) },
  },
};

for (const [name, layout] of Object.entries(LAYOUTS)) {
  Deno.test(`convertVolume() reads TIFF: ${name}`, async () => {
    await inTempFolder(async (folder) => {
      const shape: Zyx = [5, 19, 23];
      const voxels = noise(5 * 19 * 23);
      Deno.writeFileSync(`${folder}/in.tif`, await tiffBytes(voxels, shape, layout));
      const found = await describeVolumeFile(`${folder}/in.tif`);
      assert.deepEqual(found, {
        format: "tiff",
        shape,
        dtype: "uint8",
        components: 1,
        voxelSize: undefined,
        bytes: 5 * 19 * 23,
      });
      const whole = await converted(`${folder}/in.tif`, `${folder}/whole`);
      assert.deepEqual(whole.voxels, voxels);
      // So little memory that slabs are single chunks: bands of compressed pages are spilled.
      const small = await converted(`${folder}/in.tif`, `${folder}/small`, { memory: 1, chunk: [2, 8, 8] });
      assert.deepEqual(small.voxels, voxels);
      assert.deepEqual([...Deno.readDirSync(`${folder}/small`)].map((entry) => entry.name).sort(), [
        "c",
        "zarr.json",
      ]);
    });
  });
}

Deno.test("openTiff() reads any rows of any page, for any layout", async () => {
  await inTempFolder(async (folder) => {
    const layouts = fc.constantFrom(
      ...Object.values(LAYOUTS).filter(({ compression }) => compression === undefined),
    );
    const size = fc.integer({ min: 1, max: 40 });
    await fc.assert(
      fc.asyncProperty(
        layouts,
        size,
        size,
        fc.nat(),
        fc.nat(),
        async (layout, height, width, from, extent) => {
          const voxels = noise(2 * height * width);
          Deno.writeFileSync(`${folder}/in.tif`, await tiffBytes(voxels, [2, height, width], layout));
          const source = await openTiff(`${folder}/in.tif`);
          try {
            const y = from % height;
            const rows = 1 + extent % (height - y);
            const out = new Uint8Array(rows * width);
            await source.readRows(1, y, rows, out);
            const start = (height + y) * width;
            assert.deepEqual(out, voxels.slice(start, start + rows * width));
          } finally {
            source.close();
          }
        },
      ),
      { numRuns: 60 },
    );
  });
});

Deno.test("openTiff() reads stacks of many pages behind one directory", async () => {
  await inTempFolder(async (folder) => {
    const voxels = noise(4 * 6 * 5);
    const descriptions = [
      "ImageJ=1.53t\nimages=4\nslices=4\nloop=false\n",
      "ImageJ=1.53t\nimages=4\nframes=4\n",
      "ImageJ=1.11a\nimages=4\nchannels=4\n",
      '{"shape": [4, 6, 5], "truncated": true}',
    ];
    for (const [index, description] of descriptions.entries()) {
      const path = `${folder}/${index}.tif`;
      Deno.writeFileSync(path, await tiffBytes(voxels, [4, 6, 5], { description, directories: 1 }));
      assert.deepEqual((await converted(path, `${folder}/${index}.zarr`)).voxels, voxels);
    }
    // Two pages missing, but the directory at the end makes up for less than one.
    const longer = "ImageJ=1.53t\nimages=40\nslices=40\n";
    const path = `${folder}/short.tif`;
    Deno.writeFileSync(path, await tiffBytes(voxels, [4, 6, 5], { description: longer, directories: 1 }));
    await assert.rejects(describeVolumeFile(path), /short\.tif: truncated: 40 pages/);
  });
});

Deno.test("openTiff() skips thumbnails and masks", async () => {
  await inTempFolder(async (folder) => {
    const voxels = noise(3 * 60);
    const bytes = await tiffBytes(voxels, [3, 6, 10], { fields: { 254: [1] } });
    Deno.writeFileSync(`${folder}/in.tif`, bytes);
    await assert.rejects(describeVolumeFile(`${folder}/in.tif`), /without pages/);
    // The first field of the first and of the last directory: their pages are full ones.
    const view = new DataView(bytes.buffer);
    const first = view.getUint32(4, true);
    const nextOf = (at: number) => view.getUint32(at + 2 + 12 * view.getUint16(at, true), true);
    for (const at of [first, nextOf(nextOf(first))]) view.setUint16(at + 2 + 8, 0, true);
    Deno.writeFileSync(`${folder}/in.tif`, bytes);
    const expected = new Uint8Array([...voxels.subarray(0, 60), ...voxels.subarray(120)]);
    assert.deepEqual((await converted(`${folder}/in.tif`, `${folder}/out`)).voxels, expected);
  });
});

Deno.test("convertVolume() reads TIFF of JPEG strips and tiles", async () => {
  await inTempFolder(async (folder) => {
    const [depth, height, width] = [2, 24, 32];
    const flat = noise(depth * height * width / 64);
    const voxels = new Uint8Array(depth * height * width).map((_, index) => {
      const x = index % width, y = Math.floor(index / width);
      return flat[Math.floor(y / 8) * (width / 8) + Math.floor(x / 8)] ?? 0;
    });
    for (const block of [[8], [16], [16, 16]] as const) {
      const bytes = await tiffBytes(voxels, [depth, height, width], { compression: "jpeg", block });
      Deno.writeFileSync(`${folder}/in.tif`, bytes);
      assert.deepEqual((await converted(`${folder}/in.tif`, `${folder}/${block}`)).voxels, voxels);
    }
  });
});

Deno.test("decodeLzw() reads long texts, full tables and codes of every length", () => {
  const voxels = fc.oneof(
    fc.uint8Array({ maxLength: 20_000 }),
    fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 20_000 }).map((list) => Uint8Array.from(list)),
    fc.nat(20_000).map((length) => new Uint8Array(length).fill(7)),
  );
  fc.assert(
    fc.property(voxels, (expected) => {
      assert.deepEqual(decodeLzw(encodeLzw(expected), expected.length), expected);
    }),
    { numRuns: 60, examples: [[noise(100_000)]] },
  );
});
