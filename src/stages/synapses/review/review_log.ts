/** The file of a review: `review/<volume>.log` in the work folder of a run. */
import { dirname, join } from "node:path";
import { openRecordLog, readRecords, type ReadSoFar, tryLockAgain } from "../../../engine/mod.ts";
import { UserError } from "../../../user_error.ts";
import { fileError, fileState, openForReading } from "../../../volume/file.ts";
import { createDecisions } from "./fold.ts";
import type { ReviewRecord } from "./records.ts";

/** Where the review of a test volume is kept. */
export function reviewPath(workFolder: string, volume: number): string {
  return join(workFolder, "review", `${volume}.log`);
}

/** A record before it has its number and time. */
export type NewRecord = ReviewRecord extends infer R ? R extends ReviewRecord ? Omit<R, "seq" | "at"> : never
  : never;

/** A review on the disk. Several processes may work on one: each change first reads what others have added. */
export interface ReviewLog {
  /** The decisions so far, read again where the file has grown. */
  decisions(): ReturnType<typeof createDecisions>;
  /**
   * Adds records, and returns when they are on the disk.
   * @param next makes them of the decisions as they are then
   * @throws {UserError} where that cannot be done; nothing is added then
   */
  add(next: (decisions: ReturnType<typeof createDecisions>) => readonly NewRecord[]): Promise<void>;
}

/** @param now the time that records are given */
export function openReviewLog(path: string, now = () => new Date()): ReviewLog {
  let decisions = createDecisions();
  let read: ReadSoFar = { size: 0, seq: 0 };
  const take = (record: ReviewRecord) => decisions.take(record);
  /** Forgets what was read of a file that is another now. */
  const beginAgain = (size: number) => {
    if (size >= read.size) return;
    decisions = createDecisions();
    read = { size: 0, seq: 0 };
  };
  return {
    decisions() {
      const state = fileState(path);
      beginAgain(state?.bytes ?? 0);
      if (state === undefined) return decisions;
      using file = openForReading(path);
      read = readRecords(file, path, take, read);
      return decisions;
    },
    async add(next) {
      using file = openForChanges(path);
      if (await tryLockAgain(file) === false) {
        throw new UserError(`${path} is being changed by another process; try again`);
      }
      beginAgain(file.statSync().size);
      read = readRecords(file, path, take, read);
      const log = openRecordLog<ReviewRecord>(file, path, take, read);
      for (const record of next(decisions)) {
        const whole = { ...record, seq: read.seq + 1, at: now().toISOString() } as ReviewRecord;
        const { offset, length } = await log.append(whole);
        decisions.take(whole);
        read = { size: offset + length, seq: whole.seq };
      }
    },
  };
}

function openForChanges(path: string): Deno.FsFile {
  try {
    Deno.mkdirSync(dirname(path), { recursive: true });
    return Deno.openSync(path, { read: true, write: true, create: true });
  } catch (cause) {
    throw fileError(path, "write", cause);
  }
}
