/** Columns computed at the points of a grid and interpolated, as integral images are made of them. */
import {
  type Channel,
  channelName,
  coarsestSteps,
  componentsOf,
  interpolateLoop,
  INTERPOLATION_STRIP,
  interpolationBytes,
  pointsOf,
  type RawBlock,
  storeChannel,
} from "../../src/channels/mod.ts";
import { type Kernels, share, threadsOf } from "../../src/kernels/mod.ts";
import { columnsOf } from "../../src/block/columns.ts";
import { type Region, voxelCount } from "../../src/volume/region.ts";

/** Every component of a channel over a region, in fixed point. */
export function gridColumnsOf(
  kernels: Kernels,
  raw: RawBlock,
  channel: Channel,
  region: Region,
  steps = coarsestSteps(channel, raw.anisotropy),
): Uint16Array[] {
  const { arena } = kernels;
  const mark = arena.mark();
  const grid = pointsOf(region, steps);
  const fixed = columnsOf([{ kind: "computed", name: channelName(channel) }], raw.anisotropy);
  const stored = Array.from({ length: componentsOf(channel) }, (_, component) => ({
    component,
    to: arena.alloc(voxelCount(grid.shape) * 2 + 32),
    first: grid.start[0],
    slots: grid.shape[0],
    fixed: fixed[component],
  }));
  storeChannel(kernels, raw, channel, grid, stored, () => {}, steps);
  const [nz, ny, nx] = region.shape;
  const scratchStep = interpolationBytes(grid.shape, nx);
  const scratch = arena.alloc(threadsOf(kernels) * scratchStep);
  const out = arena.alloc(voxelCount(region.shape) * 2);
  const columns = stored.map(({ to }, component) => {
    const args = { points: to, grid, steps, out, z: region.start[0], region, scratch, scratchStep };
    const limit = fixed[component]?.limit ?? 0;
    share(kernels, interpolateLoop, nz * Math.ceil(ny / INTERPOLATION_STRIP), { ...args, limit });
    return arena.u16(out, voxelCount(region.shape)).slice();
  });
  arena.release(mark);
  return columns;
}
