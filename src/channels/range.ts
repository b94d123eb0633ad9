/** The fixed-point range of each column. */
import type { Channel } from "./names.ts";

/** Least and greatest value of a column; a consumer in fixed point clamps what lies beyond. */
export interface ColumnRange {
  readonly low: number;
  readonly high: number;
}

/** Largest step between two voxels. */
const CONTRAST = 255;

/** Room for edges that are sharp on the voxel grid: they reach up to 6 % beyond the answer in a continuous volume. */
const MARGIN = 1.1;

/** Density of the normal distribution at 0 and at 1. */
const DENSITY_0 = 1 / Math.sqrt(2 * Math.PI);
const DENSITY_1 = DENSITY_0 / Math.sqrt(Math.E);

/**
 * The range of values that a column can take, from the response to an ideal shape of full contrast (0 beside 255) in
 * a continuous volume, and a tenth more. It depends on the channel alone, never on the data. In the FIB-SEM and TEM volumes tried no voxel
 * lies beyond, and half of the voxels are 55 or more of 62,000 levels away from 0.
 *
 * - gradient magnitude: a straight edge, 255 / (sigma sqrt(2 pi));
 * - structure tensor: the smoothed energy of an edge beside a face, an edge and a corner of a cube: the whole of it, a half, a quarter;
 * - Hessian: a slab, a cylinder and a ball of the size that answers most; Laplacian: the ball.
 *
 * @param component 0 for a channel of one component; else 0, 1, 2, ascending by magnitude
 */
export function rangeOf(channel: Channel, component: number): ColumnRange {
  switch (channel.kind) {
    case "raw":
    case "gauss":
      return { low: 0, high: CONTRAST };
    case "gradient-magnitude":
      return { low: 0, high: MARGIN * edge(channel.sigma) };
    case "stensor": {
      const { sigma, rho } = channel;
      // The square of a Gaussian of scale sigma has scale sigma / sqrt(2); smoothing at rho lowers its peak.
      const spread = sigma / Math.sqrt(sigma * sigma + 2 * rho * rho);
      const share = [1 / 4, 1 / 2, 1][component] ?? 1;
      return { low: 0, high: MARGIN * share * edge(sigma) ** 2 * spread };
    }
    case "hessian": {
      const high = [ball, cylinder, slab][component] ?? slab;
      return symmetric(Math.min(MARGIN * high(channel.sigma), 2 * CONTRAST));
    }
    case "log":
      return symmetric(Math.min(3 * MARGIN * ball(channel.sigma), 6 * CONTRAST));
  }
}

function symmetric(high: number): ColumnRange {
  return { low: -high, high };
}

/** First derivative across an edge; at small scales no more than the contrast. */
function edge(sigma: number): number {
  return Math.min((CONTRAST * DENSITY_0) / sigma, CONTRAST);
}

/** Second derivative across a slab of half-width sigma. */
function slab(sigma: number): number {
  return (2 * CONTRAST * DENSITY_1) / sigma ** 2;
}

/** Each of the two second derivatives across a cylinder of radius sqrt(2) sigma. */
function cylinder(sigma: number): number {
  return (CONTRAST * Math.exp(-1)) / sigma ** 2;
}

/** Each of the three second derivatives at the centre of a ball of radius sqrt(3) sigma. */
function ball(sigma: number): number {
  return (CONTRAST * Math.sqrt(6 / Math.PI) * Math.exp(-1.5)) / sigma ** 2;
}
