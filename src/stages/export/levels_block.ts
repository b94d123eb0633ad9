/** A worker's side of multiscale results: a block's part of several levels, each in shards of its own. */
import { downscaledShape, downscaleMean } from "../../volume/downscale.ts";
import { allocateVoxels, bytesPerVoxel, type Voxels } from "../../volume/dtype.ts";
import { type Region, voxelCount, zipAxes, type Zyx } from "../../volume/region.ts";
import type { LevelRound } from "../../volume/sharded_levels.ts";
import { openZarr, writeRegion } from "../../volume/zarr/mod.ts";
import type { LevelArray, LevelsJob } from "../stage_jobs.ts";
import { resultView } from "./slab_job.ts";
import { exportView } from "./view.ts";

/** Writes what becomes of the voxels of a block, dense, into the arrays of levels. The block is made of whole shards. */
export type WriteLevels = (voxels: Voxels, block: Region) => Promise<void>;

/** Opens arrays of levels, from fine to coarse. */
export async function openLevels(levels: readonly LevelArray[]): Promise<WriteLevels> {
  const opened = await Promise.all(
    levels.map(async ({ path, ...level }) => ({ array: await openZarr(path, "any"), ...level })),
  );
  return async (voxels, block) => {
    let from = { voxels, shape: block.shape };
    for (const { array, factor, ofSource } of opened) {
      if (voxelCount(factor) > 1) {
        const shape = downscaledShape(from.shape, factor);
        const into = allocateVoxels(array.dtype, voxelCount(shape));
        downscaleMean(from, factor, into);
        from = { voxels: into, shape };
      }
      const start = zipAxes((at, by) => at / by, block.start, ofSource);
      await writeRegion(array, { start, shape: from.shape }, from.voxels);
    }
  };
}

/** Most bytes of memory that the levels of a block of scores take beside its voxels, what is not collected yet with them. */
export function levelBytes({ levels }: Pick<LevelRound, "levels">, write: Zyx): number {
  const parts = levels.reduce(
    (sum, { index, ofSource }) => index === 0 ? sum : sum + 1 / voxelCount(ofSource),
    0,
  );
  return Math.ceil(2 * parts * voxelCount(write) * bytesPerVoxel("float32"));
}

/** Opens a volume and the levels that are made of it; what it returns writes a block. */
export async function openLevelsJob(
  { volume, probability, levels }: LevelsJob,
): Promise<(block: Region) => Promise<void>> {
  const view = exportView(await openZarr(volume, "any"), resultView(probability));
  const write = await openLevels(levels);
  return async (block) => {
    const [voxels] = await view.read(block);
    if (voxels !== undefined) await write(voxels, block);
  };
}
