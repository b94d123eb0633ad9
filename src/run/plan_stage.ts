/** How a stage of blocks is planned within what a run may take of the machine. */
import { type BlockPlan, formatBytes, planTeams, type TeamPlanOptions } from "../engine/mod.ts";
import { canShareMemory } from "../kernels/mod.ts";
import type { Zyx } from "../volume/region.ts";

/** Limits that the user sets; none of them changes a result. */
export interface Resources {
  /** Bytes of resident memory of the whole process. */
  readonly memory: number;
  /** Threads that compute, at least 1. */
  readonly workers: number;
  /** Blocks are computed in the main thread, one after the other, for a profiler or a debugger; with one worker. */
  readonly inMainThread?: boolean | undefined;
  /** Blocks to compute side by side, each by a team of these threads. Default: with which they are done first. */
  readonly teams?: number | undefined;
  /** Processes on this and other machines that share the blocks; default 1. */
  readonly processes?: number | undefined;
  /** Shape of the blocks' write regions, `[z, y, x]`. */
  readonly blockShape?: Zyx | undefined;
}

/** What a worker's kernels can address: a WebAssembly memory holds 4 GiB, of which the module keeps a little. */
export const MOST_KERNEL_BYTES = 2 ** 32 - 2 ** 24;

/** What a stage of blocks tells to be planned. */
interface StageNeeds extends Pick<TeamPlanOptions, "shape" | "chunk" | "context" | "bytesNeeded"> {
  /** Whether several threads can work on a block; default: they cannot. */
  readonly isShared?: boolean;
}

/** Plans blocks within the run's resources. */
export function planStage(
  { resources }: { readonly resources: Resources },
  { isShared = false, ...options }: StageNeeds,
  { beside = 0, workers }: Partial<Pick<TeamPlanOptions, "beside" | "workers">> = {},
): BlockPlan {
  const { memory, processes = 1, blockShape, teams, workers: threads } = resources;
  return planTeams({
    ...options,
    memory,
    threads,
    processes,
    beside,
    workers: workers ?? (isShared ? teams : undefined),
    blockShape,
    mostBytes: MOST_KERNEL_BYTES,
    canShare: isShared && canShareMemory(),
  });
}

/** Says that a stage takes fewer threads than it may; undefined where it takes all. */
export function fewerThreadsText(
  title: string,
  { threads }: Pick<BlockPlan, "threads">,
  { memory, workers: all }: Resources,
): string | undefined {
  if (threads >= all) return undefined;
  return `${title}: ${threads} of ${all} threads, because more would leave too little of the ` +
    `${formatBytes(memory)} for blocks`;
}
