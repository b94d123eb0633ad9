/** Reading of regions of volumes. */
import { copyBox, fillBox } from "../box.ts";
import { bytesOf, bytesPerVoxel, dtypeOf, type Voxels } from "../dtype.ts";
import {
  describeRegion,
  intersectRegions,
  type Region,
  regionContains,
  regionEnd,
  voxelCount,
  wholeRegion,
  zipAxes,
  type Zyx,
} from "../region.ts";
import type { ZarrVolume } from "./array.ts";
import { chunkScratch, fillBytes, loadChunk } from "./chunk.ts";

/**
 * Reads a region into a dense array `[z, y, x]`. One chunk is in memory at a time.
 *
 * @param region must lie inside the volume
 * @param out of the volume's voxel type and at least as long as the region has voxels; may be a view of WebAssembly
 *   memory, which must not grow meanwhile
 * @throws RangeError if the region or `out` does not fit the volume
 * @throws DamagedError if a chunk is damaged
 */
export async function readRegion(
  volume: ZarrVolume,
  region: Region,
  out: Voxels,
  component = 0,
): Promise<void> {
  checkRequest(volume, region, out, component);
  const whole = { bytes: bytesOf(out), shape: region.shape, origin: region.start };
  await readInto(volume, region, whole, component);
}

function checkRequest(volume: ZarrVolume, region: Region, out: Voxels, component: number): void {
  if (!regionContains(wholeRegion(volume.shape), region) || Math.min(...region.shape) < 0) {
    throw new RangeError(`region ${describeRegion(region)} is not inside ${volume.path} [${volume.shape}]`);
  }
  if (dtypeOf(out) !== volume.dtype || out.length < voxelCount(region.shape)) {
    throw new RangeError(
      `region ${describeRegion(region)} of ${volume.path} needs ${voxelCount(region.shape)} voxels of ` +
        `${volume.dtype}, not ${out.length} of ${dtypeOf(out)}`,
    );
  }
  if (!Number.isInteger(component) || component < 0 || component >= volume.components) {
    throw new RangeError(`${volume.path} has ${volume.components} components, so no component ${component}`);
  }
}

async function readInto(
  volume: ZarrVolume,
  region: Region,
  target: { readonly bytes: Uint8Array; readonly shape: Zyx; readonly origin: Zyx },
  component: number,
): Promise<void> {
  if (voxelCount(region.shape) === 0) return;
  const voxelBytes = bytesPerVoxel(volume.dtype);
  const scratch = chunkScratch(volume);
  const fill = fillBytes(volume);
  for (const at of chunksOf(region, volume.chunk)) {
    const chunkStart = zipAxes((index, length) => index * length, at, volume.chunk);
    const common = intersectRegions(region, { start: chunkStart, shape: volume.chunk });
    const start = zipAxes((a, b) => a - b, common.start, chunkStart);
    const slices = [start[0], start[0] + common.shape[0]] as const;
    const bytes = await loadChunk(volume, component, at, slices, scratch);
    const to = {
      bytes: target.bytes,
      shape: target.shape,
      start: zipAxes((a, b) => a - b, common.start, target.origin),
    };
    if (bytes === undefined) fillBox(to, common.shape, fill);
    else copyBox({ bytes, shape: volume.chunk, start }, to, common.shape, voxelBytes);
  }
}

/** The part of a volume that a chunk holds. */
export function regionOfChunk(volume: Pick<ZarrVolume, "shape" | "chunk">, at: Zyx): Region {
  const start = zipAxes((index, length) => index * length, at, volume.chunk);
  return intersectRegions({ start, shape: volume.chunk }, wholeRegion(volume.shape));
}

/** The indices of all chunks that meet a region, in the order of memory. */
export function* chunksOf(region: Region, chunk: Zyx): Generator<Zyx> {
  const first = zipAxes((s, c) => Math.floor(s / c), region.start, chunk);
  const end = zipAxes((e, c) => Math.ceil(e / c), regionEnd(region), chunk);
  for (let z = first[0]; z < end[0]; z++) {
    for (let y = first[1]; y < end[1]; y++) {
      for (let x = first[2]; x < end[2]; x++) yield [z, y, x];
    }
  }
}
