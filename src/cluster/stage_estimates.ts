/** What each stage of a run would take on a cluster, or on one machine. */
import type { Settings } from "../config/settings.ts";
import type { Block, BlockPlan } from "../engine/mod.ts";
import { alongCurve, dealItems } from "../stages/shards/deal.ts";
import { regionEnd, voxelCount, zipAxes, type Zyx } from "../volume/region.ts";
import { defaultChunk } from "../volume/zarr/mod.ts";
import type { BlockCost } from "./costs.ts";

/** The machines. */
export interface ClusterSize {
  /** `slurm`: a chain of jobs, which wait for one another. `none`: `ccboost run` on one machine. */
  readonly scheduler: "slurm" | "none";
  /** Tasks at a time, one a machine. */
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
  readonly bottleneck: "CPU" | "file system" | "metadata" | "one process" | "start of jobs";
}

/** Bytes a second until they are on the disk: of a process that converts (docs/performance.md), of a thread that exports scores. */
const CONVERT_RATE = 300e6;
const EXPORT_RATE = 120e6;
/** Values a second that one thread bins and then holds for the search of stumps. */
const BIN_RATE = 8.5e7;
/** Candidates times samples a second and thread, of a round's search: measured 8e9 with a positive in 11 samples, 1.5e10 with one in 26. */
const SEARCH_RATE = 1e10;
/** Seconds a round and sample of what is left to one thread. */
const ROUND_COST = 6e-8;
/** How much slower a thread is beside others: two workers are 1.83 times as fast as one. */
const BESIDE_OTHERS = 0.91;
/** Seconds from the end of a job's predecessor until it computes, and of a stage in one process (docs/clusters.md). */
const JOB_START = 2.5;
const STAGE_START = 0.3;

/** Files that a common file system makes, and opens, a second: an assumption, at the low end of what is usual. */
const FILES_MADE = 5000;
const FILES_OPENED = 50_000;

/** Bytes a voxel of max and min as Zarr; of one exported score. */
const SCORE_BYTES = 0.85;
const EXPORT_BYTES = 4;

/** The volumes as Zarr, band by band. */
export function conversion(
  volumes: readonly {
    readonly shape: Zyx;
    readonly volume: { readonly zAnisotropyFactor: number };
  }[],
  cluster: ClusterSize,
): StageEstimate {
  let bands = 0, files = 0, bytes = 0, slowest = 0;
  for (const { shape, volume } of volumes) {
    const chunk = defaultChunk(shape, volume.zAnisotropyFactor);
    const own = Math.ceil(shape[0] / chunk[0]);
    bands += own;
    files += countOf(shape, chunk);
    bytes += voxelCount(shape);
    slowest = Math.max(slowest, voxelCount(shape) / own);
  }
  const atOnce = Math.min(cluster.nodes, bands);
  const seconds = Math.max(bytes / atOnce, slowest) / CONVERT_RATE;
  const counts = { ...unplanned("convert", bands), files, bytesRead: bytes, bytesWritten: bytes };
  const time = { threadSeconds: bytes / CONVERT_RATE, seconds, opened: 0, jobs: 1 };
  return judged(counts, time, cluster, atOnce === 1 ? "one process" : "CPU");
}

/** Numbers the components of the ground truth. `cost`: seconds a voxel. */
export function preparing(voxels: number, cost: number, cluster: ClusterSize): StageEstimate {
  const seconds = voxels * cost;
  return alone("prepare", { threadSeconds: seconds, seconds }, {
    bytesRead: voxels,
    bytesWritten: voxels / 10,
  }, cluster);
}

/** Finds the places to learn from, and chooses among them. */
export function sampling(plan: BlockPlan, cost: BlockCost, cluster: ClusterSize): StageEstimate {
  const written = { files: plan.blocks.length, bytesWritten: 0.1 * voxelCount(plan.shape), jobs: 2 };
  return placed("samples", plan, (block) => threadSecondsOf(block, cost), cluster, written);
}

/** Every block is taken to hold its part of as many samples as there may be. */
export function gathering(
  plan: BlockPlan,
  cost: BlockCost,
  { candidates, samples }: { readonly candidates: number; readonly samples: number },
  cluster: ClusterSize,
): StageEstimate {
  const { read, write } = cost;
  const perVoxel = { read, write: write * samples / voxelCount(plan.shape) };
  const written = { files: plan.blocks.length, bytesWritten: 2 * candidates * samples, jobs: 1 };
  return placed("gather, at most", plan, (block) => threadSecondsOf(block, perVoxel), cluster, written);
}

/** Bins what was gathered, boosts, and finds the threshold. */
export function boosting(
  settings: Settings,
  { candidates, threshold }: { readonly candidates: number; readonly threshold: readonly number[] },
  cluster: ClusterSize,
): StageEstimate {
  const { numStumps, numWLToExplorePerIter, maxTrainingSamples } = settings;
  const { cpus } = cluster;
  const matrix = candidates * maxTrainingSamples;
  const searched = numStumps * numWLToExplorePerIter * maxTrainingSamples;
  const sharedSeconds = matrix / BIN_RATE + searched / SEARCH_RATE;
  const ownSeconds = numStumps * maxTrainingSamples * ROUND_COST;
  const time = {
    threadSeconds: sharedSeconds + ownSeconds + sumOf(threshold),
    seconds: shared(sharedSeconds, cpus) + ownSeconds + secondsOfTask(threshold, cpus),
  };
  return alone("boost, at most", time, { bytesRead: 3 * matrix, bytesWritten: matrix }, cluster);
}

/** Scores a volume. */
export function scoring(
  name: string,
  plan: BlockPlan,
  cost: BlockCost,
  cluster: ClusterSize,
): StageEstimate {
  const bytesWritten = SCORE_BYTES * voxelCount(plan.shape);
  const files = 2 * countOf(plan.shape, plan.chunk);
  return placed(`score ${name}`, plan, (block) => threadSecondsOf(block, cost), cluster, {
    files,
    bytesWritten,
    jobs: 1,
  });
}

/** Writes max and min of every scored volume as files. */
export function exporting(
  { outputPlattScaling }: Settings,
  shapes: readonly Zyx[],
  cluster: ClusterSize,
): StageEstimate {
  const voxels = shapes.reduce((sum, shape) => sum + voxelCount(shape), 0);
  const bytes = {
    bytesRead: SCORE_BYTES * voxels,
    bytesWritten: 2 * voxels * (outputPlattScaling ? 1 : EXPORT_BYTES),
  };
  const threadSeconds = 2 * voxels * EXPORT_BYTES / EXPORT_RATE;
  const seconds = shared(threadSeconds, cluster.cpus);
  return alone("export", { threadSeconds, seconds }, bytes, cluster, 2 * shapes.length);
}

/** Seconds of one thread for every block. */
export function blockSeconds(plan: BlockPlan, cost: BlockCost): number[] {
  return plan.blocks.map((block) => threadSecondsOf(block, cost));
}

function threadSecondsOf({ read, write }: Block, cost: BlockCost): number {
  return cost.read * voxelCount(read.shape) + cost.write * voxelCount(write.shape);
}

/** Deals the blocks as a run would, and takes the time of the slowest machine. */
function placed(
  stage: string,
  plan: BlockPlan,
  secondsOf: (block: Block) => number,
  cluster: ClusterSize,
  { files, bytesWritten, jobs }: {
    readonly files: number;
    readonly bytesWritten: number;
    readonly jobs: number;
  },
): StageEstimate {
  const { shape, blockShape, chunk, readRatio } = plan;
  const blocks = alongCurve(
    plan.blocks,
    ({ write }) => zipAxes((start, size) => Math.floor(start / size), write.start, blockShape),
  );
  const seconds = blocks.map(secondsOf);
  const threadSeconds = sumOf(seconds);
  const shards = dealItems(blocks.map(({ read }) => voxelCount(read.shape)), cluster.nodes);
  let slowest = 0, opened = 0;
  for (const [from, to] of shards) {
    slowest = Math.max(slowest, secondsOfTask(seconds.slice(from, to), cluster.cpus));
  }
  for (const { read } of blocks) {
    const low = zipAxes((s, c) => Math.floor(s / c), read.start, chunk);
    const high = zipAxes((e, c) => Math.ceil(e / c), regionEnd(read), chunk);
    opened += voxelCount(zipAxes((h, l) => h - l, high, low));
  }
  const bytesRead = Math.min(opened * voxelCount(chunk), readRatio * voxelCount(shape) * 2);
  const counts = { stage, blocks: blocks.length, blockShape, readRatio, files, bytesRead, bytesWritten };
  return judged(counts, { threadSeconds, seconds: slowest, opened, jobs }, cluster, "CPU");
}

/** Largest blocks first, each to the thread that is free first. */
function secondsOfTask(seconds: readonly number[], cpus: number): number {
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
function shared(seconds: number, cpus: number): number {
  return secondsOfTask(new Array<number>(cpus).fill(seconds / cpus), cpus);
}

/** A stage of one process. */
function alone(
  stage: string,
  { threadSeconds, seconds }: { readonly threadSeconds: number; readonly seconds: number },
  bytes: { readonly bytesRead: number; readonly bytesWritten: number },
  cluster: ClusterSize,
  files = 1,
): StageEstimate {
  const counts = { ...unplanned(stage, 1), files, ...bytes };
  return judged(counts, { threadSeconds, seconds, opened: 0, jobs: 1 }, cluster, "one process");
}

function unplanned(stage: string, blocks: number) {
  return { stage, blocks, blockShape: null, readRatio: null };
}

function judged(
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
    { seconds: start, what: "start of jobs" },
  ] as const;
  const worst = limits.reduce((a, b) => b.seconds > a.seconds ? b : a);
  const longest = Math.max(...limits.slice(0, 3).map((limit) => limit.seconds)) + start;
  return { ...counts, threadHours: threadSeconds / 3600, hours: longest / 3600, bottleneck: worst.what };
}

function sumOf(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0);
}

function countOf(shape: Zyx, chunk: Zyx): number {
  return voxelCount(zipAxes((n, c) => Math.ceil(n / c), shape, chunk));
}
