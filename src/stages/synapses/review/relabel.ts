/** The label volume of a reviewed table, from that of the table, block by block. */
import {
  chunkBlocks,
  type RunControl,
  type VoxelSink,
  type VoxelSource,
} from "../../../analysis/voxel_source.ts";
import { nextTurn } from "../../../engine/mod.ts";
import { intersectRegions, type Region, voxelCount, wholeRegion, type Zyx } from "../../../volume/region.ts";
import { partOf, type ReviewedPlan } from "./reviewed_plan.ts";

/** Labels to learn from: a synapse, none, and what nobody looked at. */
export const TRAINING = { synapse: 255, none: 0, unknown: 128 } as const;

export interface RelabelOptions extends RunControl {
  /** Length of a voxel on each axis. */
  readonly unit: Zyx;
  /** Receives what was looked at as labels to learn from; blocks that it does not receive are unknown. */
  readonly training: VoxelSink<Uint8Array>;
  readonly blockVoxels?: number | undefined;
}

/**
 * Writes the numbers of the reviewed table; voxels of what was missed only where no other synapse is, of two that were missed the first one's.
 * Blocks without any are not written.
 * @param found the numbers in the table that was reviewed
 * @returns voxels that each synapse has in the end, by its number
 */
export async function relabel(
  plan: ReviewedPlan,
  found: VoxelSource<Uint32Array>,
  labels: VoxelSink<Uint32Array>,
  { unit, training, blockVoxels = 1 << 22, onProgress, signal }: RelabelOptions,
): Promise<Float64Array> {
  const voxels = new Float64Array(plan.synapses.length + 1);
  const values = plan.synapses.map(({ mark }) =>
    mark.review === "accepted" ? TRAINING.synapse : TRAINING.unknown
  );
  const blocks = chunkBlocks(wholeRegion(found.shape), labels.chunk, blockVoxels);
  for (const [done, block] of blocks.entries()) {
    signal?.throwIfAborted();
    await nextTurn();
    const numbers = new Uint32Array(voxelCount(block.shape));
    await found.read(block, numbers);
    const learned = new Uint8Array(numbers.length).fill(TRAINING.unknown);
    const isTouched = renumber(plan, numbers, learned, block, unit);
    const isPainted = paintMissed(plan, numbers, block);
    if (isTouched || isPainted) {
      for (const [i, number] of numbers.entries()) {
        if (number === 0) continue;
        voxels[number] = (voxels[number] ?? 0) + 1;
        learned[i] = values[number - 1] ?? TRAINING.unknown;
      }
      await labels.write(block, numbers);
      await training.write(block, learned);
    }
    onProgress?.((done + 1) / blocks.length);
  }
  return voxels;
}

/** Replaces the numbers of a block. @returns whether it had any */
function renumber(
  { numberOf, seeds }: ReviewedPlan,
  numbers: Uint32Array,
  learned: Uint8Array,
  { start, shape: [, height, width] }: Region,
  unit: Zyx,
): boolean {
  let isTouched = false;
  for (let i = 0; i < numbers.length; i++) {
    const id = numbers[i] ?? 0;
    if (id === 0) continue;
    isTouched = true;
    const number = numberOf[id] ?? 0;
    numbers[i] = number;
    if (number === 0) learned[i] = TRAINING.none;
    const parts = seeds.get(id);
    if (parts === undefined || number === 0) continue;
    const row = Math.floor(i / width);
    const at = [start[0] + Math.floor(row / height), start[1] + row % height, start[2] + i % width] as const;
    numbers[i] = number + partOf(at, parts, unit);
  }
  return isTouched;
}

/** Writes what was missed where there is no synapse. @returns whether any of it lies in the block */
function paintMissed({ synapses }: ReviewedPlan, numbers: Uint32Array, block: Region): boolean {
  let isPainted = false;
  const [z0, y0, x0] = block.start, [depth, height, width] = block.shape;
  for (const [i, { runs, box }] of synapses.entries()) {
    if (runs.length === 0 || intersectRegions(box, block).shape.some((length) => length <= 0)) continue;
    for (let run = 0; run < runs.length; run += 4) {
      const z = (runs[run] ?? 0) - z0, y = (runs[run + 1] ?? 0) - y0;
      if (z < 0 || z >= depth || y < 0 || y >= height) continue;
      const row = (z * height + y) * width, x = (runs[run + 2] ?? 0) - x0;
      for (let at = Math.max(0, x); at < Math.min(width, x + (runs[run + 3] ?? 0)); at++) {
        if (numbers[row + at] === 0) numbers[row + at] = i + 1;
        isPainted = true;
      }
    }
  }
  return isPainted;
}
