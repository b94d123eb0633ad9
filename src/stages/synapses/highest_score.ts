/** The highest score of a volume, told where no synapse was found. */
import type { VoxelSource } from "../../analysis/voxel_source.ts";
import { voxelCount, wholeRegion } from "../../volume/region.ts";
import { chunksOf, regionOfChunk } from "../../volume/zarr/read.ts";

/** Reads the volume chunk by chunk. Values that are no numbers do not count; -Infinity where there is none. */
export async function highestScore(
  scores: VoxelSource<Float32Array> | VoxelSource<Uint8Array>,
  signal?: AbortSignal,
): Promise<number> {
  const voxels = voxelCount(scores.chunk);
  const read = scores.dtype === "uint8" ? new Uint8Array(voxels) : new Float32Array(voxels);
  let highest = -Infinity;
  for (const at of chunksOf(wholeRegion(scores.shape), scores.chunk)) {
    signal?.throwIfAborted();
    const region = regionOfChunk(scores, at);
    await (scores as VoxelSource<Float32Array | Uint8Array>).read(region, read);
    for (const value of read.subarray(0, voxelCount(region.shape))) if (value > highest) highest = value;
  }
  return highest;
}
