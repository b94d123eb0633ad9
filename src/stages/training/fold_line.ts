/** The line on which training volumes lie one after the other, and where it is cut into folds. */
import type { Zyx } from "../../volume/region.ts";
import type { Component } from "../components.ts";
import type { SampleBounds } from "./fold_regions.ts";

/** A volume on the line. */
export interface LineVolume {
  readonly shape: Zyx;
  readonly anisotropy: number;
  /** What cuts are multiples of. */
  readonly chunk: Zyx;
  readonly components: readonly Component[];
  /** The axis that lies along the line. */
  readonly axis: 0 | 1 | 2;
  /** On each axis where samples are. */
  readonly bounds: SampleBounds;
}

/** A piece of a volume that belongs to one fold: voxels along the volume's axis. */
export interface Slab {
  readonly volume: number;
  readonly fold: number;
  readonly from: number;
  readonly to: number;
}

/** Length of a voxel along the line, in voxels in the slice. */
export function voxelLength(volume: Pick<LineVolume, "axis" | "anisotropy"> | undefined): number {
  return volume?.axis === 0 ? volume.anisotropy : 1;
}

/** How much the cuts look at space, the rest being the synapses: first half, then, where a slab is left without a synapse, not at all. */
const SHARES_OF_SPACE = [0.5, 0];

/**
 * Cuts between those that share out the space and those that share out the synapses; undefined where the chunks are too coarse for a synapse
 * in each fold. The volumes lie on a line, each as long as its samples reach, measured in voxels of the first one.
 */
export function cutSlabs(volumes: readonly LineVolume[], folds: number): Slab[] | undefined {
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
function slabsBetween(volumes: readonly LineVolume[], cuts: readonly Cut[]): Slab[] {
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
function layOut(volumes: readonly LineVolume[]) {
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
    return { volume, at: Math.min(length, Math.max(0, Math.round(along / chunk) * chunk)) };
  };
  return { low, high, toLine, fromLine };
}
