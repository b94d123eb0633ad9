/**
 * Volumes on disk as Zarr arrays: `[z, y, x]`, or `[component, z, y, x]` with one component a chunk.
 *
 * A volume is opened by its path in every worker that uses it; workers may write different chunks of one volume at the
 * same time. The arrays written are Zarr v3 with the codecs `bytes`, and `zstd` or `gzip`, that every reader knows.
 */
export {
  createZarr,
  type CreateZarrOptions,
  defaultChunk,
  openZarr,
  removeZarr,
  setAttributes,
  type ZarrVolume,
} from "./array.ts";
export type { ChunkCodec } from "./codec.ts";
export { readRegion } from "./read.ts";
export { scratchBytes } from "./chunk.ts";
export { type SharedRegion, writeChunks, writeRegion, writeRegionShared, type Writing } from "./write.ts";
export type { Dtype, Voxels } from "../dtype.ts";
