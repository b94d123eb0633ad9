/** The highest score of a volume, told where no synapse was found. */
import type { VoxelSource } from "../../analysis/voxel_source.ts";
import { voxelCount, zipAxes, type Zyx } from "../../volume/region.ts";

/** Reads the volume chunk by chunk. Values that are no numbers do not count; -Infinity where there is none. */
export async function highestScore(
  scores: VoxelSource<Float32Array> | VoxelSource<Uint8Array>,
  signal?: AbortSignal,
): Promise<number> {
  const { shape, chunk } = scores;
  const values = new Float32Array(voxelCount(chunk));
  const bytes = new Uint8Array(voxelCount(chunk));
  let highest = -Infinity;
  for (let z = 0; z < shape[0]; z += chunk[0]) {
    for (let y = 0; y < shape[1]; y += chunk[1]) {
      for (let x = 0; x < shape[2]; x += chunk[2]) {
        signal?.throwIfAborted();
        const start: Zyx = [z, y, x];
        const region = {
          start,
          shape: zipAxes((of, c) => Math.min(of, c), zipAxes((s, at) => s - at, shape, start), chunk),
        };
        const read = scores.dtype === "uint8" ? bytes : values;
        await (scores as VoxelSource<Float32Array | Uint8Array>).read(region, read);
        for (let i = 0; i < voxelCount(region.shape); i++) {
          const value = read[i] ?? NaN;
          if (value > highest) highest = value;
        }
      }
    }
  }
  return highest;
}
