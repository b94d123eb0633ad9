/** How long stages take on a cluster, or on one machine, from what their blocks cost. */
import { type Block, type BlockPlan, speedOfTeam } from "../engine/mod.ts";
import { alongCurve, dealItems } from "../stages/shards/deal.ts";
import { regionEnd, voxelCount, zipAxes, type Zyx } from "../volume/region.ts";
import type { BlockCost } from "./costs.ts";

/** The machines. */
export interface ClusterSize {
  /** `slurm`: a chain of jobs, which wait for one another. `none`: `ccboost run` on one machine. */
  readonly scheduler: "slurm" | "none";
  /** Tasks at a time, one per machine. */
  readonly nodes: number;
  /** Threads of each. */
  readonly cpus: number;
  /** Bytes of memory that each task uses. */
  readonly memory: number;
  /** Bytes a second of the common file system, all machines together. */
  readonly bandwidth: number;
}

/** What a stage takes. */
export interface StageEstimate {
  readonly stage: string;
  readonly blocks: number;
  readonly blockShape: Zyx | null;
  /** Voxels read over voxels written; null where a stage has no context. */
  readonly readRatio: number | null;
  /** Files that it makes. */
  readonly files: number;
  readonly bytesRead: number;
  readonly bytesWritten: number;
  /** Hours of one thread. */
  readonly threadHours: number;
  /** Hours on this cluster. */
  readonly hours: number;
  readonly bottleneck: "CPU" | "file system" | "metadata" | "one process" | "starting jobs";
}

/** How much slower a thread is beside others: two workers are 1.83 times as fast as one. */
const BESIDE_OTHERS = 0.91;
/** Seconds from the end of a job's predecessor until it computes, and of a stage in one process (docs/clusters.md). */
const JOB_START = 2.5;
const STAGE_START = 0.3;

/** Files that a common file system makes, and opens, a second: an assumption, at the low end of what is usual. */
const FILES_MADE = 5000;
const FILES_OPENED = 50_000;

/** Seconds of one thread for every block. */
export function blockSeconds(plan: BlockPlan, cost: BlockCost): number[] {
  return plan.blocks.map((block) => threadSecondsOf(block, cost));
}

/** Seconds of one thread for a block. */
export function threadSecondsOf({ read, write }: Block, cost: BlockCost): number {
  return cost.read * voxelCount(read.shape) + cost.write * voxelCount(write.shape);
}

/** Deals the blocks as a run would, and takes the time of the slowest machine. */
export function placed(
  stage: string,
  plan: BlockPlan,
  secondsOf: (block: Block) => number,
  cluster: ClusterSize,
  { files, bytesWritten, jobs, readChunk, more = { arrays: 0, bytes: 0 } }: {
    readonly files: number;
    readonly bytesWritten: number;
    readonly jobs: number;
    /** Of the volume that is read; default as of what is written. */
    readonly readChunk?: Zyx;
    /** Arrays that are read besides the volume, and bytes per voxel of them. */
    readonly more?: { readonly arrays: number; readonly bytes: number };
  },
): StageEstimate {
  const { shape, blockShape, readRatio, workers, threads } = plan;
  const chunk = readChunk ?? plan.chunk;
  const speed = speedOfTeam(Math.floor(threads / workers));
  const blocks = alongCurve(
    plan.blocks,
    ({ write }) => zipAxes((start, size) => Math.floor(start / size), write.start, blockShape),
  );
  const seconds = blocks.map(secondsOf);
  const threadSeconds = sumOf(seconds);
  const shards = dealItems(blocks.map(({ read }) => voxelCount(read.shape)), cluster.nodes);
  let slowest = 0, opened = 0;
  for (const [from, to] of shards) {
    slowest = Math.max(
      slowest,
      secondsOfTask(seconds.slice(from, to).map((s) => s / speed), Math.min(cluster.cpus, workers)),
    );
  }
  for (const { read } of blocks) {
    const low = zipAxes((s, c) => Math.floor(s / c), read.start, chunk);
    const high = zipAxes((e, c) => Math.ceil(e / c), regionEnd(read), chunk);
    opened += voxelCount(zipAxes((h, l) => h - l, high, low));
  }
  const voxelsRead = Math.min(opened * voxelCount(chunk), readRatio * voxelCount(shape) * 2);
  const bytesRead = voxelsRead * (1 + more.bytes);
  opened *= 1 + more.arrays;
  const counts = { stage, blocks: blocks.length, blockShape, readRatio, files, bytesRead, bytesWritten };
  return judged(counts, { threadSeconds, seconds: slowest, opened, jobs }, cluster, "CPU");
}

/** Largest blocks first, each to the thread that is free first. */
export function secondsOfTask(seconds: readonly number[], cpus: number): number {
  const workers = Math.min(cpus, seconds.length);
  if (workers === 0) return 0;
  const slow = workers > 1 ? 1 / BESIDE_OTHERS : 1;
  const threads = new Array<number>(workers).fill(0);
  if (seconds.length > 32 * workers) return sumOf(seconds) / workers * slow;
  for (const s of [...seconds].sort((a, b) => b - a)) {
    const free = threads.indexOf(Math.min(...threads));
    threads[free] = (threads[free] ?? 0) + s * slow;
  }
  return Math.max(...threads);
}

/** Seconds of one thread, shared evenly by all of a task. */
export function shared(seconds: number, cpus: number): number {
  return secondsOfTask(new Array<number>(cpus).fill(seconds / cpus), cpus);
}

/** A stage of one process. */
export function alone(
  stage: string,
  { threadSeconds, seconds }: { readonly threadSeconds: number; readonly seconds: number },
  bytes: { readonly bytesRead: number; readonly bytesWritten: number },
  cluster: ClusterSize,
  files = 1,
): StageEstimate {
  const counts = { ...unplanned(stage, 1), files, ...bytes };
  return judged(counts, { threadSeconds, seconds, opened: 0, jobs: 1 }, cluster, "one process");
}

/** A stage that has no plan of blocks. */
export function unplanned(stage: string, blocks: number) {
  return { stage, blocks, blockShape: null, readRatio: null };
}

/** What of a stage takes longest, and how long that is. */
export function judged(
  counts: Omit<StageEstimate, "threadHours" | "hours" | "bottleneck">,
  { threadSeconds, seconds, opened, jobs }: {
    readonly threadSeconds: number;
    readonly seconds: number;
    readonly opened: number;
    readonly jobs: number;
  },
  { bandwidth, scheduler }: ClusterSize,
  computing: StageEstimate["bottleneck"],
): StageEstimate {
  const start = jobs * (scheduler === "slurm" ? JOB_START : STAGE_START);
  const limits = [
    { seconds, what: computing },
    { seconds: (counts.bytesRead + counts.bytesWritten) / bandwidth, what: "file system" },
    { seconds: counts.files / FILES_MADE + opened / FILES_OPENED, what: "metadata" },
    { seconds: start, what: "starting jobs" },
  ] as const;
  const worst = limits.reduce((a, b) => b.seconds > a.seconds ? b : a);
  const longest = Math.max(...limits.slice(0, 3).map((limit) => limit.seconds)) + start;
  return { ...counts, threadHours: threadSeconds / 3600, hours: longest / 3600, bottleneck: worst.what };
}

/** The sum of numbers. */
export function sumOf(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0);
}

/** Voxels of several volumes. */
export function voxelsOfAll(volumes: readonly { readonly shape: Zyx }[]): number {
  return sumOf(volumes.map(({ shape }) => voxelCount(shape)));
}

/** Chunks of an array. */
export function countOf(shape: Zyx, chunk: Zyx): number {
  return voxelCount(zipAxes((n, c) => Math.ceil(n / c), shape, chunk));
}
