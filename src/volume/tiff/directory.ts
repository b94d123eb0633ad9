/** TIFF and BigTIFF headers and image file directories (TIFF 6.0, section 2; BigTIFF as in libtiff 4). */
import { UserError } from "../../user_error.ts";
import { fileState, openForReading, readExactly } from "../file.ts";

/** An open TIFF file; `read` gives a view that holds until the next call. */
export interface TiffFile {
  readonly path: string;
  readonly bytes: number;
  readonly littleEndian: boolean;
  readonly isBig: boolean;
  readonly firstDirectory: number;
  read(offset: number, length: number): DataView;
  readInto(offset: number, into: Uint8Array): void;
  close(): void;
}

/** One field of a directory. */
interface TiffField {
  readonly type: number;
  readonly count: number;
  /** Byte of the file at which the values begin. */
  readonly offset: number;
}

/** An image file directory: fields by tag, and where the next one is (0: none). */
export interface TiffDirectory {
  readonly fields: ReadonlyMap<number, TiffField>;
  readonly next: number;
}

/** Longest read that is served from the window; a window is two of them. */
const WINDOW = 16384;
/** Longest text that is read, such as the description of a stack. */
const LONGEST_TEXT = 1 << 23;
const TYPE_BYTES = new Map([
  [1, 1],
  [2, 1],
  [3, 2],
  [4, 4],
  [5, 8],
  [6, 1],
  [7, 1],
  [8, 2],
  [9, 4],
  [10, 8],
  [11, 4],
  [12, 8],
  [13, 4],
  [16, 8],
  [17, 8],
  [18, 8],
]);

/** Opens a TIFF file and reads its header. @throws UserError if it is none or is truncated */
export function openTiffFile(path: string): TiffFile {
  const bytes = fileState(path)?.bytes ?? 0;
  const file = openForReading(path);
  try {
    const head = new Uint8Array(16);
    readExactly(file, path, 0, head.subarray(0, Math.min(16, Math.max(8, bytes))));
    const view = new DataView(head.buffer);
    const littleEndian = head[0] === 0x49;
    const magic = view.getUint16(2, littleEndian);
    const isBig = magic === 43;
    if (!isTiffHeader(head)) {
      throw new UserError(
        `${path}: not a TIFF file: it begins with ${[...head.subarray(0, 4)]}; check the path`,
      );
    }
    const firstDirectory = isBig
      ? Number(view.getBigUint64(8, littleEndian))
      : view.getUint32(4, littleEndian);
    return { path, bytes, littleEndian, isBig, firstDirectory, ...windowedReader(file, path, bytes) };
  } catch (cause) {
    file.close();
    throw cause;
  }
}

/** Whether a file that begins with these bytes is a TIFF or BigTIFF. */
export function isTiffHeader(head: Uint8Array): boolean {
  const [a, b, c, d] = head;
  if (a !== b) return false;
  if (a === 0x49) return (c === 42 || c === 43) && d === 0;
  return a === 0x4d && c === 0 && (d === 42 || d === 43);
}

// Directories are small and often lie close together: one read serves many, in whichever direction they are chained.
function windowedReader(
  file: Deno.FsFile,
  path: string,
  size: number,
): Pick<TiffFile, "read" | "readInto" | "close"> {
  const window = new Uint8Array(2 * WINDOW);
  let start = 0;
  let end = 0;
  const readInto = (offset: number, into: Uint8Array) => readExactly(file, path, offset, into);
  return {
    readInto,
    read(offset, length) {
      if (offset + length > size) {
        throw new UserError(
          `${path}: truncated: ${length} bytes expected at byte ${offset} of ${size}; copy the file again`,
        );
      }
      if (length > WINDOW) {
        const large = new Uint8Array(length);
        readInto(offset, large);
        return new DataView(large.buffer);
      }
      if (offset < start || offset + length > end) {
        start = offset - offset % WINDOW;
        end = Math.min(size, start + 2 * WINDOW);
        readInto(start, window.subarray(0, end - start));
      }
      return new DataView(window.buffer, offset - start, length);
    },
    close: () => file.close(),
  };
}

/** Reads the directory at a byte of the file. @throws UserError if it does not fit in the file */
export function readDirectory(file: TiffFile, offset: number): TiffDirectory {
  const { littleEndian, isBig } = file;
  const [countBytes, fieldBytes, pointerBytes] = isBig ? [8, 20, 8] : [2, 12, 4];
  const countView = file.read(offset, countBytes);
  const count = isBig
    ? Number(countView.getBigUint64(0, littleEndian))
    : countView.getUint16(0, littleEndian);
  if (count === 0 || count > 4096) {
    throw new UserError(
      `${file.path}: damaged: a directory of ${count} fields at byte ${offset}; save the file again`,
    );
  }
  const view = file.read(offset + countBytes, count * fieldBytes + pointerBytes);
  const fields = new Map<number, TiffField>();
  for (let index = 0; index < count; index++) {
    const at = index * fieldBytes;
    const type = view.getUint16(at + 2, littleEndian);
    const values = readPointer(view, at + 4, file);
    const inline = (TYPE_BYTES.get(type) ?? 1) * values <= pointerBytes;
    const valueAt = at + 4 + pointerBytes;
    fields.set(view.getUint16(at, littleEndian), {
      type,
      count: values,
      offset: inline ? offset + countBytes + valueAt : readPointer(view, valueAt, file),
    });
  }
  return { fields, next: readPointer(view, count * fieldBytes, file) };
}

function readPointer(view: DataView, at: number, file: TiffFile): number {
  return file.isBig
    ? Number(view.getBigUint64(at, file.littleEndian))
    : view.getUint32(at, file.littleEndian);
}

/**
 * The first `most` whole numbers of a field; undefined where the directory lacks it. What a field counts beyond them is not read.
 * @throws UserError for another type
 */
export function fieldNumbers(
  file: TiffFile,
  directory: TiffDirectory,
  tag: number,
  most: number,
): number[] | undefined {
  const field = directory.fields.get(tag);
  if (field === undefined) return undefined;
  const size = TYPE_BYTES.get(field.type) ?? 0;
  const read = numberReader(field.type);
  if (read === undefined) {
    throw new UserError(
      `${file.path}: damaged: TIFF field ${tag} has type ${field.type}; expected whole numbers`,
    );
  }
  const count = Math.min(field.count, most);
  const view = file.read(field.offset, count * size);
  return Array.from({ length: count }, (_, index) => read(view, index * size, file.littleEndian));
}

function numberReader(
  type: number,
): ((view: DataView, at: number, littleEndian: boolean) => number) | undefined {
  if (type === 1 || type === 7) return (view, at) => view.getUint8(at);
  if (type === 3) return (view, at, littleEndian) => view.getUint16(at, littleEndian);
  if (type === 4 || type === 13) return (view, at, littleEndian) => view.getUint32(at, littleEndian);
  if (type === 16 || type === 18) {
    return (view, at, littleEndian) => Number(view.getBigUint64(at, littleEndian));
  }
  return undefined;
}

/** The first number of a field, or a default where the directory lacks the field. */
export function fieldNumber(file: TiffFile, directory: TiffDirectory, tag: number, fallback: number): number {
  return fieldNumbers(file, directory, tag, 1)?.[0] ?? fallback;
}

/** A fraction, such as a resolution; undefined where the directory lacks it or it is none. */
export function fieldFraction(file: TiffFile, directory: TiffDirectory, tag: number): number | undefined {
  const field = directory.fields.get(tag);
  if (field?.type !== 5 || field.count < 1) return undefined;
  const view = file.read(field.offset, 8);
  const value = view.getUint32(0, file.littleEndian) / view.getUint32(4, file.littleEndian);
  return Number.isFinite(value) ? value : undefined;
}

/** The bytes of a field, at most 8 MiB; undefined where the directory lacks it. */
export function fieldBytes(file: TiffFile, directory: TiffDirectory, tag: number): Uint8Array | undefined {
  const field = directory.fields.get(tag);
  if (field === undefined) return undefined;
  const length = Math.min(LONGEST_TEXT, field.count * (TYPE_BYTES.get(field.type) ?? 1));
  const view = file.read(field.offset, length);
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength).slice();
}

/** The text of a field, without the zero byte at its end; empty where the directory lacks it. */
export function fieldText(file: TiffFile, directory: TiffDirectory, tag: number): string {
  const bytes = fieldBytes(file, directory, tag);
  return bytes === undefined ? "" : decodeText(bytes).replace(/\0+$/, "");
}

/** OME-XML is UTF-8, older descriptions are Latin-1. */
function decodeText(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    if (!(cause instanceof TypeError)) throw cause;
    return new TextDecoder("latin1").decode(bytes);
  }
}
