/** What a sharded run is: everything that a process on another machine must know to work on it. */
import { join } from "node:path";
import { parseChannelName } from "../../channels/mod.ts";
import { formatSettings, loadSettings, type Settings } from "../../config/settings.ts";
import { UserError } from "../../user_error.ts";
import { sealJson } from "../../engine/mod.ts";
import type { Zyx } from "../../volume/region.ts";
import { readSealed, shardsFolder } from "./stage_plan.ts";
import { fileState, writeFileAtomic } from "../../volume/file.ts";

/** A sharded run. */
export interface Submission {
  readonly settings: Settings;
  readonly polarity: "config" | "none";
  readonly leastScore: number | undefined;
  /** Bytes of memory and threads of each process; none of them changes a result. */
  readonly memory: number;
  readonly workers: number;
  /** Processes that share a stage's blocks, as far as the blocks' shape is chosen for them. */
  readonly processes: number;
  /** Shape of the blocks' write regions, `[z, y, x]`; undefined: chosen. */
  readonly blockShape: Zyx | undefined;
}

/** Where a sharded run is. */
export interface Progress {
  /** Stages whose blocks are left to shards. */
  readonly waiting: readonly string[];
  /** Whether all that was asked for is done. */
  readonly isDone: boolean;
}

/** A submission as JSON holds it. */
type Kept = Omit<Submission, "settings" | "leastScore" | "blockShape"> & {
  readonly settings: string;
  readonly leastScore: number | null;
  readonly blockShape: Zyx | null;
};

const SUBMISSION = "submission.json";
const PROGRESS = "progress.json";

/** Keeps a submission in the work folder. */
export async function writeSubmission(workFolder: string, submission: Submission): Promise<void> {
  const { settings, leastScore, blockShape, ...rest } = submission;
  const text = formatSettings(settings);
  const kept: Kept = {
    ...rest,
    settings: text,
    leastScore: leastScore ?? null,
    blockShape: blockShape ?? null,
  };
  await writeFileAtomic(join(shardsFolder(workFolder), SUBMISSION), sealJson(kept));
}

/** The submission of a work folder; undefined where there is none. @throws {UserError} where its files are gone */
export async function readSubmission(workFolder: string): Promise<Submission | undefined> {
  const path = join(shardsFolder(workFolder), SUBMISSION);
  const kept = await readSealed(path) as Kept | undefined;
  if (kept === undefined) return undefined;
  const settings = await loadSettings(path, {
    isKnownChannel: (stem) => parseChannelName(stem) !== undefined,
    files: { readText: () => kept.settings, exists: (file) => fileState(file) !== undefined },
  });
  return {
    ...kept,
    settings,
    leastScore: kept.leastScore ?? undefined,
    blockShape: kept.blockShape ?? undefined,
  };
}

/** @throws {UserError} where the folder has no submission */
export async function requireSubmission(workFolder: string): Promise<Submission> {
  const submission = await readSubmission(workFolder);
  if (submission !== undefined) return submission;
  throw new UserError(
    `${workFolder}: nothing was submitted from here; run ccboost cluster submit <config> first, or give another work folder`,
  );
}

/** Keeps where the run is. */
export async function writeProgress(workFolder: string, progress: Progress): Promise<void> {
  await writeFileAtomic(join(shardsFolder(workFolder), PROGRESS), sealJson(progress));
}

/** Where the run is; undefined before its first step. */
export async function readProgress(workFolder: string): Promise<Progress | undefined> {
  return await readSealed(join(shardsFolder(workFolder), PROGRESS)) as Progress | undefined;
}
