/** Which way synapses point, voxel by voxel: e3 of the frame that won, towards the vesicles. */
import { UserError } from "../../user_error.ts";
import type { Direction } from "../../analysis/synapse.ts";
import { unpackDirection } from "../../orientation/direction.ts";
import { type Region, voxelCount, type Zyx } from "../../volume/region.ts";
import { readRegion, type ZarrVolume } from "../../volume/zarr/mod.ts";
import { FRAME_COMPONENTS } from "../../block/orientation_block.ts";

/** Directions of the voxels of a volume. */
export interface DirectionSource {
  /** Size in voxels. */
  readonly shape: Zyx;
  /** Reads a region: the direction of each of its voxels by index, undefined where there is none. */
  read(region: Region): Promise<(voxel: number) => Direction | undefined>;
}

/** First component of e3 in an orientation. */
const E3 = 6;

/**
 * Directions in an array that scoring wrote, or the e3 of an orientation of 9 components (`outputOrientationEstimate`).
 * @throws {UserError} where it is neither
 */
export function directionSource(volume: ZarrVolume): DirectionSource {
  const { shape, dtype, components, path } = volume;
  if (dtype === "uint32" && components === 1) return { shape, read: (region) => readPacked(volume, region) };
  if (dtype === "float32" && components === FRAME_COMPONENTS) {
    return { shape, read: (region) => readOrientation(volume, region) };
  }
  throw new UserError(
    `${path}: ${components} components of ${dtype} a voxel; expected an orientation of 9 components of float32, as ` +
      "outputOrientationEstimate writes it, or the scores' own <i>-direction.zarr",
  );
}

async function readPacked(volume: ZarrVolume, region: Region) {
  const packed = new Uint32Array(voxelCount(region.shape));
  await readRegion(volume, region, packed);
  return (voxel: number) => unpackDirection(packed[voxel] ?? 0);
}

async function readOrientation(volume: ZarrVolume, region: Region) {
  const parts = [0, 1, 2].map(() => new Float32Array(voxelCount(region.shape)));
  for (const [axis, values] of parts.entries()) await readRegion(volume, region, values, E3 + axis);
  return (voxel: number): Direction | undefined => {
    const [x = 0, y = 0, z = 0] = parts.map((values) => values[voxel] ?? 0);
    const length = Math.sqrt(x * x + y * y + z * z);
    return length > 0 && length < Infinity ? [x / length, y / length, z / length] : undefined;
  };
}
