/** Several volumes as one. */
import { copyBox } from "../volume/box.ts";
import { allocateVoxels, bytesOf, bytesPerVoxel, type Voxels } from "../volume/dtype.ts";
import { intersectRegions, voxelCount, wholeRegion, type Zyx } from "../volume/region.ts";
import type { VoxelSource } from "./voxel_source.ts";

/**
 * The voxels of volumes one after the other along z. Where a volume is narrower than the widest, it is followed by voxels of a value of their own.
 * @param sources at least one, of one type
 */
export function stackSources<T extends Voxels>(
  sources: readonly VoxelSource<T>[],
  filler: number,
): VoxelSource<T> {
  const [first] = sources;
  if (first === undefined) throw new RangeError("there is nothing to stack");
  if (sources.length === 1) return first;
  const most = (axis: 1 | 2) => Math.max(...sources.map(({ shape }) => shape[axis]));
  let depth = 0;
  const placed = sources.map((source) => {
    const z = depth;
    depth += source.shape[0];
    return { source, z };
  });
  const shape: Zyx = [depth, most(1), most(2)];
  return {
    name: sources.map(({ name }) => name).join(", "),
    shape,
    chunk: first.chunk,
    dtype: first.dtype,
    async read(region, out) {
      out.fill(filler as never, 0, voxelCount(region.shape));
      const [z0, y0, x0] = region.start;
      for (const { source, z } of placed) {
        const moved = { ...region, start: [z0 - z, y0, x0] as const };
        const own = intersectRegions(moved, wholeRegion(source.shape));
        if (voxelCount(own.shape) === 0) continue;
        const voxels = allocateVoxels(source.dtype, voxelCount(own.shape)) as T;
        await source.read(own, voxels);
        const [fromZ, fromY, fromX] = own.start;
        const to = {
          bytes: bytesOf(out),
          shape: region.shape,
          start: [fromZ + z - z0, fromY - y0, fromX - x0] as const,
        };
        copyBox(
          { bytes: bytesOf(voxels), shape: own.shape, start: [0, 0, 0] },
          to,
          own.shape,
          bytesPerVoxel(source.dtype),
        );
      }
    },
  };
}
