/** Works on one shard of a stage, beside other processes on this and other machines that work on others. */
import { basename } from "node:path";
import { UserError } from "../../user_error.ts";
import {
  createOwnJournal,
  formatBytes,
  hostName,
  type Journal,
  liveOwner,
  memoryForWorkers,
  memoryPerWorker,
  movesTo,
  type Reporter,
  type StageProgress,
  waitForOwner,
} from "../../engine/mod.ts";
import { DamagedError } from "../../volume/damaged_error.ts";
import { explainSystemError } from "../../volume/file.ts";
import { describeRegion, voxelCount } from "../../volume/region.ts";
import { convertVolume } from "../convert/convert.ts";
import { conversionOptions, convertedPath } from "../inputs.ts";
import { computeBlocks, largestFirst } from "../../run/run_blocks.ts";
import type { Resources } from "../../run/plan_stage.ts";
import { doneKeys } from "./absorb.ts";
import { type Attempt, attemptPath, isFailure, readAttempts } from "./attempts.ts";
import { dealItems, type Shard } from "./deal.ts";
import {
  type BandWork,
  type BlockWork,
  itemCost,
  itemsOf,
  openPlanId,
  readPlan,
  type ShardItem,
  type StagePlan,
} from "./stage_plan.ts";
import { requireSubmission } from "./submission.ts";
import { WORKER_MODULES } from "../worker_modules.ts";

/** Which shard, where and with what. */
interface ShardOptions {
  readonly workFolder: string;
  /** `convert`, `samples`, `gather`, `score-0` ..., `refine-0` ..., `synapse-parts-0` ..., `synapse-labels-0` ... */
  readonly stage: string;
  readonly shard: Shard;
  /** Default: those of the submission. */
  readonly resources: Partial<Pick<Resources, "memory" | "workers" | "inMainThread">>;
  readonly reporter: Reporter;
  readonly signal?: AbortSignal | undefined;
  /** The scheduler's name for this process; empty without one. */
  readonly job: string;
}

/** What a shard did. */
export interface ShardReport {
  /** Blocks computed now, and those of the shard that were already done. */
  readonly computed: number;
  readonly before: number;
  readonly seconds: number;
}

/** A shard that failed so often is not tried again before its run is submitted again. */
const MOST_FAILURES = 3;

/**
 * Computes what is not done yet of a shard. Where the stage has no work for shards, nothing is done.
 * @throws {UserError} where nothing was submitted in the folder, a run of its own works there, or the shard failed too often
 */
export async function runShard(options: ShardOptions): Promise<ShardReport> {
  const { workFolder, stage, shard, reporter } = options;
  const begin = performance.now();
  const { settings, ...submitted } = await requireSubmission(workFolder);
  const plan = await readPlan(workFolder, stage);
  const nothing = { computed: 0, before: 0, seconds: 0 };
  if (plan === undefined) {
    reporter.message(`${stage}: nothing to do`);
    return nothing;
  }
  const items = ownItems(plan, shard);
  // a shard of this deal alone can have done the same, or one of another deal
  const related = ({ index, count }: Shard) => index === shard.index || count !== shard.count;
  const attempts = await readAttempts(workFolder, plan, related);
  const done = doneKeys(attempts);
  const left = items.filter(({ key }) => !done.has(key));
  if (left.length === 0) {
    reporter.message(`${plan.title}, shard ${shard.index}/${shard.count}: already done`);
    return { ...nothing, before: items.length };
  }
  requireFewFailures(plan, shard, attempts, left);
  const journal = await createOwnJournal(attemptPath(workFolder, plan, shard));
  try {
    await journal.append({
      event: "shard-started",
      stage,
      shard: shard.index,
      shards: shard.count,
      host: hostName(),
      pid: Deno.pid,
      job: options.job,
      blocks: left.length,
      time: new Date().toISOString(),
    });
    // after this process can be seen: of two that begin at once one sees the other
    await waitForOwner(workFolder, options.signal);
    const owner = await liveOwner(workFolder);
    if (owner !== undefined) {
      throw new UserError(`${workFolder} is in use by ${owner}; wait for it`);
    }
    const total = items.reduce((sum, { write }) => sum + voxelCount(write.shape), 0);
    const pending = left.reduce((sum, { write }) => sum + voxelCount(write.shape), 0);
    const title = `${plan.title}, shard ${shard.index}/${shard.count}`;
    const progress = reporter.stage(title, { total, unit: "voxels", done: total - pending });
    const resources = { memory: submitted.memory, workers: submitted.workers, ...options.resources };
    const part: ShardPart = { options, plan, journal, progress, left, resources };
    if (plan.work.kind === "blocks") await computeShard(part, plan.work);
    else await convertBands({ ...part, settings }, plan.work);
    const seconds = secondsSince(begin);
    await journal.append({ event: "shard-done", seconds });
    progress.done(`${left.length} of ${items.length} ${plan.work.kind}`);
    return { computed: left.length, before: items.length - left.length, seconds };
  } catch (cause) {
    const explained = explainSystemError(cause, workFolder);
    await noteEnd(journal, explained, options.signal);
    throw explained;
  } finally {
    await journal.close();
  }
}

interface ShardPart {
  readonly options: ShardOptions;
  readonly plan: StagePlan;
  readonly journal: Journal;
  readonly progress: StageProgress;
  readonly left: readonly ShardItem[];
  readonly resources: Pick<Resources, "memory" | "workers" | "inMainThread">;
}

function ownItems(plan: StagePlan, { index, count }: Shard): ShardItem[] {
  const items = itemsOf(plan);
  const [from, to] = dealItems(items.map(itemCost), count)[index] ?? [0, 0];
  return items.slice(from, to);
}

async function computeShard(
  { options, plan, journal, progress, left, resources }: ShardPart,
  { job, bytesPerWorker, threadsPerWorker }: BlockWork,
): Promise<void> {
  const { workFolder, stage, signal } = options;
  const tasks = largestFirst(left.map(({ write, read }, index) => ({ write, read, index })));
  async function* whilePlanHolds() {
    for (const task of tasks) {
      await requirePlan(workFolder, plan);
      yield task;
    }
  }
  const { workers, threads } = workersThatFit(resources, bytesPerWorker, threadsPerWorker, left.length);
  const { fingerprint, title } = plan;
  const { inMainThread } = resources;
  const of = { name: stage, title, fingerprint, job };
  await computeBlocks(of, whilePlanHolds(), {
    workerModules: WORKER_MODULES,
    workers,
    threads,
    inMainThread,
    journal,
    progress,
    signal,
  });
}

/** @throws {UserError} where the memory does not hold the blocks that the run was planned with */
function workersThatFit(
  { memory, workers: most }: Pick<Resources, "memory" | "workers">,
  bytes: number,
  threadsPerWorker: number,
  tasks: number,
): { readonly workers: number; readonly threads: number } {
  for (let workers = Math.min(most, tasks); workers > 0; workers--) {
    const threads = Math.min(most, workers * threadsPerWorker);
    if (memoryPerWorker(memory, workers, threads) >= bytes) return { workers, threads };
  }
  const needed = formatBytes(memoryForWorkers(bytes, 1));
  throw new UserError(
    `--memory ${formatBytes(memory)} is too small for a block of this run; use at least ${needed}`,
  );
}

async function convertBands(
  { options, plan, journal, progress, left, resources, settings }: ShardPart & {
    settings: Parameters<typeof conversionOptions>[0]["settings"];
  },
  { inputs }: BandWork,
): Promise<void> {
  const { workFolder, stage, signal } = options;
  for (const [input, file] of inputs.entries()) {
    const bands = left.filter((item) => item.input === input);
    const [first] = bands, last = bands.at(-1);
    if (first === undefined || last === undefined) continue;
    await requirePlan(workFolder, plan);
    const begin = performance.now();
    await convertVolume(file.path, await convertedPath(workFolder, file.path, file.kind, file), {
      ...conversionOptions({ settings, resources: { ...resources }, signal }, file.kind, file),
      part: { from: first.write.start[0], to: last.write.start[0] + last.write.shape[0] },
      onProgress: movesTo(progress),
    });
    const seconds = secondsSince(begin) / bands.length;
    await journal.appendAll(bands.map(({ write }) => ({
      event: "block-done",
      stage,
      fingerprint: plan.fingerprint,
      write,
      seconds,
      result: { input },
    })));
    options.reporter.message(`converted ${basename(file.path)}, ${bands.length} bands`);
  }
}

/** @throws {UserError} where the run was submitted anew with other work meanwhile */
async function requirePlan(workFolder: string, { stage, id }: StagePlan): Promise<void> {
  if (await openPlanId(workFolder, stage) === id) return;
  throw new UserError(
    `${stage}: this shard is out of date, because the run in ${workFolder} was planned again`,
  );
}

/** @throws {UserError} where the shard failed too often, with its blocks and the reasons */
function requireFewFailures(
  plan: StagePlan,
  shard: Shard,
  attempts: readonly Attempt[],
  left: readonly ShardItem[],
): void {
  const own = attempts.filter((attempt) =>
    attempt.shard.index === shard.index && attempt.shard.count === shard.count
  );
  const failures = own.filter(isFailure);
  if (failures.length < MOST_FAILURES) return;
  throw new UserError(describeFailures(plan, shard, failures, left));
}

/** Why a shard is not tried again, and what it has not done. */
function describeFailures(
  { title }: Pick<StagePlan, "title">,
  { index, count }: Shard,
  failures: readonly Attempt[],
  left: readonly ShardItem[],
): string {
  const reasons = new Set(
    failures.map(({ error, host }) => error || `it ended unexpectedly on ${host || "an unknown host"}`),
  );
  const blocks = left.slice(0, 3).map(({ write }) => describeRegion(write)).join("; ");
  const more = left.length > 3 ? ` and ${left.length - 3} more` : "";
  return `${title}, shard ${index}/${count} failed ${failures.length} times and is not tried again ` +
    `(${[...reasons].join("; ")}); not done: ${blocks}${more}; fix the cause and submit the run again`;
}

/** Notes why a process ends. Where even that fails, the reason itself is what the user must see. */
async function noteEnd(journal: Journal, cause: unknown, signal: AbortSignal | undefined): Promise<void> {
  const damaged = cause instanceof DamagedError ? cause.file : undefined;
  try {
    if (signal?.aborted) await journal.append({ event: "shard-stopped" });
    else {
      await journal.append({
        event: "shard-failed",
        error: cause instanceof Error ? cause.message : String(cause),
        ...(damaged === undefined ? {} : { damaged }),
      });
    }
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
  }
}

function secondsSince(begin: number): number {
  return Math.round(performance.now() - begin) / 1000;
}
