/** What a run would take on a cluster: blocks, files, bytes, hours, and what of it is the bottleneck. */
import type { Settings, TestSettings } from "../config/settings.ts";
import type { Block, BlockPlan } from "../engine/mod.ts";
import { alongCurve, dealItems } from "../stages/shards/deal.ts";
import { regionEnd, voxelCount, zipAxes, type Zyx } from "../volume/region.ts";
import { defaultChunk } from "../volume/zarr.ts";
import { adviceFor } from "./advice.ts";
import type { BlockCost, Costs } from "./costs.ts";
import { columnsOfVolume, scorePlanOf, trainingPlansOf } from "./volume_plans.ts";

/** The machines. */
export interface ClusterSize {
  /** Tasks at a time, one a machine. */
  readonly nodes: number;
  /** Threads of each. */
  readonly cpus: number;
  /** Bytes of memory that each task uses. */
  readonly memory: number;
  /** Bytes a second of the common file system, all machines together. */
  readonly bandwidth: number;
}

/** A volume to work on. */
export interface EstimatedVolume {
  readonly name: string;
  readonly shape: Zyx;
  readonly volume: TestSettings;
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
  readonly bottleneck: "CPU" | "file system" | "metadata" | "one process" | "start of tasks";
}

/** What a run takes. */
export interface ClusterEstimate {
  readonly stages: readonly StageEstimate[];
  readonly hours: number;
  readonly files: number;
  readonly bytes: number;
  /** The stage that takes longest, and why. */
  readonly bottleneck: string;
  /** What would make it faster. */
  readonly advice: string;
}

/** Measured on two cores (docs/performance.md): bytes of voxels a second of one process, until they are on the disk. */
const CONVERT_RATE = 300e6;
const EXPORT_RATE = 290e6;
/** Rounds times candidates times samples a second (docs/performance.md, line 5: 300 x 1000 x 63,712 in 5.7 s). */
const BOOST_RATE = 3.3e9;
/** How much slower a thread is beside others: two workers are 1.83 times as fast as one. */
const BESIDE_OTHERS = 0.91;
/** Seconds until a task computes: program, workers, plan. And from one job's end to the next one's start. */
const TASK_START = 2;
const JOB_START = 5;

/** Files that a common file system makes, and opens, a second: an assumption, at the low end of what is usual. */
const FILES_MADE = 5000;
const FILES_OPENED = 50_000;

/** Bytes a voxel of max and min as Zarr; of one exported score. */
const SCORE_BYTES = 0.85;
const EXPORT_BYTES = 4;

/** Estimates a run: the volumes that are scored, and the one that is learned from. */
export function estimateRun(
  settings: Settings,
  costs: Costs,
  cluster: ClusterSize,
  { scored, learned }: {
    readonly scored: readonly EstimatedVolume[];
    readonly learned?: EstimatedVolume | undefined;
  },
): ClusterEstimate {
  const { nodes, cpus, memory } = cluster;
  const resources = { memory, workers: cpus, processes: nodes };
  const stages: StageEstimate[] = [];
  const volumes = [...(learned ? [learned] : []), ...scored];
  for (const { name, shape, volume } of volumes) {
    stages.push(conversion(`convert ${name}`, shape, volume, cluster));
  }
  if (learned && costs.samples && costs.gather && costs.components !== undefined) {
    const plans = trainingPlansOf(settings, resources, learned.shape, learned.volume);
    const voxels = voxelCount(learned.shape);
    const columns = columnsOfVolume(settings, learned.volume);
    const matrix = settings.candidatePoses * columns * settings.maxTrainingSamples;
    stages.push(alone("prepare", voxels * costs.components, voxels, voxels / 10, cluster));
    stages.push(
      blockStage("samples", plans.samples, costs.samples, cluster, { written: 0.1, filesOfChunk: 0 }),
    );
    stages.push(gathering(plans.gather, costs.gather, settings, cluster, 2 * matrix));
    const looks = settings.numStumps * settings.numWLToExplorePerIter * settings.maxTrainingSamples;
    stages.push(alone("boost, at most", looks / BOOST_RATE, 3 * matrix, matrix, cluster));
  }
  for (const { name, shape, volume } of scored) {
    const plan = scorePlanOf(settings, resources, shape, volume);
    stages.push(
      blockStage(`score ${name}`, plan, costs.score, cluster, { written: SCORE_BYTES, filesOfChunk: 2 }),
    );
    const bytes = 2 * voxelCount(shape) * (settings.outputPlattScaling ? 1 : EXPORT_BYTES);
    const decoded = 2 * voxelCount(shape) * EXPORT_BYTES;
    stages.push(
      alone(`export ${name}`, decoded / EXPORT_RATE, voxelCount(shape) * SCORE_BYTES, bytes, cluster),
    );
  }
  return summary(stages);
}

function conversion(stage: string, shape: Zyx, volume: TestSettings, cluster: ClusterSize): StageEstimate {
  const chunk = defaultChunk(shape, volume.zAnisotropyFactor);
  const bytes = voxelCount(shape);
  const bands = Math.ceil(shape[0] / chunk[0]);
  const atOnce = Math.min(cluster.nodes, bands);
  const seconds = bytes / CONVERT_RATE;
  return judged(
    {
      stage,
      blocks: bands,
      blockShape: null,
      readRatio: null,
      files: countOf(shape, chunk),
      bytesRead: bytes,
      bytesWritten: bytes,
    },
    { threadSeconds: seconds, seconds: seconds / bands * Math.ceil(bands / atOnce), opened: 0 },
    cluster,
    atOnce === 1 ? "one process" : "CPU",
  );
}

function blockStage(
  stage: string,
  plan: BlockPlan,
  cost: BlockCost,
  cluster: ClusterSize,
  { written, filesOfChunk }: { readonly written: number; readonly filesOfChunk: number },
): StageEstimate {
  const secondsOf = ({ read, write }: Block) =>
    cost.read * voxelCount(read.shape) + cost.write * voxelCount(write.shape);
  return placed(stage, plan, secondsOf, cluster, {
    files: filesOfChunk === 0 ? plan.blocks.length : filesOfChunk * countOf(plan.shape, plan.chunk),
    bytesWritten: written * voxelCount(plan.shape),
  });
}

/** Every block is taken to hold its part of as many samples as there may be. */
function gathering(
  plan: BlockPlan,
  cost: BlockCost,
  settings: Settings,
  cluster: ClusterSize,
  bytesWritten: number,
): StageEstimate {
  const perVoxel = settings.maxTrainingSamples / voxelCount(plan.shape);
  const secondsOf = ({ read, write }: Block) =>
    cost.read * voxelCount(read.shape) + cost.write * perVoxel * voxelCount(write.shape);
  return placed("gather, at most", plan, secondsOf, cluster, {
    files: plan.blocks.length,
    bytesWritten,
  });
}

/** Deals the blocks as a run would, and takes the time of the slowest machine. */
function placed(
  stage: string,
  plan: BlockPlan,
  secondsOf: (block: Block) => number,
  cluster: ClusterSize,
  { files, bytesWritten }: { readonly files: number; readonly bytesWritten: number },
): StageEstimate {
  const { shape, blockShape, chunk, readRatio } = plan;
  const blocks = alongCurve(
    plan.blocks,
    ({ write }) => zipAxes((start, size) => Math.floor(start / size), write.start, blockShape),
  );
  const seconds = blocks.map(secondsOf);
  const threadSeconds = seconds.reduce((sum, s) => sum + s, 0);
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
  const bytesRead = opened * voxelCount(chunk);
  return judged(
    {
      stage,
      blocks: blocks.length,
      blockShape,
      readRatio,
      files,
      bytesRead: Math.min(bytesRead, readRatio * voxelCount(shape) * 2),
      bytesWritten,
    },
    { threadSeconds, seconds: slowest, opened },
    cluster,
    "CPU",
  );
}

/** Largest blocks first, each to the thread that is free first. */
function secondsOfTask(seconds: readonly number[], cpus: number): number {
  const workers = Math.min(cpus, seconds.length);
  if (workers === 0) return 0;
  const slow = workers > 1 ? 1 / BESIDE_OTHERS : 1;
  const threads = new Array<number>(workers).fill(0);
  if (seconds.length > 32 * workers) return seconds.reduce((sum, s) => sum + s, 0) / workers * slow;
  for (const s of [...seconds].sort((a, b) => b - a)) {
    const free = threads.indexOf(Math.min(...threads));
    threads[free] = (threads[free] ?? 0) + s * slow;
  }
  return Math.max(...threads);
}

function alone(
  stage: string,
  seconds: number,
  bytesRead: number,
  bytesWritten: number,
  cluster: ClusterSize,
): StageEstimate {
  const counts = { stage, blocks: 1, blockShape: null, readRatio: null, files: 1, bytesRead, bytesWritten };
  return judged(counts, { threadSeconds: seconds, seconds, opened: 0 }, cluster, "one process");
}

function judged(
  counts: Omit<StageEstimate, "threadHours" | "hours" | "bottleneck">,
  { threadSeconds, seconds, opened }: {
    readonly threadSeconds: number;
    readonly seconds: number;
    readonly opened: number;
  },
  { bandwidth }: ClusterSize,
  computing: StageEstimate["bottleneck"],
): StageEstimate {
  const limits = [
    { seconds, what: computing },
    { seconds: (counts.bytesRead + counts.bytesWritten) / bandwidth, what: "file system" },
    { seconds: counts.files / FILES_MADE + opened / FILES_OPENED, what: "metadata" },
    { seconds: TASK_START + JOB_START, what: "start of tasks" },
  ] as const;
  const worst = limits.reduce((a, b) => b.seconds > a.seconds ? b : a);
  const longest = Math.max(...limits.slice(0, 3).map((limit) => limit.seconds)) + TASK_START + JOB_START;
  return { ...counts, threadHours: threadSeconds / 3600, hours: longest / 3600, bottleneck: worst.what };
}

function countOf(shape: Zyx, chunk: Zyx): number {
  return voxelCount(zipAxes((n, c) => Math.ceil(n / c), shape, chunk));
}

function summary(stages: readonly StageEstimate[]): ClusterEstimate {
  const sum = (of: (stage: StageEstimate) => number) => stages.reduce((total, s) => total + of(s), 0);
  const longest = stages.reduce((a, b) => b.hours > a.hours ? b : a);
  return {
    stages,
    hours: sum(({ hours }) => hours),
    files: sum(({ files }) => files),
    bytes: sum(({ bytesWritten }) => bytesWritten),
    bottleneck: `${longest.stage}: ${longest.bottleneck}`,
    advice: adviceFor(longest),
  };
}
