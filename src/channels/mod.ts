/** Channels: which there are, how much context they need, and how their columns are computed from a block. */
export * from "./names.ts";
export { reachOf } from "./reach.ts";
export { type ColumnRange, rangeOf } from "./range.ts";
export { channelScratchBytes, computeChannel, type OnSlice, type RawBlock } from "./compute.ts";
