/**
 * Grids of points at which channels are computed: every voxel, or every second one along axes along which a channel is so smooth that the
 * others follow from their neighbours. Point i of an axis with step s lies at voxel i * s of the volume, whatever the block; the points
 * beyond the border from which voxels inside are interpolated belong to the grid, too.
 */
import { type Region, regionEnd, zipAxes, type Zyx } from "../volume/region.ts";
import { scaleAlongAxes } from "./gaussian.ts";
import type { Channel } from "./names.ts";

/** The steps of the grid of all voxels. */
export const EVERY_VOXEL: Zyx = [1, 1, 1];

/** Least scale of a gradient whose products are made on the grid: theirs is 1 / sqrt(2) of it, and smoothing removes what folds over. */
const LEAST_GRADIENT_SCALE = 1.5;

/**
 * Least scale, along an axis, of what is interpolated along it. What is smooth needs less than what has ridges: lengths where a gradient
 * vanishes, eigenvalues where two are equal. Those of a Hessian, which change places where their magnitudes are equal, are never
 * interpolated. On `fibsem` all correlate with what every voxel gives by 0.999 or more.
 */
const LEAST_SCALES = { gauss: 3, log: 3, stensor: 3.5, "gradient-magnitude": 4, hessian: Infinity };

/** The coarsest grid that a channel may be computed on. @param anisotropy voxel size in z over voxel size in x and y, >= 1 */
export function coarsestSteps(channel: Channel, anisotropy: number): Zyx {
  if (channel.kind === "raw") return EVERY_VOXEL;
  const least = LEAST_SCALES[channel.kind];
  const step = channel.kind === "stensor"
    ? (scale: number) => channel.rho >= least && scale >= LEAST_GRADIENT_SCALE ? 2 : 1
    : (scale: number) => scale >= least ? 2 : 1;
  const [z, y, x] = scaleAlongAxes(channel.sigma, anisotropy);
  return [step(z), step(y), step(x)];
}

/** The grid on whose points frames at a scale may be computed: a supervoxel takes the frame of the point at its centroid, or of the one before. */
export function frameSteps(sigma: number, anisotropy: number): Zyx {
  return coarsestSteps({ kind: "gauss", sigma }, anisotropy);
}

/** Voxels from the first to the last of `points` points. */
export function spanOf(points: number, step: number): number {
  return (points - 1) * step + 1;
}

/** Number of points, from point 0 on, that span a volume: the last one lies on its last voxel or one voxel beyond. */
export function pointsAcross(volume: Zyx, steps: Zyx): Zyx {
  return zipAxes((n, step) => Math.ceil((n - 1) / step) + 1, volume, steps);
}

/** Whether the last of these points lies one voxel beyond the border of an axis. */
export function endsBeyond(voxels: number, step: number): boolean {
  return (voxels - 1) % step !== 0;
}

/**
 * The point of an axis that stands for point `index`, where what is known of points ends at the border and is repeated beyond: the nearest
 * one. Where the last point lies beyond the border, it and the one before stand for what is between them, by turns.
 */
export function pointFor(index: number, voxels: number, step: number): number {
  const last = Math.ceil((voxels - 1) / step);
  if (index <= last) return Math.max(index, 0);
  return endsBeyond(voxels, step) ? last - (index - last) % 2 : last;
}

/** The points from which the voxels of a region are interpolated. */
export function pointsOf(region: Region, steps: Zyx): Region {
  const start = zipAxes((s, step) => step === 1 ? s : Math.floor(s / step) - 1, region.start, steps);
  // the last voxel but one, or the last one, may lie between points
  const end = zipAxes((e, step) => step === 1 ? e : Math.floor(e / step) + 2, regionEnd(region), steps);
  return { start, shape: zipAxes((e, s) => e - s, end, start) };
}

/** Most voxels from a voxel to the points that it is interpolated from. */
export function pointsReach(steps: Zyx): Zyx {
  const [z, y, x] = steps.map((step) => step === 1 ? 0 : 2 * step - 1);
  return [z ?? 0, y ?? 0, x ?? 0];
}

/** Most points from which a region of this shape is interpolated. */
export function pointsAtMost(shape: Zyx, steps: Zyx): Zyx {
  return zipAxes((n, step) => step === 1 ? n : Math.ceil(n / step) + 4, shape, steps);
}
