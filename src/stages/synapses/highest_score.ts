/** The highest score of a volume, told where no synapse was found. */
import { readScores, volumeBlocks, type VoxelSource } from "../../analysis/voxel_source.ts";

const BLOCK_VOXELS = 2 ** 20;

/** Values that are no numbers do not count; -Infinity where there is none. */
export async function highestScore(
  scores: VoxelSource<Float32Array> | VoxelSource<Uint8Array>,
  signal?: AbortSignal,
): Promise<number> {
  let highest = -Infinity;
  for (const region of volumeBlocks(scores, BLOCK_VOXELS)) {
    signal?.throwIfAborted();
    for (const value of await readScores(scores, region)) if (value > highest) highest = value;
  }
  return highest;
}
