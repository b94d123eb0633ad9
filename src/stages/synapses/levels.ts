/** How many synapses there are at many thresholds and least sizes, counted once, so that a person can look for the right ones. */
import { createLevelCounter, lastUpTo } from "../../analysis/component_levels.ts";
import { isNotANumber, scoreOfKey, toKeys } from "../../analysis/score_keys.ts";
import { readScores, type RunControl, volumeBlocks, type VoxelSource } from "../../analysis/voxel_source.ts";
import { nextTurn } from "../../engine/mod.ts";
import { UserError } from "../../user_error.ts";
import { type Region, voxelCount } from "../../volume/region.ts";

/** Counts of synapses as `findSynapses` finds them: connected voxels whose score is at least a threshold. */
export interface SynapseLevels {
  /** Ascending; scores below the first are not looked at. */
  readonly thresholds: readonly number[];
  /** Least sizes in voxels, ascending from 1. */
  readonly sizes: readonly number[];
  /** Synapses at each threshold, and from each size on. */
  readonly counts: readonly (readonly number[])[];
  /** Voxels of the largest synapse at each threshold. */
  readonly largest: readonly number[];
  /** Voxels at each threshold. */
  readonly voxels: readonly number[];
}

/** What to count. */
export interface LevelOptions extends RunControl {
  /** A threshold to be among them, such as the model's. */
  readonly threshold?: number | undefined;
  /** Lower scores are not complete. */
  readonly leastScore?: number | undefined;
  /** Voxels read at once. */
  readonly blockVoxels?: number;
  /** Bytes for what is not complete yet. More is an error. Default 1 GiB. */
  readonly treeBytes?: number;
}

/** Thresholds that are looked at, at most. */
const MOST_LEVELS = 150;
/** Part of the voxels that the lowest threshold may take: synapses are fewer, and more would be noise. */
const LOWEST_SHARE = 0.03;
/** Bytes of a node or a border voxel, with what grows and what is copied. */
const BYTES_HELD = 64;
const BLOCK_VOXELS = 2 ** 20;

/** 1, 2, 3 ... 800,000,000: about 11 to a power of ten. */
export const LEVEL_SIZES: readonly number[] = Array.from({ length: 9 }, (_, power) => 10 ** power)
  .flatMap((ten) => [1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8].map((n) => Math.round(n * ten * 10) / 10))
  .filter(Number.isInteger);

/**
 * Counts the synapses at each threshold, in two passes. The counts are the same however the volume is read.
 *
 * Memory: one block, and of the components that go on in later blocks their nodes and border voxels.
 *
 * @param scores `[z, y, x]`; what is not a number is no synapse
 * @throws {UserError} where more is not complete than fits the memory
 */
export async function countLevels(
  scores: VoxelSource<Float32Array> | VoxelSource<Uint8Array>,
  options: LevelOptions = {},
): Promise<SynapseLevels> {
  const { onProgress, treeBytes = 2 ** 30 } = options;
  const thresholds = await thresholdsFor(scores, options);
  const counter = createLevelCounter(scores.shape, thresholds.length, LEVEL_SIZES);
  await visitScores(scores, options, (block, values, done) => {
    counter.addBlock(block, levelsOf(values, thresholds));
    if (counter.held() * BYTES_HELD > treeBytes) counter.prune();
    if (counter.held() * BYTES_HELD > treeBytes) throw tooMuch(scores.name);
    onProgress?.(done / 2 + 0.5);
  });
  const { counts, largest, voxels } = counter.counts();
  return {
    thresholds,
    sizes: LEVEL_SIZES,
    counts: counts.map((row) => [...row]),
    largest: [...largest],
    voxels: [...voxels],
  };
}

function tooMuch(name: string): UserError {
  return new UserError(
    `${name} has more separate pieces than fit the memory; give more --memory, or choose a threshold with the command synapses`,
  );
}

/** How many of the thresholds each score reaches. */
function levelsOf(values: Float32Array, thresholds: readonly number[]): Uint8Array {
  const levels = new Uint8Array(values.length);
  const lowest = thresholds[0] ?? Infinity;
  for (let i = 0; i < values.length; i++) {
    const value = values[i] ?? NaN;
    if (value >= lowest) levels[i] = lastUpTo(thresholds, value) + 1;
  }
  return levels;
}

/** Round numbers from where few voxels score as high, to the highest score; and the one that was asked for. */
async function thresholdsFor(
  scores: VoxelSource<Float32Array> | VoxelSource<Uint8Array>,
  options: LevelOptions,
): Promise<number[]> {
  const { threshold, leastScore = -Infinity, onProgress } = options;
  const buckets = new Float64Array(65536);
  let highest = 0;
  await visitScores(scores, options, (_block, values, done) => {
    const keys = toKeys(values);
    for (let i = 0; i < keys.length; i++) {
      const key = keys[i] ?? 0;
      if (isNotANumber(key)) continue;
      if (key > highest) highest = key;
      buckets[key >>> 16] = (buckets[key >>> 16] ?? 0) + 1;
    }
    onProgress?.(done / 2);
  });
  const asked = threshold === undefined ? [] : [threshold];
  if (highest === 0) return asked;
  const low = Math.max(leastScore, Math.min(lowestScore(buckets, voxelCount(scores.shape)), ...asked));
  const between = roundNumbers(low, scoreOfKey(highest));
  return [...new Set([...between, ...asked])].sort((a, b) => a - b);
}

/** From which score on few voxels are left. */
function lowestScore(buckets: Float64Array, voxels: number): number {
  let above = 0;
  for (let bucket = buckets.length - 1; bucket >= 0; bucket--) {
    above += buckets[bucket] ?? 0;
    if (above > LOWEST_SHARE * voxels) return scoreOfKey((bucket + 1) * 65536);
  }
  return scoreOfKey(buckets.findIndex((count) => count > 0) * 65536);
}

/** Multiples of 1, 2 or 5 times a power of ten, as many as may be looked at; the low end itself where there is none. */
function roundNumbers(low: number, high: number): number[] {
  if (!(high > low) || !Number.isFinite(high - low)) return [high];
  const least = (high - low) / MOST_LEVELS, ten = 10 ** Math.floor(Math.log10(least));
  const step = ([1, 2, 5, 10].find((n) => n * ten >= least) ?? 10) * ten;
  const first = Math.ceil(low / step), last = Math.floor(high / step);
  return Array.from({ length: last - first + 1 }, (_, i) => Number(((first + i) * step).toPrecision(6)));
}

async function visitScores(
  scores: VoxelSource<Float32Array> | VoxelSource<Uint8Array>,
  { blockVoxels = BLOCK_VOXELS, signal }: LevelOptions,
  visit: (block: Region, values: Float32Array, done: number) => void,
): Promise<void> {
  const blocks = volumeBlocks(scores, blockVoxels);
  for (const [i, block] of blocks.entries()) {
    await nextTurn();
    signal?.throwIfAborted();
    visit(block, await readScores(scores, block), (i + 1) / blocks.length);
  }
}
