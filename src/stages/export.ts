/** Results as files that other programs open: NRRD and TIFF. */
import { extname } from "node:path";
import { UserError } from "../config/user_error.ts";
import { nextTurn } from "../engine/mod.ts";
import { allocateVoxels, bytesOf, bytesPerVoxel, type Dtype, type Voxels } from "../volume/dtype.ts";
import { createNrrd } from "../volume/nrrd_write.ts";
import type { RowWriter } from "../volume/output_file.ts";
import { type Region, voxelCount, type Zyx } from "../volume/region.ts";
import { slabShape, slabsOfBand, slabViews } from "../volume/slab.ts";
import { createTiff } from "../volume/tiff_write.ts";
import { readRegion, type ZarrVolume } from "../volume/zarr.ts";

/** How to export a volume. */
export interface ExportOptions {
  /** Makes the 8-bit voxels to write from float32 voxels, one by one: the result at an index depends on the input there alone. */
  readonly transform?: (voxels: Float32Array) => Uint8Array;
  /** Voxel size along z, y and x for NRRD headers; default 1. */
  readonly spacings?: Zyx;
  /** Bytes for voxels in memory, default 128 MiB; at least one row of chunks is read at a time whatever it says. */
  readonly memory?: number;
  /** Stops the export. */
  readonly signal?: AbortSignal;
  /** Voxels done and voxels in all. */
  readonly onProgress?: (done: number, total: number) => void;
}

const DEFAULT_MEMORY = 128 * 2 ** 20;

/**
 * Writes a volume to a file in the format that its name ends with: `.nrrd` (any type and number of components), `.tif` or
 * `.tiff` (uint8 or float32, one component). The file appears when it is complete and on the disk.
 *
 * @throws UserError if the format cannot hold the volume or the file cannot be written
 * @throws the signal's reason when it is aborted; then there is no file
 */
export async function exportVolume(
  volume: ZarrVolume,
  path: string,
  options: ExportOptions = {},
): Promise<void> {
  const { transform, memory = DEFAULT_MEMORY } = options;
  if (transform !== undefined && volume.dtype !== "float32") {
    throw new TypeError(`${volume.path}: a transform needs float32 voxels, not ${volume.dtype}`);
  }
  const dtype = transform === undefined ? volume.dtype : "uint8";
  const writer = createFile(volume, path, dtype, options.spacings);
  try {
    // The components, and beside them their interleaved or transformed copy.
    const voxelBytes = volume.components * (bytesPerVoxel(volume.dtype) + bytesPerVoxel(dtype));
    await writeSlabs(
      volume,
      writer,
      dtype,
      slabShape(volume.shape, volume.chunk, voxelBytes, memory),
      options,
    );
  } catch (cause) {
    writer.abandon();
    throw cause;
  }
  writer.complete();
}

function createFile(volume: ZarrVolume, path: string, dtype: Dtype, spacings: Zyx | undefined): RowWriter {
  const { shape, components } = volume;
  const extension = extname(path).toLowerCase();
  if (extension === ".nrrd") {
    return createNrrd(path, { shape, components, dtype, ...(spacings === undefined ? {} : { spacings }) });
  }
  if (extension !== ".tif" && extension !== ".tiff") {
    throw new UserError(
      `${path}: no format is called ${JSON.stringify(extension)}; use .nrrd, .tif or .tiff`,
    );
  }
  if (dtype === "uint32" || components !== 1) {
    const found = `${dtype} with ${components} components a voxel`;
    throw new UserError(`${path}: ${found}; TIFF files hold uint8 or float32 with one: use .nrrd`);
  }
  return createTiff(path, { shape, dtype });
}

async function writeSlabs(
  volume: ZarrVolume,
  writer: RowWriter,
  dtype: Dtype,
  slab: Zyx,
  { transform, signal, onProgress }: ExportOptions,
): Promise<void> {
  const { shape, components } = volume;
  const total = voxelCount(shape);
  const buffers = Array.from({ length: components }, () => allocateVoxels(volume.dtype, voxelCount(slab)));
  const interleaved = components === 1 ? undefined : allocateVoxels(dtype, voxelCount(slab) * components);
  let done = 0;
  for (let z = 0; z < shape[0]; z += slab[0]) {
    for (const region of slabsOfBand(shape, slab, z)) {
      await nextTurn();
      signal?.throwIfAborted();
      const planes: Voxels[] = [];
      for (const [component, plane] of slabViews(buffers, region).entries()) {
        await readRegion(volume, region, plane, component);
        planes.push(transform === undefined || !(plane instanceof Float32Array) ? plane : transform(plane));
      }
      const [first] = planes;
      const voxels = interleaved === undefined ? first : interleave(planes, interleaved);
      if (voxels !== undefined) writeRegionRows(writer, region, bytesOf(voxels), shape);
      onProgress?.(done += voxelCount(region.shape), total);
    }
  }
}

function interleave(planes: readonly Voxels[], into: Voxels): Voxels {
  const length = planes[0]?.length ?? 0;
  for (const [component, plane] of planes.entries()) {
    for (let from = 0, to = component; from < length; from++, to += planes.length) {
      into[to] = plane[from] ?? 0;
    }
  }
  return into.subarray(0, length * planes.length);
}

/** Puts the dense voxels of a region at their places in the file, in as few writes as its shape allows. */
function writeRegionRows(writer: RowWriter, region: Region, bytes: Uint8Array, shape: Zyx): void {
  const [depth, rows, columns] = region.shape;
  const row = bytes.length / (depth * rows);
  const [run, runs] = columns < shape[2]
    ? [row, depth * rows]
    : rows < shape[1]
    ? [row * rows, depth]
    : [bytes.length, 1];
  const rowsOfRun = run / row;
  const offset = region.start[2] * (writer.rowBytes / shape[2]);
  for (let index = 0; index < runs; index++) {
    const first = index * rowsOfRun;
    const z = region.start[0] + Math.floor(first / rows);
    const y = region.start[1] + first % rows;
    writer.writeRows(z, y, bytes.subarray(index * run, (index + 1) * run), offset);
  }
}
