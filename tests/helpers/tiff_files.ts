/** TIFF files written by hand, with everything that a reader must cope with. */
import { deflateSync, zstdCompressSync } from "node:zlib";
import type { Zyx } from "../../src/volume/region.ts";
import { encodeJpeg } from "./jpeg_files.ts";
import { encodeLerc } from "./lerc_files.ts";

/** How to write a TIFF: everything the reader must cope with. */
export interface Layout {
  readonly isBig?: boolean;
  readonly littleEndian?: boolean;
  /** Height and width of tiles, or only a height: rows of a strip. */
  readonly block?: readonly [height: number, width?: number];
  readonly compression?: "none" | "lzw" | "packbits" | "deflate" | "zstd" | "jpeg" | "lerc" | "deflated lerc";
  readonly predictor?: 1 | 2;
  /** Blocks of a page in reverse order, so that they do not follow each other. */
  readonly shuffled?: boolean;
  readonly description?: string;
  /** Directories that are written; default one per page. */
  readonly directories?: number;
  /** Other values for tags: numbers are SHORT. */
  readonly fields?: Readonly<Record<number, readonly number[] | undefined>>;
}

const COMPRESSION = {
  ...{ none: 1, lzw: 5, deflate: 8, packbits: 32773, zstd: 50000, jpeg: 7 },
  ...{ lerc: 34887, "deflated lerc": 34887 },
} as const;

async function compress(
  kind: Layout["compression"],
  bytes: Uint8Array<ArrayBuffer>,
  width: number,
): Promise<Uint8Array> {
  if (kind === "zstd") return zstdCompressSync(bytes);
  if (kind === "jpeg") return encodeJpeg(bytes, bytes.length / width, width);
  if (kind === "lerc") return encodeLerc(bytes, bytes.length / width, width);
  if (kind === "deflated lerc") return deflateSync(encodeLerc(bytes, bytes.length / width, width));
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
    return encodeLzw(bytes);
  }
  return bytes;
}

/** LZW as libtiff writes it (TIFF 6.0, section 13). */
export function encodeLzw(bytes: Uint8Array): Uint8Array {
  const out: number[] = [];
  let buffer = 0, held = 0, width = 9;
  const put = (code: number) => {
    buffer = (buffer << width) | code;
    for (held += width; held >= 8; held -= 8) out.push((buffer >> (held - 8)) & 255);
    buffer &= (1 << held) - 1;
  };
  let table = new Map<number, number>();
  let free = 258;
  const clear = () => {
    put(256);
    [table, free, width] = [new Map(), 258, 9];
  };
  clear();
  let code = -1;
  for (const byte of bytes) {
    const known = code < 0 ? byte : table.get(code * 256 + byte);
    if (known !== undefined) {
      code = known;
      continue;
    }
    put(code);
    table.set(code * 256 + byte, free++);
    // The decoder is an entry behind, and changes the width one code early.
    if (free === 4095) clear();
    else if (free >= 1 << width) width++;
    code = byte;
  }
  if (code >= 0) put(code);
  if (free + 1 >= 1 << width && width < 12 && code >= 0) width++;
  put(257);
  if (held > 0) out.push((buffer << (8 - held)) & 255);
  return Uint8Array.from(out);
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
      blocks.push(await compress(layout.compression, block, blockWidth));
    }
  }
  return blocks;
}

/** A TIFF file of 8-bit pages, written by hand. */
export async function tiffBytes(
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

/** Voxels without a pattern. */
export function noise(length: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(length).map((_, index) => (Math.imul(index + 7, 0x9e3779b1) >>> 13) % 251);
}
