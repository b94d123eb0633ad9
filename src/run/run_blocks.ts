/** How a stage of blocks is run: planned, resumed, computed, journalled, reported. */
import {
  type Block,
  type BlockPlan,
  createMainPool,
  createPool,
  dependenciesOf,
  doneChunks,
  fingerprintOf,
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
import { fewerThreadsText, type Resources } from "./plan_stage.ts";
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
interface BlockStage {
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

/** A block that failed for want of memory is something that the user can fix. */
export function explainMemory(cause: unknown): unknown {
  if (!(cause instanceof TaskError) || !/memory|allocation/i.test(cause.message)) return cause;
  return new UserError(
    `${cause.message}; run it again with a smaller --memory or fewer --workers, to fit the machine's memory`,
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
  const fingerprint = await fingerprintOf({ stage: name, ...asRecord(stage.dependsOn) });
  const of = { stage: name, fingerprint, shape: plan.shape, chunk: plan.chunk };
  await loseMissing(context, of, outputs);
  const done = doneChunks(journal.events, of);
  const total = voxels(plan.blocks);
  const pending = plan.blocks.filter((block) => !done.isDone(block.write) && !stage.skip?.(block));
  const skipped = plan.blocks.filter((block) => !done.isDone(block.write) && stage.skip?.(block));
  const toCompute = total - voxels(skipped);
  if (pending.length > 0) {
    const dependsOn = dependenciesOf(stage.dependsOn);
    const reasons = reasonsToRepeat(journal.events, name, fingerprint, dependsOn);
    if (reasons !== undefined) reporter.message(`${stage.title}: repeated, because ${reasons}`);
    await journal.append({
      event: "stage-started",
      stage: name,
      fingerprint,
      blocks: plan.blocks.length,
      voxels: total,
      dependsOn,
    });
    const begin = performance.now();
    const { shape, blockShape: block } = plan;
    context.telemetry?.grid({ stage: name, title: stage.title, fingerprint, shape, block });
    const handed = { name, title: stage.title, fingerprint, job, plan, pending };
    if (await context.handOver?.(handed)) throw new HandedOver([name]);
    const fewer = fewerThreadsText(stage.title, plan, context.resources);
    if (fewer !== undefined) reporter.message(fewer);
    const progress = reporter.stage(stage.title, {
      total: toCompute,
      unit: "voxels",
      done: toCompute - voxels(pending),
    });
    await computeBlocks(handed, announced(context, name, largestFirst(pending)), {
      workerModules: context.workerModules,
      workers: Math.min(plan.workers, pending.length),
      threads: plan.threads,
      inMainThread: context.resources.inMainThread,
      journal,
      progress,
      signal,
    });
    const seconds = round((performance.now() - begin) / 1000);
    await journal.append({ event: "stage-done", stage: name, fingerprint, seconds });
    progress.done(blocksText(pending.length, skipped.length, plan.blocks.length));
  } else reporter.message(`${stage.title}: ${toCompute > 0 ? "already done" : "all blocks are empty"}`);
  return { fingerprint, results: resultsOf(journal.events, name, fingerprint) };
}

/** With what the tasks of a stage are computed. */
interface PoolResources extends Pick<Resources, "inMainThread"> {
  readonly workerModules: WorkerModules;
  /** Tasks side by side. */
  readonly workers: number;
  /** The workers and those that help them, where the stage's tasks can be shared; default the workers alone. */
  readonly threads?: number;
}

/**
 * Workers for the tasks of a stage.
 * @param describe names a task in an error
 */
export function stagePool<Task, Result>(
  job: WorkerJob,
  { workerModules, workers, threads, inMainThread = false }: PoolResources,
  describe: (task: Task) => string,
): Pool<Task, Result> {
  if (inMainThread) return createMainPool(workerModules.load, { init: job, describe });
  return createPool<Task, Result>({
    module: workerModules.worker,
    helperModule: workerModules.helper,
    workers,
    threads,
    init: job,
    describe,
    graceTime: GRACE_TIME,
  });
}

/** With what blocks are computed. */
interface BlockResources extends PoolResources {
  /** Takes a `block-done` for each. */
  readonly journal: Pick<Journal, "append">;
  readonly progress: StageProgress;
  readonly signal?: AbortSignal | undefined;
}

/** Computes blocks of a stage in workers, and journals each. @throws {UserError} where the memory did not suffice */
export async function computeBlocks(
  { name, title, fingerprint, job }: Omit<HandedStage, "plan" | "pending">,
  tasks: Iterable<BlockTask> | AsyncIterable<BlockTask>,
  { journal, progress, signal, ...resources }: BlockResources,
): Promise<void> {
  const describe = ({ write }: BlockTask) => `${title}, block ${describeRegion(write)}`;
  const pool = stagePool<BlockTask, Json>(job, resources, describe);
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
function resultsOf(
  events: readonly JournalEvent[],
  stage: string,
  fingerprint: string,
): FinishedStage["results"] {
  const results = new Map<string, FinishedStage["results"][number]>();
  for (const event of events) {
    if (event.event !== "block-done" || event.stage !== stage || event.fingerprint !== fingerprint) continue;
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
  const workers = Math.min(resources.workers, tasks.length);
  const pool = stagePool<SlotTask, null>(job, { ...resources, workerModules, workers }, describe);
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
  if (skipped > 0) parts.push(`${skipped} empty`);
  if (computed + skipped < all) parts.push(`${all - computed - skipped} already done`);
  return parts.join(", ");
}

function asRecord(value: unknown): Record<string, unknown> {
  return { dependsOn: value };
}

function round(seconds: number): number {
  return Math.round(seconds * 1000) / 1000;
}
