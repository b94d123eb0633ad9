/** Measures one synapse of a label volume. */
import { measureSynapse, type Synapse } from "../../../analysis/synapse.ts";
import { createSynapseSums } from "../../../analysis/synapse_sums.ts";
import { readScores, type VoxelSource } from "../../../analysis/voxel_source.ts";
import { nextTurn } from "../../../engine/mod.ts";
import { type Region, voxelCount, type Zyx } from "../../../volume/region.ts";
import type { DirectionSource } from "../directions.ts";

export interface LabelledVolumes {
  readonly labels: VoxelSource<Uint32Array>;
  readonly scores: VoxelSource<Float32Array> | VoxelSource<Uint8Array>;
  readonly directions: DirectionSource | undefined;
}

/**
 * Measures a synapse as `findSynapses` does those that it finds.
 * @param id its number in the labels, from 1
 * @param box a region that holds it
 * @param unit length of a voxel on each axis
 * @param blockVoxels voxels that are read at once, or one row of the box where that is more
 * @returns undefined where no voxel has the number
 */
export async function measureLabelled(
  { labels, scores, directions }: LabelledVolumes,
  id: number,
  box: Region,
  unit: Zyx,
  blockVoxels: number,
): Promise<Synapse | undefined> {
  const sums = createSynapseSums();
  for (const rows of rowsOf(box, blockVoxels)) {
    await nextTurn();
    const numbers = new Uint32Array(voxelCount(rows.shape));
    await labels.read(rows, numbers);
    if (!numbers.includes(id)) continue;
    const values = await readScores(scores, rows);
    const directionAt = await directions?.read(rows);
    const [, height, width] = rows.shape;
    for (let i = numbers.indexOf(id); i >= 0; i = numbers.indexOf(id, i)) {
      const row = Math.floor(i / width), first = i % width;
      const z = rows.start[0] + Math.floor(row / height), y = rows.start[1] + row % height;
      let end = first;
      for (; end < width && numbers[row * width + end] === id; end++) {
        const voxel = row * width + end;
        sums.addScore(1, values[voxel] ?? 0);
        const direction = directionAt?.(voxel);
        if (direction) sums.addDirection(1, direction);
      }
      sums.addRun(1, { z, y, start: rows.start[2] + first, end: rows.start[2] + end });
      i = row * width + end;
    }
  }
  const voxels = sums.voxels(1);
  if (voxels === 0) return undefined;
  return { ...measureSynapse({ id: 1, voxels, box: sums.box(1) }, sums, labels.shape, unit), id };
}

/** Regions of whole rows of a box, in raster order, so that no sum depends on how many are read at once. */
function* rowsOf(
  { start: [z, y, x], shape: [depth, height, width] }: Region,
  most: number,
): Generator<Region> {
  const slices = Math.max(1, Math.floor(most / (height * width)));
  const rows = slices > 1 || height * width <= most ? height : Math.max(1, Math.floor(most / width));
  for (let dz = 0; dz < depth; dz += slices) {
    for (let dy = 0; dy < height; dy += rows) {
      yield {
        start: [z + dz, y + dy, x],
        shape: [Math.min(slices, depth - dz), Math.min(rows, height - dy), width],
      };
    }
  }
}
