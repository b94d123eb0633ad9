/** The supervoxels that a block writes, the same ones whatever the blocks. */
import type { Kernels } from "../kernels/mod.ts";
import { seedGrid } from "../supervoxels/grid.ts";
import { type BlockSupervoxels, segment } from "../supervoxels/slic.ts";
import type { Region } from "../volume/region.ts";
import { supervoxelRegion } from "./reach.ts";
import type { OpenVolume, VolumeBlock } from "./volume_block.ts";

/** Finds the supervoxels of the write region. Their numbers go to `map`, one u32 a voxel of it; further arrays lie in the arena. */
export function segmentBlock(
  kernels: Kernels,
  { raw, volume }: OpenVolume,
  block: VolumeBlock,
  write: Region,
  map: number,
): BlockSupervoxels {
  const grid = seedGrid(raw.shape, volume.slic);
  return segment(kernels, block.raw, grid, supervoxelRegion(volume, write, raw.shape), write, map);
}
