/** How many blocks are computed side by side, and how many threads work on each. */
import { UserError } from "../config/user_error.ts";
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
  /** Threads of the whole process. */
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
 * and waiting for the last thread of a loop.
 */
const ALONE = 0.05;

/** How many times as fast as one thread a team is. */
export function speedOfTeam(threads: number): number {
  return 1 / (ALONE + (1 - ALONE) / threads);
}

/** Threads that work on a task where so many tasks are computed side by side, at most. */
export function threadsOfTeam(threads: number, workers: number): number {
  return Math.ceil(threads / workers);
}

/**
 * Plans a volume with the number of teams with which it is done first: more of them waste less time between their loops, fewer have
 * larger blocks and read less.
 *
 * @throws {UserError} where no block fits, not even if all threads share one
 */
export function planTeams(options: TeamPlanOptions): BlockPlan {
  let best: { readonly plan: BlockPlan; readonly time: number } | undefined;
  let reason: unknown;
  for (const workers of options.workers === undefined ? choices(options) : [options.workers]) {
    try {
      const plan = planFor(options, workers);
      const time = plan.makespan / speedOfTeam(Math.floor(options.threads / workers));
      if (best === undefined || time < best.time) best = { plan, time };
    } catch (cause) {
      if (!(cause instanceof UserError)) throw cause;
      reason = cause; // of the last, which needs least
    }
  }
  if (best === undefined) throw reason;
  return best.plan;
}

/** Numbers of teams worth trying, falling: of those with equally many threads each the largest. */
function choices({ threads, canShare }: TeamPlanOptions): number[] {
  if (!canShare) return [threads];
  const each = [1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128].filter((n) => n < threads);
  return [...new Set([...each, threads].map((n) => Math.floor(threads / n)))];
}

function planFor(options: TeamPlanOptions, workers: number): BlockPlan {
  const { memory, threads, mostBytes, processes, beside } = options;
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
