/** Divides the labelled parts of the training volumes into folds of space, for cross-fitting (docs/algorithm.md, section 11). */
import { type Region, voxelCount, type Zyx } from "../../volume/region.ts";
import type { Component } from "../components.ts";
import { cutSlabs, type LineVolume, type Slab, voxelLength } from "./fold_line.ts";
import { boundsOf, shrink, slabRegion } from "./fold_regions.ts";
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

/** A volume on the line, with how far features reach in it. */
type PlacedVolume = FoldVolume & LineVolume;

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

/** The axis on which most micrometres lie, of several y before x before z. */
function longestAxis(voxels: readonly number[], anisotropy: number): 0 | 1 | 2 {
  const length = (axis: number) => (voxels[axis] ?? 0) * (axis === 0 ? anisotropy : 1);
  return ([1, 2, 0] as const).reduce((best, next) => length(next) > length(best) ? next : best);
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

function isBeside({ start, shape }: Region, axis: 0 | 1 | 2, from: number, to: number): boolean {
  return start[axis] < to && start[axis] + shape[axis] > from;
}
