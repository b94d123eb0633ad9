/** What the analyses take: an open volume, or one in memory. */
import {
  type VoxelSink,
  type VoxelSource,
  zarrBytes,
  zarrNumbers,
  zarrScores,
  zarrSink,
} from "../analysis/voxel_source.ts";
import type { Zyx } from "../volume/region.ts";
import type { ZarrVolume } from "../volume/zarr/mod.ts";

/** Scores: float32, or uint8 where they are probabilities. */
type ScoreSource = VoxelSource<Float32Array> | VoxelSource<Uint8Array>;

/** @throws {UserError} where voxels are neither float32 nor uint8 */
export function scoresFrom(volume: ZarrVolume | ScoreSource): ScoreSource {
  return isZarr(volume) ? zarrScores(volume) : volume;
}

/** @throws {UserError} where voxels are not uint8 */
export function labelsFrom(volume: ZarrVolume | VoxelSource<Uint8Array>): VoxelSource<Uint8Array> {
  return isZarr(volume) ? zarrBytes(volume) : volume;
}

/** Labels to write. @throws {UserError} where voxels are not uint8 */
export function labelsInto(volume: ZarrVolume | VoxelSink<Uint8Array>): VoxelSink<Uint8Array> {
  if (!isZarr(volume)) return volume;
  zarrBytes(volume); // checks its type
  return zarrSink(volume);
}

/** Numbers to write. @throws {UserError} where voxels are not uint32 */
export function numbersInto(volume: ZarrVolume | VoxelSink<Uint32Array>): VoxelSink<Uint32Array> {
  if (!isZarr(volume)) return volume;
  zarrNumbers(volume); // checks its type
  return zarrSink(volume);
}

/** Whether it is an open volume of the disk. */
export function isZarr(volume: ZarrVolume | { readonly shape: Zyx }): volume is ZarrVolume {
  return "storage" in volume;
}
