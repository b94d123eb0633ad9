/** How many blocks are computed side by side, and how many threads work on each. */
import { UserError } from "../user_error.ts";
import type { Zyx } from "../volume/region.ts";
import { memoryPerWorker } from "./memory.ts";
import { type BlockPlan, planBlocks, type PlanOptions } from "./plan.ts";

/** What the plan depends on. */
export interface TeamPlanOptions
  extends Omit<PlanOptions, "bytesNeeded" | "bytesPerWorker" | "workers" | "workersInAll"> {
  /** Bytes that a task needs with so many threads that work on it. */
  readonly bytesNeeded: (readShape: Zyx, writeShape: Zyx, threads: number) => number;
  /** Budget of the whole process, bytes. */
  readonly memory: number;
  /** Most threads of the whole process. */
  readonly threads: number;
  /** Most bytes that one task can have, whatever the memory. */
  readonly mostBytes: number;
  /** Whether threads can share a task. */
  readonly canShare: boolean;
  /** How many processes share the blocks. */
  readonly processes: number;
  /** How many other volumes are planned alike and computed at the same time. */
  readonly beside: number;
  /** How many blocks to compute side by side. Default: with which they are done first. */
  readonly workers?: number | undefined;
}

/**
 * Of a block's time with one thread, what more threads do not shorten: the code between the loops that are shared, reading and writing,
 * memory that is touched first, and waiting for the last thread of a loop. Counting gives 0.07; but of `vnc` one block of two threads took
 * 22 s to score and 13 s to gather, where two blocks of one thread took 19 s and 11 s.
 */
const ALONE = 0.2;

/** How many times as fast as one thread a team is. */
export function speedOfTeam(threads: number): number {
  return 1 / (ALONE + (1 - ALONE) / threads);
}

/** Threads that work on a task where so many tasks are computed side by side, at most. */
export function threadsOfTeam(threads: number, workers: number): number {
  return Math.ceil(threads / workers);
}

/**
 * Plans a volume with the teams with which it is done first: more teams waste less time between their loops, fewer have larger blocks and
 * read less. Where memory is short, every thread costs some of it, and fewer threads than there may be can be faster.
 *
 * @throws {UserError} where no block fits, not even if one thread has all the memory
 */
export function planTeams(options: TeamPlanOptions): BlockPlan {
  let best: { readonly plan: BlockPlan; readonly time: number } | undefined;
  let reason: unknown;
  for (const threads of threadCounts(options)) {
    if (best !== undefined && !isShort(options, best.plan.threads)) break;
    for (const workers of teamCounts(options, threads)) {
      try {
        const plan = planFor(options, workers, threads);
        const time = plan.makespan / speedOfTeam(Math.floor(threads / workers));
        if (best === undefined || time < best.time * WORTH) best = { plan, time };
        else if (plan.blocks.length > MANY_BLOCKS && time > best.time / WORTH) break; // and still more teams are slower still
      } catch (cause) {
        if (!(cause instanceof UserError)) throw cause;
        reason ??= cause;
        break; // more teams have less memory each
      }
    }
  }
  if (best === undefined) throw reason;
  return best.plan;
}

/** With so many blocks the time does not hang on how they happen to be dealt. */
const MANY_BLOCKS = 256;

/** Whether threads take so much of the memory that fewer could be faster. */
function isShort({ memory }: TeamPlanOptions, threads: number): boolean {
  return memoryPerWorker(memory, 1, threads) < SHORT * memoryPerWorker(memory, 1);
}

const SHORT = 0.6;

/** Less than this part of the time is not worth fewer threads than there may be: the model is no better. */
const WORTH = 0.97;

/** Numbers of threads worth trying: all, then half of them, and so on. */
function threadCounts({ threads: most, canShare, workers }: TeamPlanOptions): number[] {
  if (workers !== undefined) return [canShare ? most : workers];
  const counts: number[] = [];
  for (let threads = most; threads > 0; threads = Math.floor(threads / 2)) counts.push(threads);
  return counts;
}

/** Numbers of teams worth trying, ascending. */
function teamCounts({ canShare, workers }: TeamPlanOptions, threads: number): number[] {
  if (workers !== undefined) return [workers];
  if (!canShare) return [threads];
  const counts: number[] = [];
  for (let teams = 1; teams < threads; teams *= 2) counts.push(teams);
  return [...counts, threads];
}

function planFor(options: TeamPlanOptions, workers: number, threads: number): BlockPlan {
  const { memory, mostBytes, processes, beside } = options;
  const each = threadsOfTeam(threads, workers);
  const besides = Math.ceil(workers / (1 + beside));
  return planBlocks({
    ...options,
    bytesNeeded: (read, write) => options.bytesNeeded(read, write, each),
    bytesPerWorker: Math.min(memoryPerWorker(memory, workers, threads), mostBytes),
    workers: besides,
    workersInAll: besides * processes,
    teams: { workers, threads },
  });
}
