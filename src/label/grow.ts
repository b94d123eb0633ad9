/** The whole supervoxel at a place, to be painted at once. */
import { segmentBlock } from "../block/block_supervoxels.ts";
import { supervoxelRegion } from "../block/reach.ts";
import { openVolume, readBlock } from "../block/volume_block.ts";
import type { VolumeJob } from "../block/volume_job.ts";
import { loadKernels } from "../kernels/mod.ts";
import { volumeJob } from "../stages/inputs.ts";
import { newModel } from "../stages/model.ts";
import { voxelCount, type Zyx } from "../volume/region.ts";
import type { ZarrVolume } from "../volume/zarr/mod.ts";
import { settingsOf } from "./project_settings.ts";

/** What computes the supervoxels that a run learns from. @param size distance of their seeds, voxels */
export function supervoxelJob(raw: ZarrVolume, anisotropy: number, size: number): VolumeJob {
  const train = { rawVolume: raw.path, groundTruth: raw.path }; // nothing is learned here, but settings have labels
  const settings = settingsOf({ outFileName: "grow", train, svox: { seed: size } }, raw.path);
  const learnt = newModel(settings);
  return volumeJob({ settings }, { zAnisotropyFactor: anisotropy }, learnt, {
    raw: raw.path,
    sources: [{ kind: "raw" }],
    frames: { kind: "computed", sigma: learnt.sigma },
  });
}

/**
 * The voxels of the supervoxel at a place, the same that a run learns from.
 * @param size distance of the seeds of supervoxels, voxels
 * @returns z, y, x and length of one run after the other
 */
export async function supervoxelAt(
  raw: ZarrVolume,
  anisotropy: number,
  size: number,
  at: Zyx,
): Promise<number[]> {
  const job = supervoxelJob(raw, anisotropy, size);
  const kernels = await loadKernels();
  const open = await openVolume(job);
  const write = { start: at, shape: [1, 1, 1] as const };
  const block = await readBlock(kernels, open, supervoxelRegion(job, write, raw.shape));
  const { region, numberOf } = segmentBlock(kernels, open, block, write, kernels.arena.alloc(4));
  const numbers = kernels.arena.i32(numberOf, voxelCount(region.shape));
  const [, height, width] = region.shape;
  const runs: number[] = [];
  for (let i = 0; i < numbers.length;) {
    let end = i + 1;
    if ((numbers[i] ?? -1) >= 0) {
      const x = i % width, row = Math.floor(i / width);
      while (end < i - x + width && (numbers[end] ?? -1) >= 0) end++;
      const z = region.start[0] + Math.floor(row / height), y = region.start[1] + row % height;
      runs.push(z, y, region.start[2] + x, end - i);
    }
    i = end;
  }
  return runs;
}
