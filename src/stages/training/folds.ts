/** Divides the labelled parts of the training volumes into folds of space, for cross-fitting (docs/algorithm.md, section 11). */
import { type Region, regionEnd, voxelCount, wholeRegion, zipAxes, type Zyx } from "../../volume/region.ts";
import type { Component } from "../components.ts";
import { leastSynapses, type TrainingSamples } from "./select.ts";

/** A part of a training volume that a model is to score that saw nothing of it. */
export interface FoldPart {
  /** Place of the volume in the list of training volumes. */
  readonly volume: number;
  /** Number of the fold, which is that of its model. */
  readonly fold: number;
  readonly region: Region;
}

/** How one training volume is divided. */
export interface Division {
  /** Along which the slabs follow each other: 0 z, 1 y, 2 x. */
  readonly axis: 0 | 1 | 2;
  /** Where each slab begins and, last, where the last one ends, in voxels; multiples of the chunk but for the volume's end. */
  readonly bounds: readonly number[];
  /** Samples so near to a slab are not learned from by its model, voxels. */
  readonly gap: number;
}

/** Slabs of the training volumes, each scored by a model that saw nothing of it. */
export interface Folds {
  /** How many there are. */
  readonly count: number;
  /** How each volume is divided. */
  readonly divisions: readonly Division[];
  /** What of the slabs is scored. A fold has more than one where it goes over the end of a volume. */
  readonly parts: readonly FoldPart[];
  /** Of each volume the chunks of an array of the scores, so that no two parts share one. */
  readonly chunks: readonly Zyx[];
  /** Of each fold what its model learns from: 1 positive, 0 negative, 2 not used; in the order of the samples. */
  readonly labels: readonly Uint8Array[];
}

/** A volume to be divided. */
export interface FoldVolume {
  readonly shape: Zyx;
  readonly anisotropy: number;
  /** Usual chunks of the volume. */
  readonly chunk: Zyx;
  /** How far a feature reaches, voxels on each axis. */
  readonly reach: Zyx;
  /** With their numbers among those of all volumes. */
  readonly components: readonly Component[];
  /** Where its voxels are: of volumes with the same text they are the same, under other labels. */
  readonly raw?: string;
}

/** What there is to be divided. */
export interface FoldOptions {
  /** Folds wanted, at least 2. */
  readonly folds: number;
  readonly volumes: readonly FoldVolume[];
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
 * Divides the labelled parts of all volumes, laid one after the other along the longest axis of each, with about as many synapses in each fold. Where
 * there are too few synapses for that, or a model would be left without samples, there are fewer folds, or none and the reason, as people
 * read it.
 */
export function makeFolds(options: FoldOptions): Folds | { readonly reason: string } {
  const { samples } = options.selected;
  const used = new Set(samples.components.filter((id) => id > 0));
  const volumes = options.volumes.map((volume, index) => placeVolume(options, volume, index, used));
  const components = volumes.flatMap((volume) => volume.components);
  const count = components.length;
  const least = leastSynapses(options.folds);
  if (count < least) {
    const found = count === 1 ? "there is only one synapse" : `there are only ${count} synapses`;
    return { reason: `${found}, and at least ${least} are needed` };
  }
  for (let folds = Math.min(options.folds, count); folds >= 2; folds--) {
    const slabs = cutSlabs(volumes, folds);
    const trained = slabs && leaveOut(options.selected, volumes, slabs, folds);
    if (slabs === undefined || trained === undefined) continue;
    return {
      count: folds,
      ...trained,
      parts: partsOf(volumes, slabs, options.mostVoxels),
      chunks: volumes.map(({ chunk }) => chunk),
    };
  }
  const where = volumes.length === 1 ? "the volume" : "the volumes";
  const isTwice = volumes.some((_, index) => ofSameVoxels(volumes, index).length > 1);
  const close = isTwice ? "so close together, in labels of the same raw volume," : "so close together";
  return { reason: `the synapses are ${close} that no part of ${where} can be left out` };
}

/** A volume on the line that is divided. */
interface PlacedVolume extends FoldVolume {
  /** The axis that lies along the line. */
  readonly axis: 0 | 1 | 2;
  /** On each axis where samples are. */
  readonly bounds: ReturnType<typeof boundsOf>;
}

/** A piece of a volume that belongs to one fold: voxels along the volume's axis. */
interface Slab {
  readonly volume: number;
  readonly fold: number;
  readonly from: number;
  readonly to: number;
}

/** The volume with the components that samples are of, and with chunks that are fine along its axis. */
function placeVolume(
  { folds, selected: { samples } }: FoldOptions,
  volume: FoldVolume,
  index: number,
  used: ReadonlySet<number>,
): PlacedVolume {
  const { shape, anisotropy } = volume;
  const bounds = boundsOf(samples, index, shape);
  const axis = longestAxis(bounds.map(({ low, high }) => high - low), anisotropy);
  return {
    ...volume,
    components: volume.components.filter(({ id }) => used.has(id)),
    axis,
    bounds,
    chunk: foldChunk({ shape, chunk: volume.chunk, folds }, axis),
  };
}

/** What each model learns from; undefined where one has no samples of a class. */
function leaveOut(
  selected: FoldOptions["selected"],
  volumes: readonly PlacedVolume[],
  slabs: readonly Slab[],
  folds: number,
): Pick<Folds, "divisions" | "labels"> | undefined {
  for (const narrowest of ["fold", "slab"] as const) {
    const divisions = volumes.map((_, index) => divisionOf(volumes, slabs, index, narrowest));
    const labels = Array.from({ length: folds }, (_, fold) => {
      const own = slabs.filter((slab) => slab.fold === fold);
      return labelsWithout(selected, volumes, divisions, own);
    });
    if (labels.every((own) => own.includes(0) && own.includes(1))) return { divisions, labels };
  }
  return undefined;
}

/**
 * How a volume is divided.
 * @param narrowest what the gap is to be a quarter of at most: of one volume the same; of several a fold may reach into one by a narrow slab,
 * beside which there is room for a wider gap
 */
function divisionOf(
  volumes: readonly PlacedVolume[],
  slabs: readonly Slab[],
  index: number,
  narrowest: "fold" | "slab",
): Division {
  const { axis, reach } = volumes[index] ?? { axis: 0, reach: [0, 0, 0] };
  const own = slabs.filter((slab) => slab.volume === index);
  const scale = (volume: number) => voxelLength(volumes[volume]) / voxelLength(volumes[index]);
  const widthOf = (slab: Slab) =>
    slabs.filter((other) => narrowest === "fold" ? other.fold === slab.fold : other === slab)
      .reduce((sum, { volume, from, to }) => sum + (to - from) * scale(volume), 0);
  // what is left out as a whole has no neighbours
  const gap = own.length < 2 ? 0 : Math.min(reach[axis], Math.floor(Math.min(...own.map(widthOf)) / 4));
  return { axis, bounds: [0, ...own.map(({ to }) => to)], gap };
}

/** Length of a voxel along the line, in voxels in the slice. */
function voxelLength(volume: PlacedVolume | undefined): number {
  return volume?.axis === 0 ? volume.anisotropy : 1;
}

/** The labels of a model that learns from nothing in or beside some slabs, nor from synapses that reach there. */
function labelsWithout(
  { samples, labels }: FoldOptions["selected"],
  volumes: readonly PlacedVolume[],
  divisions: readonly Division[],
  slabs: readonly Slab[],
): Uint8Array {
  const left = slabs.flatMap(({ volume: scored, from, to }) => {
    const { axis, gap } = divisions[scored] ?? { axis: 0, gap: 0 };
    return ofSameVoxels(volumes, scored).map((volume) => {
      const beside = volumes[volume]?.components.filter(({ box }) =>
        isBeside(box, axis, from - gap, to + gap)
      ) ?? [];
      const components = new Set(beside.map(({ id }) => id));
      return { volume, axis, from: from - gap, to: to + gap, components };
    });
  });
  return labels.map((label, i) => {
    const isLeft = left.some(({ volume, axis, from, to, components }) => {
      if (components.has(samples.components[i] ?? 0)) return true;
      const at = samples.centroids[i * 3 + axis] ?? 0;
      return samples.volumes[i] === volume && at >= from && at < to;
    });
    return isLeft ? UNUSED : label;
  });
}

/** The places of a volume and of those that have the same voxels, with which a model would see what it is not to see. */
function ofSameVoxels(volumes: readonly PlacedVolume[], index: number): number[] {
  const raw = volumes[index]?.raw;
  return [...volumes.keys()].filter((other) =>
    other === index || (raw !== undefined && volumes[other]?.raw === raw)
  );
}

/** What is scored of the slabs: where samples are. */
function partsOf(volumes: readonly PlacedVolume[], slabs: readonly Slab[], mostVoxels: number): FoldPart[] {
  const whole = slabs.flatMap(({ volume, fold, from, to }) => {
    const placed = volumes[volume];
    if (placed === undefined || placed.bounds.some(({ low, high }) => low === high)) return [];
    const region = slabRegion(placed.bounds, { ...placed, from, to });
    // a cut near the end of a volume may leave a slab beyond the samples
    return region.shape.every((length) => length > 0) ? [{ volume, fold, placed, region }] : [];
  });
  const share = mostVoxels / whole.reduce((sum, { region }) => sum + voxelCount(region.shape), 0);
  return whole.map(({ volume, fold, placed: { axis, chunk, components }, region }) => ({
    volume,
    fold,
    region: shrink(region, axis, chunk, components, share * voxelCount(region.shape)),
  }));
}

/**
 * The parts that are scored as far as they can be told before labels are known: as if synapses lay everywhere, so that the slabs tile the
 * volume along its longest axis.
 */
export function foldsToPlan(
  options: Pick<FoldVolume, "shape" | "anisotropy" | "chunk"> & Pick<FoldOptions, "folds" | "mostVoxels">,
): { readonly parts: readonly Region[]; readonly chunk: Zyx } {
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
  { shape, anisotropy, chunk, components, mostVoxels }:
    & Omit<FoldVolume, "reach">
    & Pick<FoldOptions, "mostVoxels">,
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

/** On each axis the lowest place of a volume's samples, and one more than the highest; of a volume without samples nothing at its middle. */
function boundsOf({ centroids, volumes }: FoldOptions["selected"]["samples"], volume: number, shape: Zyx) {
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

/** The usual chunk, but finer along the axis of the slabs. */
function foldChunk(
  { shape, chunk, folds }: Pick<FoldVolume, "shape" | "chunk"> & Pick<FoldOptions, "folds">,
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
 * Cuts between those that share out the space and those that share out the synapses; undefined where the chunks are too coarse for a synapse
 * in each fold. The volumes lie on a line, each as long as its samples reach, measured in voxels of the first one.
 */
function cutSlabs(volumes: readonly PlacedVolume[], folds: number): Slab[] | undefined {
  const line = layOut(volumes);
  const places = volumes.flatMap(({ components, axis }, volume) =>
    components.map(({ centroid }) => ({
      volume,
      at: centroid[axis],
      onLine: line.toLine(volume, centroid[axis]),
    }))
  ).sort((a, b) => a.onLine - b.onLine);
  const { low, high } = line;
  const cut = (k: number, shareOfSpace: number) => {
    const after = Math.round(k * places.length / folds);
    const bySynapses = ((places[after - 1]?.onLine ?? 0) + (places[after]?.onLine ?? 0)) / 2;
    const bySpace = low + k * (high - low) / folds;
    return line.fromLine(shareOfSpace * bySpace + (1 - shareOfSpace) * bySynapses);
  };
  const holdsOne = (own: readonly Slab[]) =>
    places.some((place) =>
      own.some(({ volume, from, to }) => place.volume === volume && place.at >= from && place.at < to)
    );
  return SHARES_OF_SPACE.map((share) => {
    const cuts = Array.from({ length: folds - 1 }, (_, k) => cut(k + 1, share));
    return slabsBetween(volumes, cuts);
  }).find((slabs) =>
    Array.from({ length: folds }, (_, fold) => slabs.filter((slab) => slab.fold === fold)).every(holdsOne)
  );
}

/** Where a volume is cut, in voxels along its axis. */
interface Cut {
  readonly volume: number;
  readonly at: number;
}

/** The pieces of all volumes between cuts; those before the first cut are of fold 0. */
function slabsBetween(volumes: readonly PlacedVolume[], cuts: readonly Cut[]): Slab[] {
  const slabs: Slab[] = [];
  let fold = 0;
  for (const [volume, { axis, shape }] of volumes.entries()) {
    let from = 0;
    for (const { at } of cuts.filter((cut) => cut.volume === volume)) {
      if (at > from) slabs.push({ volume, fold, from, to: at });
      from = Math.max(from, at);
      fold++;
    }
    if (shape[axis] > from) slabs.push({ volume, fold, from, to: shape[axis] });
  }
  return slabs;
}

/** Lays volumes one after the other on a line. */
function layOut(volumes: readonly PlacedVolume[]) {
  const [first] = volumes;
  const low = first?.bounds[first.axis]?.low ?? 0;
  let high = low;
  const pieces = volumes.map((volume) => {
    const { low: from = 0, high: to = 0 } = volume.bounds[volume.axis] ?? {};
    const scale = voxelLength(volume) / voxelLength(first);
    const begin = high;
    high += (to - from) * scale;
    return {
      from,
      scale,
      begin,
      end: high,
      chunk: volume.chunk[volume.axis],
      length: volume.shape[volume.axis],
    };
  });
  const toLine = (volume: number, at: number) => {
    const { begin = 0, from = 0, scale = 1 } = pieces[volume] ?? {};
    return begin === from && scale === 1 ? at : begin + (at - from) * scale; // the first volume is where it was
  };
  const fromLine = (place: number): Cut => {
    const found = pieces.findIndex(({ end }) => place < end);
    const volume = found < 0 ? pieces.length - 1 : found;
    const { begin = 0, from = 0, scale = 1, chunk = 1, length = 0 } = pieces[volume] ?? {};
    const along = scale === 1 ? place + (from - begin) : from + (place - begin) / scale;
    const at = Math.round(along / chunk) * chunk;
    return { volume, at: volumes.length === 1 ? at : Math.min(length, Math.max(0, at)) };
  };
  return { low, high, toLine, fromLine };
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
