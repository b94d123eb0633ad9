/** Erosion and dilation of a ground truth with balls, block by block (docs/algorithm.md section 9). */
import { nextTurn } from "../engine/mod.ts";
import { MAX_RADIUS, nearTarget } from "../analysis/ball.ts";
import { type RunControl, volumeBlocks, type VoxelSink, type VoxelSource } from "../analysis/voxel_source.ts";
import { UserError } from "../user_error.ts";
import { growRegion, type Region, voxelCount, zipAxes, type Zyx } from "../volume/region.ts";

/** How to erode and dilate. */
interface ErodeDilateOptions extends RunControl {
  /** Voxels written at once; the memory in use is about 7 bytes for each, and for each of its context. */
  readonly blockVoxels?: number;
}

const POSITIVE = 255;
const IGNORED = 128;
const NEGATIVE = 0;

/**
 * Writes 255 where the positives (255) eroded by a ball are, 128 where the positives dilated by a ball are else or where the label
 * is neither 0 nor 255, and 0 elsewhere. Outside the volume counts as positive for erosion and as negative for dilation.
 *
 * @param erodeRadius, dilateRadius voxels, 0 ... 255; a voxel is in the ball where dx^2 + dy^2 + dz^2 <= radius^2
 * @throws UserError if a radius is out of range
 */
export async function erodeDilate(
  labels: VoxelSource<Uint8Array>,
  sink: VoxelSink<Uint8Array>,
  erodeRadius: number,
  dilateRadius: number,
  options: ErodeDilateOptions = {},
): Promise<void> {
  checkRadius("the erode radius", erodeRadius);
  checkRadius("the dilate radius", dilateRadius);
  const reach = Math.max(erodeRadius, dilateRadius);
  await forEachBlock(labels, sink, reach, options, (block) => {
    const kept = eroded(block, erodeRadius);
    const near = nearTarget(block.positive, block.shape, block.part, dilateRadius);
    const labels = partOf(block, block.labels);
    return near.map((isNear, i) => {
      if (kept[i] === 1) return POSITIVE;
      return isNear === 1 || (labels[i] !== POSITIVE && labels[i] !== NEGATIVE) ? IGNORED : NEGATIVE;
    });
  });
}

/**
 * Erodes the positives (255) with a ball, outside the volume counting as positive: those removed become 128 (ignored),
 * all other labels stay.
 *
 * @param radius voxels, 0 ... 255
 * @throws UserError if the radius is out of range
 */
export async function erodeGroundTruth(
  labels: VoxelSource<Uint8Array>,
  sink: VoxelSink<Uint8Array>,
  radius: number,
  options: ErodeDilateOptions = {},
): Promise<void> {
  checkRadius("groundTruthErodeRadius", radius);
  await forEachBlock(labels, sink, radius, options, (block) => {
    const kept = eroded(block, radius);
    return partOf(block, block.labels).map((label, i) =>
      label === POSITIVE && kept[i] === 0 ? IGNORED : label
    );
  });
}

/** Labels of a write region with its context. */
interface LabelBlock {
  readonly shape: Zyx;
  /** The write region, relative to the block. */
  readonly part: Region;
  readonly labels: Uint8Array;
  /** 1 where the label is 255, else 0. */
  readonly positive: Uint8Array;
}

async function forEachBlock(
  labels: VoxelSource<Uint8Array>,
  sink: VoxelSink<Uint8Array>,
  radius: number,
  { onProgress, signal, blockVoxels = 1 << 22 }: ErodeDilateOptions,
  work: (block: LabelBlock) => Uint8Array,
): Promise<void> {
  const reach = Math.floor(radius);
  const regions = volumeBlocks(sink, blockVoxels);
  for (const [done, region] of regions.entries()) {
    await nextTurn();
    signal?.throwIfAborted();
    onProgress?.(done / regions.length);
    const grown = growRegion(region, [reach, reach, reach], labels.shape);
    const block = new Uint8Array(voxelCount(grown.shape));
    await labels.read(grown, block);
    const part = { start: zipAxes((a, b) => a - b, region.start, grown.start), shape: region.shape };
    const positive = block.map((label) => label === POSITIVE ? 1 : 0);
    await sink.write(region, work({ shape: grown.shape, part, labels: block, positive }));
  }
  onProgress?.(1);
}

/** 1 where a positive of the write region has only positives within the ball, else 0. */
function eroded(block: LabelBlock, radius: number): Uint8Array {
  const kept = partOf(block, block.positive);
  if (!kept.includes(1)) return kept;
  const negative = block.positive.map((isPositive) => 1 - isPositive);
  const lost = nearTarget(negative, block.shape, block.part, radius);
  return kept.map((isPositive, i) => isPositive & (1 - (lost[i] ?? 0)));
}

/** Copies the write region's voxels out of a block. */
function partOf({ shape, part }: LabelBlock, voxels: Uint8Array): Uint8Array {
  const out = new Uint8Array(voxelCount(part.shape));
  const [z0, y0, x0] = part.start, [depth, height, width] = part.shape;
  for (let row = 0; row < depth * height; row++) {
    const start = ((z0 + Math.floor(row / height)) * shape[1] + y0 + row % height) * shape[2] + x0;
    out.set(voxels.subarray(start, start + width), row * width);
  }
  return out;
}

function checkRadius(name: string, radius: number): void {
  if (radius >= 0 && radius <= MAX_RADIUS) return;
  throw new UserError(`${name} is ${radius}; expected 0 to ${MAX_RADIUS} voxels`);
}
