/** What a volume is, told by its contents and never by its name. */
import { divideStack, parseLocation, type PathTest } from "../config/location.ts";
import { dividePick } from "../config/pick.ts";
import { readSmallText } from "../config/small_file.ts";
import { UserError } from "../user_error.ts";
import { bdvView, isBdvXml } from "./bdv_xml.ts";
import { isDmHeader } from "./digital_micrograph/tags.ts";
import { fileState, isAFile, openForReading } from "./file.ts";
import { HEAD_BYTES, isHdf5Header } from "./hdf5/signature.ts";
import { knownFolder, knownFormat } from "./known_formats.ts";
import { isMrcHeader } from "./mrc_read.ts";
import { isN5Folder } from "./n5/open.ts";
import { decodedHead, isNiftiHeader } from "./nifti_read.ts";
import { isNrrdHeader } from "./nrrd/header.ts";
import { isPngHeader } from "./png_read.ts";
import { isPrecomputedFolder } from "./precomputed/open.ts";
import { isTiffHeader } from "./tiff/directory.ts";
import { MAX_METADATA } from "./zarr/json.ts";
import { missingInGroup } from "./zarr/listing.ts";

/** Formats whose voxels come row by row. */
export type RowFormat = Exclude<VolumeFormat, BoxFormat>;

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
export type BoxFormat = Extract<VolumeFormat, "zarr" | "hdf5" | "n5" | "precomputed">;

/** What messages say that can be read. */
const READABLE =
  "a TIFF, NRRD, MRC, DM3, DM4, NIfTI, HDF5 or PNG file, a folder of slices, or a folder of Zarr, N5 or precomputed";

/** Whether a volume is named by the XML file of BigDataViewer. */
export function isBdvFile(location: string): boolean {
  const place = parseLocation(location, isThere);
  return place.kind === "path" && isAFile(place.path) && isBdvXml(headOf(place.path));
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
  if (!state.isDirectory) return isBdvFile(place.path) ? formatOfBdv(location) : fileFormat(place.path);
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

/** The format of the voxels that an XML file of BigDataViewer names; which view does not matter. */
function formatOfBdv(location: string): VolumeFormat {
  const { text, pick } = dividePick(location);
  const { channel = 0, time = 0 } = pick;
  return volumeFormat(bdvView(text, { channel, time }).location);
}

/** Whether something is at a path. */
export const isThere: PathTest = Object.assign((path: string) => fileState(path) !== undefined, {
  isFile: isAFile,
});

/** The text of a file; undefined where there is none, or none that can be metadata. */
function smallText(path: string): string | undefined {
  const state = fileState(path);
  const isSmall = state?.isFile === true && state.bytes <= MAX_METADATA;
  return isSmall ? readSmallText(path, MAX_METADATA, "metadata of a volume") : undefined;
}

/** The first bytes of a file. */
export function headOf(path: string): Uint8Array {
  using file = openForReading(path);
  const head = new Uint8Array(HEAD_BYTES);
  return head.subarray(0, file.readSync(head) ?? 0);
}

/** What a file holds. @throws UserError if that cannot be read */
export function fileFormat(path: string): Exclude<RowFormat, "slices"> | "hdf5" {
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
