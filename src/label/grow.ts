/** The whole supervoxel at a place, to be painted at once. */
import { segmentBlock } from "../block/block_supervoxels.ts";
import { columnsOf, type ColumnSource } from "../block/columns.ts";
import { supervoxelRegion } from "../block/reach.ts";
import { openVolume, readBlock } from "../block/volume_block.ts";
import type { VolumeJob } from "../block/volume_job.ts";
import { loadKernels } from "../kernels/mod.ts";
import { voxelCount, type Zyx } from "../volume/region.ts";
import type { ZarrVolume } from "../volume/zarr/mod.ts";
import { DEFAULT_ORIENTATION_SIGMA } from "../config/settings.ts";

/** The supervoxels that a run makes with the usual settings. */
const SLIC = { seed: 2, cubeness: 16, join: "nearest" } as const;

/**
 * The voxels of the supervoxel at a place, the same that a run learns from.
 * @returns z, y, x and length of one run after the other
 */
export async function supervoxelAt(raw: ZarrVolume, anisotropy: number, at: Zyx): Promise<number[]> {
  const sources: ColumnSource[] = [{ kind: "raw" }];
  const job: VolumeJob = {
    raw: raw.path,
    anisotropy,
    slic: { ...SLIC, anisotropy },
    frames: { kind: "computed", sigma: DEFAULT_ORIENTATION_SIGMA },
    gridStep: 2,
    sources,
    columns: columnsOf(sources, anisotropy),
  };
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
