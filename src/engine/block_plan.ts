/** Divides a volume into blocks that fit a memory budget. */
import { UserError } from "../user_error.ts";
import { growRegion, type Region, voxelCount, zipAxes, type Zyx } from "../volume/region.ts";
import { type AxisOption, axisOption, axisOptions, between, spread } from "./axis.ts";
import { fewerWorkersFit, memoryForWorkers } from "./memory.ts";

/** A part of the volume that one task computes. Units: voxels. */
export interface Block {
  /** Place in the plan, in raster order of the blocks. */
  readonly index: number;
  /** What the task writes: whole chunks, clipped at the volume's end. No two blocks share a chunk. */
  readonly write: Region;
  /** What the task reads: the write region and its context, clipped to the volume. */
  readonly read: Region;
}

/** A volume divided into blocks. */
export interface BlockPlan {
  readonly shape: Zyx;
  readonly chunk: Zyx;
  /** Shape of the write region of a block that no border clips; on every axis a multiple of the chunk. */
  readonly blockShape: Zyx;
  /** Voxels that a task reads beyond its write region on either side of each axis. */
  readonly context: Zyx;
  /** In raster order, z slowest. The write regions tile the volume. */
  readonly blocks: readonly Block[];
  /** Bytes that the most demanding block needs. */
  readonly bytesPerWorker: number;
  /** Voxels read over voxels written, at least 1. */
  readonly readRatio: number;
  /** Blocks that are computed side by side. */
  readonly workers: number;
  /** Threads that compute them, some for each worker. */
  readonly threads: number;
  /** What the worker that is done last computes, in the unit of the cost. */
  readonly makespan: number;
}

/** What the plan depends on. Shapes are `[z, y, x]` in voxels. */
export interface PlanOptions {
  readonly shape: Zyx;
  /** Chunk of the array that is written. */
  readonly chunk: Zyx;
  /** Voxels needed on both sides of the write region. */
  readonly context: Zyx;
  /** Bytes that a task needs; must not decrease where a shape grows. */
  readonly bytesNeeded: (readShape: Zyx, writeShape: Zyx) => number;
  /** What a task costs, in any unit. Default: voxels of the read region. */
  readonly cost?: ((readShape: Zyx, writeShape: Zyx) => number) | undefined;
  /** Bytes that a task may take, see `memoryPerWorker`. */
  readonly bytesPerWorker: number;
  readonly workers: number;
  /** Workers of all processes that share the blocks, where there are other processes. Default: `workers`. */
  readonly workersInAll?: number | undefined;
  /** All workers and threads of the process, where `workers` are those of a part of it, or threads help. Default: `workers`. */
  readonly teams?: { readonly workers: number; readonly threads: number } | undefined;
  /** Block shape that the user wants; rounded up to whole chunks. Default: the one that costs least time. */
  readonly blockShape?: Zyx | undefined;
}

/** Above this a plan is a mistake in the budget: the list itself would take hundreds of MiB. */
const MAX_BLOCKS = 1_000_000;

/** Shapes tried a round: at most the cube of this. */
const OPTIONS_PER_AXIS = 16;

/** Blocks a worker beyond which the time to the last block differs little from an equal share of the sum. */
const BLOCKS_PER_WORKER = 16;

/** Of more workers, as a cluster has, the longest share is estimated: to deal every candidate's blocks would take minutes. */
const MOST_WORKERS_DEALT = 64;

type Options3 = readonly [AxisOption, AxisOption, AxisOption];

interface Candidate {
  readonly options: Options3;
  readonly bytes: number;
  readonly blocks: number;
  readonly total: number;
  readonly makespan: number;
}

/**
 * Chooses the block shape with which `workers` workers are done first, among those whose most demanding block fits
 * `bytesPerWorker`, and lists the blocks.
 *
 * @throws {UserError} where no block shape fits, with the least budget that would do, or where `blockShape` does not fit
 * @throws {RangeError} where a shape is not made of positive whole numbers
 */
export function planBlocks(options: PlanOptions): BlockPlan {
  checkTriples(options);
  const { shape, chunk, context } = options;
  const candidate = options.blockShape ? wanted(options, options.blockShape) : best(options);
  if (candidate.blocks > MAX_BLOCKS) throw tooManyBlocks(options, candidate);
  const [oz, oy, ox] = candidate.options;
  const divided = { shape, chunk, context, blockShape: [oz.length, oy.length, ox.length] as const };
  const blocks = blocksOfShape(divided);
  const voxelsRead = blocks.reduce((sum, { read }) => sum + voxelCount(read.shape), 0);
  const readRatio = voxelsRead / voxelCount(shape);
  const { bytes: bytesPerWorker, makespan } = candidate;
  return { ...divided, blocks, bytesPerWorker, readRatio, makespan, ...teamsOf(options) };
}

function teamsOf({ teams, workers }: PlanOptions): { readonly workers: number; readonly threads: number } {
  return teams ?? { workers, threads: workers };
}

/** The blocks of a volume that is divided so, in raster order. */
export function blocksOfShape(
  { shape, blockShape, context }: Pick<BlockPlan, "shape" | "blockShape" | "context">,
): Block[] {
  const blocks: Block[] = [];
  for (let z = 0; z < shape[0]; z += blockShape[0]) {
    for (let y = 0; y < shape[1]; y += blockShape[1]) {
      for (let x = 0; x < shape[2]; x += blockShape[2]) {
        const start: Zyx = [z, y, x];
        const left = zipAxes((n, s) => n - s, shape, start);
        const write: Region = { start, shape: zipAxes(Math.min, blockShape, left) };
        blocks.push({ index: blocks.length, write, read: growRegion(write, context, shape) });
      }
    }
  }
  return blocks;
}

function checkTriples({ shape, chunk, context, blockShape, workers }: PlanOptions): void {
  const positive = [...shape, ...chunk, ...(blockShape ?? []), workers];
  if (!positive.every((n) => Number.isSafeInteger(n) && n > 0)) {
    throw new RangeError(`shapes and workers must be positive whole numbers, not ${positive.join(", ")}`);
  }
  if (!context.every((n) => Number.isSafeInteger(n) && n >= 0)) {
    throw new RangeError(`context must be whole numbers from 0, not ${context.join(", ")}`);
  }
}

/** The cheapest candidate that fits: a coarse search, and a fine one around what it found. */
function best(options: PlanOptions): Candidate {
  const every = mapAxes((axis) =>
    axisOptions(options.shape[axis], options.chunk[axis], options.context[axis])
  );
  const smallest = mapAxes((axis) => first(every[axis]));
  const least = assess(options, smallest);
  if (least.bytes > options.bytesPerWorker) throw nothingFits(options, least);
  const fitting = mapAxes((axis) =>
    every[axis].filter((option) => fitsAlone(options, smallest, axis, option))
  );
  const coarse = mapAxes((axis) => spread(fitting[axis], OPTIONS_PER_AXIS));
  const found = search(options, coarse, least);
  const fine = mapAxes((axis) =>
    spread(between(fitting[axis], coarse[axis], found.options[axis]), OPTIONS_PER_AXIS)
  );
  return search(options, fine, found);
}

function search(
  options: PlanOptions,
  choices: readonly [AxisOption[], AxisOption[], AxisOption[]],
  start: Candidate,
) {
  let found = start;
  for (const z of choices[0]) {
    for (const y of choices[1]) {
      for (const x of choices[2]) {
        const bytes = largestBytes(options, [z, y, x]);
        if (bytes > options.bytesPerWorker) continue;
        const candidate = assess(options, [z, y, x], bytes);
        if (isBetter(candidate, found)) found = candidate;
      }
    }
  }
  return found;
}

function isBetter(a: Candidate, b: Candidate): boolean {
  if (a.makespan !== b.makespan) return a.makespan < b.makespan;
  if (a.total !== b.total) return a.total < b.total;
  return a.blocks < b.blocks;
}

/** Whether the option fits while the other axes are one chunk; needs `bytesNeeded` not to decrease. */
function fitsAlone(options: PlanOptions, smallest: Options3, axis: 0 | 1 | 2, option: AxisOption): boolean {
  const trial = mapAxes((other) => other === axis ? option : smallest[other]);
  return largestBytes(options, trial) <= options.bytesPerWorker;
}

function largestBytes({ bytesNeeded }: Pick<PlanOptions, "bytesNeeded">, [z, y, x]: Options3): number {
  return bytesNeeded(
    [z.largestRead, y.largestRead, x.largestRead],
    [z.largestWrite, y.largestWrite, x.largestWrite],
  );
}

/** Costs of a candidate, from the kinds of blocks it has and how many there are of each. */
function assess(options: PlanOptions, axes: Options3, bytes = largestBytes(options, axes)): Candidate {
  const [z, y, x] = axes;
  const cost = options.cost ?? voxelCount;
  const kinds: { cost: number; count: number }[] = [];
  for (const kz of z.kinds) {
    for (const ky of y.kinds) {
      for (const kx of x.kinds) {
        kinds.push({
          cost: cost([kz.read, ky.read, kx.read], [kz.write, ky.write, kx.write]),
          count: kz.count * ky.count * kx.count,
        });
      }
    }
  }
  const blocks = z.count * y.count * x.count;
  const total = kinds.reduce((sum, kind) => sum + kind.cost * kind.count, 0);
  const { workersInAll: workers = options.workers } = options;
  const makespan = blocks > BLOCKS_PER_WORKER * workers ? total / workers : longestShare(kinds, workers);
  return { options: axes, bytes, blocks, total, makespan };
}

/** Time to the last block where the dearest blocks are handed out first, each to the worker that is free first. */
function longestShare(kinds: { cost: number; count: number }[], workers: number): number {
  if (workers > MOST_WORKERS_DEALT) {
    const blocks = kinds.reduce((sum, kind) => sum + kind.count, 0);
    const total = kinds.reduce((sum, kind) => sum + kind.cost * kind.count, 0);
    return Math.max(Math.ceil(blocks / workers) * total / blocks, ...kinds.map(({ cost }) => cost));
  }
  const shares: number[] = new Array<number>(workers).fill(0);
  for (const kind of kinds.sort((a, b) => b.cost - a.cost)) {
    for (let i = 0; i < kind.count; i++) {
      const free = shares.indexOf(Math.min(...shares));
      shares[free] = (shares[free] ?? 0) + kind.cost;
    }
  }
  return Math.max(...shares);
}

function wanted(options: PlanOptions, blockShape: Zyx): Candidate {
  const axes = wantedAxes(options, blockShape);
  const candidate = assess(options, axes);
  if (candidate.bytes <= options.bytesPerWorker) return candidate;
  const { workers, threads } = teamsOf(options);
  const fits = best({ ...options, blockShape: undefined }).options.map((option) => option.length);
  throw new UserError(
    `block shape ${axes.map((axis) => axis.length).join(",")} (z,y,x) needs a memory limit of ` +
      `${mebibytes(memoryForWorkers(candidate.bytes, workers, threads))} with ${workersText(threads)}, ` +
      `more than allowed; use --memory with that much, or ${fits.join(",")}, which fits`,
  );
}

/** Blocks of this shape, rounded up to whole chunks. */
function wantedAxes({ shape, chunk, context }: Pick<PlanOptions, "shape" | "chunk" | "context">, block: Zyx) {
  return mapAxes((axis) => {
    const chunks = Math.ceil(Math.min(block[axis], shape[axis]) / chunk[axis]);
    return axisOption(shape[axis], chunks * chunk[axis], context[axis]);
  });
}

function nothingFits(options: PlanOptions, least: Candidate): UserError {
  const { workers, threads } = teamsOf(options);
  let fewer = threads - 1;
  while (fewer > 0 && !fewerWorkersFit(options.bytesPerWorker, workers, least.bytes, fewer, threads)) fewer--;
  const shape = least.options.map((option) => option.length).join(",");
  return new UserError(
    `the memory limit is too small for the smallest block, ${shape} voxels (z,y,x): with ` +
      `${workersText(threads)} at least --memory ` +
      `${mebibytes(memoryForWorkers(least.bytes, workers, threads))} is needed` +
      (fewer > 0 ? `; --workers ${fewer} would need no more memory` : "") +
      (fewer === 0 && threads > 1
        ? `, with --workers 1 at least ${mebibytes(memoryForWorkers(least.bytes, 1))}`
        : ""),
  );
}

function tooManyBlocks(options: PlanOptions, candidate: Candidate): UserError {
  return new UserError(
    `a volume of ${options.shape.join(",")} voxels (z,y,x) would be divided into ${candidate.blocks} ` +
      `blocks, more than ${MAX_BLOCKS}; use more --memory or larger blocks`,
  );
}

function mebibytes(bytes: number): string {
  return `${Math.ceil(bytes / 2 ** 20)}MiB`;
}

function workersText(workers: number): string {
  return workers === 1 ? "1 worker" : `${workers} workers`;
}

function mapAxes<T>(f: (axis: 0 | 1 | 2) => T): [T, T, T] {
  return [f(0), f(1), f(2)];
}

function first(options: readonly AxisOption[]): AxisOption {
  const [option] = options;
  if (!option) throw new RangeError("an axis has no block length");
  return option;
}
