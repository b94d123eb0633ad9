/** Chunks that hold labels and are out of sight: they are scored as well, so that the threshold is of all labels. */
import { type Region, regionAround, type Zyx } from "../volume/region.ts";
import type { ZarrVolume } from "../volume/zarr/mod.ts";
import { chunksOf, regionOfChunk } from "../volume/zarr/read.ts";
import { chunkKey } from "./runs.ts";

/** Those that are not scored yet, the nearest to a place first. */
export function nearestUnscored(
  volume: Pick<ZarrVolume, "shape" | "chunk">,
  labelled: readonly Zyx[],
  scored: ReadonlySet<string>,
  at: Zyx,
): Zyx[] {
  return labelled.filter((index) => !scored.has(chunkKey(index)))
    .map((index) => ({ index, away: squaredDistance(regionOfChunk(volume, index), at) }))
    .sort((a, b) => a.away - b.away).map(({ index }) => index);
}

/** Square of the distance of a region's middle from a place. */
export function squaredDistance({ start, shape }: Region, at: Zyx): number {
  return start.reduce((sum, from, axis) => sum + (from + (shape[axis] ?? 0) / 2 - (at[axis] ?? 0)) ** 2, 0);
}

/** A chunk with those beside it, as far as all of that is scored: what its scores are smoothed within. */
export function scoredAround(
  volume: Pick<ZarrVolume, "shape" | "chunk">,
  index: Zyx,
  scored: ReadonlySet<string>,
): Region {
  let region = regionOfChunk(volume, index);
  for (const axis of [0, 1, 2] as const) {
    for (const step of [-1, 1]) {
      const beside = [index[0], index[1], index[2]] as [number, number, number];
      beside[axis] += step;
      const last = Math.ceil(volume.shape[axis] / volume.chunk[axis]) - 1;
      if (beside[axis] < 0 || beside[axis] > last) continue;
      const larger = regionAround(region, regionOfChunk(volume, beside));
      if ([...chunksOf(larger, volume.chunk)].every((one) => scored.has(chunkKey(one)))) region = larger;
    }
  }
  return region;
}
