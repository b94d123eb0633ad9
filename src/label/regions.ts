/** Where a volume has to be looked at: boxes around what is labelled, as few and as small as is quick. */
import {
  growRegion,
  intersectRegions,
  type Region,
  regionEnd,
  voxelCount,
  zipAxes,
  type Zyx,
} from "../volume/region.ts";

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
        if (regions.length > MOST_BOXES || voxelCount(intersectRegions(known, grown).shape) > 0) return true;
        return cost(around(known, grown)) <= cost(known) + cost(grown);
      });
      if (other === undefined) break;
      grown = around(other, grown);
      regions = regions.filter((known) => known !== other);
    }
    regions.push(grown);
  }
  return regions.sort((a, b) =>
    a.start[0] - b.start[0] || a.start[1] - b.start[1] || a.start[2] - b.start[2]
  );
}

/** The smallest box around two. */
export function around(a: Region, b: Region): Region {
  const start = zipAxes(Math.min, a.start, b.start);
  const end = zipAxes(Math.max, regionEnd(a), regionEnd(b));
  return { start, shape: zipAxes((to, from) => to - from, end, start) };
}
