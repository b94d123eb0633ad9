/** Voxels of the volumes that tests of N5 write, as they must be read. */
import assert from "node:assert/strict";
import { allocateVoxels, type Dtype } from "../../../src/volume/dtype.ts";
import { openVolume } from "../../../src/volume/open.ts";
import { type Region, voxelCount, wholeRegion } from "../../../src/volume/region.ts";

export const valueAt = ([x = 0, y = 0, z = 0, c = 0]: readonly number[]) =>
  (x + 13 * y + 101 * z + 7 * c) % 120;

/** Reads a region of one component. */
export async function read(path: string, dtype: Dtype, given?: Region): Promise<number[]> {
  const open = await openVolume(path);
  assert.ok(open.kind === "boxes" && open.format === "n5");
  const region = given ?? wholeRegion(open.source.shape);
  const voxels = allocateVoxels(dtype, voxelCount(region.shape));
  await open.source.readBox(region, [voxels]);
  open.source.close();
  return Array.from(voxels as Iterable<number | bigint>, Number);
}

export function expected({ start, shape }: Region, voxel = valueAt): number[] {
  const values: number[] = [];
  for (let z = start[0]; z < start[0] + shape[0]; z++) {
    for (let y = start[1]; y < start[1] + shape[1]; y++) {
      for (let x = start[2]; x < start[2] + shape[2]; x++) values.push(voxel([x, y, z]));
    }
  }
  return values;
}

export const WHOLE = wholeRegion([3, 10, 12]);
