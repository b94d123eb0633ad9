/** What a volume is, told by its contents and never by its name, and its opening. */
import { divideStack, isAddress, parseLocation, type PathTest } from "../config/location.ts";
import { type AxisPick, dividePick } from "../config/pick.ts";
import { readSmallText } from "../config/small_file.ts";
import { UserError } from "../user_error.ts";
import { openDigitalMicrograph } from "./digital_micrograph/read.ts";
import { isDmHeader } from "./digital_micrograph/tags.ts";
import { bytesPerVoxel, type SourceDtype } from "./dtype.ts";
import { fileState, isAFile, openForReading } from "./file.ts";
import type { BoxSource } from "./grid_source.ts";
import { HEAD_BYTES, isHdf5Header } from "./hdf5/signature.ts";
import { openHdf5 } from "./hdf5/read.ts";
import { knownFolder, knownFormat } from "./known_formats.ts";
import { isMrcHeader, openMrc } from "./mrc_read.ts";
import { isN5Folder, openN5, openN5IfThere } from "./n5/open.ts";
import { isNrrdHeader } from "./nrrd/header.ts";
import { openNrrd } from "./nrrd/read.ts";
import { isPngHeader, openPng } from "./png_read.ts";
import { voxelCount, type Zyx } from "./region.ts";
import { openSlices, slicesInFolder, slicesOfPattern } from "./slices.ts";
import type { RowSource } from "./source.ts";
import { isTiffHeader } from "./tiff/directory.ts";
import { isPrecomputedFolder, openPrecomputed, openPrecomputedIfThere } from "./precomputed/open.ts";
import { pickComponent } from "./pick_component.ts";
import { decodedHead, isNiftiHeader, openNifti } from "./nifti_read.ts";
import { openTiffStack } from "./tiff/planes.ts";
import { openTiff } from "./tiff/read.ts";
import type { VoxelSize } from "./voxel_size.ts";
import type { ZarrVolume } from "./zarr/array.ts";
import { ForbiddenError } from "./remote/failures.ts";
import { openZarrInput, type ZarrInput } from "./zarr/input.ts";
import { MAX_METADATA } from "./zarr/json.ts";
import { missingInGroup } from "./zarr/listing.ts";
import { folderPlace, readNode, remotePlace, type ZarrPlace } from "./zarr/place.ts";

/** Formats whose voxels come row by row. */
type RowFormat = Exclude<VolumeFormat, BoxFormat>;

/** Formats that can be read. `slices` are files of one slice each. */
export type VolumeFormat =
  | "tiff"
  | "nrrd"
  | "mrc"
  | "nifti"
  | "dm"
  | "png"
  | "slices"
  | "zarr"
  | "hdf5"
  | "n5"
  | "precomputed";

/** Formats of which any box can be read. */
type BoxFormat = Extract<VolumeFormat, "zarr" | "hdf5" | "n5" | "precomputed">;

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
    return path !== undefined && isAFile(path) && isHdf5Header(headOf(path)); // what is missing is told by whoever opens it
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

/** What messages say that can be read. */
const READABLE =
  "a TIFF, NRRD, MRC, DM3, DM4, NIfTI, HDF5 or PNG file, a folder of slices, or a folder of Zarr, N5 or precomputed";

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

/** Tells the format of a volume; of one on a web server only that it is in files of chunks. @throws UserError if it is missing or none that can be read */
export function volumeFormat(location: string): VolumeFormat {
  const place = parseLocation(divideStack(location).text, isThere);
  if (place.kind === "url") return "zarr";
  if (place.kind === "pattern") return "slices";
  if (place.kind === "inside") {
    const format = fileFormat(place.file);
    if (format === "hdf5") return format;
    throw new UserError(`${place.file}: not an HDF5 file, so it contains no ${place.inner}; leave that out`);
  }
  const state = fileState(place.path);
  if (state === undefined) {
    throw missingInGroup(place.path) ?? new UserError(`${location}: no such file or folder; check the path`);
  }
  if (!state.isDirectory) return fileFormat(place.path);
  const isZarr = ["zarr.json", ".zarray", ".zgroup", ".zattrs"].some((name) =>
    isThere(`${place.path}/${name}`)
  );
  if (isZarr) return "zarr";
  if (isN5Folder(place.path, smallText)) return "n5";
  if (isPrecomputedFolder(place.path, smallText)) return "precomputed";
  const inFolder = (name: string) =>
    isAFile(`${place.path}/${name}`) ? headOf(`${place.path}/${name}`) : undefined;
  const known = knownFolder(inFolder);
  if (known !== undefined) {
    throw new UserError(`${location}: ${known.name}; expected ${READABLE}: ${known.advice}`);
  }
  const called = /\.(zarr|n5)\/*$/i.exec(place.path)?.[1]?.toLowerCase();
  return called === "zarr" || called === "n5" ? called : "slices";
}

const isThere: PathTest = Object.assign((path: string) => fileState(path) !== undefined, { isFile: isAFile });

/** The text of a file; undefined where there is none, or none that can be metadata. */
function smallText(path: string): string | undefined {
  const state = fileState(path);
  const isSmall = state?.isFile === true && state.bytes <= MAX_METADATA;
  return isSmall ? readSmallText(path, MAX_METADATA, "metadata of a volume") : undefined;
}

function headOf(path: string): Uint8Array {
  using file = openForReading(path);
  const head = new Uint8Array(HEAD_BYTES);
  return head.subarray(0, file.readSync(head) ?? 0);
}

function fileFormat(path: string): Exclude<RowFormat, "slices"> | "hdf5" {
  const found = headOf(path);
  const count = found.length;
  if (count >= 4 && isTiffHeader(found)) return "tiff";
  if (isNrrdHeader(found)) return "nrrd";
  if (isPngHeader(found)) return "png";
  if (isHdf5Header(found)) return "hdf5";
  if (isMrcHeader(found)) return "mrc";
  if (isNiftiHeader(decodedHead(found))) return "nifti";
  if (isDmHeader(found)) return "dm";
  const known = knownFormat(found);
  if (known !== undefined) {
    throw new UserError(`${path}: ${known.name}; expected ${READABLE}: ${known.advice}`);
  }
  const begins = count === 0
    ? "the file is empty"
    : `this kind of file cannot be read: it begins with the bytes ${[...found.subarray(0, 8)].join(" ")}`;
  throw new UserError(`${path}: ${begins}; expected ${READABLE}: convert it to one of these`);
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
