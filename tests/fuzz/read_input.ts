/** Hands an input to its reader, as a run would. */
import { parseChannelName } from "../../src/channels/mod.ts";
import { readStumpFile } from "../../src/boosting/stump_file.ts";
import { loadSettings } from "../../src/config/settings.ts";
import { UserError } from "../../src/user_error.ts";
import { convertVolume } from "../../src/stages/convert/convert.ts";
import { allocateVoxels, bytesPerVoxel } from "../../src/volume/dtype.ts";
import type { BoxSource } from "../../src/volume/grid_source.ts";
import { describeVolumeFile, openVolume } from "../../src/volume/open.ts";
import type { RowSource } from "../../src/volume/source.ts";
import { voxelCount, wholeRegion, type Zyx } from "../../src/volume/region.ts";
import { readRegion, type ZarrVolume } from "../../src/volume/zarr/mod.ts";
import { regionOfChunk } from "../../src/volume/zarr/read.ts";
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
  const { shape, components } = await describeVolumeFile(path);
  const isLarge = voxelCount(shape) * components > MOST_VOXELS || Math.max(...shape) > 4096;
  if (isLarge || how === "rows") {
    const opened = await openVolume(path);
    if (opened.kind === "zarr") await readChunks(opened.volume, isLarge);
    else if (opened.kind === "rows") await readRows(opened.source, isLarge);
    else await readBoxes(opened.source, isLarge);
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
async function readRows(source: RowSource, isLarge: boolean): Promise<void> {
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

/** Reads the first component, of a large volume its first and last voxel. */
async function readBoxes(source: BoxSource, isLarge: boolean): Promise<void> {
  try {
    const last = source.shape.map((length) => length - 1) as unknown as Zyx;
    const regions = isLarge
      ? [{ start: [0, 0, 0], shape: [1, 1, 1] } as const, { start: last, shape: [1, 1, 1] } as const]
      : [wholeRegion(source.shape)];
    for (const region of regions) await source.readBox(region, [new Float32Array(voxelCount(region.shape))]);
  } finally {
    source.close();
  }
}
