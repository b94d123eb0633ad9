/** Where a volume has to be looked at: boxes around what is labelled, as few and as small as is quick. */
import {
  growRegion,
  intersectRegions,
  type Region,
  regionAround,
  regionEnd,
  voxelCount,
  type Zyx,
} from "../volume/region.ts";
import { chunksOf } from "../volume/zarr/read.ts";
import { chunkKey } from "./runs.ts";
import type { Box } from "./state.ts";

/** Boxes that are not compared with each other any more: more are taken together as they come. */
const MOST_BOXES = 200;

/**
 * Disjoint boxes that hold all the given ones with a margin. Two become one where that is quicker: each is read with the voxels around it.
 * @param margin voxels around each box that belong to it
 * @param context voxels around each result that are read with it
 */
export function workingRegions(boxes: readonly Region[], margin: Zyx, context: Zyx, shape: Zyx): Region[] {
  const cost = (box: Region) => voxelCount(growRegion(box, context, shape).shape);
  let regions: Region[] = [];
  for (const box of boxes) {
    let grown = growRegion(box, margin, shape);
    for (;;) {
      const other = regions.find((known) => {
        if (regions.length > MOST_BOXES || meet(known, grown)) return true;
        return cost(regionAround(known, grown)) <= cost(known) + cost(grown);
      });
      if (other === undefined) break;
      grown = regionAround(other, grown);
      regions = regions.filter((known) => known !== other);
    }
    regions.push(grown);
  }
  return regions.sort((a, b) =>
    a.start[0] - b.start[0] || a.start[1] - b.start[1] || a.start[2] - b.start[2]
  );
}

/** A region by its ends. */
export function boxOf(region: Region): Box {
  return { begin: region.start, end: regionEnd(region) };
}

/** Whether two regions have a voxel in common. */
export function meet(a: Region, b: Region): boolean {
  return voxelCount(intersectRegions(a, b).shape) > 0;
}

/** Tells whether a region has no voxel in any of some chunks. @param chunk their shape */
export function outsideChunks(chunks: readonly Zyx[], chunk: Zyx): (region: Region) => boolean {
  const known = new Set(chunks.map(chunkKey));
  return (region) => {
    for (const at of chunksOf(region, chunk)) if (known.has(chunkKey(at))) return false;
    return true;
  };
}
