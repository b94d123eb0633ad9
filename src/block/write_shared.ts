/** Writing of a block's results by all threads that work on it: compression takes longer than the disk. */
import { type Kernels, share, type SharedLoop, threadsOf } from "../kernels/mod.ts";
import { type Voxels, voxelsOf } from "../volume/dtype.ts";
import { type Region, voxelCount, type Zyx } from "../volume/region.ts";
import {
  scratchBytes,
  type SharedRegion,
  writeChunks,
  writeRegionShared,
  type Writing,
  type ZarrVolume,
} from "../volume/zarr/mod.ts";

interface WriteChunks {
  readonly shared: SharedRegion;
  readonly chunks: readonly Zyx[];
  /** Address of the region's voxels, and how many bytes they are. */
  readonly data: number;
  readonly bytes: number;
  readonly scratch: number;
  readonly scratchStep: number;
}

/** Compresses and writes a chunk per piece. */
export const writeChunkLoop: SharedLoop<WriteChunks> = {
  name: "writeChunk",
  piece({ arena }, { shared, chunks, data, bytes, scratch, scratchStep }, piece, thread) {
    const own = arena.u8(scratch + thread * scratchStep, scratchBytes(shared.volume));
    writeChunks(shared, arena.u8(data, bytes), chunks.slice(piece, piece + 1), own);
  },
};

/** Bytes of kernel memory that a thread takes in {@link writeShared}, of chunks of 64^3 voxels or so. */
export const CHUNK_ROOM = 2 ** 20 + 128;

function stepOf(volume: Pick<ZarrVolume, "chunk" | "dtype">): number {
  return Math.ceil(scratchBytes(volume) / 64) * 64;
}

/** Writes whole chunks of a volume from voxels of 4 bytes at an address, which may be used again when this returns. */
export async function writeShared(
  kernels: Kernels,
  volume: ZarrVolume,
  region: Region,
  data: number,
  component = 0,
): Promise<Writing> {
  const { arena } = kernels;
  const mark = arena.mark();
  const scratchStep = stepOf(volume);
  const scratch = arena.alloc(threadsOf(kernels) * scratchStep);
  const bytes = voxelCount(region.shape) * 4;
  const voxels: Voxels = voxelsOf(volume.dtype, arena.u8(data, bytes));
  const writing = await writeRegionShared(volume, region, voxels, component, (shared, chunks) => {
    share(kernels, writeChunkLoop, chunks.length, { shared, chunks, data, bytes, scratch, scratchStep });
  });
  arena.release(mark);
  return writing;
}

/** Waits for the disk. @throws UserError of the first that failed, when none is under way any more */
export async function finishAll(writings: readonly Writing[]): Promise<void> {
  const results = await Promise.allSettled(writings.map((writing) => writing.finish()));
  for (const result of results) if (result.status === "rejected") throw result.reason;
}
