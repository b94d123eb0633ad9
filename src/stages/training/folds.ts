/** Divides the labelled part of a training volume into folds of space, for cross-fitting (docs/algorithm.md, section 11). */
import { type Region, regionEnd, voxelCount, wholeRegion, zipAxes, type Zyx } from "../../volume/region.ts";
import type { Component } from "../components.ts";
import { leastSynapses, type TrainingSamples } from "./select.ts";

/** Slabs of the training volume, each scored by a model that saw nothing of it. */
export interface Folds {
  /** Along which the slabs follow each other: 0 z, 1 y, 2 x. */
  readonly axis: 0 | 1 | 2;
  /** Where each slab begins and, last, where the last one ends, in voxels; multiples of `chunk` but for the volume's end. */
  readonly bounds: readonly number[];
  /** Samples so near to a slab are not learned from by its model, voxels. */
  readonly gap: number;
  /** The part of each slab that is scored. */
  readonly parts: readonly Region[];
  /** Chunks of an array of the scores, so that no two parts share one. */
  readonly chunk: Zyx;
  /** Of each fold what its model learns from: 1 positive, 0 negative, 2 not used; in the order of the samples. */
  readonly labels: readonly Uint8Array[];
}

/** What there is to be divided. */
export interface FoldOptions {
  /** Folds wanted, at least 2. */
  readonly folds: number;
  readonly shape: Zyx;
  readonly anisotropy: number;
  /** Usual chunks of the volume. */
  readonly chunk: Zyx;
  /** How far a feature reaches, voxels on each axis. */
  readonly reach: Zyx;
  readonly components: readonly Component[];
  readonly selected: Pick<TrainingSamples, "samples" | "labels">;
  /** Most voxels to score, all parts together. */
  readonly mostVoxels: number;
}

/** Label of a sample that a model does not learn from. */
const UNUSED = 2;

/** Least chunk on the axis of the slabs, and chunks a fold: the finer they are, the better synapses can be shared out. */
const LEAST_CHUNK = 8;
const CHUNKS_PER_FOLD = 4;

/**
 * Divides the labelled part along its longest axis, with about as many synapses in each slab. Where there are too few synapses for that,
 * or a model would be left without samples, there are fewer folds, or none and the reason, as people read it.
 */
export function makeFolds(options: FoldOptions): Folds | { readonly reason: string } {
  const { shape, anisotropy, selected } = options;
  const { samples, labels } = selected;
  const bounds = boundsOf(samples.centroids);
  const axis = longestAxis(bounds.map(({ low, high }) => high - low), anisotropy);
  const used = new Set(samples.components.filter((id) => id > 0));
  const components = options.components.filter(({ id }) => used.has(id));
  const count = components.length;
  const least = leastSynapses(options.folds);
  if (count < least) {
    const found = count === 1 ? "there is only one synapse" : `there are only ${count} synapses`;
    return { reason: `${found}, and at least ${least} are needed` };
  }
  const chunk = foldChunk(options, axis);
  for (let folds = Math.min(options.folds, components.length); folds >= 2; folds--) {
    const { low = 0, high = shape[axis] } = bounds[axis] ?? {};
    const slabs = cutSlabs(components, { axis, folds, chunk: chunk[axis], low, high, length: shape[axis] });
    if (slabs === undefined) continue;
    const widths = slabs.slice(1).map((end, k) => end - (slabs[k] ?? 0));
    const gap = Math.min(options.reach[axis], Math.floor(Math.min(...widths) / 4));
    const ofFolds = widths.map((_, k) => {
      const from = (slabs[k] ?? 0) - gap, to = (slabs[k + 1] ?? 0) + gap;
      const beside = new Set(
        components.filter(({ box }) => isBeside(box, axis, from, to)).map(({ id }) => id),
      );
      return labels.map((label, i) => {
        const at = samples.centroids[i * 3 + axis] ?? 0;
        return at >= from && at < to || beside.has(samples.components[i] ?? 0) ? UNUSED : label;
      });
    });
    if (ofFolds.some((own) => !own.includes(0) || !own.includes(1))) continue;
    const slab = (k: number) =>
      slabRegion(bounds, { axis, from: slabs[k] ?? 0, to: slabs[k + 1] ?? 0, chunk, shape });
    const whole = widths.map((_, k) => slab(k));
    const share = options.mostVoxels / whole.reduce((sum, { shape }) => sum + voxelCount(shape), 0);
    const parts = whole.map((part) => shrink(part, axis, chunk, components, share * voxelCount(part.shape)));
    return { axis, bounds: slabs, gap, parts, chunk, labels: ofFolds };
  }
  return { reason: "the synapses are so close together that no part of the volume can be left out" };
}

/**
 * The parts that are scored as far as they can be told before labels are known: as if synapses lay everywhere, so that the slabs tile the
 * volume along its longest axis.
 */
export function foldsToPlan(
  options: Pick<FoldOptions, "folds" | "shape" | "anisotropy" | "chunk" | "mostVoxels">,
): Pick<Folds, "parts" | "chunk"> {
  const { folds, shape, anisotropy, mostVoxels } = options;
  const axis = longestAxis(shape, anisotropy);
  const chunk = foldChunk(options, axis);
  const length = shape[axis];
  const cut = (k: number) => Math.min(length, Math.round(k * length / folds / chunk[axis]) * chunk[axis]);
  const bounds = [...new Set([0, ...Array.from({ length: folds - 1 }, (_, k) => cut(k + 1)), length])];
  const bySize = shape.map((high) => ({ low: 0, high }));
  const parts = bounds.slice(1).map((to, k) =>
    slabRegion(bySize, { axis, from: bounds[k] ?? 0, to, chunk, shape })
  );
  const share = mostVoxels / voxelCount(shape);
  return { parts: parts.map((part) => shrink(part, axis, chunk, [], share * voxelCount(part.shape))), chunk };
}

/** Tiles of a volume that hold synapses, in whole chunks, of at most so many voxels together; the whole volume where that is no more. */
export function tilesWithSynapses(
  { shape, anisotropy, chunk, components, mostVoxels }: Omit<FoldOptions, "folds" | "reach" | "selected">,
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

/** The axis on which most micrometres lie, of several y before x before z. */
function longestAxis(voxels: readonly number[], anisotropy: number): 0 | 1 | 2 {
  const length = (axis: number) => (voxels[axis] ?? 0) * (axis === 0 ? anisotropy : 1);
  return ([1, 2, 0] as const).reduce((best, next) => length(next) > length(best) ? next : best);
}

/** On each axis the lowest place, and one more than the highest. */
function boundsOf(centroids: Int32Array) {
  return [0, 1, 2].map((axis) => {
    let low = Infinity, high = 0;
    for (let i = axis; i < centroids.length; i += 3) {
      low = Math.min(low, centroids[i] ?? 0);
      high = Math.max(high, (centroids[i] ?? 0) + 1);
    }
    return { low, high };
  });
}

/** The usual chunk, but finer along the axis of the slabs. */
function foldChunk(
  { shape, chunk, folds }: Pick<FoldOptions, "shape" | "chunk" | "folds">,
  axis: 0 | 1 | 2,
): Zyx {
  const wanted = shape[axis] / (folds * CHUNKS_PER_FOLD);
  let length = chunk[axis];
  while (length > LEAST_CHUNK && length > wanted) length /= 2;
  return [0, 1, 2].map((a) => a === axis ? length : chunk[a] ?? 1) as unknown as Zyx;
}

/** How much the cuts look at space, the rest being the synapses: first half, then, where a slab is left without a synapse, not at all. */
const SHARES_OF_SPACE = [0.5, 0];

/**
 * The ends of slabs between those that share out the space and those that share out the synapses; undefined where the chunks are too coarse
 * for a synapse in each.
 */
function cutSlabs(
  components: readonly Component[],
  { axis, folds, chunk, low, high, length }: {
    axis: 0 | 1 | 2;
    folds: number;
    chunk: number;
    low: number;
    high: number;
    length: number;
  },
): number[] | undefined {
  const places = components.map(({ centroid }) => centroid[axis]).sort((a, b) => a - b);
  const cut = (k: number, shareOfSpace: number) => {
    const after = Math.round(k * places.length / folds);
    const bySynapses = ((places[after - 1] ?? 0) + (places[after] ?? 0)) / 2;
    const bySpace = low + k * (high - low) / folds;
    return Math.round((shareOfSpace * bySpace + (1 - shareOfSpace) * bySynapses) / chunk) * chunk;
  };
  const holdsOne = (from: number, to: number) => places.some((place) => place >= from && place < to);
  return SHARES_OF_SPACE.map((share) => [
    0,
    ...Array.from({ length: folds - 1 }, (_, k) => cut(k + 1, share)),
    length,
  ]).find((bounds) => bounds.slice(1).every((end, k) => holdsOne(bounds[k] ?? 0, end)));
}

function isBeside({ start, shape }: Region, axis: 0 | 1 | 2, from: number, to: number): boolean {
  return start[axis] < to && start[axis] + shape[axis] > from;
}

/** The slab, in the other directions as far as there are samples, in whole chunks. */
function slabRegion(
  bounds: ReturnType<typeof boundsOf>,
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
function shrink(
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
