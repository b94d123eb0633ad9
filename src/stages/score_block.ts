/** Scores the supervoxels of one block with all stumps, in their frames and in the flipped ones. */
import type { Kernels } from "../kernels/mod.ts";
import { seedGrid } from "../supervoxels/grid.ts";
import { segment, supervoxelsIn } from "../supervoxels/slic.ts";
import { growRegion, type Region, voxelCount } from "../volume/region.ts";
import { openZarr, writeRegion, type ZarrVolume } from "../volume/zarr.ts";
import type { FixedStump, ScoreJob } from "./job.ts";
import { writeOrientation } from "./orientation_block.ts";
import { flippedFrames, type PlacedSupervoxels, placeSupervoxels, poseArguments, TILE } from "./placed.ts";
import { fullBoxVoxels, poseReach, supervoxelRegion } from "./reach.ts";
import { type ColumnTable, integrateSource } from "./tables.ts";
import { createTestFeatureWriter } from "./test_features.ts";
import {
  boundingBox,
  framesAt,
  type OpenVolume,
  openVolume,
  readBlock,
  type VolumeBlock,
} from "./volume_block.ts";

/** What a worker holds open between the blocks of a score stage. */
export interface OpenScoreJob {
  readonly job: ScoreJob;
  readonly open: OpenVolume;
  readonly max: ZarrVolume;
  readonly min: ZarrVolume;
  readonly orientation: ZarrVolume | undefined;
}

/** Scores of a block's supervoxels: sums of alphas, in the frame and in the flipped frame. Addresses of f64 arrays. */
export interface Scores {
  readonly own: number;
  readonly flipped: number;
}

export async function openScoreJob(job: ScoreJob): Promise<OpenScoreJob> {
  return {
    job,
    open: await openVolume(job.volume),
    max: await openZarr(job.max),
    min: await openZarr(job.min),
    orientation: job.orientation === "" ? undefined : await openZarr(job.orientation),
  };
}

/** Computes a block and writes its chunks of max and min. */
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
  const grid = seedGrid(open.raw.shape, job.volume.slic);
  const segmentation = segment(kernels, block.raw, grid, supervoxelRegion(job.volume, write, open.raw.shape));
  const supervoxels = supervoxelsIn(kernels, segmentation, write, map);
  arena.release(inner);
  const frames = await framesAt(kernels, open, block, supervoxels.centroids);

  const poses = job.stumps.map((stump) => stump.pose);
  const reach = poseReach(poses, job.volume.anisotropy);
  const region = growRegion(boundingBox(supervoxels.centroids), reach, open.raw.shape);
  const capacity = Math.ceil(supervoxels.count / 4) * 4;
  const scores = { own: arena.alloc(capacity * 8), flipped: arena.alloc(capacity * 8) };
  arena.f64(scores.own, capacity).fill(0);
  arena.f64(scores.flipped, capacity).fill(0);
  const place = (of: Float32Array) =>
    placeSupervoxels(kernels, supervoxels.centroids, of, region, open.raw.shape, job.volume.anisotropy);
  const placed = place(frames);
  const saved = job.features === "" ? undefined : {
    writer: createTestFeatureWriter(job, write, open.raw.shape, opened.max.chunk, supervoxels),
    flipped: place(flippedFrames(frames)),
  };
  await forEachTable(kernels, block, stumpsByColumn(job.stumps), region, (table, stumps) => {
    voteAll(kernels, table, stumps, placed, scores);
    saved?.writer.addColumn(kernels, table, stumps, placed, saved.flipped);
  });

  const count = supervoxels.count;
  const own = arena.f64(scores.own, count).slice();
  const flipped = arena.f64(scores.flipped, count).slice();
  saved?.writer.finish(own, flipped);
  arena.release(inner);
  const values = arena.alloc(count * 4);
  const painted = arena.alloc(voxels * 4);
  for (const [target, pick] of [[opened.max, Math.max], [opened.min, Math.min]] as const) {
    const chosen = arena.f32(values, count);
    for (const [i, score] of own.entries()) chosen[i] = pick(score, flipped[i] ?? score);
    run.paintSupervoxels(map, voxels, values, painted);
    await writeRegion(target, write, arena.f32(painted, voxels));
  }
  if (opened.orientation) {
    await writeOrientation(kernels, open, block, opened.orientation, write, { map, own, flipped });
  }
  arena.release(begin);
}

/** Stumps by column, each with its place in the model. */
export type StumpsByColumn = ReadonlyMap<number, readonly (FixedStump & { readonly index: number })[]>;

/** Groups stumps by column; within a column they keep their order. */
export function stumpsByColumn(stumps: readonly FixedStump[]): StumpsByColumn {
  return groupBy(stumps.map((stump, index) => ({ ...stump, index })), ({ column }) => column);
}

/** Groups items by a key, in the order in which keys and items come, so that sums over groups are the same in every block. */
export function groupBy<T>(items: readonly T[], keyOf: (item: T) => number): Map<number, T[]> {
  const groups = new Map<number, T[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group) group.push(item);
    else groups.set(keyOf(item), [item]);
  }
  return groups;
}

/** Computes the tables of every column that has entries, source by source, and hands each out once. */
export async function forEachTable<T>(
  kernels: Kernels,
  block: VolumeBlock,
  byColumn: ReadonlyMap<number, T>,
  region: Region,
  use: (table: ColumnTable, entries: T) => void | Promise<void>,
): Promise<void> {
  const wanted = new Set(byColumn.keys());
  for (const source of block.volume.sources.keys()) {
    if (!block.volume.columns.some((column, c) => column.source === source && wanted.has(c))) continue;
    const mark = kernels.arena.mark();
    for (const table of await integrateSource(kernels, block, source, wanted, region)) {
      const entries = byColumn.get(table.column);
      if (entries !== undefined) await use(table, entries);
    }
    kernels.arena.release(mark);
  }
}

/** Bytes of a stump as `scorePose` takes it. */
const STUMP_BYTES = 24;

/** Adds the votes of one column's stumps to the scores; a box that several stumps look at is summed once. */
export function voteAll(
  { run, arena }: Kernels,
  { address }: Pick<ColumnTable, "address">,
  stumps: readonly FixedStump[],
  placed: PlacedSupervoxels,
  scores: Scores,
): void {
  const { setup, points, frames, capacity } = placed;
  const mark = arena.mark();
  const groups = [...groupBy(stumps, ({ pose }) => pose)].map(([pose, group]) => ({
    box: poseArguments(pose, placed),
    count: group.length,
    address: writeStumps(arena, group, placed.anisotropy),
  }));
  for (let begin = 0; begin < capacity; begin += TILE) {
    const end = Math.min(begin + TILE, capacity);
    for (const { box, count, address: group } of groups) {
      run.scorePose(
        address,
        setup,
        points,
        frames,
        begin,
        end,
        ...box,
        group,
        count,
        scores.own,
        scores.flipped,
      );
    }
  }
  arena.release(mark);
}

function writeStumps(arena: Kernels["arena"], stumps: readonly FixedStump[], anisotropy: number): number {
  const address = arena.alloc(stumps.length * STUMP_BYTES);
  const bytes = arena.u8(address, stumps.length * STUMP_BYTES);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (const [i, { pose, threshold, alpha }] of stumps.entries()) {
    view.setFloat64(i * STUMP_BYTES, threshold, true);
    view.setFloat64(i * STUMP_BYTES + 8, alpha, true);
    view.setBigInt64(i * STUMP_BYTES + 16, leastSum(threshold * fullBoxVoxels(pose, anisotropy)), true);
  }
  return address;
}

/** The least integer at or above a threshold, within what 64 bits hold. */
function leastSum(threshold: number): bigint {
  const limit = 2 ** 62;
  return BigInt(Math.min(limit, Math.max(-limit, Math.ceil(threshold))));
}
