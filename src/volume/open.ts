/** Opening of volumes of any format. */
import { divideStack, isAddress, parseLocation } from "../config/location.ts";
import { type AxisPick, dividePick } from "../config/pick.ts";
import { UserError } from "../user_error.ts";
import { bdvView } from "./bdv_xml.ts";
import { openDigitalMicrograph } from "./digital_micrograph/read.ts";
import { bytesPerVoxel, type SourceDtype } from "./dtype.ts";
import { isAFile } from "./file.ts";
import {
  type BoxFormat,
  fileFormat,
  headOf,
  isBdvFile,
  isThere,
  type RowFormat,
  type VolumeFormat,
  volumeFormat,
} from "./format.ts";
import type { BoxSource } from "./grid_source.ts";
import { isHdf5Header } from "./hdf5/signature.ts";
import { openHdf5 } from "./hdf5/read.ts";
import { openMrc } from "./mrc_read.ts";
import { openN5, openN5IfThere } from "./n5/open.ts";
import { openNrrd } from "./nrrd/read.ts";
import { openPng } from "./png_read.ts";
import { voxelCount, type Zyx } from "./region.ts";
import { openSlices, slicesInFolder, slicesOfPattern } from "./slices.ts";
import type { RowSource } from "./source.ts";
import { openPrecomputed, openPrecomputedIfThere } from "./precomputed/open.ts";
import { pickComponent } from "./pick_axes.ts";
import { openNifti } from "./nifti_read.ts";
import { openTiffStack } from "./tiff/planes.ts";
import { openTiff } from "./tiff/read.ts";
import type { VoxelSize } from "./voxel_size.ts";
import type { ZarrVolume } from "./zarr/array.ts";
import { ForbiddenError } from "./remote/failures.ts";
import { openZarrInput, type ZarrInput } from "./zarr/input.ts";
import { folderPlace, readNode, remotePlace, type ZarrPlace } from "./zarr/place.ts";

export { type VolumeFormat, volumeFormat };

/** What is known about a volume without reading its voxels. */
export interface VolumeDescription {
  /** Told by the contents, never by the name. */
  readonly format: VolumeFormat;
  /** Size in voxels. */
  readonly shape: Zyx;
  /** Type of the voxels as they are stored. */
  readonly dtype: SourceDtype;
  /** Values per voxel. */
  readonly components: number;
  /** Voxels are places in a palette of colours: labels they may be, an image not. */
  readonly isPalette?: boolean;
  /** Undefined where the file does not tell it. */
  readonly voxelSize: VoxelSize | undefined;
  /** Bytes of all voxels, uncompressed. */
  readonly bytes: number;
  /** What is to be known about how it is read: what the file did not say, or said otherwise; absent where there is nothing. */
  readonly notes?: readonly string[];
  /** How its chunks are stored, for people. */
  readonly storage?: string;
  /** Why its voxels cannot be read, and what to do. */
  readonly unread?: string;
}

/** An open volume, in the way in which it can be read. */
export type OpenVolume =
  /** An array of this machine that is read where it is. */
  | { readonly kind: "zarr"; readonly format: "zarr"; readonly volume: ZarrVolume }
  | { readonly kind: "boxes"; readonly format: BoxFormat; readonly source: BoxSource }
  | { readonly kind: "rows"; readonly format: RowFormat; readonly source: RowSource };

/** Least budget of a process that reads HDF5, bytes: its library takes 48 to 56 MiB more than other formats. */
const HDF5_MEMORY = 184 * 2 ** 20;

/** Least budget of a process that reads these volumes, as far as their formats decide, bytes; 0 where they do not. */
export function readingMemory(locations: readonly string[]): number {
  const isHdf5 = (location: string) => {
    const place = parseLocation(divideStack(location).text, isThere);
    const path = place.kind === "inside" ? place.file : place.kind === "path" ? place.path : undefined;
    if (path === undefined || !isAFile(path)) return false; // what is missing is told by whoever opens it
    return isBdvFile(path) ? volumeFormat(location) === "hdf5" : isHdf5Header(headOf(path));
  };
  return locations.some(isHdf5) ? HDF5_MEMORY : 0;
}

/** @throws UserError where a budget for the whole process does not hold what reading a volume takes of itself */
export function requireProcessMemory(location: string, memory: number): void {
  if (memory >= HDF5_MEMORY || volumeFormat(location) !== "hdf5") return;
  throw new UserError(
    `${location}: reading HDF5 needs more memory; use at least --memory ${HDF5_MEMORY / 2 ** 20}MiB`,
  );
}

/**
 * Describes a volume from its headers.
 *
 * @param location a file, a folder, a pattern such as `slices/*.tif`, `file.h5:/path`, or an address of an array
 * @throws UserError if it is missing, of another format, or cannot be read
 */
export async function describeVolumeFile(location: string): Promise<VolumeDescription> {
  const open = await openVolume(location);
  try {
    const { shape, dtype, components, voxelSize, notes = [] } = open.kind === "zarr"
      ? open.volume
      : open.source;
    const bytes = voxelCount(shape) * components * bytesPerVoxel(dtype);
    const { storage, unread }: Pick<BoxSource, "storage" | "unread"> = open.kind === "boxes"
      ? open.source
      : {};
    const stored = {
      ...(open.kind === "rows" && open.source.isPalette === true ? { isPalette: true } : {}),
      ...(storage === undefined ? {} : { storage }),
      ...(unread === undefined ? {} : { unread }),
      ...(notes.length > 0 ? { notes } : {}),
    };
    return { ...stored, format: open.format, shape, dtype, components, voxelSize, bytes };
  } finally {
    if (open.kind !== "zarr") open.source.close();
  }
}

/** How to open a stack of slices. */
interface OpenOptions {
  /** Looks at every file, not only at the first and the last. */
  readonly checksAll?: boolean;
  /** Whether the files are the slices, whatever their names tell. */
  readonly isAsListed?: boolean;
}

/**
 * Opens a volume for reading.
 *
 * @param location as of `describeVolumeFile`
 * @throws UserError if it is missing, of another format, or cannot be read
 */
export async function openVolume(given: string, options: OpenOptions = {}): Promise<OpenVolume> {
  const stack = divideStack(given);
  if (stack.isAsListed) return await openVolume(stack.text, { ...options, isAsListed: true });
  const { text: location, pick } = isThere(given) ? { text: given, pick: {} } : dividePick(given);
  if (isBdvFile(location)) return await openBdv(location, pick);
  const format = volumeFormat(location);
  if (isAddress(location)) return await openAddress(remotePlace(location), pick);
  if (format === "zarr") return openedZarr(await openZarrInput(folderPlace(location), pick));
  if (format === "n5") return { kind: "boxes", format, source: await openN5(folderPlace(location), pick) };
  if (format === "precomputed") {
    return { kind: "boxes", format, source: await openPrecomputed(folderPlace(location), pick) };
  }
  if (format === "hdf5") {
    const place = parseLocation(location, isThere);
    const [file, inner] = place.kind === "inside"
      ? [place.file, place.inner]
      : [location, undefined] as const;
    return { kind: "boxes", format, source: await openHdf5(file, inner, location, pick) };
  }
  return { kind: "rows", format, source: await openRowSource(location, format, options, pick) };
}

async function openBdv(path: string, pick: AxisPick): Promise<OpenVolume> {
  const { location, voxelSize } = bdvView(path, pick);
  const open = await openVolume(location);
  if (open.kind !== "boxes") throw new UserError(`${path}: names ${location}, which is neither HDF5 nor N5`);
  const { source } = open;
  const known = voxelSize ?? source.voxelSize;
  return { ...open, source: { ...source, voxelSize: known, files: [...source.files, path] } };
}

/** Opens what is on a web server, where files tell the format that are asked for one after the other. */
async function openAddress(place: ZarrPlace, pick: AxisPick): Promise<OpenVolume> {
  let forbidden: ForbiddenError | undefined;
  const node = await readNode(place).catch((cause: unknown) => {
    if (!(cause instanceof ForbiddenError)) throw cause;
    forbidden = cause;
    return undefined;
  });
  if (node === undefined) {
    const n5 = await openN5IfThere(place, pick);
    if (n5 !== undefined) return { kind: "boxes", format: "n5", source: n5 };
    const precomputed = await openPrecomputedIfThere(place, pick);
    if (precomputed !== undefined) return { kind: "boxes", format: "precomputed", source: precomputed };
  }
  if (forbidden !== undefined) throw forbidden;
  return openedZarr(await openZarrInput(place, pick, node));
}

function openedZarr(input: ZarrInput): OpenVolume {
  return input.kind === "volume"
    ? { kind: "zarr", format: "zarr", volume: input.volume }
    : { kind: "boxes", format: "zarr", source: input.source };
}

/** Opens a volume whose voxels come row by row. @throws UserError if it cannot be read */
export async function openRowSource(
  location: string,
  format: RowFormat,
  options: OpenOptions = {},
  pick: AxisPick = {},
): Promise<RowSource> {
  switch (format) {
    case "tiff":
      return await openTiffStack(location, pick);
    case "nrrd":
      return pickComponent(openNrrd(location), pick);
    case "mrc":
      return pickComponent(openMrc(location), pick);
    case "nifti":
      return openNifti(location, pick);
    case "dm":
      return pickComponent(openDigitalMicrograph(location), pick);
    case "png":
      return pickComponent(openPng(location), pick);
    case "slices": {
      const isPattern = parseLocation(location, isThere).kind === "pattern";
      const files = isPattern ? slicesOfPattern(location) : slicesInFolder(location);
      return pickComponent(await openSlices(location, files, openSlice, options), pick);
    }
  }
}

async function openSlice(path: string): Promise<RowSource> {
  const format = fileFormat(path);
  // A slice is its own page, whatever it says of others that belong to it.
  if (format === "tiff") return await openTiff(path, true);
  if (format !== "hdf5") return await openRowSource(path, format);
  throw new UserError(`${path}: an HDF5 file cannot be a slice of a stack; use it alone`);
}
