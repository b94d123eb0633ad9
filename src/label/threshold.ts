/** A threshold for scores of which few voxels are labelled. */
import { type Region, voxelCount } from "../volume/region.ts";
import { readRegion, type ZarrVolume } from "../volume/zarr/mod.ts";
import { chunksOf, regionOfChunk } from "../volume/zarr/read.ts";
import { chunkKey } from "./runs.ts";

/** Collects scores of labelled voxels. */
export interface ThresholdFinder {
  /** Takes the labelled voxels of whole chunks, in the place of what it knew of these. @param labels 0 negative, 255 positive */
  add(region: Region, scores: ZarrVolume, labels: ZarrVolume): Promise<void>;
  /** What was collected, chunk by chunk. */
  counts(): Iterable<LabelledCounts>;
}

/** How many voxels have scores of each step. */
type Counts = ReadonlyMap<number, number>;

interface LabelledCounts {
  readonly negatives: Counts;
  readonly positives: Counts;
}

/** Steps from one score to the next that are told apart. */
const STEP = 1 / 64;

/**
 * Share of the voxels of synapses that reach the threshold. Boosting fits few labels so closely that the score which divides them best finds
 * far too much elsewhere: on a generated volume with three labelled synapses 0.5, where 8 to 20 are best. From this share on the found
 * synapses are right (0.83 of the voxels), and few are missed.
 */
const REACHED = 0.8;

/** Share of the labelled background that may reach it. */
const WRONG = 0.001;

/** But of the synapses' voxels this share reaches it whatever the background: of little background one wrong stroke is more than is allowed. */
const LEAST_REACHED = 0.5;

/** Begins without voxels. */
export function createThresholdFinder(): ThresholdFinder {
  const known = new Map<string, LabelledCounts>();
  return {
    async add(region, scores, labels) {
      for (const index of chunksOf(region, labels.chunk)) {
        const own = await countsOf(regionOfChunk(labels, index), scores, labels);
        if (own) known.set(chunkKey(index), own);
      }
    },
    counts: () => known.values(),
  };
}

/** The threshold by all that was collected; null before there are both labels. */
export function thresholdOf(finders: readonly ThresholdFinder[]): number | null {
  const all = finders.flatMap((finder) => [...finder.counts()]);
  const negatives = summed(all.map((own) => own.negatives));
  const positives = summed(all.map((own) => own.positives));
  if (negatives.size === 0 || positives.size === 0) return null;
  const background = Math.min(reachedBy(negatives, WRONG) + STEP, reachedBy(positives, LEAST_REACHED));
  return Math.max(0, reachedBy(positives, REACHED), background);
}

/** Undefined where nothing is labelled. */
async function countsOf(region: Region, scores: ZarrVolume, labels: ZarrVolume) {
  const voxels = voxelCount(region.shape);
  const label = new Uint8Array(voxels), score = new Float32Array(voxels);
  await readRegion(labels, region, label);
  if (!label.some((value) => value === 0 || value === 255)) return undefined;
  await readRegion(scores, region, score);
  const negatives = new Map<number, number>(), positives = new Map<number, number>();
  for (const [i, value] of label.entries()) {
    if (value !== 0 && value !== 255) continue;
    const counts = value === 0 ? negatives : positives;
    const bin = Math.floor((score[i] ?? 0) / STEP);
    counts.set(bin, (counts.get(bin) ?? 0) + 1);
  }
  return { negatives, positives };
}

function summed(all: readonly Counts[]): Counts {
  const sum = new Map<number, number>();
  for (const counts of all) {
    for (const [bin, count] of counts) sum.set(bin, (sum.get(bin) ?? 0) + count);
  }
  return sum;
}

/** The highest score that this share reaches. */
function reachedBy(counts: Counts, share: number): number {
  const all = [...counts.values()].reduce((sum, count) => sum + count, 0);
  let above = 0;
  for (const [bin, count] of [...counts].sort(([a], [b]) => b - a)) {
    above += count;
    if (above >= share * all) return bin * STEP;
  }
  return -Infinity;
}
