/** What of the training volumes is scored: regions of whole chunks around samples and synapses. */
import { type Region, regionEnd, voxelCount, wholeRegion, zipAxes, type Zyx } from "../../volume/region.ts";
import type { Component } from "../components.ts";
import type { SampleTable } from "./sample_table.ts";

/** On each axis where a volume's samples are: from `low` to before `high`. */
export type SampleBounds = readonly { readonly low: number; readonly high: number }[];

/** On each axis the lowest place of a volume's samples, and one more than the highest; of a volume without samples nothing at its middle. */
export function boundsOf(
  { centroids, volumes }: Pick<SampleTable, "centroids" | "volumes">,
  volume: number,
  shape: Zyx,
): SampleBounds {
  return shape.map((length, axis) => {
    let low = Infinity, high = 0;
    for (const [i, own] of volumes.entries()) {
      if (own !== volume) continue;
      const at = centroids[i * 3 + axis] ?? 0;
      low = Math.min(low, at);
      high = Math.max(high, at + 1);
    }
    return low < high ? { low, high } : { low: length >> 1, high: length >> 1 };
  });
}

/** The slab, in the other directions as far as there are samples, in whole chunks. */
export function slabRegion(
  bounds: SampleBounds,
  { axis, from, to, chunk, shape }: { axis: 0 | 1 | 2; from: number; to: number; chunk: Zyx; shape: Zyx },
): Region {
  const start = [0, 1, 2].map((a) => {
    const low = Math.floor((bounds[a]?.low ?? 0) / (chunk[a] ?? 1)) * (chunk[a] ?? 1);
    return a === axis ? Math.max(from, low) : low;
  });
  const end = [0, 1, 2].map((a) => {
    const high = Math.min(
      shape[a] ?? 0,
      Math.ceil((bounds[a]?.high ?? 0) / (chunk[a] ?? 1)) * (chunk[a] ?? 1),
    );
    return a === axis ? Math.min(to, high) : high;
  });
  return { start: start as unknown as Zyx, shape: end.map((e, a) => e - (start[a] ?? 0)) as unknown as Zyx };
}

/** Of a slab with more voxels than are to be scored, the part that holds most synapses: whole chunks, shortened on the axis with most of them. */
export function shrink(
  slab: Region,
  axis: 0 | 1 | 2,
  chunk: Zyx,
  components: readonly Component[],
  most: number,
): Region {
  let region = slab;
  while (voxelCount(region.shape) > most) {
    const chunks = ([0, 1, 2] as const).map((a) => a === axis ? 0 : Math.ceil(region.shape[a] / chunk[a]));
    const longest = ([0, 1, 2] as const).reduce((best, a) =>
      (chunks[a] ?? 0) > (chunks[best] ?? 0) ? a : best
    );
    const count = chunks[longest] ?? 0;
    if (count <= 1) return region;
    const wanted = Math.max(1, Math.min(count - 1, Math.floor(count * most / voxelCount(region.shape))));
    region = bestWindow(region, longest, wanted * chunk[longest], chunk[longest], components);
  }
  return region;
}

/** The window of this length that holds the centroids of most synapses, of several the first. */
function bestWindow(
  { start, shape }: Region,
  axis: 0 | 1 | 2,
  length: number,
  step: number,
  components: readonly Component[],
): Region {
  const replace = (of: Zyx, value: number) => of.map((old, a) => a === axis ? value : old) as unknown as Zyx;
  let best: Region = { start, shape: replace(shape, length) };
  let most = -1;
  for (let at = start[axis]; at + length <= start[axis] + shape[axis] + step - 1; at += step) {
    const clipped = Math.min(length, start[axis] + shape[axis] - at);
    const window: Region = { start: replace(start, at), shape: replace(shape, clipped) };
    const held = components.filter(({ centroid }) => contains(window, centroid)).length;
    if (held > most) [best, most] = [window, held];
  }
  return best;
}

function contains(region: Region, point: Zyx): boolean {
  const end = regionEnd(region);
  return point.every((at, axis) => at >= (region.start[axis] ?? 0) && at < (end[axis] ?? 0));
}

/** Tiles of a volume that hold synapses, in whole chunks, of at most so many voxels together; the whole volume where that is no more. */
export function tilesWithSynapses(
  { shape, anisotropy, chunk, components, mostVoxels }: {
    readonly shape: Zyx;
    readonly anisotropy: number;
    readonly chunk: Zyx;
    readonly components: readonly Component[];
    readonly mostVoxels: number;
  },
): Region[] {
  if (voxelCount(shape) <= mostVoxels) return [wholeRegion(shape)];
  let tile: Zyx = chunk;
  for (;;) {
    const axis = shortestAxis(tile, shape, anisotropy);
    const longer = tile.map((n, a) => a === axis ? 2 * n : n) as unknown as Zyx;
    if (axis === undefined || voxelCount(longer) * components.length > mostVoxels) break;
    tile = longer;
  }
  const tiles = components.map(({ centroid }): Region => {
    const start = zipAxes((at, n) => Math.floor(at / n) * n, centroid, tile);
    return {
      start,
      shape: zipAxes(
        (from, n) => n - from,
        start,
        zipAxes(Math.min, shape, zipAxes((s, t) => s + t, start, tile)),
      ),
    };
  });
  return [...new Map(tiles.map((region) => [region.start.join(), region])).values()];
}

/** The axis on which a tile has the fewest micrometres, of those on which it is shorter than the volume. */
function shortestAxis(tile: Zyx, shape: Zyx, anisotropy: number): 0 | 1 | 2 | undefined {
  const length = (axis: 0 | 1 | 2) => tile[axis] * (axis === 0 ? anisotropy : 1);
  return ([1, 2, 0] as const)
    .filter((axis) => tile[axis] < shape[axis])
    .reduce<0 | 1 | 2 | undefined>(
      (best, next) => best === undefined || length(next) < length(best) ? next : best,
      undefined,
    );
}
