/** Voxels of greyscale PNG images (W3C, Portable Network Graphics), row by row. */
import { reasonOf, UserError } from "../config/user_error.ts";
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

/** Whether a file that begins with these bytes is a PNG. */
export function isPngHeader(head: Uint8Array): boolean {
  return SIGNATURE.every((byte, index) => head[index] === byte);
}

/**
 * Opens a greyscale PNG of 8 or 16 bits as one slice.
 * @throws UserError if it is of another kind, or its header is damaged
 */
export function openPng(path: string): RowSource {
  const { shape, dtype } = readHeader(path);
  const rowBytes = shape[2] * bytesPerVoxel(dtype);
  let rows: RowReader | undefined;
  const close = () => rows?.close();
  return {
    path,
    shape,
    components: 1,
    dtype,
    littleEndian: false,
    access: "forward",
    files: [path],
    heldBytes: 2 * MOST_DECODED + 4 * rowBytes,
    async readRows(_z, y, count, out) {
      rows ??= openRows(path, rowBytes, bytesPerVoxel(dtype));
      while (rows.next < y) await rows.read();
      for (let row = 0; row < count; row++) out.set(await rows.read(), row * rowBytes);
    },
    finish: () => Promise.resolve(),
    close,
  };
}

function readHeader(path: string): { shape: Zyx; dtype: SourceDtype } {
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
  if (colour !== 0 || (bits !== 8 && bits !== 16)) {
    const kinds: Readonly<Record<number, string>> = {
      0: "grey",
      2: "colour",
      3: "palette",
      4: "grey with alpha",
      6: "colour with alpha",
    };
    throw new UserError(
      `${path}: a PNG of ${bits} bits, ${
        kinds[colour] ?? "unknown"
      }; expected 8 or 16-bit grey: save it as greyscale`,
    );
  }
  if (interlace !== 0) throw new UserError(`${path}: an interlaced PNG; save it without interlacing`);
  const dtype = bits === 8 ? "uint8" : "uint16";
  requireVolumeSize(path, shape, bytesPerVoxel(dtype));
  const stored = fileState(path)?.bytes ?? 0;
  requireDecodable(path, stored, shape[1] * (shape[2] * bytesPerVoxel(dtype) + 1));
  return { shape, dtype };
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

/** Undoes the filter of a row in place; the first byte tells which (section 9). */
function undoFilter(row: Uint8Array, above: Uint8Array, step: number): void {
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
