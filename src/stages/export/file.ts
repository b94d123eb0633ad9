/** Volumes as files of rows: NRRD, TIFF and HDF5. */
import { extname } from "node:path";
import { UserError } from "../../user_error.ts";
import { nextTurn } from "../../engine/mod.ts";
import {
  allocateVoxels,
  bytesOf,
  bytesPerVoxel,
  type Dtype,
  isBig,
  isInteger,
  type Voxels,
} from "../../volume/dtype.ts";
import { createHdf5, hdf5Place } from "../../volume/hdf5/write.ts";
import { createNrrd } from "../../volume/nrrd/write.ts";
import type { RowPlace, RowWriter } from "../../volume/output_file.ts";
import { type Region, voxelCount, type Zyx } from "../../volume/region.ts";
import { slabShape, slabsOfVolume } from "../../volume/slab.ts";
import { createTiff, type TiffDtype } from "../../volume/tiff/write.ts";
import { copyStrided } from "../../volume/unpack.ts";
import type { ExportView } from "./view.ts";

/** How to write a file. */
interface FileOptions {
  /** Bytes for voxels in memory; at least one row of chunks is read at a time whatever it says. */
  readonly memory: number;
  readonly signal?: AbortSignal | undefined;
  /** Whether an HDF5 file that exists is replaced. */
  readonly replaces?: boolean;
  /** Voxels done and voxels in all. */
  readonly onProgress?: (done: number, total: number) => void;
  /** Writes all slabs, in other threads perhaps; default: here, one after the other. */
  readonly writeSlabs?: (place: RowPlace) => Promise<void>;
}

/**
 * Writes a file in the format that its name ends with. It appears when it is complete and on the disk.
 * @returns the type of its voxels
 * @throws UserError if the format cannot hold the voxels or the file cannot be written
 * @throws the signal's reason when it is aborted; then there is no file
 */
export async function exportFile(view: ExportView, path: string, options: FileOptions): Promise<Dtype> {
  const narrow = options.writeSlabs ? undefined : await tiffType(view, path, options);
  const writer = createFile(view, path, narrow, options.replaces ?? false);
  try {
    if (options.writeSlabs) await options.writeSlabs(writer.place);
    else await writeSlabs(narrow === undefined ? view : asType(view, narrow), writer, options);
  } catch (cause) {
    writer.abandon();
    throw cause;
  }
  writer.complete();
  return narrow ?? view.dtype;
}

const TIFF = /\.tiff?$/i;
/** Types that TIFF files are written in, by what they hold; ImageJ makes floats of whole numbers of 32 bits. */
const TIFF_RANGES: readonly (readonly [dtype: TiffDtype, least: bigint, most: bigint])[] = [
  ["uint16", 0n, 0xffffn],
  ["int16", -0x8000n, 0x7fffn],
  ["uint32", 0n, 0xffffffffn],
];

/**
 * The type of a TIFF file for whole numbers of a type that such files do not hold, or that Fiji does not show as they are: 16 bits
 * where all fit, else 32. Undefined for other types and formats.
 */
async function tiffType(
  view: ExportView,
  path: string,
  { memory, signal }: FileOptions,
): Promise<TiffDtype | undefined> {
  const isKept = ["uint8", "uint16", "int16"].includes(view.dtype) || !isInteger(view.dtype);
  if (isKept || view.components !== 1 || !TIFF.test(path)) return undefined;
  let [least, most] = [0n, 0n];
  for (const slab of slabsOf(view, memory)) {
    await nextTurn();
    signal?.throwIfAborted();
    const [low, high] = endsOf((await view.read(slab))[0]);
    if (low < least) least = low;
    if (high > most) most = high;
  }
  const fit = TIFF_RANGES.find(([, from, to]) => least >= from && most <= to);
  if (fit !== undefined) return fit[0];
  throw new UserError(
    `${path}: values from ${least} to ${most}; TIFF can store integers from 0 to 4294967295; use .nrrd, .h5 or .ome.zarr`,
  );
}

/** The least and the largest of whole numbers, and 0. */
function endsOf(voxels: Voxels | undefined): readonly [least: bigint, most: bigint] {
  if (voxels !== undefined && isBig(voxels)) {
    let [least, most] = [0n, 0n];
    for (const value of voxels) {
      if (value < least) least = value;
      if (value > most) most = value;
    }
    return [least, most];
  }
  let [least, most] = [0, 0];
  for (const value of voxels ?? []) {
    if (value < least) least = value;
    if (value > most) most = value;
  }
  return [BigInt(least), BigInt(most)];
}

/** The same voxels as a type that holds them. */
function asType(view: ExportView, dtype: Dtype): ExportView {
  const narrow = (voxels: Voxels) => {
    const out = allocateVoxels(dtype, voxels.length);
    copyStrided("", voxels, 0, 1, out, 0, voxels.length, undefined);
    return out;
  };
  return { ...view, dtype, read: async (slab) => (await view.read(slab)).map(narrow) };
}

function createFile(
  view: ExportView,
  path: string,
  narrow: TiffDtype | undefined,
  replaces: boolean,
): RowWriter {
  const { shape, components, dtype, start } = view;
  const sizes = view.voxelSize === undefined ? {} : { voxelSize: view.voxelSize };
  const place = hdf5Place(path);
  if (place !== undefined) return createHdf5(place, { shape, components, dtype, ...sizes }, replaces);
  const extension = extname(path).toLowerCase();
  if (extension === ".nrrd") return createNrrd(path, { shape, components, dtype, start, ...sizes });
  if (extension !== ".tif" && extension !== ".tiff") {
    throw new UserError(
      `${path}: unknown format ${JSON.stringify(extension)}; use .ome.zarr, .nrrd, .tif, .tiff or .h5`,
    );
  }
  const written = narrow ?? dtype;
  if (!isTiffType(written) || components !== 1) {
    const found = `${dtype} with ${components} components per voxel`;
    throw new UserError(
      `${path}: ${found}; TIFF can store integers and float32 with 1; use .nrrd, .h5 or .ome.zarr`,
    );
  }
  return createTiff(path, { shape, dtype: written, ...sizes });
}

function isTiffType(dtype: Dtype): dtype is TiffDtype {
  return ["uint8", "uint16", "int16", "uint32", "float32"].includes(dtype);
}

async function writeSlabs(
  view: ExportView,
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
export function slabsOf(
  { shape, chunk, components, dtype, voxelBytes }: Omit<ExportView, "read">,
  memory: number,
): Generator<Region> {
  const interleavedBytes = components > 1 ? components * bytesPerVoxel(dtype) : 0;
  const slab = slabShape(shape, chunk, voxelBytes + interleavedBytes, memory);
  return slabsOfVolume(shape, slab);
}

/** Writes slabs of a view at their places, one at a time. */
export function slabWriter(
  view: ExportView,
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

function interleave(planes: readonly Voxels[], into: Voxels): Voxels {
  const length = planes[0]?.length ?? 0;
  if (isBig(into)) {
    for (const [component, plane] of planes.entries()) {
      for (let from = 0, to = component; from < length; from++, to += planes.length) {
        into[to] = BigInt(plane[from] ?? 0);
      }
    }
    return into.subarray(0, length * planes.length);
  }
  for (const [component, plane] of planes.entries()) {
    for (let from = 0, to = component; from < length; from++, to += planes.length) {
      into[to] = Number(plane[from] ?? 0);
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
