/** `journal.jsonl` in the run's folder: one sealed JSON object a line, only ever appended to, the one record of what is done. */
import { join } from "node:path";
import { UserError } from "../user_error.ts";
import { fileError } from "../volume/file.ts";
import type { Region } from "../volume/region.ts";
import type { Dependencies } from "./changes.ts";
import { type FolderLock, lockFolder, touch } from "./lock.ts";
import { createQueue } from "./queue.ts";
import { openJson, sealJson } from "./seal.ts";
import { ifThere } from "../if_there.ts";

/** What JSON can hold. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** One line of the journal. */
export type JournalEvent =
  | {
    readonly event: "run-started";
    readonly command: string;
    readonly version: string;
    readonly settings: Json;
    /** ISO 8601, UTC. */
    readonly time: string;
  }
  | {
    readonly event: "stage-started";
    readonly stage: string;
    readonly fingerprint: string;
    readonly blocks: number;
    readonly voxels: number;
    /** What the stage depends on, to tell what has changed. */
    readonly dependsOn?: Dependencies | undefined;
  }
  | {
    readonly event: "block-done";
    readonly stage: string;
    readonly fingerprint: string;
    readonly write: Region;
    readonly seconds: number;
    readonly result?: Json | undefined;
  }
  | {
    readonly event: "stage-done";
    readonly stage: string;
    readonly fingerprint: string;
    readonly seconds: number;
    readonly result?: Json | undefined;
  }
  /** What the stage wrote into this region was found damaged: it is no longer done. */
  | {
    readonly event: "block-lost";
    readonly stage: string;
    readonly fingerprint: string;
    readonly write: Region;
  }
  | { readonly event: "message"; readonly text: string }
  /** A process begins with its shard of a stage. */
  | {
    readonly event: "shard-started";
    readonly stage: string;
    readonly shard: number;
    readonly shards: number;
    readonly host: string;
    readonly pid: number;
    /** The scheduler's name for the process; empty without one. */
    readonly job: string;
    /** Blocks that it will compute. */
    readonly blocks: number;
    /** ISO 8601, UTC. */
    readonly time: string;
  }
  | { readonly event: "shard-done"; readonly seconds: number }
  /** It was told to end before its time. */
  | { readonly event: "shard-stopped" }
  | {
    readonly event: "shard-failed";
    readonly error: string;
    /** File of the work folder that was found damaged. */
    readonly damaged?: string | undefined;
  }
  | { readonly event: "run-done" }
  | {
    readonly event: "run-failed";
    readonly error: string;
    /** `polarity`: answers on the page let it continue; `stopped`: by the user. */
    readonly reason?: "polarity" | "stopped";
    /** Of `polarity`, how many synapses lack it. */
    readonly questions?: number;
  };

/** An open journal. */
export interface Journal {
  readonly path: string;
  /** All events, oldest first; grows as events are appended. */
  readonly events: readonly JournalEvent[];
  /** Who worked in the folder before and did not end properly, such as `process 12 on host node3`. */
  readonly staleOwner: string | undefined;
  /** Adds a line and waits until it is on disk. Calls may overlap; lines keep the order of the calls. */
  append(event: JournalEvent): Promise<void>;
  /** Adds lines that reach the disk together. */
  appendAll(events: readonly JournalEvent[]): Promise<void>;
  /** Waits for lines under way and lets another process open the journal. */
  close(): Promise<void>;
}

const NAME = "journal.jsonl";

/** How often the writer of a journal of its own shows that it lives by touching the file; ms. */
const BEAT = 10_000;

/**
 * Makes a journal that one process alone writes, under a name that no other uses. Its file is touched every 10 s.
 * @throws {UserError} where it cannot be made
 */
export async function createOwnJournal(path: string): Promise<Journal> {
  try {
    const file = await Deno.open(path, { write: true, createNew: true });
    const timer = setInterval(() => void touch(path), BEAT);
    Deno.unrefTimer(timer);
    const release = () => Promise.resolve(clearInterval(timer));
    return journalOn(file, { staleOwner: undefined, release }, path, [], 0);
  } catch (cause) {
    throw fileError(path, "write", cause);
  }
}

/** Reads as much of a journal made by `createOwnJournal` as is whole; another process may be writing it. */
export async function readOwnJournal(path: string): Promise<readonly JournalEvent[]> {
  return parseJournal(await Deno.readFile(path)).events;
}

/**
 * Opens the journal of a run's folder; makes both where they do not exist. What a kill left of a last line is cut off.
 *
 * @throws {UserError} where another run works in the folder (it says which), the folder cannot be written, or a line other than
 *   the last is damaged
 */
export async function openJournal(folder: string): Promise<Journal> {
  const path = join(folder, NAME);
  const file = await openOrMake(folder, path);
  let lock: FolderLock | undefined;
  try {
    lock = await lockFolder(folder, file);
    const bytes = await Deno.readFile(path);
    const parsed = parseJournal(bytes);
    requireWhole(parsed, path);
    const { events, length } = parsed;
    if (length < bytes.length) await file.truncate(length);
    await file.seek(length, Deno.SeekMode.Start);
    return journalOn(file, lock, path, events, length);
  } catch (error) {
    await lock?.release();
    file.close();
    throw error;
  }
}

/**
 * Reads a journal that another process may be writing, without changing it. A missing journal has no events.
 *
 * @throws {UserError} where a line other than the last is damaged
 */
export async function readJournal(folder: string): Promise<JournalEvent[]> {
  const path = join(folder, NAME);
  const parsed = parseJournal(await ifThere(() => Deno.readFile(path)) ?? new Uint8Array());
  requireWhole(parsed, path);
  return parsed.events;
}

/**
 * Reads as much of a journal as is whole.
 * @returns its events, and what is wrong with the line behind them; a line that a kill cut off is not wrong
 */
export async function readJournalPart(
  folder: string,
): Promise<{ readonly events: readonly JournalEvent[]; readonly problem: string | undefined }> {
  const { events, damaged } = parseJournal(await Deno.readFile(join(folder, NAME)));
  return { events, problem: damaged && `the checksum of line ${damaged.line} is wrong` };
}

async function openOrMake(folder: string, path: string): Promise<Deno.FsFile> {
  try {
    await Deno.mkdir(folder, { recursive: true });
    return await Deno.open(path, { read: true, write: true, create: true });
  } catch (cause) {
    throw fileError(path, "write", cause);
  }
}

function journalOn(
  file: Deno.FsFile,
  lock: FolderLock,
  path: string,
  events: JournalEvent[],
  length: number,
): Journal {
  let size = length;
  const inTurn = createQueue();
  const write = async (added: readonly JournalEvent[]) => {
    const line = new TextEncoder().encode(added.map((event) => `${sealJson(event)}\n`).join(""));
    try {
      for (let sent = 0; sent < line.length;) sent += await file.write(line.subarray(sent));
      await file.syncData();
    } catch (cause) {
      // Half a line must not become the beginning of the next.
      await file.truncate(size);
      await file.seek(size, Deno.SeekMode.Start);
      throw fileError(path, "write", cause, line.length);
    }
    size += line.length;
    for (const event of added) events.push(event);
  };
  const appendAll = (added: readonly JournalEvent[]) => inTurn(() => write(added));
  return {
    path,
    events,
    staleOwner: lock.staleOwner,
    append: (event) => appendAll([event]),
    appendAll,
    close: () =>
      inTurn(async () => {
        await lock.release();
        file.close();
      }),
  };
}

/** What the bytes of a journal hold. */
interface ParsedJournal {
  /** Of the whole lines before the first damaged one. */
  readonly events: JournalEvent[];
  /** Bytes of those lines. */
  readonly length: number;
  /** A line that ends but whose checksum does not fit; `isLast` where nothing stands behind it. */
  readonly damaged?: { readonly line: number; readonly isLast: boolean };
}

function parseJournal(bytes: Uint8Array): ParsedJournal {
  const events: JournalEvent[] = [];
  const decoder = new TextDecoder();
  let length = 0;
  while (length < bytes.length) {
    const end = bytes.indexOf(10, length);
    if (end < 0) break;
    const event = openLine(decoder.decode(bytes.subarray(length, end)));
    if (!event) {
      return { events, length, damaged: { line: events.length + 1, isLast: end === bytes.length - 1 } };
    }
    events.push(event);
    length = end + 1;
  }
  return { events, length };
}

/** @throws {UserError} where a line other than the last is damaged */
function requireWhole({ damaged }: ParsedJournal, path: string): void {
  if (damaged === undefined || damaged.isLast) return;
  throw new UserError(
    `${path}, line ${damaged.line} is damaged or was edited: its checksum is wrong; ` +
      `to resume, remove this line and all that follow; or start in an empty folder`,
  );
}

function openLine(text: string): JournalEvent | undefined {
  const value = openJson(text);
  return value !== undefined && "event" in value ? value as JournalEvent : undefined;
}
