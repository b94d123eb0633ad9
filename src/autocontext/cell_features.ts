/**
 * What the second stage sees of a cell: the surroundings of the first stage's scores and of the raw intensities (auto-context: Tu, Bai,
 * IEEE TPAMI 32(10), 2010). The list is data; `compute_features.ts` computes it.
 */
import { zipAxes, type Zyx } from "../volume/region.ts";

/** Which values a feature looks at: the first stage's scores or the intensities, the means of each cell. */
export type Source = "score" | "raw";

/** One number a cell. Lengths are in x/y voxels; `sigma` is the scale at which the source was smoothed first. */
export type CellFeature =
  /** The smoothed source. */
  | { readonly kind: "smooth"; readonly of: Source; readonly sigma: number }
  /** The larger or the smaller of those `cells` slices of cells before and behind. */
  | {
    readonly kind: "beside";
    readonly of: Source;
    readonly sigma: number;
    readonly cells: number;
    readonly take: "larger" | "smaller";
  }
  /** The largest in a square, in the volume a cube, of `2 halfWidth`. */
  | { readonly kind: "window"; readonly of: Source; readonly sigma: number; readonly halfWidth: number }
  /** Of those at `distance` in all directions, in ascending order, the one at `place`, 0 the smallest and 7 the largest. */
  | {
    readonly kind: "around";
    readonly of: Source;
    readonly sigma: number;
    readonly distance: number;
    readonly place: number;
  }
  /** The standard deviation around the cell, weighted as the smoothing is. */
  | { readonly kind: "deviation"; readonly of: Source; readonly sigma: number };

/** What the features of cells depend on besides the values. */
export interface FeatureSettings {
  /** Voxels of a cell on each axis. */
  readonly cell: Zyx;
  /** Voxel size in z over voxel size in x and y, >= 1. */
  readonly anisotropy: number;
  /** Whether smoothing and directions lie in the slice or in all three dimensions. */
  readonly space: "slice" | "volume";
}

/** Places in the order of what lies around a cell. */
const PLACES = [0, 1, 2, 3, 4, 5, 6, 7];

/** The features that are used: 58 in slices, 46 in the volume. */
export function cellFeatures(space: FeatureSettings["space"]): CellFeature[] {
  const smooth = (of: Source, sigmas: readonly number[]) =>
    sigmas.map((sigma): CellFeature => ({ kind: "smooth", of, sigma }));
  const beside = (of: Source, sigma: number, distances: readonly number[]) =>
    distances.flatMap((cells): CellFeature[] => [
      { kind: "beside", of, sigma, cells, take: "larger" },
      { kind: "beside", of, sigma, cells, take: "smaller" },
    ]);
  const window = (of: Source, sigma: number, halfWidths: readonly number[]) =>
    halfWidths.map((halfWidth): CellFeature => ({ kind: "window", of, sigma, halfWidth }));
  const around = (of: Source, distance: number, sigma: number, places: readonly number[]) =>
    places.map((place): CellFeature => ({ kind: "around", of, sigma, distance, place }));
  const deviation = (of: Source, sigmas: readonly number[]) =>
    sigmas.map((sigma): CellFeature => ({ kind: "deviation", of, sigma }));
  return [
    ...smooth("score", [1.5, 2, 3, 5, 8, 12]),
    ...smooth("raw", [1.5, 3, 6, 12]),
    ...(space === "volume" ? [] : [
      ...beside("score", 3, [1, 2]),
      ...beside("score", 6, [1, 2]),
      ...beside("raw", 2, [1]),
      ...beside("raw", 5, [1]),
    ]),
    ...window("score", 2, [4, 10]),
    ...around("score", 8, 3, PLACES),
    ...around("score", 16, 5, PLACES),
    ...around("score", 24, 5, PLACES),
    ...around("raw", 10, 3, [0, 2, 5, 7]),
    ...around("raw", 20, 5, [0, 2, 5, 7]),
    ...deviation("raw", [4, 8]),
  ];
}

/** A length of x/y voxels in cells on each axis: along z by the anisotropy fewer voxels, and none at all in the slice. */
export function inCells(length: number, { cell, anisotropy, space }: FeatureSettings): Zyx {
  return [space === "slice" ? 0 : length / anisotropy / cell[0], length / cell[1], length / cell[2]];
}

/** Taps of the smoothing on either side of the centre, on each axis: ceil(3 sigma), and 0 where sigma is less than 0.3 cells. */
export function smoothingReach(sigma: number, settings: FeatureSettings): Zyx {
  const [z, y, x] = inCells(sigma, settings);
  return [radiusOf(z), radiusOf(y), radiusOf(x)];
}

/** Taps on either side of the centre of a filter of `sigma` cells. */
export function radiusOf(sigma: number): number {
  return sigma < 0.3 ? 0 : Math.max(1, Math.ceil(3 * sigma));
}

/** Cells from the centre of a window to its border. */
export function windowReach(halfWidth: number, settings: FeatureSettings): Zyx {
  const [z, y, x] = inCells(halfWidth, settings);
  return [Math.floor(z), Math.floor(y), Math.floor(x)];
}

/** How far a feature looks in the smoothed source, in cells on each axis. */
export function featureOffset(feature: CellFeature, settings: FeatureSettings): Zyx {
  switch (feature.kind) {
    case "smooth":
    case "deviation":
      return [0, 0, 0];
    case "beside":
      return [feature.cells, 0, 0];
    case "window":
      return windowReach(feature.halfWidth, settings);
    case "around":
      return signsOf(settings.space)
        .map((signs) => directionOffset(signs, inCells(feature.distance, settings)))
        .reduce<Zyx>((most, offset) => zipAxes((m, o) => Math.max(m, Math.abs(o)), most, offset), [0, 0, 0]);
  }
}

/** Context of the features: how many cells on either side of each axis a cell's features depend on. */
export function featureReach(features: readonly CellFeature[], settings: FeatureSettings): Zyx {
  return features
    .map((feature) =>
      zipAxes((a, b) => a + b, smoothingReach(feature.sigma, settings), featureOffset(feature, settings))
    )
    .reduce<Zyx>((most, reach) => zipAxes(Math.max, most, reach), [0, 0, 0]);
}

/** Bytes of a value's strip while it is sorted: `STRIP` in `src/kernels/assembly/cells.ts`. */
export const SORT_STRIP = 256;

/**
 * Signs of the directions on each axis: in the slice 8, every 45 degrees; in the volume 18, to the faces and edges of a cube. Directions have
 * length 1.
 */
export function signsOf(space: "slice" | "volume"): Zyx[] {
  const signs = [-1, 0, 1];
  return (space === "slice" ? [0] : signs)
    .flatMap((z) => signs.flatMap((y) => signs.map((x): Zyx => [z, y, x])))
    .filter((direction) => [1, 2].includes(nonZero(direction)));
}

function nonZero(direction: Zyx): number {
  return direction.filter((sign) => sign !== 0).length;
}

/** The nearest whole cells at a distance given in cells of each axis. */
export function directionOffset(signs: Zyx, distance: Zyx): Zyx {
  const part = nonZero(signs) === 1 ? 1 : Math.SQRT1_2;
  const along = (axis: 0 | 1 | 2) => signs[axis] * Math.round(distance[axis] * part);
  return [along(0), along(1), along(2)];
}

/** The rank among `count` sorted values of the place 0 to 7. */
export function rankOf(place: number, count: number): number {
  return Math.round((place * (count - 1)) / 7);
}

/**
 * Comparators that sort `count` values: each puts the smaller of two values at the first of its two ranks. Batcher's merge exchange (Knuth,
 * TAOCP vol. 3, 5.2.2, algorithm M), without those on which none of the ranks `wanted` depends.
 */
export function sortingNetwork(count: number, wanted: readonly number[]): [number, number][] {
  const comparators: [number, number][] = [];
  const top = 2 ** Math.max(0, Math.ceil(Math.log2(count)) - 1);
  for (let p = top; p >= 1; p /= 2) {
    for (let q = top, r = 0, d = p; d > 0; d = q - p, q /= 2, r = p) {
      for (let i = 0; i < count - d; i++) if ((i & p) === r) comparators.push([i, i + d]);
    }
  }
  const needed = new Set(wanted);
  return comparators.reverse().filter(([a, b]) => {
    if (!needed.has(a) && !needed.has(b)) return false;
    needed.add(a).add(b);
    return true;
  }).reverse();
}
