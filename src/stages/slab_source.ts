/** Volumes as slabs, whatever file they are in. */
import { allocateVoxels, type SourceDtype, type Voxels } from "../volume/dtype.ts";
import { openRowSource } from "../volume/open.ts";
import { type Region, voxelCount, type Zyx } from "../volume/region.ts";
import { openBand } from "../volume/slab.ts";
import type { VoxelSize } from "../volume/voxel_size.ts";
import { readRegion, type ZarrVolume } from "../volume/zarr.ts";

/** A volume that can be read slab by slab. */
export interface SlabSource {
  readonly path: string;
  readonly shape: Zyx;
  readonly components: number;
  readonly dtype: SourceDtype;
  readonly voxelSize?: VoxelSize | undefined;
  readonly files: readonly string[];
  /** `forward`: bands must be read in the order of the file; to reach a later one takes as long as to read all before. */
  readonly access: "random" | "forward";
  /** Bytes held at most while a slab is read, beside the slab. */
  readonly heldBytes: number;
  band(slab: Zyx, z: number, spill: string): Promise<{
    read(region: Region, outs: readonly Voxels[]): Promise<void>;
    close(): void;
  }>;
  finish(): Promise<void>;
  close(): void;
}

/** Slabs of a TIFF or NRRD file. */
export async function rowSlabs(
  path: string,
  format: "tiff" | "nrrd",
  dtype: "uint8" | "float32",
): Promise<SlabSource> {
  const source = await openRowSource(path, format);
  return { ...source, band: (slab, z, spill) => openBand(source, slab, z, dtype, spill) };
}

/** Slabs of a Zarr array. */
export function zarrSlabs(volume: ZarrVolume): SlabSource {
  const { path, shape, components, dtype, voxelSize } = volume;
  return {
    path,
    shape,
    components,
    dtype,
    voxelSize,
    files: [path],
    access: "random",
    heldBytes: chunkMemory(volume),
    band: () =>
      Promise.resolve({ read: (region, outs) => readComponents(volume, region, outs), close: () => {} }),
    finish: () => Promise.resolve(),
    close: () => {},
  };
}

async function readComponents(volume: ZarrVolume, region: Region, outs: readonly Voxels[]): Promise<void> {
  const voxels = allocateVoxels(volume.dtype, voxelCount(region.shape));
  for (const [component, out] of outs.entries()) {
    await readRegion(volume, region, voxels, component);
    out.set(voxels);
  }
}

/** Bytes that reading a chunk takes: stored, decoded, and for what only zarrita decodes as an array of its own. */
export function chunkMemory({ chunkBytes, storage }: ZarrVolume): number {
  if (storage.kind === "other") return 4 * chunkBytes;
  return storage.codec === "none" ? chunkBytes : 2 * chunkBytes;
}
