/** What a setting does at a place: a part of a slice, computed as in learning. */
import { segmentBlock } from "../block/block_supervoxels.ts";
import { sampleBytes, supervoxelRegion } from "../block/reach.ts";
import { openVolume, readBlock } from "../block/volume_block.ts";
import { componentsOf } from "../channels/mod.ts";
import { channelOf } from "../block/columns.ts";
import { type Kernels, loadKernels } from "../kernels/mod.ts";
import { computedBytes, computedReach, computeRegion } from "../stages/channels_block.ts";
import type { ComputedVolume } from "../stages/stage_jobs.ts";
import { UserError } from "../user_error.ts";
import {
  growRegion,
  intersectRegions,
  type Region,
  voxelCount,
  wholeRegion,
  type Zyx,
} from "../volume/region.ts";
import type { ZarrVolume } from "../volume/zarr/mod.ts";
import { supervoxelJob } from "./grow.ts";
import type { PictureSubject, SettingPicture } from "./state.ts";

/** Voxels across of pictures, the largest first; what needs too much memory is shown smaller. */
const SIZES = [160, 128, 96, 64, 32, 16];
/** Of supervoxels, which are small. */
const MOST_FOR_SUPERVOXELS = 64;

/** What is asked for. */
export interface PictureTask {
  /** In the middle. */
  readonly at: Zyx;
  readonly anisotropy: number;
  readonly subject: PictureSubject;
  /** Bytes that may be used. */
  readonly memory: number;
}

/** Computes a picture. @throws {UserError} where there is too little memory for any */
export async function pictureOf(raw: ZarrVolume, task: PictureTask): Promise<SettingPicture> {
  const most = task.subject.kind === "supervoxels" ? MOST_FOR_SUPERVOXELS : Infinity;
  const regions = SIZES.filter((size) => size <= most).map((size) => regionAround(task.at, size, raw.shape));
  const write = regions.find((region) => bytesFor(raw, task, region) <= task.memory);
  if (!write) throw new UserError("there is too little memory to show this; start with a larger --memory");
  const kernels = await loadKernels();
  const values = task.subject.kind === "supervoxels"
    ? await bordersOf(kernels, raw, task, write)
    : await valuesOf(kernels, raw, task, write);
  const [, height, width] = write.shape;
  return { start: write.start, height, width, values: new Uint8Array(values.buffer).toBase64() };
}

function regionAround([z, y, x]: Zyx, size: number, shape: Zyx): Region {
  const start = (at: number, length: number) => Math.max(0, Math.min(length - size, at - size / 2));
  const region: Region = { start: [z, start(y, shape[1]), start(x, shape[2])], shape: [1, size, size] };
  return intersectRegions(region, wholeRegion(shape));
}

function computedOf(subject: Exclude<PictureSubject, { kind: "supervoxels" }>): ComputedVolume {
  return subject.kind === "channel"
    ? { kind: "channel", name: subject.name }
    : { kind: "orientation", sigma: subject.sigma };
}

function bytesFor(raw: ZarrVolume, { subject, anisotropy }: PictureTask, write: Region): number {
  if (subject.kind === "supervoxels") {
    const job = supervoxelJob(raw, anisotropy, subject.supervoxel);
    const read = supervoxelRegion(job, write, raw.shape).shape;
    return sampleBytes(job, read, write.shape);
  }
  const computed = computedOf(subject);
  const read = growRegion(write, computedReach(computed, anisotropy), raw.shape).shape;
  return computedBytes(computed, anisotropy, read, write.shape);
}

/** Of a channel its last component, which is the largest; of directions the first three, which lie across. */
async function valuesOf(
  kernels: Kernels,
  raw: ZarrVolume,
  { subject, anisotropy }: PictureTask,
  write: Region,
): Promise<Float32Array> {
  if (subject.kind === "supervoxels") throw new TypeError("supervoxels have no values");
  const computed = computedOf(subject);
  const read = growRegion(write, computedReach(computed, anisotropy), raw.shape);
  const addresses = await computeRegion(kernels, raw, { computed, anisotropy }, read, write);
  const last = subject.kind === "channel" ? componentsOf(channelOf(subject.name)) : 3;
  const shown = addresses.slice(subject.kind === "channel" ? last - 1 : 0, last);
  const voxels = voxelCount(write.shape);
  const values = new Float32Array(shown.length * voxels);
  for (const [i, address] of shown.entries()) values.set(kernels.arena.f32(address, voxels), i * voxels);
  return values;
}

/** 1 where a voxel is of another supervoxel than the next one to the right, 2 more where it is of another than the one below. */
async function bordersOf(
  kernels: Kernels,
  raw: ZarrVolume,
  { subject, anisotropy }: PictureTask,
  write: Region,
): Promise<Float32Array> {
  if (subject.kind !== "supervoxels") throw new TypeError("only supervoxels have borders");
  const open = await openVolume(supervoxelJob(raw, anisotropy, subject.supervoxel));
  const block = await readBlock(kernels, open, supervoxelRegion(open.volume, write, raw.shape));
  const voxels = voxelCount(write.shape);
  const map = kernels.arena.alloc(voxels * 4);
  segmentBlock(kernels, open, block, write, map);
  const numbers = kernels.arena.i32(map, voxels);
  const [, , width] = write.shape;
  return Float32Array.from(numbers, (number, i) => {
    const isRight = (i + 1) % width !== 0 && numbers[i + 1] !== number;
    const isBelow = i + width < voxels && numbers[i + width] !== number;
    return (isRight ? 1 : 0) + (isBelow ? 2 : 0);
  });
}
