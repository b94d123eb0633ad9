/** Volumes as files of rows: NRRD, TIFF and HDF5. */
import { extname } from "node:path";
import { UserError } from "../../config/user_error.ts";
import { nextTurn } from "../../engine/mod.ts";
import { allocateVoxels, bytesOf, bytesPerVoxel, type Voxels } from "../../volume/dtype.ts";
import { createHdf5, hdf5Place } from "../../volume/hdf5/write.ts";
import { createNrrd } from "../../volume/nrrd/write.ts";
import type { RowPlace, RowWriter } from "../../volume/output_file.ts";
import { type Region, voxelCount, type Zyx } from "../../volume/region.ts";
import { slabShape, slabsOfBand } from "../../volume/slab.ts";
import { createTiff } from "../../volume/tiff/write.ts";
import type { ExportView } from "./view.ts";

/** How to write a file. */
export interface FileOptions {
  /** Bytes for voxels in memory; at least one row of chunks is read at a time whatever it says. */
  readonly memory: number;
  readonly signal?: AbortSignal;
  /** Voxels done and voxels in all. */
  readonly onProgress?: (done: number, total: number) => void;
  /** Writes all slabs, in other threads perhaps; default: here, one after the other. */
  readonly writeSlabs?: (place: RowPlace) => Promise<void>;
}

/**
 * Writes a file in the format that its name ends with. It appears when it is complete and on the disk.
 * @throws UserError if the format cannot hold the voxels or the file cannot be written
 * @throws the signal's reason when it is aborted; then there is no file
 */
export async function exportFile(view: ExportView, path: string, options: FileOptions): Promise<void> {
  const isShort = await fitsShort(view, path, options);
  const writer = createFile(view, path, isShort);
  try {
    if (options.writeSlabs) await options.writeSlabs(writer.place);
    else await writeSlabs(isShort ? asShorts(view) : view, writer, options);
  } catch (cause) {
    writer.abandon();
    throw cause;
  }
  writer.complete();
}

const TIFF = /\.tiff?$/i;
const MOST_SHORT = 0xffff;

/** Whether numbers of 32 bits are to be written as a TIFF and fit 16, which Fiji shows as they are; it makes floats of 32. */
async function fitsShort(view: ExportView, path: string, { memory, signal }: FileOptions): Promise<boolean> {
  if (view.dtype !== "uint32" || view.components !== 1 || !TIFF.test(path)) return false;
  for (const slab of slabsOf(view, memory)) {
    await nextTurn();
    signal?.throwIfAborted();
    const [voxels] = await view.read(slab);
    if (voxels?.some((value) => value > MOST_SHORT)) return false;
  }
  return true;
}

/** The same voxels of 16 bits each. */
function asShorts(view: ExportView): SlabView {
  return { ...view, read: async (slab) => (await view.read(slab)).map((voxels) => Uint16Array.from(voxels)) };
}

function createFile(view: ExportView, path: string, isShort: boolean): RowWriter {
  const { shape, components, dtype, start } = view;
  const sizes = view.voxelSize === undefined ? {} : { voxelSize: view.voxelSize };
  const place = hdf5Place(path);
  if (place !== undefined) return createHdf5(place, { shape, components, dtype, ...sizes });
  const extension = extname(path).toLowerCase();
  if (extension === ".nrrd") return createNrrd(path, { shape, components, dtype, start, ...sizes });
  if (extension !== ".tif" && extension !== ".tiff") {
    throw new UserError(
      `${path}: no format is called ${JSON.stringify(extension)}; use .ome.zarr, .nrrd, .tif, .tiff or .h5`,
    );
  }
  if (components !== 1) {
    const found = `${dtype} with ${components} components a voxel`;
    throw new UserError(`${path}: ${found}; TIFF files hold one: use .nrrd, .h5 or .ome.zarr`);
  }
  return createTiff(path, { shape, dtype: isShort ? "uint16" : dtype, ...sizes });
}

/** A view whose voxels may be of a type that volumes are not kept in. */
type SlabView = Omit<ExportView, "read"> & {
  read(region: Region): Promise<readonly (Voxels | Uint16Array)[]>;
};

async function writeSlabs(
  view: SlabView,
  writer: RowWriter,
  { signal, onProgress, ...options }: FileOptions,
): Promise<void> {
  const total = voxelCount(view.shape);
  const write = slabWriter(view, writer);
  let done = 0;
  for (const slab of slabsOf(view, options.memory)) {
    await nextTurn();
    signal?.throwIfAborted();
    await write(slab);
    onProgress?.(done += voxelCount(slab.shape), total);
  }
}

/** The slabs of a view of which each takes at most `memory` bytes. */
export function* slabsOf(
  { shape, chunk, components, dtype, voxelBytes }: Omit<ExportView, "read">,
  memory: number,
): Generator<Region> {
  const interleavedBytes = components > 1 ? components * bytesPerVoxel(dtype) : 0;
  const slab = slabShape(shape, chunk, voxelBytes + interleavedBytes, memory);
  for (let z = 0; z < shape[0]; z += slab[0]) yield* slabsOfBand(shape, slab, z);
}

/** Writes slabs of a view at their places, one at a time. */
export function slabWriter(
  view: SlabView,
  rows: Pick<RowWriter, "writeRows"> & { readonly place: Pick<RowPlace, "rowBytes"> },
): (slab: Region) => Promise<void> {
  let interleaved: Voxels | undefined;
  return async (slab) => {
    const planes = await view.read(slab);
    const [first] = planes;
    if (first === undefined) return;
    let voxels = first;
    if (view.components > 1) {
      const length = voxelCount(slab.shape) * view.components;
      if (interleaved === undefined || interleaved.length < length) {
        interleaved = allocateVoxels(view.dtype, length);
      }
      voxels = interleave(planes, interleaved);
    }
    writeRegionRows(rows, slab, bytesOf(voxels), view.shape);
  };
}

function interleave(planes: readonly (Voxels | Uint16Array)[], into: Voxels): Voxels {
  const length = planes[0]?.length ?? 0;
  for (const [component, plane] of planes.entries()) {
    for (let from = 0, to = component; from < length; from++, to += planes.length) {
      into[to] = plane[from] ?? 0;
    }
  }
  return into.subarray(0, length * planes.length);
}

/** Puts the dense voxels of a region at their places in the file, in as few writes as its shape allows. */
function writeRegionRows(
  { writeRows, place }: Parameters<typeof slabWriter>[1],
  region: Region,
  bytes: Uint8Array,
  shape: Zyx,
): void {
  const [depth, rows, columns] = region.shape;
  const row = bytes.length / (depth * rows);
  const [run, runs] = columns < shape[2]
    ? [row, depth * rows]
    : rows < shape[1]
    ? [row * rows, depth]
    : [bytes.length, 1];
  const rowsOfRun = run / row;
  const offset = region.start[2] * (place.rowBytes / shape[2]);
  for (let index = 0; index < runs; index++) {
    const first = index * rowsOfRun;
    const z = region.start[0] + Math.floor(first / rows);
    const y = region.start[1] + first % rows;
    writeRows(z, y, bytes.subarray(index * run, (index + 1) * run), offset);
  }
}
