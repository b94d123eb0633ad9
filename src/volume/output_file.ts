/** Output files of known size: written anywhere in any order, and named only when they are complete and on the disk. */
import { fileError, removeIfExists, temporaryName, writeExactly } from "./file.ts";

/** A file in the making. Exactly one of `complete` and `abandon` ends it. */
export interface OutputFile {
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

/** A volume file in the making: rows of voxels at their places. */
export interface RowWriter {
  /** Bytes of one row of all components. */
  readonly rowBytes: number;
  /**
   * Writes voxels, little-endian, from `skip` bytes into row `y` of slice `z` on; they may go on into the next rows and
   * slices.
   */
  writeRows(z: number, y: number, bytes: Uint8Array, skip?: number): void;
  /** Flushes to the disk and gives the file its name. */
  complete(): void;
  /** Removes what was written. */
  abandon(): void;
}

/**
 * Fills a volume file from a stream of bytes in the order of the file, cut anywhere.
 * @throws RangeError if the stream is shorter or longer than the volume; then there is no file
 */
export async function writeStream(
  writer: RowWriter & { readonly dataStart: number; readonly dataBytes: number; readonly file: OutputFile },
  parts: AsyncIterable<Uint8Array>,
): Promise<void> {
  let written = 0;
  try {
    for await (const part of parts) {
      if (written + part.length <= writer.dataBytes) writer.file.write(writer.dataStart + written, part);
      written += part.length;
    }
    if (written !== writer.dataBytes) {
      throw new RangeError(`${written} bytes of voxels for a file of ${writer.dataBytes}`);
    }
  } catch (cause) {
    writer.abandon();
    throw cause;
  }
  writer.complete();
}
