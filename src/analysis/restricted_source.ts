/** A part of a volume as a volume of its own. */
import type { Dtype, Voxels } from "../volume/dtype.ts";
import { type Region, zipAxes } from "../volume/region.ts";
import type { VoxelSource } from "./voxel_source.ts";

/**
 * The voxels of a region, from `[0, 0, 0]` on. Regions of whole chunks stay whole where the region begins at a chunk.
 * @param source scores of either type, labels or anything else
 */
export function restrictSource<S extends RegionReader>(source: S, { start, shape }: Region): S {
  return {
    ...source,
    shape,
    origin: zipAxes((a, b) => a + b, source.origin ?? [0, 0, 0], start),
    read: (region: Region, out: never) =>
      source.read({ ...region, start: zipAxes((a, b) => a + b, region.start, start) }, out),
  };
}

type RegionReader = Omit<VoxelSource<Voxels>, "read"> & {
  readonly dtype: Dtype;
  read(region: Region, out: never): Promise<void>;
};
