/** `strokes.log`: every change of labels, one sealed JSON object a line, only ever appended to. It alone says what is saved. */
import { openJson, sealJson } from "../engine/mod.ts";
import { fileError, readExactly } from "../volume/file.ts";
import { UserError } from "../user_error.ts";
import type { Judged, LabelPolarity } from "./state.ts";

/** What every record has. */
interface Recorded {
  /** Numbers the records from 1. */
  readonly seq: number;
  /** When it was made, ISO 8601. */
  readonly at: string;
}

/** A synapse without its voxels. */
export interface NamedObject {
  readonly id: number;
  readonly name: string;
  readonly polarity: LabelPolarity;
}

/** Voxels that took another value. */
export interface StrokeRecord extends Recorded {
  readonly kind: "stroke";
  /** Its UUID; empty where the server made it. */
  readonly stroke: string;
  readonly value: number;
  /** z, y, x, length along x and the value before, of one run after the other. */
  readonly runs: readonly number[];
  /** The synapse that was deleted with its voxels. */
  readonly removed?: NamedObject;
}

/** Labels of another program were taken; their voxels are in an array of their own. */
export interface ImportRecord extends Recorded {
  readonly kind: "import";
  readonly added: readonly NamedObject[];
}

/** One line of the log. */
export type LabelRecord =
  | StrokeRecord
  | ImportRecord
  /** The change with this number was undone, or done again. */
  | Recorded & { readonly kind: "undo" | "redo"; readonly of: number }
  /** A candidate was judged. */
  | Recorded & { readonly kind: "judged" } & Judged
  /** A synapse was begun, or has another name or polarity. */
  | Recorded & { readonly kind: "object" } & NamedObject;

/** Where a record lies in the file. */
export interface RecordPlace {
  readonly offset: number;
  readonly length: number;
}

/** The open log of one project; one process has it at a time. */
export interface RecordLog {
  /** Adds a record and returns when it is on the disk. @throws {UserError} where it could not be saved; the file is as before */
  append(record: LabelRecord): Promise<RecordPlace>;
  read(place: RecordPlace): LabelRecord;
  close(): void;
}

/** Bytes read at once. */
const PIECE = 1 << 20;

/**
 * Goes on with a log that is open for reading and writing. What a kill left of a last line is cut off.
 * @param file locked by the caller
 * @param take is given every record, oldest first
 * @throws {UserError} where a line other than the last is damaged
 */
export function openRecordLog(
  file: Deno.FsFile,
  path: string,
  take: (record: LabelRecord, place: RecordPlace) => void,
): RecordLog {
  const bytes = file.statSync().size;
  let size = 0;
  let line = 0;
  for (const { text, place } of linesOf(file, path, bytes)) {
    line++;
    const record = openRecord(text);
    const isLast = place.offset + place.length === bytes;
    if (record === undefined && isLast) break;
    if (record === undefined) {
      throw new UserError(
        `${path}, line ${line} is damaged or was edited: its checksum is wrong; ` +
          "remove this line and all that follow to go on from there, or take the file from a backup",
      );
    }
    take(record, place);
    size = place.offset + place.length;
  }
  if (size < bytes) truncate(file, path, size);
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
      const record = openRecord(new TextDecoder().decode(text.subarray(0, -1)));
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

/** The whole lines of a file, without their ends. */
function* linesOf(
  file: Deno.FsFile,
  path: string,
  bytes: number,
): Generator<{ readonly text: string; readonly place: RecordPlace }> {
  const decoder = new TextDecoder();
  let rest = new Uint8Array(0);
  let offset = 0; // of the first byte of `rest`
  for (let at = 0; at < bytes;) {
    const piece = new Uint8Array(rest.length + Math.min(PIECE, bytes - at));
    piece.set(rest);
    readExactly(file, path, at, piece.subarray(rest.length));
    at += piece.length - rest.length;
    let from = 0;
    // what was left before has no line end
    for (let end = piece.indexOf(10, rest.length); end >= 0; end = piece.indexOf(10, from)) {
      yield {
        text: decoder.decode(piece.subarray(from, end)),
        place: { offset: offset + from, length: end + 1 - from },
      };
      from = end + 1;
    }
    rest = piece.slice(from);
    offset += from;
  }
}

function openRecord(text: string): LabelRecord | undefined {
  const value = openJson(text);
  return value !== undefined && "seq" in value ? value as LabelRecord : undefined;
}
