/** Volumes as Neuroglancer precomputed: the levels of OME-Zarr, stored as Neuroglancer's own format. */
import { UserError } from "../../user_error.ts";
import { allocateVoxels, bytesOf, bytesPerVoxel } from "../../volume/dtype.ts";
import { removeIfExists, strangerAt } from "../../volume/file.ts";
import { writeInfo, writeScale, type WrittenScale } from "../../volume/precomputed/write.ts";
import { pyramidLevels } from "../../volume/pyramid.ts";
import { regionOfChunk } from "../../volume/zarr/read.ts";
import { voxelCount, zipAxes, type Zyx } from "../../volume/region.ts";
import { openZarr, readRegion, type ZarrVolume } from "../../volume/zarr/mod.ts";
import { exportPyramid, type PyramidOptions } from "./pyramid.ts";
import type { ExportView } from "./view.ts";

/** Types that Neuroglancer shows. */
const TYPES = ["uint8", "int8", "uint16", "int16", "uint32", "int32", "uint64", "float32"];

/** Whether a name is one of a precomputed volume, which is a folder. */
export function isPrecomputedName(path: string): boolean {
  return /\.precomputed$/i.test(path);
}

/** @throws UserError if a folder holds anything else than a precomputed volume as it is written here */
export function requireReplaceablePrecomputed(path: string): void {
  const other = strangerAt(path, (name) => /^(info(\..*partial)?|s\d+)$/.test(name));
  if (other === undefined) return;
  const found = other === path ? "is a file" : `contains ${other}`;
  throw new UserError(`${path}: ${found}, which would be lost; choose another output or move it away`);
}

/** Removes a precomputed volume, or what is there of one. @throws UserError if something else is there */
export function removePrecomputed(path: string): void {
  requireReplaceablePrecomputed(path);
  removeIfExists(path);
}

/**
 * Writes a precomputed volume in shards: an image, or a segmentation where the kind is labels. The folder appears when it is complete.
 * @returns how many resolutions it has
 * @throws UserError if Neuroglancer does not show such voxels, their size is not known, or a file cannot be written
 */
export async function exportPrecomputed(
  view: ExportView,
  path: string,
  options: PyramidOptions,
): Promise<number> {
  requireReplaceablePrecomputed(path);
  const { voxelSize, dtype } = view;
  if (voxelSize === undefined) {
    throw new UserError(
      `${path}: a precomputed volume needs a voxel size; give it with --voxel-size X,Y,Z in nm`,
    );
  }
  if (!TYPES.includes(dtype)) {
    throw new UserError(`${path}: voxels are ${dtype}, which Neuroglancer does not show; use .ome.zarr`);
  }
  const partial = `${path}.partial`, levels = `${path}.levels.zarr`;
  removePrecomputed(partial);
  try {
    await exportPyramid(view, levels, options);
    const count = await writeScales(view, voxelSize, levels, partial, options);
    removePrecomputed(path);
    Deno.renameSync(partial, path);
    return count;
  } finally {
    removeIfExists(partial);
    removeIfExists(levels);
  }
}

async function writeScales(
  { shape, start, dtype, components }: ExportView,
  voxelSize: Zyx,
  levels: string,
  path: string,
  { kind, signal }: PyramidOptions,
): Promise<number> {
  const scales: WrittenScale[] = [];
  for (const [index, { scale }] of pyramidLevels(shape, voxelSize).entries()) {
    const volume = await openZarr(`${levels}/${index}`, "any");
    const of: WrittenScale = {
      shape: volume.shape,
      chunk: volume.chunk,
      voxelSize: scaledBy(voxelSize, scale),
      // a whole number of voxels; where it is none, the level is shown up to half a voxel away
      offset: zipAxes((at, by) => Math.round(at / by), start, scale),
    };
    scales.push(of);
    await writeScale(path, index, of, (at) => readChunk(volume, at, signal));
  }
  const type = kind === "labels" ? "segmentation" : "image";
  await writeInfo(path, { type, dtype, channels: components, scales });
  return scales.length;
}

/** Size of a voxel of a coarser level, without what rounding adds to it. */
export function scaledBy(voxelSize: Zyx, scale: Zyx): Zyx {
  return zipAxes((a, b) => Number((a * b).toPrecision(12)), voxelSize, scale);
}

/** A chunk, `[channel, z, y, x]`, as far as it lies in the volume. */
export async function readChunk(volume: ZarrVolume, at: Zyx, signal?: AbortSignal): Promise<Uint8Array> {
  signal?.throwIfAborted();
  const region = regionOfChunk(volume, at);
  const count = voxelCount(region.shape);
  const bytes = new Uint8Array(volume.components * count * bytesPerVoxel(volume.dtype));
  const voxels = allocateVoxels(volume.dtype, count);
  for (let component = 0; component < volume.components; component++) {
    await readRegion(volume, region, voxels, component);
    bytes.set(bytesOf(voxels), component * count * bytesPerVoxel(volume.dtype));
  }
  return bytes;
}
