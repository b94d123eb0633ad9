/** `outputOrientationEstimate`: the frame of every voxel, turned the way that won for its supervoxel. */
import type { Kernels } from "../kernels/mod.ts";
import { computeDenseFrames } from "../orientation/frames.ts";
import { type Region, voxelCount, type Zyx } from "../volume/region.ts";
import { readRegion, writeRegion, type ZarrVolume } from "../volume/zarr/mod.ts";
import type { OpenVolume, VolumeBlock } from "./volume_block.ts";

/** Which frame won, for every voxel of a write region. */
interface Winners {
  /** Address of the supervoxel's number (i32) of each voxel. */
  readonly map: number;
  /** Scores by supervoxel. */
  readonly own: Float64Array;
  readonly flipped: Float64Array;
}

/** e1, e2, e3 with x, y, z each. */
export const FRAME_COMPONENTS = 9;

/** Slices that are written at once, and depth of the array's chunks. */
const ORIENTATION_DEPTH = 8;

/** Chunks of the orientation: those of the scores, but thin, since a voxel has nine values. */
export function orientationChunk([z, y, x]: Zyx): Zyx {
  return [Math.min(z, ORIENTATION_DEPTH), y, x];
}

/** Writes the block's frames: e1 and e3 are negated where the flipped frame won, e2 never is. */
export async function writeOrientation(
  kernels: Kernels,
  open: OpenVolume,
  block: VolumeBlock,
  target: ZarrVolume,
  write: Region,
  winners: Winners,
): Promise<void> {
  const { arena } = kernels;
  const [, ny, nx] = write.shape;
  const plane = ny * nx;
  const mark = arena.mark();
  const slabs = Array.from({ length: FRAME_COMPONENTS }, () => arena.alloc(ORIENTATION_DEPTH * plane * 4));
  for (let z = 0; z < write.shape[0]; z += ORIENTATION_DEPTH) {
    const slab: Region = {
      start: [write.start[0] + z, write.start[1], write.start[2]],
      shape: [Math.min(ORIENTATION_DEPTH, write.shape[0] - z), ny, nx],
    };
    const voxels = voxelCount(slab.shape);
    await fillSlab(kernels, open, block, slab, slabs);
    const flips = flippedVoxels(arena.i32(winners.map + z * plane * 4, voxels), winners);
    for (const [component, address] of slabs.entries()) {
      const values = arena.f32(address, voxels);
      if (component < 3 || component >= 6) {
        for (const voxel of flips) values[voxel] = -(values[voxel] ?? 0);
      }
      await writeRegion(target, slab, values, component);
    }
  }
  arena.release(mark);
}

function flippedVoxels(map: Int32Array, { own, flipped }: Winners): Uint32Array {
  const voxels = new Uint32Array(map.length);
  let count = 0;
  for (const [voxel, supervoxel] of map.entries()) {
    if ((flipped[supervoxel] ?? 0) > (own[supervoxel] ?? 0)) voxels[count++] = voxel;
  }
  return voxels.subarray(0, count);
}

/** Frames of a slab, computed or read from the orientation file. */
async function fillSlab(
  kernels: Kernels,
  open: OpenVolume,
  block: VolumeBlock,
  slab: Region,
  slabs: readonly number[],
): Promise<void> {
  const { arena } = kernels;
  const { frames } = open.volume;
  const [, ny, nx] = slab.shape;
  if (frames.kind === "computed") {
    computeDenseFrames(kernels, block.raw, frames.sigma, slab, (z, planes) => {
      for (const [component, address] of slabs.entries()) {
        const to = arena.f32(address + (z - slab.start[0]) * ny * nx * 4, ny * nx);
        to.set(arena.f32(planes[component] ?? 0, ny * nx));
      }
    });
    return;
  }
  if (!open.frames) throw new Error("the orientation file is not open");
  for (const [component, address] of slabs.entries()) {
    await readRegion(open.frames, slab, arena.f32(address, voxelCount(slab.shape)), component);
  }
}
