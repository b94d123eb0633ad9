/** Files of volumes as sources that are read where they are, by any region. */
import { copyBox } from "../volume/box.ts";
import { allocateVoxels, bytesOf, bytesPerVoxel, type Dtype, type Voxels } from "../volume/dtype.ts";
import type { BoxSource } from "../volume/grid_source.ts";
import { type Region, regionContains, voxelCount, zipAxes, type Zyx } from "../volume/region.ts";
import { readSlab } from "../volume/slab.ts";
import type { RowSource } from "../volume/source.ts";
import type { VoxelSource } from "./voxel_source.ts";

/** The only component of rows that can be read in any order, as voxels of type `dtype`. */
export function rowVoxels<T extends Voxels>(rows: RowSource, dtype: Dtype): VoxelSource<T> {
  const { path, shape } = rows;
  return {
    name: path,
    shape,
    chunk: [1, 1, shape[2]],
    dtype,
    read: (region, out) => readSlab(rows, region, [out], dtype),
  };
}

/** The first component of an array in chunks, as voxels of type `dtype`. */
export function boxVoxels<T extends Voxels>(boxes: BoxSource, dtype: Dtype): VoxelSource<T> {
  const { path, shape, chunk } = boxes;
  return { name: path, shape, chunk, dtype, read: (region, out) => boxes.readBox(region, [out]) };
}

/**
 * Keeps the whole rows around the region that was read last, so that regions that follow each other along x read a file of
 * rows only once.
 * @param mostBytes of larger rows nothing is kept
 */
export function keepingRows<T extends Voxels>(source: VoxelSource<T>, mostBytes: number): VoxelSource<T> {
  const { shape, dtype } = source;
  const voxelBytes = bytesPerVoxel(dtype);
  let voxels: Voxels = allocateVoxels(dtype, 0);
  let kept: Region | undefined;
  return {
    ...source,
    async read(region, out) {
      if (kept === undefined || !regionContains(kept, region)) {
        const rows = wholeRows(region, shape);
        const count = voxelCount(rows.shape);
        if (region.shape[2] === shape[2] || count * voxelBytes > mostBytes) {
          return await source.read(region, out);
        }
        kept = undefined; // until it is read
        if (voxels.length < count) voxels = allocateVoxels(dtype, count);
        await source.read(rows, voxels.subarray(0, count) as T);
        kept = rows;
      }
      const start = zipAxes((a, b) => a - b, region.start, kept.start);
      const from = { bytes: bytesOf(voxels), shape: kept.shape, start };
      copyBox(
        from,
        { bytes: bytesOf(out), shape: region.shape, start: [0, 0, 0] },
        region.shape,
        voxelBytes,
      );
    },
  };
}

function wholeRows({ start: [z, y], shape: [depth, rows] }: Region, [, , width]: Zyx): Region {
  return { start: [z, y, 0], shape: [depth, rows, width] };
}
