/** A log of what people did: one sealed JSON object a line, numbered from 1, only ever appended to. It alone says what is saved. */
import { fileError, readExactly } from "../volume/file.ts";
import { UserError } from "../user_error.ts";
import { openJson, sealJson } from "./seal.ts";

/** What every record has. */
export interface Recorded {
  /** Numbers the records from 1. */
  readonly seq: number;
  /** When it was made, ISO 8601. */
  readonly at: string;
}

/** Where a record lies in the file. */
export interface RecordPlace {
  readonly offset: number;
  readonly length: number;
}

/** An open log; one process appends to it at a time. */
export interface RecordLog<T extends Recorded> {
  /** Adds a record and returns when it is on the disk. @throws {UserError} where it could not be saved; the file is as before */
  append(record: T): Promise<RecordPlace>;
  read(place: RecordPlace): T;
  close(): void;
}

/** How far a log was read. */
export interface ReadSoFar {
  /** End of the last whole record, bytes. */
  readonly size: number;
  /** Its number. */
  readonly seq: number;
}

const NOTHING: ReadSoFar = { size: 0, seq: 0 };

/** Is given records, oldest first. */
export type TakeRecord<T extends Recorded> = (record: T, place: RecordPlace) => void;

/** Bytes read at once. */
const PIECE = 1 << 20;

/**
 * Reads the records of a log, without what a kill left of a last line.
 * @param from what was read before
 * @throws {UserError} where a line other than the last is damaged
 */
export function readRecords<T extends Recorded>(
  file: Deno.FsFile,
  path: string,
  take: TakeRecord<T>,
  from = NOTHING,
): ReadSoFar {
  const bytes = file.statSync().size;
  let { size, seq } = from;
  for (const { text, place } of linesOf(file, path, size, bytes)) {
    const record = openRecord<T>(text);
    const isLast = place.offset + place.length === bytes;
    if (record === undefined && isLast) break;
    if (record === undefined) {
      throw new UserError(
        `${path}, line ${seq + 1} is damaged or was edited: its checksum is wrong; ` +
          "remove this line and all that follow to go on from there, or take the file from a backup",
      );
    }
    take(record, place);
    size = place.offset + place.length;
    seq = record.seq;
  }
  return { size, seq };
}

/**
 * Goes on with a log that is open for reading and writing. What a kill left of a last line is cut off.
 * @param file locked by the caller
 * @param from what was read before
 * @throws {UserError} where a line other than the last is damaged
 */
export function openRecordLog<T extends Recorded>(
  file: Deno.FsFile,
  path: string,
  take: TakeRecord<T>,
  from = NOTHING,
): RecordLog<T> {
  let { size } = readRecords(file, path, take, from);
  if (size < file.statSync().size) truncate(file, path, size);
  return {
    async append(record) {
      const text = new TextEncoder().encode(`${sealJson(record)}\n`);
      try {
        await file.seek(size, Deno.SeekMode.Start);
        for (let sent = 0; sent < text.length;) sent += await file.write(text.subarray(sent));
        await file.syncData();
      } catch (cause) {
        truncate(file, path, size); // half a line must not become the beginning of the next
        throw fileError(path, "write", cause, text.length);
      }
      const place = { offset: size, length: text.length };
      size += text.length;
      return place;
    },
    read({ offset, length }) {
      const text = new Uint8Array(length);
      readExactly(file, path, offset, text);
      const record = openRecord<T>(new TextDecoder().decode(text.subarray(0, -1)));
      if (record !== undefined) return record;
      throw new UserError(`${path} was changed at byte ${offset} while it was in use; take it from a backup`);
    },
    close: () => file.close(),
  };
}

function truncate(file: Deno.FsFile, path: string, size: number): void {
  try {
    file.truncateSync(size);
  } catch (cause) {
    throw fileError(path, "write", cause);
  }
}

/** The whole lines of a file, without their ends. @param from where a line begins */
function* linesOf(
  file: Deno.FsFile,
  path: string,
  from: number,
  bytes: number,
): Generator<{ readonly text: string; readonly place: RecordPlace }> {
  const decoder = new TextDecoder();
  let rest = new Uint8Array(0);
  let offset = from; // of the first byte of `rest`
  for (let at = from; at < bytes;) {
    const piece = new Uint8Array(rest.length + Math.min(PIECE, bytes - at));
    piece.set(rest);
    readExactly(file, path, at, piece.subarray(rest.length));
    at += piece.length - rest.length;
    let begin = 0;
    // what was left before has no line end
    for (let end = piece.indexOf(10, rest.length); end >= 0; end = piece.indexOf(10, begin)) {
      yield {
        text: decoder.decode(piece.subarray(begin, end)),
        place: { offset: offset + begin, length: end + 1 - begin },
      };
      begin = end + 1;
    }
    rest = piece.slice(begin);
    offset += begin;
  }
}

function openRecord<T extends Recorded>(text: string): T | undefined {
  const value = openJson(text);
  return value !== undefined && "seq" in value ? value as T : undefined;
}
