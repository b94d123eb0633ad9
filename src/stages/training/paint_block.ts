/** Writes the final training weights into the voxels of their supervoxels. */
import type { Kernels } from "../../kernels/mod.ts";
import { supervoxelKey } from "../../supervoxels/identity.ts";
import { type Region, voxelCount } from "../../volume/region.ts";
import { openZarr, writeRegion, type ZarrVolume } from "../../volume/zarr/mod.ts";
import { segmentBlock } from "../../block/block_supervoxels.ts";
import type { PaintJob } from "../stage_jobs.ts";
import { type OpenVolume, openVolume, readBlock } from "../../block/volume_block.ts";
import { readWeights } from "./weights.ts";

interface OpenPaintJob {
  readonly open: OpenVolume;
  readonly positive: ZarrVolume;
  readonly negative: ZarrVolume;
  /** Weights by identity of the supervoxel. */
  readonly weights: ReadonlyMap<string, readonly [positive: number, negative: number]>;
}

export async function openPaintJob(job: PaintJob): Promise<OpenPaintJob> {
  return {
    open: await openVolume(job.volume),
    positive: await openZarr(job.positive),
    negative: await openZarr(job.negative),
    weights: await readWeights(job.values),
  };
}

/** Computes the block's supervoxels and writes both volumes of weights; 0 where a supervoxel is no sample. */
export async function paintBlock(
  kernels: Kernels,
  { open, positive, negative, weights }: OpenPaintJob,
  read: Region,
  write: Region,
): Promise<void> {
  const { run, arena } = kernels;
  const begin = arena.mark();
  const voxels = voxelCount(write.shape);
  const block = await readBlock(kernels, open, read);
  const map = arena.alloc(voxels * 4);
  const inner = arena.mark();
  const { count, names } = segmentBlock(kernels, open, block, write, map);
  const { seeds, first } = names();
  arena.release(inner);
  const values = arena.alloc(count * 4);
  const painted = arena.alloc(voxels * 4);
  for (const [sign, target] of [positive, negative].entries()) {
    const chosen = arena.f32(values, count);
    for (let i = 0; i < count; i++) {
      chosen[i] = weights.get(supervoxelKey(seeds[i] ?? 0, first[i] ?? 0))?.[sign === 0 ? 0 : 1] ?? 0;
    }
    run.paintSupervoxels(map, voxels, values, painted);
    await writeRegion(target, write, arena.f32(painted, voxels));
  }
  arena.release(begin);
}
