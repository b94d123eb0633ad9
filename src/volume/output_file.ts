/** Output files of known size: written anywhere in any order, and named only when they are complete and on the disk. */
import { fileError, removeIfExists, temporaryName, writeExactly } from "./file.ts";

/** A file in the making. Exactly one of `complete` and `abandon` ends it. */
export interface OutputFile {
  /** Its name until it is complete. */
  readonly temporary: string;
  write(offset: number, bytes: Uint8Array): void;
  /** Flushes to the disk and gives the file its name. */
  complete(): void;
  /** Removes what was written. */
  abandon(): void;
}

/**
 * Begins a file that will be called `path`.
 * @param head what is written at once: places and bytes
 * @throws UserError if it cannot be written; nothing is left behind
 */
export function createOutputFile(
  path: string,
  head: Iterable<readonly [offset: number, bytes: Uint8Array]>,
): OutputFile {
  const temporary = temporaryName(path);
  const explain = (work: () => void, bytes?: number): void => {
    try {
      work();
    } catch (cause) {
      throw fileError(path, "write", cause, bytes);
    }
  };
  let file: Deno.FsFile;
  try {
    file = Deno.openSync(temporary, { write: true, createNew: true });
  } catch (cause) {
    throw fileError(path, "write", cause);
  }
  const abandon = () => {
    file.close();
    removeIfExists(temporary);
  };
  const output: OutputFile = {
    temporary,
    write: (offset, bytes) => explain(() => writeExactly(file, offset, bytes), bytes.length),
    complete() {
      try {
        explain(() => {
          file.syncSync();
          Deno.renameSync(temporary, path);
        });
      } catch (cause) {
        abandon();
        throw cause;
      }
      file.close();
    },
    abandon,
  };
  try {
    for (const [offset, bytes] of head) output.write(offset, bytes);
  } catch (cause) {
    abandon();
    throw cause;
  }
  return output;
}

/** Bytes that are written at once. */
const PART_BYTES = 1 << 20;

/**
 * Writes a file from its parts, whole or not at all, without holding them all.
 * @param parts of at most 1 MiB each, used before the next is asked for
 * @throws UserError if it cannot be written
 */
export function writeParts(path: string, parts: () => Iterable<Uint8Array>): void {
  const file = createOutputFile(path, []);
  const buffer = new Uint8Array(PART_BYTES);
  let offset = 0, held = 0;
  const flush = () => {
    file.write(offset, buffer.subarray(0, held));
    offset += held;
    held = 0;
  };
  try {
    for (const part of parts()) {
      if (held + part.length > PART_BYTES) flush();
      buffer.set(part, held);
      held += part.length;
    }
    flush();
  } catch (cause) {
    file.abandon();
    throw cause;
  }
  file.complete();
}

/** Where the rows of a file in the making lie, one behind the other: plain data, for other threads to write to. */
export interface RowPlace {
  /** Name that the file will have. */
  readonly path: string;
  readonly temporary: string;
  /** Bytes before the first row. */
  readonly dataStart: number;
  /** Bytes of one row of all components. */
  readonly rowBytes: number;
  /** Rows of a slice. */
  readonly rows: number;
}

/**
 * Writes voxels, little-endian, from `skip` bytes into row `y` of slice `z` on; they may go on into the next rows and slices.
 */
type WriteRows = (z: number, y: number, bytes: Uint8Array, skip?: number) => void;

/** A volume file in the making: rows of voxels at their places. */
export interface RowWriter {
  readonly place: RowPlace;
  readonly writeRows: WriteRows;
  /** Flushes to the disk and gives the file its name. */
  complete(): void;
  /** Removes what was written. */
  abandon(): void;
}

/** Begins a volume file whose rows lie in one run. `head` as for {@linkcode createOutputFile}. */
export function createRowFile(
  path: string,
  head: Iterable<readonly [offset: number, bytes: Uint8Array]>,
  layout: Pick<RowPlace, "dataStart" | "rowBytes" | "rows">,
): RowWriter & { readonly file: OutputFile } {
  const file = createOutputFile(path, head);
  const place = { path, temporary: file.temporary, ...layout };
  return {
    file,
    place,
    writeRows: (z, y, bytes, skip = 0) => file.write(offsetOf(place, z, y) + skip, bytes),
    complete: file.complete,
    abandon: file.abandon,
  };
}

/** Opens a file in the making to write rows beside others. @throws UserError if it cannot be written; so does `writeRows` */
export function openRows(place: RowPlace): { readonly writeRows: WriteRows; close(): void } {
  const file = Deno.openSync(place.temporary, { write: true });
  return {
    writeRows(z, y, bytes, skip = 0) {
      try {
        writeExactly(file, offsetOf(place, z, y) + skip, bytes);
      } catch (cause) {
        throw fileError(place.path, "write", cause, bytes.length);
      }
    },
    close: () => file.close(),
  };
}

function offsetOf({ dataStart, rowBytes, rows }: RowPlace, z: number, y: number): number {
  return dataStart + (z * rows + y) * rowBytes;
}
