/** How much context each stage's block kernel needs, and how much memory. Shapes and contexts are `[z, y, x]` in voxels. */
import { channelScratchBytes, pointsAtMost, reachOf } from "../channels/mod.ts";
import { orientationReach, orientationScratchBytes } from "../orientation/frames.ts";
import { seedSteps, supervoxelExtent, supervoxelReach } from "../supervoxels/grid.ts";
import { segmentBytes } from "../supervoxels/slic.ts";
import { growRegion, type Region, voxelCount, zipAxes, type Zyx } from "../volume/region.ts";
import { channelOf } from "./columns.ts";
import { frameStepsOf, stepsOf } from "./grid.ts";
import type { VolumeJob } from "./volume_job.ts";
import { meansBytes } from "./context/box_means.ts";
import { featureBufferBytes } from "./feature_file.ts";
import { placedBytes } from "./context/placed.ts";
import { type PoseExtent, poseReach } from "./context/pose_reach.ts";
import { FILE_SLAB, tablesBytes } from "./context/tables.ts";
import { CHUNK_ROOM } from "./write_shared.ts";

/** Raw voxels around a region that the widest of these sources needs. */
function sourceReach(volume: VolumeJob, sources: ReadonlySet<number>): Zyx {
  let reach: Zyx = [0, 0, 0];
  for (const [index, source] of volume.sources.entries()) {
    if (source.kind !== "computed" || !sources.has(index)) continue;
    reach = zipAxes(
      Math.max,
      reach,
      reachOf(channelOf(source.name), volume.anisotropy, stepsOf(volume, index)),
    );
  }
  return reach;
}

function frameReach(volume: VolumeJob): Zyx {
  return volume.frames.kind === "computed"
    ? orientationReach(volume.frames.sigma, volume.anisotropy, frameStepsOf(volume))
    : [0, 0, 0];
}

/** Context of supervoxels and of frames at their centroids. */
export function supervoxelContext(volume: VolumeJob): Zyx {
  const slic = supervoxelReach(volume.slic);
  const extent = supervoxelExtent(volume.slic);
  return zipAxes(Math.max, [slic, slic, slic], frameReach(volume).map((r) => r + extent) as unknown as Zyx);
}

/** Context of context features at points of the write region. */
export function featureContext(
  volume: VolumeJob,
  poses: Iterable<number>,
  sources: ReadonlySet<number>,
): Zyx {
  return zipAxes((a, b) => a + b, poseReach(poses, volume.anisotropy), sourceReach(volume, sources));
}

/** Context of scoring: supervoxels, and context features at their centroids. */
export function scoreContext(volume: VolumeJob, poses: Iterable<number>, sources: ReadonlySet<number>): Zyx {
  const extent = supervoxelExtent(volume.slic);
  const features = zipAxes((a, b) => a + b, featureContext(volume, poses, sources), [extent, extent, extent]);
  return zipAxes(Math.max, features, supervoxelContext(volume));
}

/** The part of a read region in which supervoxels are computed. */
export function supervoxelRegion(volume: VolumeJob, write: Region, volumeShape: Zyx): Region {
  const reach = supervoxelReach(volume.slic);
  return growRegion(write, [reach, reach, reach], volumeShape);
}

/** Supervoxels in a region, at most: after small fragments have joined others there are fewer than seeds (measured: 0.99 to 0.7 times). */
function supervoxelsAtMost(volume: VolumeJob, region: Zyx): number {
  const [z, y, x] = seedSteps(volume.slic);
  return Math.ceil((1.1 * voxelCount(region)) / (z * y * x)) + 1000;
}

function clippedShape(write: Zyx, context: Zyx, read: Zyx): Zyx {
  return zipAxes(Math.min, zipAxes((w, c) => w + 2 * c, write, context), read);
}

/** Bytes of a supervoxel's numbers outside kernel memory, counted twice since they linger until collected. */
const KEPT_BYTES = 112;

/** Bytes of supervoxels and frames of a block, besides the raw voxels: the most at any time. */
function supervoxelBytes(volume: VolumeJob, read: Zyx, write: Zyx, threads = 1): number {
  const reach = supervoxelReach(volume.slic);
  const extent = supervoxelExtent(volume.slic);
  const region = clippedShape(write, [reach, reach, reach], read);
  const steps = frameStepsOf(volume);
  const frames = volume.frames.kind === "computed"
    ? orientationScratchBytes(
      volume.frames.sigma,
      pointsAtMost(clippedShape(write, [extent, extent, extent], read), steps),
      volume.anisotropy,
      threads,
      steps,
    )
    : read[1] * read[2] * 4;
  const count = supervoxelsAtMost(volume, write);
  const kept = count * KEPT_BYTES;
  return Math.max(segmentBytes(region, volume.slic, count), frames + count * 36) + kept;
}

/** Slices of labels that are held at once while samples are looked for. */
export const LABEL_SLAB = 16;

/** Bytes of a block that is searched for samples. */
export function sampleBytes(volume: VolumeJob, read: Zyx, write: Zyx, threads = 1): number {
  const reach = supervoxelReach(volume.slic);
  const [depth, rows, row] = clippedShape(write, [reach, reach, reach], read);
  const labels = Math.min(LABEL_SLAB, depth) * rows * row * 5 + supervoxelsAtMost(volume, write) * 16;
  return voxelCount(read) + voxelCount(write) * 4 + supervoxelBytes(volume, read, write, threads) + labels;
}

/**
 * Bytes of the dearest source over a region of a read region of so many slices: its tables, with either what computes them or, `inUse`,
 * what is made of one of them.
 */
function sourceBytes(
  volume: VolumeJob,
  region: Zyx,
  columns: ReadonlySet<number>,
  slices: number,
  inUse: number,
  threads: number,
): number {
  let most = 0;
  for (const [index, source] of volume.sources.entries()) {
    const tables = volume.columns.filter((column, c) => column.source === index && columns.has(c)).length;
    if (tables === 0) continue;
    const steps = stepsOf(volume, index);
    const scratch = source.kind === "file"
      ? region[1] * region[2] * 4 * FILE_SLAB * source.ranges.length
      : channelScratchBytes(
        source.kind === "raw" ? { kind: "raw" } : channelOf(source.name),
        pointsAtMost(region, steps),
        volume.anisotropy,
        pointsAtMost([slices, 1, 1], steps)[0],
        threads,
        steps,
      );
    most = Math.max(most, tablesBytes(region, tables, volume, steps, threads) + Math.max(scratch, inUse));
  }
  return most;
}

/** Bytes of the means of the largest boxes' centres, for points within `write` and `extent` around it. */
function averagedBytes({ offset, largest }: PoseExtent, read: Zyx, write: Zyx, extent: number): number {
  const reach = zipAxes((r) => r + extent, offset, read);
  return meansBytes(clippedShape(write, reach, zipAxes((n, b) => n + 2 * b, read, largest)));
}

/** Bytes of a scored block. `read` and `write` are the shapes of its regions. */
export function scoreBytes(
  volume: VolumeJob,
  poses: PoseExtent,
  columns: ReadonlySet<number>,
  read: Zyx,
  write: Zyx,
  threads = 1,
): number {
  const extent = supervoxelExtent(volume.slic);
  const reach = zipAxes((a, b) => a + b, poses.reach, [extent, extent, extent]);
  const region = clippedShape(write, reach, read);
  const supervoxels = supervoxelsAtMost(volume, write);
  const map = voxelCount(write) * 4;
  const averaged = averagedBytes(poses, read, write, extent);
  const scoring = sourceBytes(volume, region, columns, read[0], averaged, threads) +
    placedBytes(supervoxels) +
    supervoxels * (16 + KEPT_BYTES);
  // max, min and directions are painted one after the other, in the same place
  const output = voxelCount(write) * 4 + supervoxels * (16 + KEPT_BYTES) + threads * CHUNK_ROOM;
  return voxelCount(read) + map + Math.max(supervoxelBytes(volume, read, write, threads), scoring, output);
}

/** Bytes of a gathered block with at most `samples` samples. */
export function gatherBytes(
  volume: VolumeJob,
  poses: PoseExtent,
  columns: ReadonlySet<number>,
  samples: number,
  read: Zyx,
  write: Zyx,
  threads = 1,
): number {
  const region = clippedShape(write, poses.reach, read);
  const inBlock = Math.min(samples, supervoxelsAtMost(volume, write));
  const looking = averagedBytes(poses, read, write, 0) + featureBufferBytes(inBlock);
  return voxelCount(read) + sourceBytes(volume, region, columns, read[0], looking, threads) +
    placedBytes(inBlock) +
    inBlock * 120;
}
