/** Channels: which there are, how much context they need, and how their columns are computed from a block. */
export * from "./names.ts";
export { reachOf } from "./reach.ts";
export { coarsestSteps, EVERY_VOXEL, frameSteps, pointsAtMost, pointsOf } from "./grid.ts";
export { interpolateLoop, INTERPOLATION_STRIP, interpolationBytes } from "./interpolate_loop.ts";
export { rangeOf } from "./range.ts";
export {
  allocateSlices,
  channelScratchBytes,
  computeChannel,
  type OnSlice,
  type RawBlock,
  SLICES_AT_ONCE,
  slicesBytes,
  storeChannel,
} from "./compute.ts";
export { computeDerivatives, derivativeScratchBytes, type Orders } from "./derivatives.ts";
export { CHANNEL_LOOPS } from "./loops.ts";
export { finishBytes, type RowSink, type StoredComponent, storeRows } from "./row_sink.ts";
export { STRIP_ROWS } from "./rows.ts";
