/** The score that divides labelled voxels best, of those that were scored so far. */
import { type Region, voxelCount } from "../volume/region.ts";
import { readRegion, type ZarrVolume } from "../volume/zarr/mod.ts";

/** Collects scores of labelled voxels. */
export interface ThresholdFinder {
  /** Takes the voxels of a region that are labelled. @param labels 0 negative, 255 positive */
  add(region: Region, scores: ZarrVolume, labels: ZarrVolume): Promise<void>;
  /** The threshold from 0 on with the best F1; null before there are both labels. */
  best(): number | null;
}

/** Steps from one score to the next that are told apart. */
const STEP = 1 / 64;

/** Begins without voxels. */
export function createThresholdFinder(): ThresholdFinder {
  const counts = new Map<number, [negatives: number, positives: number]>();
  return {
    async add(region, scores, labels) {
      const voxels = voxelCount(region.shape);
      const label = new Uint8Array(voxels), score = new Float32Array(voxels);
      await readRegion(labels, region, label);
      if (!label.some((value) => value === 0 || value === 255)) return;
      await readRegion(scores, region, score);
      for (const [i, value] of label.entries()) {
        if (value !== 0 && value !== 255) continue;
        const bin = Math.max(0, Math.floor((score[i] ?? 0) / STEP));
        const known = counts.get(bin) ?? [0, 0];
        known[value === 0 ? 0 : 1]++;
        counts.set(bin, known);
      }
    },
    best() {
      let positives = 0, negatives = 0;
      for (const [no, yes] of counts.values()) [negatives, positives] = [negatives + no, positives + yes];
      if (positives === 0 || negatives === 0) return null;
      let best = { f1: -1, bin: 0 };
      let above = { right: 0, wrong: 0 };
      for (const [bin, [no, yes]] of [...counts].sort((a, b) => b[0] - a[0])) {
        above = { right: above.right + yes, wrong: above.wrong + no };
        const f1 = 2 * above.right / (above.right + above.wrong + positives);
        if (f1 > best.f1) best = { f1, bin };
      }
      return best.bin * STEP;
    },
  };
}
