/** Volumes as slabs, whatever they are stored in. */
import { allocateVoxels, type Dtype, type SourceDtype, type Voxels } from "../../volume/dtype.ts";
import type { FileIdentity } from "../../volume/file_identity.ts";
import { type OpenVolume, openVolume, type VolumeFormat } from "../../volume/open.ts";
import { type Region, voxelCount, type Zyx } from "../../volume/region.ts";
import { openBand } from "../../volume/slab.ts";
import { copyStrided } from "../../volume/unpack.ts";
import type { ValueMap } from "../../volume/value_map.ts";
import type { VoxelSize } from "../../volume/voxel_size.ts";
import { readRegion, type ZarrVolume } from "../../volume/zarr/mod.ts";
import { DEFAULT_MEMORY } from "./options.ts";

/** Of the memory for voxels, what chunks of a server under way may take besides. */
const SHARE_IN_FLIGHT = 1 / 4;

/** A volume that can be read slab by slab. */
export interface SlabSource {
  readonly path: string;
  readonly format: VolumeFormat;
  readonly shape: Zyx;
  readonly components: number;
  readonly dtype: SourceDtype;
  /** The channel and time point that were chosen of several. */
  readonly picked?: string;
  /** Voxels are places in a palette of colours. */
  readonly isPalette?: boolean;
  /** Why the voxels cannot be read, and what to do. */
  readonly unread?: string;
  readonly voxelSize?: VoxelSize | undefined;
  readonly files: readonly string[];
  /** What is told about how it is read. */
  readonly notes?: readonly string[] | undefined;
  /** Of a volume whose files cannot be looked at. */
  readonly identity?: FileIdentity | undefined;
  /** Of an array elsewhere, how many chunks were taken for absent because its server forbids them. */
  readonly forbidden?: (() => number) | undefined;
  /** `forward`: bands must be read in the order of the file; to reach a later one takes as long as to read all before. */
  readonly access: "random" | "forward";
  /** Bytes held at most while a slab is read, beside the slab. */
  readonly heldBytes: number;
  /** @param map what becomes of each value; unchanged unless given */
  band(slab: Zyx, z: number, spill: string, map?: ValueMap): Promise<{
    read(region: Region, outs: readonly Voxels[]): Promise<void>;
    close(): void;
  }>;
  finish(): Promise<void>;
  close(): void;
}

/**
 * Opens a volume for reading it slab by slab, once from the first slice to the last.
 *
 * @param location as of `describeVolumeFile`
 * @param dtype of the arrays that are read into
 * @param memory for voxels, bytes
 * @throws UserError if it cannot be read
 */
export async function openSlabs(location: string, dtype: Dtype, memory?: number): Promise<SlabSource> {
  return slabsOf(await openVolume(location, { checksAll: true }), dtype, memory);
}

/** An open volume as slabs; to be closed by the slabs' `close`. */
export function slabsOf(open: OpenVolume, dtype: Dtype, memory = DEFAULT_MEMORY): SlabSource {
  if (open.kind === "zarr") return zarrSlabs(open.volume);
  const { format, source } = open;
  if (open.kind === "rows") {
    const rows = open.source;
    return { ...rows, format, band: (slab, z, spill, map) => openBand(rows, slab, z, dtype, spill, map) };
  }
  const boxes = open.source;
  return {
    ...source,
    format,
    access: "random",
    band: (_slab, _z, _spill, map) =>
      Promise.resolve({
        read: (region, outs) => boxes.readBox(region, outs, map, memory * SHARE_IN_FLIGHT),
        close: () => {},
      }),
    finish: () => Promise.resolve(),
    close: () => boxes.close(),
  };
}

/** A part of a volume: nothing else is read, except what a source that goes forward only has to pass. */
export function croppedSlabs(source: SlabSource, { start: [z0, y0, x0], shape }: Region): SlabSource {
  const isToEnd = z0 + shape[0] === source.shape[0];
  return {
    ...source,
    shape,
    async band(slab, z, spill, map) {
      const depth = Math.min(slab[0], shape[0] - z);
      const band = await source.band([depth, slab[1], slab[2]], z0 + z, spill, map);
      return {
        read: ({ start: [z, y, x], shape }, outs) =>
          band.read({ start: [z0 + z, y0 + y, x0 + x], shape }, outs),
        close: () => band.close(),
      };
    },
    finish: () => isToEnd ? source.finish() : Promise.resolve(),
  };
}

/** Slabs of a Zarr array. */
function zarrSlabs(volume: ZarrVolume): SlabSource {
  const { path, shape, components, dtype, voxelSize } = volume;
  return {
    path,
    format: "zarr",
    shape,
    components,
    dtype,
    voxelSize,
    files: [path],
    access: "random",
    heldBytes: chunkMemory(volume),
    band: (_slab, _z, _spill, map) =>
      Promise.resolve({ read: (region, outs) => readComponents(volume, region, outs, map), close: () => {} }),
    finish: () => Promise.resolve(),
    close: () => {},
  };
}

async function readComponents(
  volume: ZarrVolume,
  region: Region,
  outs: readonly Voxels[],
  map: ValueMap | undefined,
): Promise<void> {
  const voxels = allocateVoxels(volume.dtype, voxelCount(region.shape));
  for (const [component, out] of outs.entries()) {
    await readRegion(volume, region, voxels, component);
    copyStrided(volume.path, voxels, 0, 1, out, 0, voxels.length, map);
  }
}

/** Bytes that reading a chunk takes: stored, decoded, and for what only zarrita decodes as an array of its own. */
export function chunkMemory({ chunkBytes, storage }: ZarrVolume): number {
  if (storage.kind === "other") return 4 * chunkBytes;
  return storage.codec === "none" ? chunkBytes : 2 * chunkBytes;
}
