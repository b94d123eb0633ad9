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

/** Voxels up to which a volume is converted as a whole; of larger ones the beginning and the end are read. */
const MOST_VOXELS = 1 << 16;

/** What a reader made of an input: `read`, or the message of its error for users. Any other error is thrown. */
export async function readInput(seed: Seed, path: string, out: string, isFrugal: boolean): Promise<string> {
  try {
    await read(seed, path, out, isFrugal);
    return "read";
  } catch (error) {
    if (error instanceof UserError) return error.message;
    throw error;
  }
}

async function read(seed: Seed, path: string, out: string, isFrugal: boolean): Promise<void> {
  if (seed.kind === "config") {
    await loadSettings(path, { isKnownChannel: (stem) => parseChannelName(stem) !== undefined });
    return;
  }
  if (seed.kind === "stumps") {
    await readStumpFile(path, { anisotropy: 2, columns: 17 });
    return;
  }
  const { format, shape, components } = await describeVolumeFile(path);
  if (voxelCount(shape) * components > MOST_VOXELS || Math.max(...shape) > 4096) {
    if (format === "zarr") await readEnds(await openZarr(path));
    else await readRowsAtEnds(path, format);
    return;
  }
  const options = { dtype: seed.dtype, anisotropy: 1, ...(isFrugal ? { memory: 1 } : {}) };
  const volume = await convertVolume(path, out, options);
  const voxels = allocateVoxels(volume.dtype, voxelCount(volume.shape));
  for (let c = 0; c < volume.components; c++) await readRegion(volume, wholeRegion(volume.shape), voxels, c);
}

async function readEnds(volume: ZarrVolume): Promise<void> {
  const last = volume.shape.map((length, axis) => Math.ceil(length / (volume.chunk[axis] ?? 1)) - 1);
  for (const at of [[0, 0, 0], last] as unknown as Zyx[]) {
    const region = regionOfChunk(volume, at);
    await readRegion(
      volume,
      region,
      allocateVoxels(volume.dtype, voxelCount(region.shape)),
      volume.components - 1,
    );
  }
}

async function readRowsAtEnds(path: string, format: "tiff" | "nrrd"): Promise<void> {
  const source = await openRowSource(path, format);
  try {
    const [depth, height, width] = source.shape;
    const row = new Uint8Array(width * source.components * bytesPerVoxel(source.dtype));
    await source.readRows(0, 0, 1, row);
    if (source.access === "random") await source.readRows(depth - 1, height - 1, 1, row);
  } finally {
    source.close();
  }
}
