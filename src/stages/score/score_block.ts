/** Scores the supervoxels of one block with all stumps, in their frames and in the flipped ones. */
import type { Kernels } from "../../kernels/mod.ts";
import { NO_DIRECTION, packDirection } from "../../orientation/direction.ts";
import { seedSteps } from "../../supervoxels/grid.ts";
import { describeRegion, type Region, regionContains, voxelCount, type Zyx } from "../../volume/region.ts";
import { openZarr, type Writing, type ZarrVolume } from "../../volume/zarr/mod.ts";
import { segmentBlock } from "../../block/block_supervoxels.ts";
import type { ScoreJob } from "../stage_jobs.ts";
import { writeOrientation } from "../../block/orientation_block.ts";
import { flippedFrames, placeSupervoxels } from "../../block/context/placed.ts";
import { openLevels, type WriteLevels } from "../export/levels_block.ts";
import { createTestFeatureWriter } from "./test_features.ts";
import { sumVotes, tableRegion } from "../../block/context/votes.ts";
import { finishAll, writeShared } from "../../block/write_shared.ts";
import { boundingBox, framesAt, type OpenVolume, openVolume, readBlock } from "../../block/volume_block.ts";

/** What a worker holds open between the blocks of a score stage. */
interface OpenScoreJob {
  readonly job: ScoreJob;
  readonly open: OpenVolume;
  readonly max: ZarrVolume;
  readonly min: ZarrVolume | undefined;
  readonly direction: ZarrVolume | undefined;
  readonly orientation: ZarrVolume | undefined;
  readonly levels: { readonly max: WriteLevels; readonly min: WriteLevels };
}

export async function openScoreJob(job: ScoreJob): Promise<OpenScoreJob> {
  const openNamed = (path: string) => path === "" ? undefined : openZarr(path);
  return {
    job,
    open: await openVolume(job.volume),
    max: await openZarr(job.max),
    min: await openNamed(job.min),
    direction: await openNamed(job.direction),
    orientation: await openNamed(job.orientation),
    levels: { max: await openLevels(job.levels?.max ?? []), min: await openLevels(job.levels?.min ?? []) },
  };
}

/** Computes a block and writes its chunks of max, min and what else the job names. */
export async function scoreBlock(
  kernels: Kernels,
  opened: OpenScoreJob,
  read: Region,
  write: Region,
): Promise<void> {
  const { run, arena } = kernels;
  const { job, open } = opened;
  const begin = arena.mark();
  const voxels = voxelCount(write.shape);
  const block = await readBlock(kernels, open, read);
  const map = arena.alloc(voxels * 4);
  const inner = arena.mark();
  const supervoxels = segmentBlock(kernels, open, block, write, map);
  const names = job.features === "" ? undefined : supervoxels.names();
  arena.release(inner);
  const frames = await framesAt(kernels, open, block, supervoxels.centroids);

  const { centroids, count } = supervoxels;
  const voting = { ...job, stumps: stumpsFor(job, write) };
  const reached = tableRegion(boundingBox(centroids), voting.stumps, block.raw);
  const place = (of: Float32Array) =>
    placeSupervoxels(kernels, centroids, of, reached, open.raw.shape, job.volume);
  const placed = place(frames);
  const saved = names && {
    writer: createTestFeatureWriter(job, write, open.raw.shape, opened.max.chunk, names),
    flipped: place(flippedFrames(frames)),
  };
  const { own, flipped } = await sumVotes(kernels, block, voting, placed, (table, stumps) => {
    saved?.writer.addColumn(kernels, table, stumps, placed, saved.flipped);
  });
  saved?.writer.finish(own, flipped);
  arena.release(inner);
  const values = arena.alloc(count * 4);
  const painted = arena.alloc(voxels * 4);
  const writings: Writing[] = []; // the disk works while the next one is put together
  for (const [name, pick] of [["max", Math.max], ["min", Math.min]] as const) {
    const target = opened[name];
    if (target === undefined) continue;
    const chosen = arena.f32(values, count);
    for (let i = 0; i < count; i++) chosen[i] = pick(own[i] ?? 0, flipped[i] ?? 0);
    run.paintSupervoxels(map, voxels, values, painted);
    writings.push(await writeShared(kernels, target, write, painted));
    await opened.levels[name](arena.f32(painted, voxels), write);
  }
  if (opened.direction) {
    fillDirections(frames, own, flipped, arena.u32(values, count));
    run.paintSupervoxels(map, voxels, values, painted);
    const directions = arena.u32(painted, voxels);
    thinOut(directions, write, seedSteps(job.volume.slic));
    writings.push(await writeShared(kernels, opened.direction, write, painted));
  }
  if (opened.orientation) {
    await writeOrientation(kernels, open, block, opened.orientation, write, { map, own, flipped });
  }
  arena.release(begin);
  await finishAll(writings);
}

/** The stumps that vote in a block. */
function stumpsFor({ stumps, parts }: ScoreJob, write: Region): ScoreJob["stumps"] {
  if (parts === undefined) return stumps;
  const part = parts.find(({ region }) => regionContains(region, write));
  if (part === undefined) throw new Error(`no part holds the block ${describeRegion(write)}`);
  return part.stumps;
}

/** e3 of each supervoxel's winning frame, packed; none where the score is not above 0, which keeps the array small. */
function fillDirections(
  frames: Float32Array,
  own: Float64Array,
  flipped: Float64Array,
  directions: Uint32Array,
): void {
  for (let i = 0; i < own.length; i++) {
    const score = own[i] ?? 0, other = flipped[i] ?? 0;
    const sign = other > score ? -1 : 1;
    const x = sign * (frames[i * 6 + 3] ?? 0), y = sign * (frames[i * 6 + 4] ?? 0);
    const z = sign * (frames[i * 6 + 5] ?? 0);
    directions[i] = Math.max(score, other) > 0 ? packDirection(x, y, z) : NO_DIRECTION;
  }
}

/** Keeps the voxels whose place is a multiple of the seeds' steps, about one per supervoxel: more would say nothing new and cost disk. */
function thinOut(directions: Uint32Array, { start, shape }: Region, steps: Zyx): void {
  const [, height, width] = shape;
  for (let row = 0; row * width < directions.length; row++) {
    const z = start[0] + Math.floor(row / height), y = start[1] + row % height;
    const isKept = z % steps[0] === 0 && y % steps[1] === 0;
    for (let x = 0, i = row * width; x < width; x++, i++) {
      if (!isKept || (start[2] + x) % steps[2] !== 0) directions[i] = NO_DIRECTION;
    }
  }
}
