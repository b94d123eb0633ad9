/** How much of the raw volume around a voxel a channel depends on. */
import type { Zyx } from "../volume/region.ts";
import { zipAxes } from "../volume/region.ts";
import { filterReach } from "./gaussian.ts";
import type { Channel } from "./names.ts";
import { RHO_ANISOTROPY } from "./structure_tensor.ts";

/**
 * Voxels of context that a channel needs on either side of each axis: the radius of every filter in turn.
 *
 * @param anisotropy voxel size in z over voxel size in x and y, >= 1
 */
export function reachOf(channel: Channel, anisotropy: number): Zyx {
  switch (channel.kind) {
    case "raw":
      return [0, 0, 0];
    case "stensor":
      return zipAxes(
        (a, b) => a + b,
        filterReach(channel.sigma, anisotropy),
        filterReach(channel.rho, RHO_ANISOTROPY),
      );
    default:
      return filterReach(channel.sigma, anisotropy);
  }
}
