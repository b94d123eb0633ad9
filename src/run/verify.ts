/** Reads everything in a work folder, and the files that its runs wrote, and tells what is damaged or missing. */
import { join, relative, resolve } from "node:path";
import { UserError } from "../user_error.ts";
import {
  checkSealedFile,
  type FileSum,
  fileSum,
  type JournalEvent,
  nextTurn,
  openJson,
  readJournalPart,
} from "../engine/mod.ts";
import { DamagedError } from "../volume/damaged_error.ts";
import { fileState } from "../volume/file.ts";
import { checkChunk, countChunks, lostChunks, storedChunks } from "../volume/zarr/check.ts";
import { hasSeal } from "../volume/zarr/seal.ts";
import { openZarr, type ZarrVolume } from "../volume/zarr/mod.ts";
import { checkFeatureFile } from "../block/feature_file.ts";
import { type BlockFileKind, blockFileName } from "./block_files.ts";
import type { StepResult } from "./once.ts";

/** What is wrong with a file. */
export interface Fault {
  /** What has become of it. */
  readonly kind: "damaged" | "missing";
  /** Absolute. */
  readonly path: string;
  /** What was found, as people read it. */
  readonly what: string;
}

/** What `verifyWorkFolder` found. */
export interface VerifyReport {
  /** Files that were read to their end. */
  readonly files: number;
  /** Their bytes. */
  readonly bytes: number;
  /** Files that have no checksum: what a stopped run left unfinished, what every run makes anew, the record for people and their answers. */
  readonly unchecked: number;
  /** What is wrong, in the order in which it was met. */
  readonly faults: readonly Fault[];
}

/** Bytes of all files below a folder. */
export function folderBytes(folder: string): number {
  let bytes = 0;
  for (const { name, isDirectory } of Deno.readDirSync(folder)) {
    const path = join(folder, name);
    bytes += isDirectory ? folderBytes(path) : fileState(path)?.bytes ?? 0;
  }
  return bytes;
}

/** Reads on with one file after the other. */
interface Visit {
  readonly workFolder: string;
  /** Counts a file; what `check` finds wrong becomes a fault. */
  file(path: string, check: () => void | Promise<void>): Promise<void>;
  fault(fault: Fault): void;
  skip(): void;
}

/** Files that a kill leaves of what was under way, and those that are made anew whenever they are needed. */
const UNFINISHED = /\.(partial|tmp)$/;
const SCRATCH = /^(matrix\.bin|cuts\.bin|sums\.bin|band\.raw|lock\.json)$/;
/** Files for people, without a checksum: no result depends on the second, and the first is checked when it is read. */
const FOR_PEOPLE = /^(polarity|directions)(-\d+|-of-[0-9a-f]+)?\.json$/;

/**
 * Verifies a work folder while no run works in it.
 * @param onProgress is called with the bytes that were read so far
 * @throws {UserError} where there is no work folder
 * @throws the signal's reason when it is aborted
 */
export async function verifyWorkFolder(
  workFolder: string,
  { onProgress, signal }: { onProgress?: (bytes: number) => void; signal?: AbortSignal | undefined } = {},
): Promise<VerifyReport> {
  const journalPath = join(workFolder, "journal.jsonl");
  if (fileState(journalPath) === undefined) {
    throw new UserError(
      `${workFolder}: not a work folder: it has no journal.jsonl; give the folder of --work`,
    );
  }
  const faults: Fault[] = [];
  const count = { files: 0, bytes: 0, unchecked: 0 };
  const visit: Visit = {
    workFolder,
    async file(path, check) {
      await nextTurn();
      signal?.throwIfAborted();
      try {
        await check();
      } catch (cause) {
        if (!(cause instanceof UserError)) throw cause;
        const what = cause instanceof DamagedError ? cause.found : cause.message;
        faults.push({ kind: "damaged", path, what });
      }
      count.files++;
      count.bytes += fileState(path)?.bytes ?? 0;
      onProgress?.(count.bytes);
    },
    fault: (fault) => void faults.push(fault),
    skip: () => void count.unchecked++,
  };
  const { events, problem } = await readJournalPart(workFolder);
  await visit.file(journalPath, () => {
    if (problem !== undefined) throw new DamagedError(journalPath, problem);
  });
  await visitFolder(visit, workFolder);
  await visitResults(visit, events);
  visitBlocks(visit, events);
  return { ...count, faults };
}

async function visitFolder(visit: Visit, folder: string): Promise<void> {
  for (const { name, isDirectory } of Array.from(Deno.readDirSync(folder))) {
    const path = join(folder, name);
    if (isDirectory) {
      if (/\.zarr(\.partial)?$/.test(name)) await visitArray(visit, path);
      else await visitFolder(visit, path);
    } else if (folder === visit.workFolder && name === "journal.jsonl") continue;
    else if (UNFINISHED.test(name) || SCRATCH.test(name) || FOR_PEOPLE.test(name)) visit.skip();
    else if (
      name.endsWith(".features") && /^\d+-features$/.test(relative(join(visit.workFolder, "scores"), folder))
    ) {
      await visit.file(path, () => checkSealedFile(path));
    } else if (name.endsWith(".features")) await visit.file(path, () => checkFeatureFile(path));
    else if (/\.(samples|cells|parts|bin)$/.test(name)) await visit.file(path, () => checkSealedFile(path));
    else if (name.endsWith(".json")) await visit.file(path, () => checkSealedJson(path));
    else visit.skip();
  }
}

async function visitArray(visit: Visit, path: string): Promise<void> {
  const metadata = join(path, "zarr.json");
  if (fileState(metadata) === undefined) {
    visit.skip(); // a creation that was interrupted; it is made anew
    return;
  }
  let isReadable = false;
  await visit.file(metadata, async () => {
    await openZarr(path);
    if (!hasSeal(path)) throw new DamagedError(metadata, "its attributes have no checksum");
    isReadable = true;
  });
  if (!isReadable) return;
  const volume = await openZarr(path);
  let chunks = 0;
  for (const chunk of storedChunks(volume)) {
    await visit.file(chunk.file, () => checkChunk(volume, chunk));
    chunks++;
  }
  const expected = volume.attributes["chunks"];
  if (typeof expected === "number") {
    for (const { file } of lostChunks(volume)) {
      visit.fault({ kind: "missing", path: file, what: "the chunk was written" });
    }
    if (!volume.storesAll) requireCount(visit, path, chunks, expected);
  }
  const record = join(path, "bands.jsonl");
  if (fileState(record) !== undefined) await visit.file(record, () => checkSealedLines(record));
}

function requireCount({ fault }: Visit, path: string, found: number, expected: unknown): void {
  if (typeof expected !== "number" || found === expected) return;
  const what = found < expected
    ? `${expected - found} of ${expected} chunks`
    : `${found - expected} chunks too many`;
  fault({ kind: found < expected ? "missing" : "damaged", path, what });
}

function checkSealedJson(path: string): void {
  if (openJson(Deno.readTextFileSync(path)) !== undefined) return;
  throw new DamagedError(path, "its checksum is wrong");
}

/** The first line has no seal; what follows the last line feed is a line that was cut off, or nothing. */
function checkSealedLines(path: string): void {
  for (const [i, line] of Deno.readTextFileSync(path).split("\n").slice(1, -1).entries()) {
    if (openJson(line) === undefined) throw new DamagedError(path, `the checksum of line ${i + 2} is wrong`);
  }
}

/** Files that the last step of each name left: the model, exports, arrays. */
async function visitResults(visit: Visit, events: readonly JournalEvent[]): Promise<void> {
  const last = new Map<string, JournalEvent>();
  for (const event of events) {
    if (event.event === "stage-started" || event.event === "stage-done") last.set(event.stage, event);
  }
  for (const event of last.values()) {
    if (event.event !== "stage-done" || event.result === undefined) continue;
    const { sums } = event.result as unknown as StepResult<null>;
    for (const [name, sum] of Object.entries(sums)) {
      const path = resolve(visit.workFolder, name);
      if (fileState(path) === undefined) {
        visit.fault({ kind: "missing", path, what: `${event.stage} wrote it` });
      } else if ("chunks" in sum) await requireChunks(visit, path, sum.chunks);
      else await visit.file(path, () => requireSum(path, sum));
    }
  }
}

async function requireChunks(visit: Visit, path: string, expected: number): Promise<void> {
  let volume: ZarrVolume;
  try {
    volume = await openZarr(path);
  } catch (cause) {
    if (cause instanceof UserError) return; // told already
    throw cause;
  }
  const lost = Array.from(lostChunks(volume), ({ file }) => file);
  for (const file of lost) visit.fault({ kind: "missing", path: file, what: "the chunk was written" });
  if (lost.length === 0) requireCount(visit, path, countChunks(volume), expected);
}

async function requireSum(path: string, expected: FileSum): Promise<void> {
  const found = await fileSum(path);
  if (found.bytes !== expected.bytes) {
    throw new DamagedError(path, `${found.bytes} bytes instead of ${expected.bytes}`);
  }
  if (found.crc32c === expected.crc32c) return;
  throw new DamagedError(path, `its checksum is ${found.crc32c} instead of ${expected.crc32c}`);
}

/** Stages that leave a file per block in the folder of their name, for as long as it is needed. */
const BLOCK_FILES: readonly { readonly stage: RegExp; readonly kind: BlockFileKind }[] = [
  { stage: /^samples(-\d+)?$/, kind: "samples" },
  { stage: /^gather(-\d+)?$/, kind: "features" },
  { stage: /^cells(-\d+)?$/, kind: "cells" },
  { stage: /^training-features$/, kind: "features" },
  { stage: /^synapse-parts-\d+$/, kind: "parts" },
];

/** Misses the files of finished blocks. */
function visitBlocks({ workFolder, fault }: Visit, events: readonly JournalEvent[]): void {
  const begun = new Set(events.flatMap((event) => event.event === "stage-started" ? [event.stage] : []));
  for (const stage of begun) {
    const kind = BLOCK_FILES.find((files) => files.stage.test(stage))?.kind;
    if (kind === undefined) continue;
    const folder = join(workFolder, stage);
    const note = join(folder, "stage.json");
    if (fileState(note) === undefined) continue; // done with
    const { generation } = (openJson(Deno.readTextFileSync(note)) ?? {}) as {
      generation?: unknown;
    };
    const last = events.findLast((event) => event.event === "stage-started" && event.stage === stage);
    if (last?.event !== "stage-started") continue;
    if (last.dependsOn?.["generation"] !== JSON.stringify(generation)) continue; // of a folder that was emptied
    for (const event of events) {
      if (event.event !== "block-done" || event.stage !== stage) continue;
      if (event.fingerprint !== last.fingerprint) continue;
      const path = join(folder, blockFileName(event.write, kind));
      if (fileState(path) === undefined) {
        fault({ kind: "missing", path, what: "the journal says that it is finished" });
      }
    }
  }
}
