/** How much of the raw volume around a voxel a channel depends on. */
import { zipAxes, type Zyx } from "../volume/region.ts";
import { filterReach, reachOfScales } from "./gaussian.ts";
import { EVERY_VOXEL, pointsReach } from "./grid.ts";
import type { Channel } from "./names.ts";
import { smoothingScales } from "./structure_tensor.ts";

/**
 * Voxels of context that a channel needs on either side of each axis: the radius of every filter in turn.
 *
 * @param anisotropy voxel size in z over voxel size in x and y, >= 1
 * @param steps of the grid on which the channel is computed, and from which it is interpolated
 */
export function reachOf(channel: Channel, anisotropy: number, steps: Zyx = EVERY_VOXEL): Zyx {
  switch (channel.kind) {
    case "raw":
      return [0, 0, 0];
    case "stensor": {
      const smoothing = reachOfScales(smoothingScales(channel.rho, steps));
      const products = zipAxes((radius, step) => radius * step, smoothing, steps);
      return add(pointsReach(steps), add(products, filterReach(channel.sigma, anisotropy)));
    }
    default:
      return add(pointsReach(steps), filterReach(channel.sigma, anisotropy));
  }
}

function add(a: Zyx, b: Zyx): Zyx {
  return zipAxes((first, second) => first + second, a, b);
}
