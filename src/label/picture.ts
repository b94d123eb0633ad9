/** What a setting does at a place: a part of a slice, computed as in learning. */
import { segmentBlock } from "../block/block_supervoxels.ts";
import { sampleBytes, supervoxelRegion } from "../block/reach.ts";
import { openVolume, readBlock } from "../block/volume_block.ts";
import type { VolumeJob } from "../block/volume_job.ts";
import type { Kernels } from "../kernels/mod.ts";
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

/** How a picture is computed of a part of a slice. */
interface Drawing {
  /** Voxels across at most. */
  readonly most: number;
  bytes(write: Region): number;
  values(kernels: Kernels, write: Region): Promise<Float32Array>;
}

/**
 * Computes a picture.
 * @param kernels whose memory takes what it needs meanwhile
 * @throws {UserError} where there is too little memory for any
 */
export async function pictureOf(
  raw: ZarrVolume,
  task: PictureTask,
  kernels: Kernels,
): Promise<SettingPicture> {
  const { at, anisotropy, subject, memory } = task;
  const { most, bytes, values } = subject.kind === "supervoxels"
    ? bordersOf(raw, supervoxelJob(raw, anisotropy, subject.supervoxel))
    : valuesOf(raw, computedOf(subject), anisotropy);
  const regions = SIZES.filter((size) => size <= most).map((size) => regionAround(at, size, raw.shape));
  const write = regions.find((region) => bytes(region) <= memory);
  if (!write) throw new UserError("there is too little memory to show this; start with a larger --memory");
  const mark = kernels.arena.mark();
  try {
    const found = await values(kernels, write);
    const [, height, width] = write.shape;
    return { start: write.start, height, width, values: new Uint8Array(found.buffer).toBase64() };
  } finally {
    kernels.arena.release(mark);
  }
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

/** Of a channel its last component, which is the largest; of directions the first three, which lie across. */
function valuesOf(raw: ZarrVolume, computed: ComputedVolume, anisotropy: number): Drawing {
  const reach = computedReach(computed, anisotropy);
  return {
    most: Infinity,
    bytes: (write) =>
      computedBytes(computed, anisotropy, growRegion(write, reach, raw.shape).shape, write.shape),
    async values(kernels, write) {
      const read = growRegion(write, reach, raw.shape);
      const addresses = await computeRegion(kernels, raw, { computed, anisotropy }, read, write);
      const shown = computed.kind === "channel" ? addresses.slice(-1) : addresses.slice(0, 3);
      const voxels = voxelCount(write.shape);
      const values = new Float32Array(shown.length * voxels);
      for (const [i, address] of shown.entries()) values.set(kernels.arena.f32(address, voxels), i * voxels);
      return values;
    },
  };
}

/** 1 where a voxel is of another supervoxel than the next one to the right, 2 more where it is of another than the one below. */
function bordersOf(raw: ZarrVolume, job: VolumeJob): Drawing {
  return {
    most: MOST_FOR_SUPERVOXELS,
    bytes: (write) => sampleBytes(job, supervoxelRegion(job, write, raw.shape).shape, write.shape),
    async values(kernels, write) {
      const open = await openVolume(job);
      const block = await readBlock(kernels, open, supervoxelRegion(job, write, raw.shape));
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
    },
  };
}
