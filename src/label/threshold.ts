/** A threshold for scores of which few voxels are labelled. */
import { type Region, voxelCount } from "../volume/region.ts";
import { readRegion, type ZarrVolume } from "../volume/zarr/mod.ts";

/** Collects scores of labelled voxels. */
export interface ThresholdFinder {
  /** Takes the voxels of a region that are labelled. @param labels 0 negative, 255 positive */
  add(region: Region, scores: ZarrVolume, labels: ZarrVolume): Promise<void>;
  /** The threshold, by what others have collected, too; null before there are both labels. */
  found(others?: Iterable<ThresholdFinder>): number | null;
  /** Voxels by the score, in steps. */
  readonly counts: { readonly negatives: Counts; readonly positives: Counts };
}

type Counts = ReadonlyMap<number, number>;

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

/** Begins without voxels. */
export function createThresholdFinder(): ThresholdFinder {
  const negatives = new Map<number, number>(), positives = new Map<number, number>();
  return {
    async add(region, scores, labels) {
      const voxels = voxelCount(region.shape);
      const label = new Uint8Array(voxels), score = new Float32Array(voxels);
      await readRegion(labels, region, label);
      if (!label.some((value) => value === 0 || value === 255)) return;
      await readRegion(scores, region, score);
      for (const [i, value] of label.entries()) {
        if (value !== 0 && value !== 255) continue;
        const counts = value === 0 ? negatives : positives;
        const bin = Math.floor((score[i] ?? 0) / STEP);
        counts.set(bin, (counts.get(bin) ?? 0) + 1);
      }
    },
    found(others = []) {
      const all = [{ negatives, positives }, ...Array.from(others, ({ counts }) => counts)];
      const [below, above] = [all.map(({ negatives }) => negatives), all.map(({ positives }) => positives)]
        .map(together);
      if (!below?.size || !above?.size) return null;
      return Math.max(0, reachedBy(above, REACHED), reachedBy(below, WRONG) + STEP);
    },
    counts: { negatives, positives },
  };
}

/** The sums of several counts. */
function together(counts: readonly Counts[]): Counts {
  const sums = new Map<number, number>();
  for (const own of counts) {
    for (const [bin, count] of own) sums.set(bin, (sums.get(bin) ?? 0) + count);
  }
  return sums;
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
