/** Which components of the ground truth and of a prediction share how many voxels, counted block by block. */
import { UserError } from "../user_error.ts";
import { nextTurn } from "../engine/mod.ts";
import { type Region, voxelCount } from "../volume/region.ts";
import { readScores, type RunControl, volumeBlocks, type VoxelSource } from "./voxel_source.ts";

/** Two components that share voxels. */
interface Overlap {
  /** Number of a component of the ground truth. */
  readonly truth: number;
  /** Number of a component of the prediction. */
  readonly prediction: number;
  /** Voxels that are in both. */
  readonly voxels: number;
}

/** What the components of both volumes have to do with each other. Arrays are indexed by component, from 1. */
export interface OverlapCounts {
  /** By truth, then by prediction. */
  readonly overlaps: readonly Overlap[];
  /** Voxels of each predicted component that are labelled: 0, or in a component of the ground truth. */
  readonly labelledVoxels: Float64Array;
  /** The highest score in each component of the ground truth. */
  readonly peakOfTruth: Float64Array;
  /** The highest score in each component of the prediction. */
  readonly peakOfPrediction: Float64Array;
}

/** Volumes of one shape to compare. */
interface ComparedVolumes {
  readonly scores: VoxelSource<Float32Array> | VoxelSource<Uint8Array>;
  /** 0 negative, anything else ignored unless `truth` has a component there. */
  readonly labels: VoxelSource<Uint8Array>;
  /** Component of the ground truth at each voxel, 0 where there is none. */
  readonly truth: VoxelSource<Uint32Array>;
  /** Component of the prediction at each voxel, 0 where there is none. */
  readonly prediction: VoxelSource<Uint32Array>;
}

/** How many components there are, and how much is read at once. */
interface OverlapOptions extends RunControl {
  readonly truths: number;
  readonly predictions: number;
  readonly blockVoxels: number;
  /** Pairs that may overlap, at most; bounds the memory. */
  readonly mostPairs: number;
}

/** Pairs of components up to which they are looked at unless less is asked for; each takes some 300 bytes. */
export const MOST_PAIRS = 1 << 20;

/**
 * Counts the voxels that components share.
 * @throws UserError where more pairs than `mostPairs` share voxels
 */
export async function countOverlaps(
  volumes: ComparedVolumes,
  options: OverlapOptions,
): Promise<OverlapCounts> {
  const { truths, predictions, blockVoxels, mostPairs, onProgress, signal } = options;
  const counts = {
    labelledVoxels: new Float64Array(predictions + 1),
    peakOfTruth: new Float64Array(truths + 1).fill(-Infinity),
    peakOfPrediction: new Float64Array(predictions + 1).fill(-Infinity),
  };
  const shared = new Map<number, number>();
  const blocks = volumeBlocks(volumes.truth, blockVoxels);
  for (const [done, region] of blocks.entries()) {
    await nextTurn();
    signal?.throwIfAborted();
    onProgress?.(done / blocks.length);
    countBlock(await readBlock(volumes, region), counts, shared);
    if (shared.size > mostPairs) throw tooManyPairs(volumes.scores.name, mostPairs);
  }
  onProgress?.(1);
  const width = predictions + 1;
  const keys = Float64Array.from(shared.keys()).sort();
  const overlaps = Array.from(keys, (key): Overlap => ({
    truth: Math.floor(key / width),
    prediction: key % width,
    voxels: shared.get(key) ?? 0,
  }));
  return { ...counts, overlaps };
}

interface Block {
  readonly scores: Float32Array;
  readonly labels: Uint8Array;
  readonly truth: Uint32Array;
  readonly prediction: Uint32Array;
}

async function readBlock(volumes: ComparedVolumes, region: Region): Promise<Block> {
  const voxels = voxelCount(region.shape);
  const labels = new Uint8Array(voxels);
  const truth = new Uint32Array(voxels), prediction = new Uint32Array(voxels);
  await volumes.labels.read(region, labels);
  await volumes.truth.read(region, truth);
  await volumes.prediction.read(region, prediction);
  return { scores: await readScores(volumes.scores, region), labels, truth, prediction };
}

function countBlock(
  { scores, labels, truth, prediction }: Block,
  counts: Omit<OverlapCounts, "overlaps">,
  shared: Map<number, number>,
): void {
  const { labelledVoxels, peakOfTruth, peakOfPrediction } = counts;
  const width = labelledVoxels.length;
  for (let i = 0; i < scores.length; i++) {
    const t = truth[i] ?? 0, p = prediction[i] ?? 0;
    if (t === 0 && p === 0) continue;
    const score = scores[i] ?? 0;
    if (t > 0 && score > (peakOfTruth[t] ?? 0)) peakOfTruth[t] = score;
    if (p === 0) continue;
    if (score > (peakOfPrediction[p] ?? 0)) peakOfPrediction[p] = score;
    if (t > 0 || labels[i] === 0) labelledVoxels[p] = (labelledVoxels[p] ?? 0) + 1;
    if (t === 0) continue;
    const key = t * width + p;
    shared.set(key, (shared.get(key) ?? 0) + 1);
  }
}

function tooManyPairs(name: string, most: number): UserError {
  return new UserError(
    `${name}: more than ${most} pairs of predicted and labelled synapses overlap; it looks like noise: raise the threshold, or ` +
      "use more --memory",
  );
}
