/** What a volume file is, told by its first bytes and never by its name. */
import { UserError } from "../config/user_error.ts";
import { bytesPerVoxel, type SourceDtype } from "./dtype.ts";
import { fileState, openForReading } from "./file.ts";
import { isNrrdHeader } from "./nrrd_header.ts";
import { openNrrd } from "./nrrd_read.ts";
import { voxelCount, type Zyx } from "./region.ts";
import type { RowSource } from "./source.ts";
import { isTiffHeader } from "./tiff_directory.ts";
import { openTiff } from "./tiff_read.ts";
import type { VoxelSize } from "./voxel_size.ts";
import { openZarr } from "./zarr_array.ts";

/** Formats that can be read. */
export type VolumeFormat = "tiff" | "nrrd" | "zarr";

/** What is known about a volume file without reading its voxels. */
export interface VolumeDescription {
  readonly format: VolumeFormat;
  /** Size in voxels. */
  readonly shape: Zyx;
  readonly dtype: SourceDtype;
  /** Values per voxel. */
  readonly components: number;
  /** Undefined where the file does not tell it. */
  readonly voxelSize: VoxelSize | undefined;
  /** Bytes of all voxels, uncompressed. */
  readonly bytes: number;
}

/**
 * Describes a TIFF, NRRD or Zarr volume from its headers.
 * @throws UserError if it is missing, of another format, or cannot be read
 */
export async function describeVolumeFile(path: string): Promise<VolumeDescription> {
  const format = volumeFormat(path);
  if (format === "zarr") return describe(format, await openZarr(path));
  const source = await openRowSource(path, format);
  try {
    return describe(format, source);
  } finally {
    source.close();
  }
}

function describe(
  format: VolumeFormat,
  volume: Pick<RowSource, "shape" | "dtype" | "components" | "voxelSize">,
): VolumeDescription {
  const { shape, dtype, components, voxelSize } = volume;
  const bytes = voxelCount(shape) * components * bytesPerVoxel(dtype);
  return { format, shape, dtype, components, voxelSize, bytes };
}

/** Tells the format of a file or folder. @throws UserError if it is missing or none that can be read */
export function volumeFormat(path: string): VolumeFormat {
  const state = fileState(path);
  if (state === undefined) throw new UserError(`${path}: no such file or folder; check the path`);
  if (state.isDirectory) return "zarr";
  using file = openForReading(path);
  const head = new Uint8Array(8);
  const count = file.readSync(head) ?? 0;
  if (count >= 4 && isTiffHeader(head)) return "tiff";
  if (isNrrdHeader(head)) return "nrrd";
  const found = count === 0 ? "empty" : `begins with the bytes ${[...head.subarray(0, count)].join(" ")}`;
  throw new UserError(
    `${path}: ${found}; expected a TIFF or NRRD file or a Zarr folder: convert it to one of these`,
  );
}

/** Opens a TIFF or NRRD file for conversion. @throws UserError if it cannot be read */
export async function openRowSource(path: string, format: "tiff" | "nrrd"): Promise<RowSource> {
  return format === "tiff" ? await openTiff(path) : openNrrd(path);
}
