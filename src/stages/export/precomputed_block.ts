/** A worker's side of precomputed results: one shard of a level. */
import { bytesPerVoxel } from "../../volume/dtype.ts";
import { chunksOfShard, writeShard, type WrittenScale } from "../../volume/precomputed/write.ts";
import { type Region, voxelCount, zipAxes, type Zyx } from "../../volume/region.ts";
import { openZarr, type ZarrVolume } from "../../volume/zarr/mod.ts";
import type { PrecomputedJob } from "../stage_jobs.ts";
import { readChunk, scaledBy } from "./precomputed.ts";

/** A level of a result as it is written. @param voxelSize of the full resolution, of which one of the level's voxels is `scale` */
export function scaleOf({ shape, chunk }: ZarrVolume, voxelSize: Zyx, scale: Zyx): WrittenScale {
  return { shape, chunk, voxelSize: scaledBy(voxelSize, scale), offset: [0, 0, 0] };
}

/** Voxels of a shard. */
export function shardShape(scale: WrittenScale): Zyx {
  return zipAxes((n, chunk) => n * chunk, chunksOfShard(scale), scale.chunk);
}

/** Bytes that writing a shard takes: a chunk as it is stored, unpacked, as bytes and packed again, and what is not collected yet. */
export function shardBytes({ chunk, dtype }: Pick<ZarrVolume, "chunk" | "dtype">): number {
  return 16 * voxelCount(chunk) * bytesPerVoxel(dtype);
}

/** Opens a level; what it returns writes the shard that is a block, and tells how many files that were. */
export async function openPrecomputedJob(
  { volume, folder, index, voxelSize, scale }: PrecomputedJob,
): Promise<(block: Region) => Promise<number>> {
  const array = await openZarr(volume, "any");
  const written = scaleOf(array, voxelSize, scale);
  return async ({ start }) => {
    const at = zipAxes((place, chunk) => place / chunk, start, array.chunk);
    return Number(await writeShard(folder, index, written, at, (chunk) => readChunk(array, chunk)));
  };
}
