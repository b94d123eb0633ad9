/** A file of records of numbers, for what is too much for the memory. It is for one process, and of no use after it. */
import { fileError, openForReading, readExactly, writeExactly } from "../../../volume/file.ts";

/** Records that are written at their places. */
export interface RecordWriter {
  /** Writes records one behind the other. @param place of the first, from 0 */
  write(place: number, records: Float64Array): void;
  [Symbol.dispose](): void;
}

/** Begins a file, in the place of what is there. @throws {UserError} where it cannot be written, so does `write` */
export function createRecordFile(path: string, fields: number): RecordWriter {
  const explained = <T>(work: () => T, bytes?: number): T => {
    try {
      return work();
    } catch (cause) {
      throw fileError(path, "write", cause, bytes);
    }
  };
  const file = explained(() => Deno.openSync(path, { write: true, create: true, truncate: true }));
  return {
    write(place, { buffer, byteOffset, byteLength }) {
      const bytes = new Uint8Array(buffer, byteOffset, byteLength);
      explained(() => writeExactly(file, 8 * fields * place, bytes), byteLength);
    },
    [Symbol.dispose]: () => file.close(),
  };
}

/**
 * Reads a file from its begin, some records at a time.
 * @param count of all records
 * @returns pieces of `most` records, the last of fewer; each is valid until the next is asked for
 * @throws {UserError} where it cannot be read
 */
export function* readRecordFile(
  path: string,
  { fields, count, most }: { readonly fields: number; readonly count: number; readonly most: number },
): Generator<Float64Array> {
  using file = openForReading(path);
  const piece = new Float64Array(fields * Math.min(count, most));
  for (let place = 0; place < count; place += most) {
    const records = piece.subarray(0, fields * Math.min(most, count - place));
    readExactly(file, path, 8 * fields * place, new Uint8Array(records.buffer, 0, records.byteLength));
    yield records;
  }
}
