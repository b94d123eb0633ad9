import type { Region, Zyx } from "../volume/region.ts";

/**
 * What a small fragment joins: `nearest`, the larger one beside it whose seed is nearest; `scan`, the last in Achanta's order of the
 * neighbours of its first voxel, as the original does.
 */
export type FragmentJoin = "nearest" | "scan";

/** All of them, the one that new models learn with first. */
export const FRAGMENT_JOINS: readonly FragmentJoin[] = ["nearest", "scan"];

/** What SLIC needs to know: `svox.seed`, `svox.cubeness`, `svox.join` and the anisotropy. */
export interface SlicSettings {
  /** Distance of seeds in x and y, voxels, at least 1. */
  readonly seed: number;
  /** Compactness, > 0. */
  readonly cubeness: number;
  readonly anisotropy: number;
  readonly join: FragmentJoin;
}

/** The regular grid of seeds of a whole volume. */
export interface SeedGrid {
  readonly settings: SlicSettings;
  readonly volumeShape: Zyx;
  /** Number of seeds on each axis. */
  readonly counts: Zyx;
  /** Coordinates of the seeds on each axis, ascending, voxels. */
  readonly positions: readonly [z: Int32Array, y: Int32Array, x: Int32Array];
}

/** The part of a grid that lies in a region: seeds `first` to `first + counts` on each axis. */
export interface LocalGrid {
  readonly first: Zyx;
  readonly counts: Zyx;
}

/** Rounds of assigning voxels and re-centring seeds (Becker et al. 2013 use 5). */
export const SLIC_ROUNDS = 5;

/** Distance of seeds on each axis: S in x and y, `max(floor(S / a), 1)` in z. */
export function seedSteps({ seed, anisotropy }: SlicSettings): Zyx {
  return [Math.max(Math.floor(seed / anisotropy), 1), seed, seed];
}

/**
 * Seeds on a regular grid, the left-over of each axis spread evenly (docs/algorithm.md, section 4): seed i of n sits at
 * `i * S + floor(S / 2) + trunc(i * (size - S * n) / n)`.
 */
export function seedGrid(volumeShape: Zyx, settings: SlicSettings): SeedGrid {
  const steps = seedSteps(settings);
  const axis = (size: number, step: number) => {
    const n = Math.max(1, Math.floor(size / step + 0.5));
    const left = size - step * n;
    return Int32Array.from(
      { length: n },
      (_, i) => Math.min(size - 1, i * step + Math.floor(step / 2) + Math.trunc((i * left) / n)),
    );
  };
  const positions = [
    axis(volumeShape[0], steps[0]),
    axis(volumeShape[1], steps[1]),
    axis(volumeShape[2], steps[2]),
  ] as const;
  return {
    settings,
    volumeShape,
    counts: [positions[0].length, positions[1].length, positions[2].length],
    positions,
  };
}

/** The seeds whose grid positions lie in a region. */
export function localGrid(grid: SeedGrid, region: Region): LocalGrid {
  const range = (axis: 0 | 1 | 2): [number, number] => {
    const from = lowerBound(grid.positions[axis], region.start[axis]);
    return [from, lowerBound(grid.positions[axis], region.start[axis] + region.shape[axis]) - from];
  };
  const [z, y, x] = [range(0), range(1), range(2)];
  return { first: [z[0], y[0], x[0]], counts: [z[1], y[1], x[1]] };
}

/** Index of a seed in the whole volume's grid, from its index in a local one. Exact up to 2^53 seeds. */
export function globalSeed(grid: SeedGrid, local: LocalGrid, index: number): number {
  const x = index % local.counts[2];
  const rest = (index - x) / local.counts[2];
  const y = rest % local.counts[1];
  const z = (rest - y) / local.counts[1];
  return ((local.first[0] + z) * grid.counts[1] + local.first[1] + y) * grid.counts[2] + local.first[2] + x;
}

/** First index of a sorted array whose value is at least `value`. */
function lowerBound(sorted: Int32Array, value: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] ?? 0) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Most voxels of a fragment that joins another: S^3 / 4, whatever the anisotropy. */
export function smallFragment({ seed }: SlicSettings): number {
  return Math.floor(seed ** 3 / 4);
}

/** How many small fragments in a row may join one after the other. */
export const JOIN_LINKS = 2;

/**
 * How far on each axis a supervoxel's centroid, or any voxel of it, can lie outside a region that holds one of its voxels.
 * A fragment fits its seed's window (2S wide), and so does each small fragment that joins it; where the nearest is joined, no chain is longer
 * than one.
 */
export function supervoxelExtent(settings: SlicSettings): number {
  const { seed } = settings;
  return 2 * seed + JOIN_LINKS * Math.min(2 * seed, smallFragment(settings));
}

/**
 * Voxels of context after which supervoxels with a voxel in the write region do not depend on where the region was cut.
 * A label depends on seeds within S; a seed on voxels within 2S of where it comes to lie, hence 3S a round back to the grid. A supervoxel
 * depends on the labels of its fragments, of the small fragments beside it, and of their neighbours.
 */
export function supervoxelReach(settings: SlicSettings): number {
  return (3 * (SLIC_ROUNDS - 1) + 1) * settings.seed + supervoxelExtent(settings) + 4 * settings.seed;
}
