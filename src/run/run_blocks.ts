/** How a stage of blocks is run: planned, resumed, computed, journalled, reported. */
import {
  type Block,
  type BlockPlan,
  createPool,
  dependenciesOf,
  doneChunks,
  fingerprint,
  type Journal,
  type JournalEvent,
  type Json,
  type Pool,
  type StageProgress,
  TaskError,
} from "../engine/mod.ts";
import { UserError } from "../user_error.ts";
import { describeRegion, type Region, voxelCount } from "../volume/region.ts";
import type { BlockOutputs } from "./block_files.ts";
import { loseMissing } from "./lost.ts";
import { reasonsToRepeat } from "./once.ts";
import { fewerThreadsText } from "./plan_stage.ts";
import {
  HandedOver,
  type HandedStage,
  type RunContext,
  type WorkerJob,
  type WorkerModules,
} from "./run_context.ts";

/** A block of a stage that walks through a volume. */
export interface BlockTask {
  readonly read: Region;
  readonly write: Region;
}

/** Features `from` to `to`, in the order of slots. */
export interface SlotTask {
  readonly from: number;
  readonly to: number;
}

/** A stage that walks through a volume in blocks. */
export interface BlockStage {
  /** Unique within a run: `samples`, `gather`, `score-0`, `refine-0`, ... */
  readonly name: string;
  /** What people read. */
  readonly title: string;
  readonly job: WorkerJob;
  readonly plan: BlockPlan;
  /** What each block leaves. */
  readonly outputs: BlockOutputs;
  /** Everything that the stage's results depend on. */
  readonly dependsOn: unknown;
  /** Blocks without work. */
  readonly skip?: ((block: Block) => boolean) | undefined;
}

/** A finished stage of blocks. */
export interface FinishedStage {
  readonly fingerprint: string;
  /** Results of the blocks that were computed, now or earlier, by the text of their write region. */
  readonly results: readonly { readonly write: BlockTask["write"]; readonly result: unknown }[];
}

/** What blocks in work may still take after Ctrl-C, in milliseconds: the program shall end within 5 seconds. */
const GRACE_TIME = 4000;

/** A block that failed for want of memory is something that the user can mend. */
export function explainMemory(cause: unknown): unknown {
  if (!(cause instanceof TaskError) || !/memory|allocation/i.test(cause.message)) return cause;
  return new UserError(
    `${cause.message}; run it again with a smaller --memory or fewer --workers, so that the machine's memory suffices`,
    { cause },
  );
}

/**
 * Computes the blocks that are not done yet.
 * @throws {HandedOver} where they are for other processes
 */
export async function runBlocks(context: RunContext, stage: BlockStage): Promise<FinishedStage> {
  const { journal, reporter, signal } = context;
  const { name, plan, job, outputs } = stage;
  const print = await fingerprint({ stage: name, ...asRecord(stage.dependsOn) });
  const of = { stage: name, fingerprint: print, shape: plan.shape, chunk: plan.chunk };
  await loseMissing(context, of, outputs);
  const done = doneChunks(journal.events, of);
  const total = voxels(plan.blocks);
  const pending = plan.blocks.filter((block) => !done.isDone(block.write) && !stage.skip?.(block));
  const skipped = plan.blocks.filter((block) => !done.isDone(block.write) && stage.skip?.(block));
  const before = total - voxels(pending);
  if (pending.length > 0) {
    const dependsOn = dependenciesOf(stage.dependsOn);
    const reasons = reasonsToRepeat(journal.events, name, print, dependsOn);
    if (reasons !== undefined) reporter.message(`${stage.title}: done again, because ${reasons}`);
    await journal.append({
      event: "stage-started",
      stage: name,
      fingerprint: print,
      blocks: plan.blocks.length,
      voxels: total,
      dependsOn,
    });
    const begin = performance.now();
    const { shape, blockShape: block } = plan;
    context.telemetry?.grid({ stage: name, title: stage.title, fingerprint: print, shape, block });
    const handed = { name, title: stage.title, fingerprint: print, job, plan, pending };
    if (await context.handOver?.(handed)) throw new HandedOver(name);
    const fewer = fewerThreadsText(stage.title, plan, context.resources);
    if (fewer !== undefined) reporter.message(fewer);
    const progress = reporter.stage(stage.title, { total, unit: "voxels", done: before });
    await computeBlocks(handed, announced(context, name, largestFirst(pending)), {
      workerModules: context.workerModules,
      workers: Math.min(plan.workers, pending.length),
      threads: plan.threads,
      journal,
      progress,
      signal,
    });
    const seconds = round((performance.now() - begin) / 1000);
    await journal.append({ event: "stage-done", stage: name, fingerprint: print, seconds });
    progress.done(blocksText(pending.length, skipped.length, plan.blocks.length));
  } else reporter.message(`${stage.title}: done before`);
  return { fingerprint: print, results: resultsOf(journal.events, name, print) };
}

/**
 * Workers for the tasks of a stage.
 * @param describe names a task in an error
 * @param threads the workers and those that help them, where the stage's tasks can be shared
 */
export function stagePool<Task, Result>(
  modules: WorkerModules,
  job: WorkerJob,
  workers: number,
  describe: (task: Task) => string,
  threads = workers,
): Pool<Task, Result> {
  return createPool<Task, Result>({
    module: modules.worker,
    helperModule: modules.helper,
    workers,
    threads,
    init: job,
    describe,
    graceTime: GRACE_TIME,
  });
}

/** With what blocks are computed. */
export interface BlockResources {
  readonly workerModules: WorkerModules;
  /** Blocks side by side. */
  readonly workers: number;
  /** The workers and those that help them. */
  readonly threads: number;
  /** Takes a `block-done` for each. */
  readonly journal: Pick<Journal, "append">;
  readonly progress: StageProgress;
  readonly signal?: AbortSignal | undefined;
}

/** Computes blocks of a stage in workers, and journals each. @throws {UserError} where the memory did not suffice */
export async function computeBlocks(
  { name, title, fingerprint, job }: Omit<HandedStage, "plan" | "pending">,
  tasks: Iterable<BlockTask> | AsyncIterable<BlockTask>,
  { workerModules, workers, threads, journal, progress, signal }: BlockResources,
): Promise<void> {
  const describe = ({ write }: BlockTask) => `${title}, block ${describeRegion(write)}`;
  const pool = stagePool<BlockTask, Json>(workerModules, job, workers, describe, threads);
  try {
    await pool.run(tasks, {
      async onResult({ write }, result, seconds) {
        await journal.append({
          event: "block-done",
          stage: name,
          fingerprint,
          write,
          seconds: round(seconds),
          result,
        });
        progress.advance(voxelCount(write.shape));
      },
      signal,
    });
  } catch (cause) {
    throw explainMemory(cause);
  } finally {
    pool.close();
  }
}

/** Of a block that was computed again the last result, in the place of the first. */
function resultsOf(events: readonly JournalEvent[], stage: string, print: string): FinishedStage["results"] {
  const results = new Map<string, FinishedStage["results"][number]>();
  for (const event of events) {
    if (event.event !== "block-done" || event.stage !== stage || event.fingerprint !== print) continue;
    const { write, result = null } = event;
    results.set(JSON.stringify([write.start, write.shape]), { write, result });
  }
  return [...results.values()];
}

/** Runs tasks that are no blocks, all of them or none. */
export async function runSlots(
  { reporter, resources, workerModules, signal }: RunContext,
  title: string,
  job: WorkerJob,
  tasks: readonly SlotTask[],
): Promise<void> {
  const progress = reporter.stage(title, { total: tasks.at(-1)?.to ?? 0, unit: "features" });
  const describe = ({ from, to }: SlotTask) => `${title}, features ${from} to ${to}`;
  const pool = stagePool<SlotTask, null>(
    workerModules,
    job,
    Math.min(resources.workers, tasks.length),
    describe,
  );
  try {
    await pool.run(tasks, { onResult: ({ from, to }) => progress.advance(to - from), signal });
  } finally {
    pool.close();
  }
  progress.done();
}

/** Blocks as tasks, so that the last ones to be handed out are short. */
export function largestFirst(blocks: readonly Block[]): BlockTask[] {
  return [...blocks].sort((a, b) => voxelCount(b.read.shape) - voxelCount(a.read.shape) || a.index - b.index)
    .map(({ read, write }) => ({ read, write }));
}

/** The tasks; each is recorded as begun when it is handed out. */
function* announced({ telemetry }: RunContext, stage: string, tasks: readonly BlockTask[]) {
  for (const task of tasks) {
    telemetry?.blockBegun(stage, task.write);
    yield task;
  }
}

function voxels(blocks: readonly Block[]): number {
  return blocks.reduce((sum, { write }) => sum + voxelCount(write.shape), 0);
}

function blocksText(computed: number, skipped: number, all: number): string {
  const parts = [`${computed} of ${all} blocks`];
  if (skipped > 0) parts.push(`${skipped} without work`);
  if (computed + skipped < all) parts.push(`${all - computed - skipped} done before`);
  return parts.join(", ");
}

function asRecord(value: unknown): Record<string, unknown> {
  return { dependsOn: value };
}

function round(seconds: number): number {
  return Math.round(seconds * 1000) / 1000;
}
