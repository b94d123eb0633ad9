/** Computes one channel, or directions, over a block and writes it. */
import { channelScratchBytes, componentsOf, type OnSlice, reachOf, storeChannel } from "../channels/mod.ts";
import type { Kernels } from "../kernels/mod.ts";
import {
  computeDenseFrames,
  computeEigenvectors,
  orientationReach,
  orientationScratchBytes,
} from "../orientation/frames.ts";
import { type Region, voxelCount, type Zyx } from "../volume/region.ts";
import { openZarr, readRegion, type Writing, type ZarrVolume } from "../volume/zarr/mod.ts";
import { CHUNK_ROOM, finishAll, writeShared } from "../block/write_shared.ts";
import { channelOf } from "../block/columns.ts";
import type { ChannelsJob, ComputedVolume } from "./stage_jobs.ts";
import { FRAME_COMPONENTS } from "../block/orientation_block.ts";

/** What a worker holds open between the blocks of a channel. */
interface OpenChannelsJob {
  readonly job: ChannelsJob;
  readonly raw: ZarrVolume;
  readonly out: ZarrVolume;
}

export async function openChannelsJob(job: ChannelsJob): Promise<OpenChannelsJob> {
  return { job, raw: await openZarr(job.raw), out: await openZarr(job.out) };
}

/** Values a voxel. */
export function computedComponents(computed: ComputedVolume): number {
  switch (computed.kind) {
    case "channel":
      return componentsOf(channelOf(computed.name));
    case "orientation":
      return FRAME_COMPONENTS;
    case "eigenvectors":
      return 3 * computed.ranks.length;
  }
}

/** Voxels of context on both sides of each axis. */
export function computedReach(computed: ComputedVolume, anisotropy: number): Zyx {
  return computed.kind === "channel"
    ? reachOf(channelOf(computed.name), anisotropy)
    : orientationReach(computed.sigma, anisotropy);
}

/** Most bytes of kernel memory that a block needs. `read` and `write` are the shapes of its regions. */
export function computedBytes(
  computed: ComputedVolume,
  anisotropy: number,
  read: Zyx,
  write: Zyx,
  threads = 1,
): number {
  const scratch = computed.kind === "channel"
    ? channelScratchBytes(channelOf(computed.name), write, anisotropy, read[0], threads)
    : orientationScratchBytes(computed.sigma, write, anisotropy, threads);
  return voxelCount(read) + voxelCount(write) * 4 * computedComponents(computed) +
    Math.max(scratch, threads * CHUNK_ROOM);
}

/** Computes a block and writes its chunks of every component. */
export async function channelsBlock(
  kernels: Kernels,
  { job, raw, out }: OpenChannelsJob,
  read: Region,
  write: Region,
): Promise<void> {
  const { arena } = kernels;
  const mark = arena.mark();
  const results = await computeRegion(kernels, raw, job, read, write);
  const writings: Writing[] = [];
  for (const [component, result] of results.entries()) {
    writings.push(await writeShared(kernels, out, write, result, component));
  }
  await finishAll(writings);
  arena.release(mark);
}

/**
 * Computes a region of every component.
 * @param read it and its context
 * @returns addresses of the components, a float a voxel; they stay in the arena
 */
export async function computeRegion(
  kernels: Kernels,
  raw: ZarrVolume,
  { computed, anisotropy }: Pick<ChannelsJob, "computed" | "anisotropy">,
  read: Region,
  write: Region,
): Promise<number[]> {
  const { arena } = kernels;
  const voxels = voxelCount(read.shape);
  const address = arena.alloc(voxels + 16);
  await readRegion(raw, read, arena.u8(address, voxels));
  const block = { address, region: read, volumeShape: raw.shape, anisotropy };
  const results = Array.from(
    { length: computedComponents(computed) },
    () => arena.alloc(voxelCount(write.shape) * 4),
  );
  const plane = write.shape[1] * write.shape[2];
  const keep: OnSlice = (z, planes) => {
    for (const [component, result] of results.entries()) {
      const slice = arena.f32(result + (z - write.start[0]) * plane * 4, plane);
      slice.set(arena.f32(planes[component] ?? 0, plane));
    }
  };
  switch (computed.kind) {
    case "channel":
      storeChannel(
        kernels,
        block,
        channelOf(computed.name),
        write,
        results.map((to, component) => ({ component, to, first: write.start[0], slots: write.shape[0] })),
      );
      break;
    case "orientation":
      computeDenseFrames(kernels, block, computed.sigma, write, keep);
      break;
    case "eigenvectors":
      computeEigenvectors(kernels, block, computed.sigma, computed.ranks, write, keep);
      break;
  }
  return results;
}
