import assert from "node:assert/strict";
import fc from "fast-check";
import { UserError } from "../src/config/user_error.ts";
import { convertVolume } from "../src/stages/convert.ts";
import { describeVolumeFile, openRowSource } from "../src/volume/open.ts";
import { wholeRegion, type Zyx } from "../src/volume/region.ts";
import { openTiff } from "../src/volume/tiff_read.ts";
import { readRegion } from "../src/volume/zarr.ts";

async function inTemporaryFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "volume_tiff_" });
  try {
    await work(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** How to write a TIFF: everything the reader must cope with. */
interface Layout {
  readonly isBig?: boolean;
  readonly littleEndian?: boolean;
  /** Height and width of tiles, or only a height: rows of a strip. */
  readonly block?: readonly [height: number, width?: number];
  readonly compression?: "none" | "lzw" | "packbits" | "deflate";
  readonly predictor?: 1 | 2;
  /** Blocks of a page in reverse order, so that they do not follow each other. */
  readonly shuffled?: boolean;
  readonly description?: string;
  /** Directories that are written; default one a page. */
  readonly directories?: number;
  /** Other values for tags: numbers are SHORT. */
  readonly fields?: Readonly<Record<number, readonly number[] | undefined>>;
}

const COMPRESSION = { none: 1, lzw: 5, deflate: 8, packbits: 32773 } as const;

async function compress(kind: Layout["compression"], bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  if (kind === "deflate") {
    const stream = new Blob([bytes]).stream().pipeThrough(new CompressionStream("deflate"));
    return new Uint8Array(await new Response(stream).arrayBuffer());
  }
  if (kind === "packbits") {
    const out: number[] = [];
    for (let at = 0; at < bytes.length; at += 100) {
      const run = bytes.subarray(at, at + 100);
      if (run.length > 1 && run.every((byte) => byte === run[0])) out.push(257 - run.length, run[0] ?? 0);
      else out.push(run.length - 1, ...run);
    }
    return new Uint8Array(out);
  }
  if (kind === "lzw") {
    // Literal codes of 9 bits only; the clear code comes before codes would grow to 10 bits.
    const codes = [...bytes].flatMap((byte, index) => index % 200 === 0 ? [256, byte] : [byte]).concat(257);
    const bits = codes.map((code) => code.toString(2).padStart(9, "0")).join("");
    return new Uint8Array((bits.match(/.{1,8}/g) ?? []).map((byte) => parseInt(byte.padEnd(8, "0"), 2)));
  }
  return bytes;
}

/** The strips or tiles of a page. */
async function blocksOf(
  page: Uint8Array,
  height: number,
  width: number,
  layout: Layout,
): Promise<Uint8Array[]> {
  const [blockHeight, tileWidth] = layout.block ?? [height];
  const blockWidth = tileWidth ?? width;
  const blocks: Uint8Array[] = [];
  for (let y = 0; y < height; y += blockHeight) {
    for (let x = 0; x < width; x += blockWidth) {
      const rows = tileWidth === undefined ? Math.min(blockHeight, height - y) : blockHeight;
      const block = new Uint8Array(rows * blockWidth).fill(99);
      for (let row = 0; row < Math.min(rows, height - y); row++) {
        const from = (y + row) * width + x;
        block.set(page.subarray(from, from + Math.min(blockWidth, width - x)), row * blockWidth);
      }
      if (layout.predictor === 2) {
        for (let at = block.length - 1; at > 0; at--) {
          if (at % blockWidth !== 0) block[at] = (block[at] ?? 0) - (block[at - 1] ?? 0);
        }
      }
      blocks.push(await compress(layout.compression, block));
    }
  }
  return blocks;
}

/** A TIFF file of 8-bit pages, written by hand. */
async function tiffBytes(
  voxels: Uint8Array,
  [depth, height, width]: Zyx,
  layout: Layout = {},
): Promise<Uint8Array> {
  const { isBig = false, littleEndian = true, directories = depth } = layout;
  const out: number[] = [];
  const number = (value: number, size: number) => {
    const bytes = Array.from({ length: size }, (_, index) => Math.floor(value / 256 ** index) % 256);
    out.push(...(littleEndian ? bytes : bytes.reverse()));
  };
  const patch = (at: number, value: number, size: number) => {
    const end = out.splice(at);
    number(value, size);
    out.push(...end.slice(size));
  };
  const pointer = isBig ? 8 : 4;
  out.push(...(littleEndian ? [0x49, 0x49] : [0x4d, 0x4d]));
  number(isBig ? 43 : 42, 2);
  if (isBig) {
    number(8, 2);
    number(0, 2);
  }
  let link = out.length;
  number(0, pointer);
  const isTiled = layout.block?.[1] !== undefined;

  const pageBlocks: { offsets: number[]; counts: number[] }[] = [];
  for (let z = 0; z < depth; z++) {
    const page = voxels.subarray(z * height * width, (z + 1) * height * width);
    const blocks = await blocksOf(page, height, width, layout);
    const offsets: number[] = [];
    for (const index of layout.shuffled ? [...blocks.keys()].reverse() : blocks.keys()) {
      offsets[index] = out.length;
      out.push(...(blocks[index] ?? []));
    }
    pageBlocks.push({ offsets, counts: blocks.map((block) => block.length) });
  }
  for (const { offsets, counts } of pageBlocks.slice(0, directories)) {
    const description = [...new TextEncoder().encode(`${layout.description ?? ""}\0`)];
    const fields = new Map<number, readonly [type: number, size: number, values: readonly number[]]>([
      [256, [4, 4, [width]]],
      [257, [3, 2, [height]]],
      [258, [3, 2, [8]]],
      [259, [3, 2, [COMPRESSION[layout.compression ?? "none"]]]],
      [262, [3, 2, [1]]],
      [270, [2, 1, description]],
      [277, [3, 2, [1]]],
      [317, [3, 2, [layout.predictor ?? 1]]],
      ...(isTiled
        ? [
          [322, [3, 2, [layout.block?.[1] ?? 0]]],
          [323, [3, 2, [layout.block?.[0] ?? 0]]],
          [324, [isBig ? 16 : 4, pointer, offsets]],
          [325, [4, 4, counts]],
        ] as const
        : [
          [273, [isBig ? 16 : 4, pointer, offsets]],
          [278, [3, 2, [layout.block?.[0] ?? height]]],
          [279, [4, 4, counts]],
        ] as const),
    ]);
    for (const [tag, values] of Object.entries(layout.fields ?? {})) {
      if (values === undefined) fields.delete(Number(tag));
      else fields.set(Number(tag), [3, 2, values]);
    }
    const sorted = [...fields].sort(([a], [b]) => a - b);
    const places = sorted.map(([, [, size, values]]) => {
      if (values.length * size <= pointer) return undefined;
      const place = out.length;
      for (const value of values) number(value, size);
      return place;
    });
    if (out.length % 2 === 1) out.push(0);
    patch(link, out.length, pointer);
    number(sorted.length, isBig ? 8 : 2);
    for (const [index, [tag, [type, size, values]]] of sorted.entries()) {
      number(tag, 2);
      number(type, 2);
      number(values.length, pointer);
      const place = places[index];
      const start = out.length;
      if (place !== undefined) number(place, pointer);
      else for (const value of values) number(value, size);
      while (out.length < start + pointer) out.push(0);
    }
    link = out.length;
    number(0, pointer);
  }
  return new Uint8Array(out);
}

function noise(length: number): Uint8Array {
  return new Uint8Array(length).map((_, index) => (Math.imul(index + 7, 0x9e3779b1) >>> 13) % 251);
}

/** Converts a file and returns all voxels. */
async function converted(path: string, out: string, options: { memory?: number; chunk?: Zyx } = {}) {
  const volume = await convertVolume(path, out, { dtype: "uint8", anisotropy: 1, ...options });
  const voxels = new Uint8Array(volume.shape[0] * volume.shape[1] * volume.shape[2]);
  await readRegion(volume, wholeRegion(volume.shape), voxels);
  return { volume, voxels };
}

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
  "PackBits": { compression: "packbits", block: [3] },
  "grey palette": {
    fields: { 262: [3], 320: Array.from({ length: 768 }, (_, index) => (index % 256) * 257) },
  },
};

for (const [name, layout] of Object.entries(LAYOUTS)) {
  Deno.test(`convertVolume() reads TIFF: ${name}`, async () => {
    await inTemporaryFolder(async (folder) => {
      const shape: Zyx = [5, 19, 23];
      const voxels = noise(5 * 19 * 23);
      Deno.writeFileSync(`${folder}/in.tif`, await tiffBytes(voxels, shape, layout));
      const found = await describeVolumeFile(`${folder}/in.tif`);
      assert.deepEqual(found, { format: "tiff", shape, dtype: "uint8", components: 1, bytes: 5 * 19 * 23 });
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
  await inTemporaryFolder(async (folder) => {
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
  await inTemporaryFolder(async (folder) => {
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
  await inTemporaryFolder(async (folder) => {
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

const REJECTED: readonly (readonly [name: string, layout: Layout, message: RegExp])[] = [
  ["16-bit voxels", { fields: { 258: [16] } }, /page 0: 16-bit unsigned voxels, expected 8-bit/],
  ["signed voxels", { fields: { 339: [2] } }, /8-bit signed voxels/],
  ["colour", { fields: { 277: [3], 262: [2] } }, /3 samples a voxel \(colour\)/],
  [
    "a colour palette",
    { fields: { 262: [3], 320: Array.from({ length: 768 }, (_, i) => i * 50) } },
    /colour palette/,
  ],
  ["white as zero", { fields: { 262: [0] } }, /white is zero/],
  ["an unknown compression", { fields: { 259: [34712] } }, /compression 34712 cannot be read/],
  ["old JPEG", { fields: { 259: [6] } }, /compression 6 cannot be read/],
  ["no strips", { fields: { 273: undefined } }, /0 strips or tiles, expected 1/],
  [
    "several channels",
    { description: "ImageJ=1.53t\nimages=4\nchannels=2\nslices=2\n" },
    /2 channels, 2 slices, 1 frames/,
  ],
  [
    "several OME channels",
    { description: '<OME><Pixels SizeC="2" SizeT="1" SizeZ="2"/></OME>' },
    /2 channels, 2 slices/,
  ],
  [
    "several times",
    { description: "ImageJ=1.53t\nimages=4\nslices=2\nframes=2\n" },
    /1 channels, 2 slices, 2 frames/,
  ],
];

for (const [name, layout, message] of REJECTED) {
  Deno.test(`describeVolumeFile() rejects TIFF with ${name}`, async () => {
    await inTemporaryFolder(async (folder) => {
      Deno.writeFileSync(`${folder}/in.tif`, await tiffBytes(noise(120), [4, 6, 5], layout));
      await assert.rejects(
        describeVolumeFile(`${folder}/in.tif`),
        (error) =>
          error instanceof UserError && error.message.includes("in.tif") && message.test(error.message),
      );
    });
  });
}

Deno.test("describeVolumeFile() rejects TIFF with pages of different sizes, loops and no pages", async () => {
  await inTemporaryFolder(async (folder) => {
    const bytes = await tiffBytes(noise(120), [4, 6, 5]);
    const view = new DataView(bytes.buffer);
    const directory = (page: number) => {
      let at = view.getUint32(4, true);
      for (let index = 0; index < page; index++) {
        at = view.getUint32(at + 2 + 12 * view.getUint16(at, true), true);
      }
      return at;
    };
    const attempt = async (change: (copy: DataView) => void, message: RegExp) => {
      const copy = bytes.slice();
      change(new DataView(copy.buffer));
      Deno.writeFileSync(`${folder}/in.tif`, copy);
      await assert.rejects(
        describeVolumeFile(`${folder}/in.tif`),
        (error) => error instanceof UserError && message.test(error.message),
      );
    };
    await attempt(
      (copy) => copy.setUint32(directory(2) + 2 + 8, 4, true),
      /page 2: 4 x 6 voxels, page 0 has 5 x 6/,
    );
    const next = (page: number) => directory(page) + 2 + 12 * view.getUint16(directory(page), true);
    await attempt(
      (copy) => copy.setUint32(next(3), directory(1), true),
      /page 4: its directories form a loop/,
    );
    await attempt((copy) => copy.setUint32(4, 0, true), /without pages/);
    await attempt((copy) => copy.setUint32(4, bytes.length - 1, true), /truncated/);
    await attempt(
      (copy) => copy.setUint16(directory(0), 60000, true),
      /damaged: a directory of 60000 fields/,
    );
  });
});

Deno.test("convertVolume() says where a truncated or damaged TIFF fails, and leaves no volume", async () => {
  await inTemporaryFolder(async (folder) => {
    const path = `${folder}/in.tif`;
    const whole = await tiffBytes(noise(4 * 30 * 30), [4, 30, 30]);
    for (const length of [3, 7, 12, 1000, whole.length - 10]) {
      Deno.writeFileSync(path, whole.subarray(0, length));
      await assert.rejects(
        converted(path, `${folder}/out`),
        (error) => error instanceof UserError && /truncated|expected a TIFF/.test(error.message),
      );
    }
    const deflated = await tiffBytes(noise(4 * 30 * 30), [4, 30, 30], { compression: "deflate" });
    deflated.fill(0xa5, 1200, 1500);
    Deno.writeFileSync(path, deflated);
    await assert.rejects(converted(path, `${folder}/out`), /page \d, strip or tile 0: damaged/);
    await assert.rejects(Deno.stat(`${folder}/out`), Deno.errors.NotFound);
  });
});

Deno.test("openTiff() reads the end of a BigTIFF of 6 GiB without reading the rest", async () => {
  await inTemporaryFolder(async (folder) => {
    const path = `${folder}/large.tif`;
    const [depth, height, width] = [6, 32768, 32768];
    const page = height * width;
    const small = await tiffBytes(new Uint8Array(6), [6, 1, 1], { isBig: true });
    // Directories of 6 pages of 1 GiB each; the voxels are a hole in the file.
    const view = new DataView(small.buffer);
    let at = Number(view.getBigUint64(8, true));
    for (let z = 0; z < depth; z++) {
      const count = Number(view.getBigUint64(at, true));
      for (let index = 0; index < count; index++) {
        const field = at + 8 + 20 * index;
        const tag = view.getUint16(field, true);
        if (tag === 256) view.setUint32(field + 12, width, true);
        if (tag === 257 || tag === 278) view.setUint16(field + 12, height, true);
        if (tag === 273) view.setBigUint64(field + 12, BigInt(4096 + z * page), true);
        if (tag === 279) view.setUint32(field + 12, page, true);
      }
      at = Number(view.getBigUint64(at + 8 + 20 * count, true));
    }
    const mark = new Uint8Array([1, 2, 3, 4, 5]);
    using file = Deno.openSync(path, { write: true, createNew: true });
    file.writeSync(small);
    file.truncateSync(4096 + depth * page);
    file.seekSync(4096 + 5 * page + 32767 * width + 100, Deno.SeekMode.Start);
    file.writeSync(mark);
    assert.deepEqual((await describeVolumeFile(path)).shape, [depth, height, width]);
    const source = await openRowSource(path, "tiff");
    const row = new Uint8Array(width);
    await source.readRows(5, 32767, 1, row);
    source.close();
    assert.deepEqual(row.slice(99, 106), new Uint8Array([0, ...mark, 0]));
  });
});

const reference = Deno.env.get("CCBOOST_REFERENCE") ??
  new URL("../../shared/reference", import.meta.url).pathname;

for (
  const [name, shape, sum] of [
    ["fibsem/volume.tif", [55, 99, 106], 74632352],
    ["fibsem/labels.tif", [55, 99, 106], 67283092],
    ["vnc/test.tif", [20, 1024, 512], 1353608825],
    ["vnc/test-labels.tif", [20, 1024, 512], 16164523],
  ] as const
) {
  const path = `${reference}/${name}`;
  const missing = !exists(path);
  Deno.test({
    name: `convertVolume() reads the reference ${name}${missing ? " (skipped: no reference data)" : ""}`,
    ignore: missing,
    fn: async () => {
      await inTemporaryFolder(async (folder) => {
        const { volume, voxels } = await converted(path, `${folder}/out`);
        assert.deepEqual(volume.shape, shape);
        // Sums as tifffile 2023.2.3 finds them.
        assert.equal(voxels.reduce((total, value) => total + value, 0), sum);
      });
    },
  });
}

function exists(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
