/** Hands an input to its reader, as a run would. */
import { parseChannelName } from "../../src/channels/mod.ts";
import { readStumpFile } from "../../src/boosting/stump_file.ts";
import { loadSettings } from "../../src/config/settings.ts";
import { UserError } from "../../src/config/user_error.ts";
import { convertVolume } from "../../src/stages/convert.ts";
import { allocateVoxels, bytesPerVoxel } from "../../src/volume/dtype.ts";
import { describeVolumeFile, openRowSource } from "../../src/volume/open.ts";
import { voxelCount, wholeRegion, type Zyx } from "../../src/volume/region.ts";
import { openZarr, readRegion, type ZarrVolume } from "../../src/volume/zarr.ts";
import { regionOfChunk } from "../../src/volume/zarr_read.ts";
import type { Seed } from "./seeds.ts";

/** Voxels up to which a volume is read as a whole; of larger ones the beginning and the end. */
const MOST_VOXELS = 1 << 16;

/** How a volume is read: row by row, or converted as a whole, in one slab or in as many as there can be. */
export type Reading = "rows" | "whole" | "slabs";

/** What a reader made of an input: `read`, or the message of its error for users. Any other error is thrown. */
export async function readInput(seed: Seed, path: string, out: string, how: Reading): Promise<string> {
  try {
    await read(seed, path, out, how);
    return "read";
  } catch (error) {
    if (error instanceof UserError) return error.message;
    throw error;
  }
}

async function read(seed: Seed, path: string, out: string, how: Reading): Promise<void> {
  if (seed.kind === "config") {
    await loadSettings(path, { isKnownChannel: (stem) => parseChannelName(stem) !== undefined });
    return;
  }
  if (seed.kind === "stumps") {
    await readStumpFile(path, { anisotropy: 2, columns: 17 });
    return;
  }
  const { format, shape, components } = await describeVolumeFile(path);
  const isLarge = voxelCount(shape) * components > MOST_VOXELS || Math.max(...shape) > 4096;
  if (isLarge || how === "rows") {
    if (format === "zarr") await readChunks(await openZarr(path), isLarge);
    else await readRows(path, format, isLarge);
    return;
  }
  const options = { dtype: seed.dtype, anisotropy: 1, ...(how === "slabs" ? { memory: 1 } : {}) };
  const volume = await convertVolume(path, out, options);
  await readChunks(volume, false);
}

/** Reads all components, of a large volume the first and the last chunk. */
async function readChunks(volume: ZarrVolume, isLarge: boolean): Promise<void> {
  const last = volume.shape.map((length, axis) => Math.ceil(length / (volume.chunk[axis] ?? 1)) - 1);
  const regions = isLarge
    ? ([[0, 0, 0], last] as unknown as Zyx[]).map((at) => regionOfChunk(volume, at))
    : [wholeRegion(volume.shape)];
  for (const region of regions) {
    const voxels = allocateVoxels(volume.dtype, voxelCount(region.shape));
    for (let c = 0; c < Math.min(volume.components, 16); c++) await readRegion(volume, region, voxels, c);
  }
}

/** Reads all rows, of a large volume the first and the last. */
async function readRows(path: string, format: "tiff" | "nrrd", isLarge: boolean): Promise<void> {
  const source = await openRowSource(path, format);
  try {
    const [depth, height, width] = source.shape;
    const row = width * source.components * bytesPerVoxel(source.dtype);
    if (isLarge) {
      await source.readRows(0, 0, 1, new Uint8Array(row));
      if (source.access === "random") await source.readRows(depth - 1, height - 1, 1, new Uint8Array(row));
      return;
    }
    for (let z = 0; z < depth; z++) await source.readRows(z, 0, height, new Uint8Array(height * row));
    await source.finish();
  } finally {
    source.close();
  }
}
