/** Voxels of greyscale PNG images (W3C, Portable Network Graphics), row by row. */
import { reasonOf, UserError } from "../user_error.ts";
import { bytesPerVoxel, type SourceDtype } from "./dtype.ts";
import { fileState, openForReading, readExactly } from "./file.ts";
import { requireDecodable, requireVolumeSize } from "./limits.ts";
import type { Zyx } from "./region.ts";
import type { RowSource } from "./source.ts";

const SIGNATURE = [137, 80, 78, 71, 13, 10, 26, 10];
/** All that a part decodes to comes at once: small parts bound the memory. */
const STORED_PART = 1 << 12;
const MOST_DECODED = STORED_PART * 1032;
const HEADER_BYTES = 33;
/** Most chunks that are passed on the way to a palette. */
const MOST_CHUNKS = 1000;

/** Whether a file that begins with these bytes is a PNG. */
export function isPngHeader(head: Uint8Array): boolean {
  return SIGNATURE.every((byte, index) => head[index] === byte);
}

/**
 * Opens a greyscale PNG as one slice: of 16 bits, or of 8 or fewer as 8. Black is 0 and white 255 whatever the bits, so that a slice of
 * black and white, which some programs write with one bit, fits the others of its stack. A palette of
 * greys, as Fiji writes it, gives greys; of one with colours the voxels are the places in it.
 *
 * @throws UserError if it is of another kind, or its header is damaged
 */
export function openPng(path: string): RowSource {
  const { shape, dtype, bits, greys, isPalette } = readHeader(path);
  const rowBytes = Math.ceil(shape[2] * bits / 8);
  let rows: RowReader | undefined;
  const close = () => rows?.close();
  return {
    path,
    shape,
    components: 1,
    dtype,
    isPalette,
    littleEndian: false,
    access: "forward",
    files: [path],
    heldBytes: 2 * MOST_DECODED + 4 * rowBytes,
    async readRows(_z, y, count, out) {
      rows ??= openRows(path, rowBytes, bytesPerVoxel(dtype));
      while (rows.next < y) await rows.read();
      for (let row = 0; row < count; row++) {
        const stored = await rows.read();
        if (greys === undefined) out.set(stored, row * rowBytes);
        else unpackGreys(stored, bits, greys, out.subarray(row * shape[2], (row + 1) * shape[2]));
      }
    },
    finish: () => Promise.resolve(),
    close,
  };
}

/** What the chunks before the voxels tell. */
interface PngHeader {
  readonly shape: Zyx;
  readonly dtype: SourceDtype;
  /** Of a voxel as it is stored. */
  readonly bits: number;
  /** The grey of each stored value; undefined where the stored values are the greys. */
  readonly greys: Uint8Array | undefined;
  /** Whether stored values are places in a palette of colours, which stay as they are. */
  readonly isPalette: boolean;
}

function readHeader(path: string): PngHeader {
  using file = openForReading(path);
  const head = new Uint8Array(HEADER_BYTES);
  readExactly(file, path, 0, head);
  const view = new DataView(head.buffer);
  const name = new TextDecoder("latin1").decode(head.subarray(12, 16));
  if (!isPngHeader(head) || name !== "IHDR" || view.getUint32(8) !== 13) {
    throw new UserError(`${path}: damaged: no PNG header; save the file again`);
  }
  const shape: Zyx = [1, view.getUint32(20), view.getUint32(16)];
  const [bits = 0, colour = 0, , , interlace = 0] = head.subarray(24, 29);
  const palette = colour === 3 && bits <= 8 ? paletteOf(file, path) : undefined;
  const isPalette = palette === "colours";
  const greys = palette === "colours" ? PLACES : palette ?? (bits < 8 ? evenGreys(bits) : undefined);
  if (![1, 2, 4, 8, 16].includes(bits) || (colour !== 0 && palette === undefined)) {
    const kinds: Readonly<Record<number, string>> = {
      0: "grey",
      2: "colour",
      3: "a palette that is missing or wrong",
      4: "grey with alpha",
      6: "colour with alpha",
    };
    throw new UserError(
      `${path}: a PNG of ${bits} bits, ${kinds[colour] ?? "unknown"}; expected up to 16-bit grey: save ` +
        "it as greyscale",
    );
  }
  if (interlace !== 0) throw new UserError(`${path}: a PNG with interlacing; save it without`);
  const dtype = bits <= 8 ? "uint8" : "uint16";
  requireVolumeSize(path, shape, bytesPerVoxel(dtype));
  const stored = fileState(path)?.bytes ?? 0;
  requireDecodable(path, stored, shape[1] * (Math.ceil(shape[2] * bits / 8) + 1));
  return { shape, dtype, bits, greys, isPalette };
}

/** The greys of voxels of 1, 2 or 4 bits, from black to white (section 13.12 of the second edition). */
function evenGreys(bits: number): Uint8Array {
  const most = 2 ** bits - 1;
  return Uint8Array.from({ length: most + 1 }, (_, value) => Math.round(value * 255 / most));
}

/** Places in a palette, which stand for themselves. */
const PLACES = Uint8Array.from({ length: 256 }, (_, place) => place);

/** The palette's greys, where it has no colours; undefined where there is no palette before the voxels. */
function paletteOf(file: Deno.FsFile, path: string): Uint8Array | "colours" | undefined {
  const head = new Uint8Array(8);
  for (let at = HEADER_BYTES, chunks = 0; chunks < MOST_CHUNKS; chunks++) {
    readExactly(file, path, at, head);
    const length = new DataView(head.buffer).getUint32(0);
    const name = new TextDecoder("latin1").decode(head.subarray(4));
    if (name === "IDAT" || name === "IEND") return undefined;
    if (name === "PLTE" && length <= 768) {
      const colours = new Uint8Array(length);
      readExactly(file, path, at + 8, colours);
      const isGrey = colours.every((value, index) => value === colours[index - index % 3]);
      // What lies beyond the palette is black.
      const greys = new Uint8Array(256);
      greys.set(colours.filter((_, index) => index % 3 === 0));
      return isGrey ? greys : "colours";
    }
    at += length + 12;
  }
  return undefined;
}

/** Voxels of 8 or fewer bits, the first in the highest ones, as their greys. */
function unpackGreys(stored: Uint8Array, bits: number, greys: Uint8Array, out: Uint8Array): void {
  const mask = 2 ** bits - 1;
  const perByte = 8 / bits;
  for (let x = 0; x < out.length; x++) {
    const byte = stored[Math.floor(x / perByte)] ?? 0;
    out[x] = greys[(byte >> (8 - bits - (x % perByte) * bits)) & mask] ?? 0;
  }
}

/** Rows one after the other. */
interface RowReader {
  /** Number of the row that comes next. */
  readonly next: number;
  /** The next row, which holds until the next call. */
  read(): Promise<Uint8Array>;
  close(): void;
}

function openRows(path: string, rowBytes: number, voxelBytes: number): RowReader {
  const file = openForReading(path);
  const reader = storedParts(file, path).pipeThrough(new DecompressionStream("deflate")).getReader();
  let part = new Uint8Array(0);
  let next = 0;
  let current = new Uint8Array(rowBytes + 1);
  let before = new Uint8Array(rowBytes + 1);

  async function fill(into: Uint8Array): Promise<void> {
    for (let done = 0; done < into.length;) {
      if (part.length === 0) {
        const { done: isEnd, value } = await reader.read();
        if (isEnd) throw new RangeError(`it ends in row ${next}`);
        part = value;
      }
      const taken = part.subarray(0, into.length - done);
      into.set(taken, done);
      done += taken.length;
      part = part.subarray(taken.length);
    }
  }

  return {
    get next() {
      return next;
    },
    async read() {
      [current, before] = [before, current];
      try {
        await fill(current);
        undoFilter(current, before, voxelBytes);
      } catch (cause) {
        if (cause instanceof UserError) throw cause;
        throw new UserError(`${path}: damaged: ${reasonOf(cause)}; copy or save the file again`, { cause });
      }
      next++;
      return current.subarray(1);
    },
    close() {
      // That the stream had failed already was told when it was read.
      reader.cancel().catch(() => undefined);
      file.close();
    },
  };
}

/** The compressed bytes: the contents of the IDAT chunks, which follow each other. */
function storedParts(file: Deno.FsFile, path: string): ReadableStream<Uint8Array<ArrayBuffer>> {
  let at = 8;
  let left = 0;
  return new ReadableStream({
    pull(controller) {
      try {
        while (left === 0) {
          const head = new Uint8Array(8);
          readExactly(file, path, at, head);
          const length = new DataView(head.buffer).getUint32(0);
          const name = new TextDecoder("latin1").decode(head.subarray(4));
          at += 8;
          if (name === "IEND") return controller.close();
          if (name === "IDAT") left = length;
          if (name !== "IDAT" || length === 0) at += length + 4;
        }
        const part = new Uint8Array(Math.min(left, STORED_PART));
        readExactly(file, path, at, part);
        at += part.length;
        left -= part.length;
        if (left === 0) at += 4;
        controller.enqueue(part);
      } catch (cause) {
        controller.error(cause);
      }
    },
  }, { highWaterMark: 0 });
}

/** Undoes the filter of a row in place; the first byte tells which (section 9). @param step bytes of a voxel */
export function undoFilter(row: Uint8Array, above: Uint8Array, step: number): void {
  const filter = row[0] ?? 0;
  if (filter > 4) throw new RangeError(`filter ${filter}`);
  for (let at = 1; at < row.length && filter > 0; at++) {
    const left = at > step ? row[at - step] ?? 0 : 0;
    const up = above[at] ?? 0;
    const corner = at > step ? above[at - step] ?? 0 : 0;
    row[at] = (row[at] ?? 0) + predicted(filter, left, up, corner);
  }
}

function predicted(filter: number, left: number, up: number, corner: number): number {
  switch (filter) {
    case 1:
      return left;
    case 2:
      return up;
    case 3:
      return (left + up) >> 1;
  }
  const estimate = left + up - corner;
  const [a, b, c] = [Math.abs(estimate - left), Math.abs(estimate - up), Math.abs(estimate - corner)];
  if (a <= b && a <= c) return left;
  return b <= c ? up : corner;
}
