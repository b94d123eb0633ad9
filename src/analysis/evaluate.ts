/** Comparison of scores with ground truth: exact for volumes of any size, in bounded memory. */
import { UserError } from "../user_error.ts";
import type { Voxels } from "../volume/dtype.ts";
import { describeShape, type Region, voxelCount, zipAxes } from "../volume/region.ts";
import { countedScores, planGroups } from "./score_buckets.ts";
import { createCurve, type RankingMeasures } from "./score_curve.ts";
import { isNotANumber, toKeys } from "./score_keys.ts";
import { readScores, type RunControl, volumeBlocks, type VoxelSource } from "./voxel_source.ts";

/** Scores and ground truth compared on the voxels labelled 0 or 255. */
export interface Evaluation extends RankingMeasures {
  /** Voxels labelled 255. */
  readonly positives: number;
  /** Voxels labelled 0. */
  readonly negatives: number;
  /** Voxels labelled otherwise, which do not count. */
  readonly ignored: number;
}

/** What an evaluation may take of the machine. */
export interface EvaluateOptions extends RunControl {
  /** For counting scores, besides the blocks in work. Less memory, more passes over the volume, same result. */
  readonly memoryBytes?: number;
  /** Voxels read at once. */
  readonly blockVoxels?: number;
  /** Tell all measures where the score is at least this, too. */
  readonly threshold?: number | undefined;
}

const POSITIVE = 255;
const NEGATIVE = 0;

/**
 * Compares scores with labels, voxel by voxel.
 *
 * Scores are counted by value: first by the upper half of their 32 bits, then, for as many upper halves at a time as
 * the memory allows, by the lower half. So every distinct score is a threshold, and equal scores are one.
 *
 * @param prediction scores `[z, y, x]`
 * @param labels 255 positive, 0 negative, anything else ignored
 * @throws UserError if the shapes differ, a labelled voxel's score is not a number, or there is no positive or no negative
 */
export async function evaluate(
  prediction: VoxelSource<Float32Array> | VoxelSource<Uint8Array>,
  labels: VoxelSource<Uint8Array>,
  options: EvaluateOptions = {},
): Promise<Evaluation> {
  checkShapes(prediction, labels);
  const { memoryBytes = 1 << 27, blockVoxels = 1 << 22, signal } = options;
  const blocks = volumeBlocks(prediction, blockVoxels);
  let passes = 2;
  // The same memory for all blocks: what is left behind is collected late.
  const most = blocks.reduce((most, { shape }) => Math.max(most, voxelCount(shape)), 0);
  const buffers = { scores: new Float32Array(most), labels: new Uint8Array(most) };
  const scan = async (
    pass: number,
    visit: (keys: Uint32Array, truth: Uint8Array, region: Region) => void,
  ) => {
    for (const [done, region] of blocks.entries()) {
      signal?.throwIfAborted();
      options.onProgress?.((pass + done / blocks.length) / passes);
      const [keys, truth] = await readBlock(prediction, labels, region, buffers);
      visit(keys, truth, region);
    }
  };

  const positivesOf = new Float64Array(65536), negativesOf = new Float64Array(65536);
  let ignored = 0;
  await scan(0, (keys, truth, region) => {
    const wrong = keys.findIndex((key, i) =>
      isNotANumber(key) && (truth[i] === POSITIVE || truth[i] === NEGATIVE)
    );
    if (wrong >= 0) throw notANumber(prediction, region, wrong);
    const labelled = countUpperHalves(keys, truth, POSITIVE, positivesOf) +
      countUpperHalves(keys, truth, NEGATIVE, negativesOf);
    ignored += keys.length - labelled;
  });
  const positives = sum(positivesOf), negatives = sum(negativesOf);
  checkCounts(labels.name, positives, negatives);

  const curve = createCurve(positives, negatives, options.threshold);
  const groups = planGroups(positivesOf, negativesOf, memoryBytes);
  passes = 1 + groups.length;
  for (const [index, group] of groups.entries()) {
    const counted = countedScores(group, positivesOf, negativesOf);
    await scan(1 + index, (keys, truth) => {
      for (let i = 0; i < keys.length; i++) {
        if (truth[i] === NEGATIVE) counted.addNegative(keys[i] ?? 0);
        else if (truth[i] === POSITIVE) counted.addPositive(keys[i] ?? 0);
      }
    });
    counted.forEach(curve.add);
  }
  options.onProgress?.(1);
  return { ...curve.measures(), positives, negatives, ignored };
}

async function readBlock(
  prediction: VoxelSource<Float32Array> | VoxelSource<Uint8Array>,
  labels: VoxelSource<Uint8Array>,
  region: Region,
  buffers: { readonly scores: Float32Array; readonly labels: Uint8Array },
): Promise<[keys: Uint32Array, labels: Uint8Array]> {
  const voxels = voxelCount(region.shape);
  const truth = buffers.labels.subarray(0, voxels);
  await labels.read(region, truth);
  return [toKeys(await readScores(prediction, region, buffers.scores.subarray(0, voxels))), truth];
}

/** Counts the keys of one label by their upper 16 bits, and returns how many there are. */
function countUpperHalves(keys: Uint32Array, truth: Uint8Array, label: number, counts: Float64Array): number {
  let found = 0;
  for (let i = 0; i < keys.length; i++) {
    if (truth[i] !== label) continue;
    const upper = (keys[i] ?? 0) >>> 16;
    counts[upper] = (counts[upper] ?? 0) + 1;
    found++;
  }
  return found;
}

function sum(counts: Float64Array): number {
  return counts.reduce((a, b) => a + b, 0);
}

/** A volume of which only the shape matters. */
type NamedShape = Pick<VoxelSource<Voxels>, "name" | "shape">;

/** @throws UserError if the shapes differ */
export function checkShapes(prediction: NamedShape, labels: NamedShape): void {
  if (prediction.shape.every((n, axis) => n === labels.shape[axis])) return;
  throw new UserError(
    `${labels.name}: the ground truth has ${describeShape(labels.shape)}, the prediction ` +
      `${prediction.name} ${describeShape(prediction.shape)}; use the ground truth of the scored volume`,
  );
}

function checkCounts(name: string, positives: number, negatives: number): void {
  for (const [count, label, kind] of [[positives, 255, "positive"], [negatives, 0, "negative"]] as const) {
    if (count > 0) continue;
    throw new UserError(
      `${name}: no voxel is labelled ${label} (${kind}); an evaluation needs voxels of 255 and of 0: use another volume`,
    );
  }
}

function notANumber(
  { name, origin = [0, 0, 0] }: VoxelSource<Float32Array> | VoxelSource<Uint8Array>,
  region: Region,
  index: number,
): UserError {
  const [, ny, nx] = region.shape;
  const [z, y, x] = zipAxes((a, b) => a + b, origin, region.start);
  const position = [z + Math.floor(index / (nx * ny)), y + Math.floor(index / nx) % ny, x + index % nx];
  return new UserError(
    `${name}: the score at voxel z, y, x = ${position.join(", ")} is not a number; expected a score in ` +
      "every labelled voxel: score the volume again",
  );
}
