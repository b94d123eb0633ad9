/** Steps of a run that are done once. */
import { relative, resolve } from "node:path";
import {
  dependenciesOf,
  describeChanges,
  type FileSum,
  fileSum,
  fingerprintOf,
  type JournalEvent,
  type Json,
} from "../engine/mod.ts";
import { UserError } from "../user_error.ts";
import { openZarr } from "../volume/zarr/mod.ts";
import { countChunks } from "../volume/zarr/check.ts";
import type { RunContext } from "./run_context.ts";
import { exists, removeIfUnusable } from "./work_folder.ts";

/** What the journal keeps of a step that is done. */
export interface StepResult<T> {
  /** Files and folders that the step left behind; in the journal from the work folder on. */
  readonly made: readonly string[];
  readonly value: T;
  /**
   * Length and checksum of those that are files, and when they were changed, milliseconds: where that is another time, the contents are
   * looked at. How many chunks the arrays have.
   */
  readonly sums: Readonly<
    Record<string, FileSum & { readonly mtime?: number } | { readonly chunks: number }>
  >;
}

/** A step, and what becomes of it in a run that is started again. */
export interface Step<T> {
  /**
   * Names the step and, where these may change, the files that it makes: what another step of this name made is believed to
   * be overwritten.
   */
  readonly stage: string;
  /** Everything that its result depends on. */
  readonly dependsOn: unknown;
  /** What it leaves behind. */
  readonly made: readonly string[];
  /** Of these, a file that took long to make and that people may edit: another content is an error and not a reason to make it again. */
  readonly precious?: string;
  /** Ends whole or not at all. */
  run(): Promise<T>;
}

/**
 * Runs a step, unless it was the last one of its name to run, with the same dependencies, and what it made is still there.
 * @throws {UserError} where the precious file is not what the step made
 */
export async function once<T extends Json>(context: RunContext, step: Step<T>): Promise<T> {
  const { journal, reporter, signal, workFolder } = context;
  const { stage, made } = step;
  const fingerprint = await fingerprintOf({ stage, dependsOn: step.dependsOn });
  const last = lastOf(journal.events, stage);
  if (last?.event === "stage-done" && last.fingerprint === fingerprint) {
    const known = withPaths(last.result as unknown as StepResult<T>, (path) => resolve(workFolder, path));
    const gone = await firstGone(made, known, step.precious, signal);
    if (gone === undefined) {
      await requireUnchanged(step.precious, known);
      return known.value;
    }
    if (gone.what !== "") reporter.warn(`${gone.path}: ${gone.what}; it is computed again`);
  }
  const dependsOn = dependenciesOf(step.dependsOn);
  const reasons = reasonsToRepeat(journal.events, stage, fingerprint, dependsOn);
  if (reasons !== undefined) reporter.message(`${stage}: repeated, because ${reasons}`);
  await journal.append({
    event: "stage-started",
    stage,
    fingerprint,
    blocks: 1,
    voxels: 0,
    dependsOn,
  });
  for (const path of made) {
    if (path.endsWith(".zarr")) await removeIfUnusable(path);
  }
  const begin = performance.now();
  const value = await step.run();
  const seconds = Math.round(performance.now() - begin) / 1000;
  const sums: Record<string, StepResult<T>["sums"][string]> = {};
  for (const path of made) {
    sums[path] = await sumOf(path, signal);
  }
  // From the work folder on, so that it can be moved with what it made.
  const result = withPaths({ made, value, sums }, (path) => relative(workFolder, path)) as unknown as Json;
  await journal.append({ event: "stage-done", stage, fingerprint, seconds, result });
  return value;
}

function withPaths<T>({ made, value, sums }: StepResult<T>, change: (path: string) => string): StepResult<T> {
  const changed = Object.entries(sums).map(([path, sum]) => [change(path), sum] as const);
  return { made: made.map(change), value, sums: Object.fromEntries(changed) };
}

function lastOf(events: readonly JournalEvent[], stage: string) {
  return events.findLast((event) =>
    (event.event === "stage-started" || event.event === "stage-done") && event.stage === stage
  );
}

async function sumOf(
  path: string,
  signal: AbortSignal | undefined,
): Promise<StepResult<Json>["sums"][string]> {
  const { isFile, mtime } = await Deno.stat(path);
  if (!isFile) return { chunks: countChunks(await openZarr(path)) };
  return { ...await fileSum(path, signal), ...(mtime === null ? {} : { mtime: mtime.getTime() }) };
}

/**
 * The first that is not there as the step left it. Files are read only where their time of change is not what it was: to read them
 * all would take long.
 */
async function firstGone(
  made: readonly string[],
  known: StepResult<Json>,
  precious: string | undefined,
  signal: AbortSignal | undefined,
): Promise<{ readonly path: string; readonly what: string } | undefined> {
  for (const path of made) {
    if (!known.made.includes(path) || !await exists(path)) return { path, what: "" };
    const sum = known.sums[path];
    if (sum === undefined) continue;
    if ("chunks" in sum) {
      const count = await chunksOf(path);
      if (count !== sum.chunks) return { path, what: `${count ?? "none"} of ${sum.chunks} chunks exist` };
      continue;
    }
    const { size, mtime } = await Deno.stat(path);
    if (size !== sum.bytes) return { path, what: `${size} bytes instead of ${sum.bytes}` };
    if (path === precious || (mtime !== null && mtime.getTime() === sum.mtime)) continue;
    if ((await fileSum(path, signal)).crc32c !== sum.crc32c) {
      return { path, what: "it differs from what this run wrote" };
    }
  }
  return undefined;
}

/** How many chunks an array has; undefined where it cannot be opened. */
async function chunksOf(path: string): Promise<number | undefined> {
  try {
    return countChunks(await openZarr(path));
  } catch (cause) {
    if (cause instanceof UserError) return undefined;
    throw cause;
  }
}

async function requireUnchanged(path: string | undefined, known: StepResult<Json>): Promise<void> {
  if (path === undefined) return;
  const expected = known.sums[path], found = await fileSum(path);
  if (expected !== undefined && "crc32c" in expected && expected.crc32c === found.crc32c) return;
  throw new UserError(
    `${path}: this is not the file that this run wrote: it was edited or is damaged; restore the original, or remove it to compute it ` +
      `again; to use an edited model, give it another name and set savedStumpsPath`,
  );
}

/** Whether a stage ended with questions before anything of it was done. */
function onlyAsked(
  since: readonly JournalEvent[],
  { stage, fingerprint }: { readonly stage: string; readonly fingerprint: string },
): boolean {
  const ended = since.find((event) => event.event === "run-failed");
  const isDone = since.some((event) =>
    (event.event === "stage-done" || event.event === "block-done") && event.stage === stage &&
    event.fingerprint === fingerprint
  );
  return !isDone && ended?.event === "run-failed" && ended.reason === "polarity";
}

/**
 * Why a stage is computed again though the journal knows it: what has changed since. Undefined where it was never begun before,
 * or goes on with the same dependencies, or only waited for answers on polarity.
 */
export function reasonsToRepeat(
  events: readonly JournalEvent[],
  stage: string,
  fingerprint: string,
  dependsOn: ReturnType<typeof dependenciesOf>,
): string | undefined {
  const place = events.findLastIndex((event) => event.event === "stage-started" && event.stage === stage);
  const before = events[place];
  if (before?.event !== "stage-started" || before.fingerprint === fingerprint) return undefined;
  if (onlyAsked(events.slice(place), before)) return undefined;
  const changes = describeChanges(before.dependsOn ?? {}, dependsOn);
  return changes.length > 0 ? changes.join(", ") : undefined;
}
