/** Small volumes in files of chunks: their voxels, and how they are read. */
import assert from "node:assert/strict";
import { allocateVoxels, type Dtype } from "../../src/volume/dtype.ts";
import { openVolume, type VolumeFormat } from "../../src/volume/open.ts";
import { type Region, voxelCount, wholeRegion } from "../../src/volume/region.ts";

/** The voxel at a place in the order x, y, z, channel. */
export const valueAt = ([x = 0, y = 0, z = 0, c = 0]: readonly number[]) =>
  (x + 13 * y + 101 * z + 7 * c) % 120;

/** A whole volume of 12 x 10 x 3 voxels (x, y, z), and a part of it. */
export const WHOLE = wholeRegion([3, 10, 12]);
export const PART: Region = { start: [1, 3, 4], shape: [2, 6, 7] };

/** Reads a region of one component of a volume that must have a format. */
export async function readBox(
  format: VolumeFormat,
  path: string,
  dtype: Dtype,
  region?: Region,
): Promise<number[]> {
  const open = await openVolume(path);
  assert.ok(open.kind === "boxes" && open.format === format);
  const { start, shape } = region ?? wholeRegion(open.source.shape);
  const voxels = allocateVoxels(dtype, voxelCount(shape));
  await open.source.readBox({ start, shape }, [voxels]);
  open.source.close();
  return Array.from(voxels as Iterable<number | bigint>, Number);
}

/** The voxels of a region, in the order in which they are read. */
export function expected({ start, shape }: Region, voxel = valueAt): number[] {
  const values: number[] = [];
  for (let z = start[0]; z < start[0] + shape[0]; z++) {
    for (let y = start[1]; y < start[1] + shape[1]; y++) {
      for (let x = start[2]; x < start[2] + shape[2]; x++) values.push(voxel([x, y, z]));
    }
  }
  return values;
}
