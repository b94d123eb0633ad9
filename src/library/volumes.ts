/** Volumes for scripts: from any format to Zarr, and from Zarr to what viewers open. */
import type { RescaleSetting } from "../config/settings.ts";
import { callbackStage } from "../engine/mod.ts";
import { UserError } from "../user_error.ts";
import { convertVolume as convert } from "../stages/convert/convert.ts";
import { conversionNotes } from "../stages/convert/options.ts";
import {
  type Exported,
  exportedFile,
  exportVolume as exportTo,
  isMultiscaleName,
} from "../stages/export/export.ts";
import { exists } from "../run/work_folder.ts";
import { type Dtype, keptDtype } from "../volume/dtype.ts";
import { describeVolumeFile } from "../volume/open.ts";
import { type Region, voxelCount } from "../volume/region.ts";
import type { VoxelSize } from "../volume/voxel_size.ts";
import type { ZarrVolume } from "../volume/zarr/mod.ts";
import { reporterOf, type WorkOptions } from "./work_options.ts";

/** How to convert a volume. */
export interface ConvertOptions extends Pick<WorkOptions, "progress" | "signal"> {
  /**
   * Type of the voxels. Default: that of the file, float32 for float64, and uint8 with `rescale` or `labels`. An EM volume
   * and labels are `uint8`, a channel or an orientation `float32`.
   */
  readonly dtype?: Dtype;
  /** Which values become 0 and 255; `auto`: the percentiles 0.1 and 99.9. */
  readonly rescale?: RescaleSetting;
  /** The values are labels, and this is what they mean, as the key `labels` says: `0/255`, `ids`, `binary` and others. */
  readonly labels?: string;
  /** Voxel size in nm, if the file has none or a wrong one. */
  readonly voxelSize?: VoxelSize;
  /** Voxel size in z over voxel size in x and y; shapes the chunks. Default 1. */
  readonly anisotropy?: number;
  /** Whether an existing array is replaced. Default false. */
  readonly overwrite?: boolean;
}

/**
 * Converts a volume to the Zarr array `outZarr`, or resumes an interrupted conversion. A finished one is not repeated, and a
 * Zarr array that is already of the wanted type is opened where it is.
 *
 * @param input a file, a folder, a pattern such as `slices/*.tif`, `file.h5:/path`, or the address of a Zarr array
 * @returns the open volume
 * @throws {UserError} if the input cannot be read or is of another kind than asked for, another array is in the output's
 *   place, or it cannot be written
 */
export async function convertVolume(
  input: string,
  outZarr: string,
  options: ConvertOptions = {},
): Promise<ZarrVolume> {
  const { progress, signal, rescale, labels, voxelSize, anisotropy = 1 } = options;
  const found = await describeVolumeFile(input);
  const dtype = options.dtype ??
    (rescale === undefined && labels === undefined ? keptDtype(found.dtype) : "uint8");
  const reporter = reporterOf(progress);
  for (const note of found.notes ?? []) reporter.warn(note);
  const stage = callbackStage(reporter, `convert ${input}`, voxelCount(found.shape));
  const volume = await convert(input, outZarr, {
    dtype,
    rescale,
    labels,
    voxelSize,
    anisotropy,
    anyComponents: labels === undefined,
    keepsOthers: options.overwrite !== true,
    signal,
    ...conversionNotes(reporter, input, input),
    onProgress: stage.onDone,
  });
  stage.done();
  return volume;
}

/** What to write. */
export interface ExportOptions extends Pick<WorkOptions, "progress" | "signal"> {
  /** Default all of the volume. */
  readonly region?: Region;
  /** Writes uint8 voxels: 255 where a value is at least this, 0 elsewhere and where it is not a number. */
  readonly threshold?: number;
  /** Of OME-Zarr; default `labels` for whole numbers of 32 or 64 bits and what a threshold gives, else `image`. */
  readonly kind?: "image" | "labels";
  /** Voxel size in nm, instead of the volume's own. */
  readonly voxelSize?: VoxelSize;
  /** Voxel size in z over voxel size in x and y for OME-Zarr, where the size is not known; default 1. */
  readonly anisotropy?: number;
  /** Whether what exists is replaced, an HDF5 file with all that is in it. Default false. */
  readonly overwrite?: boolean;
}

/**
 * Writes a volume in the format that its name ends with: `.ome.zarr` (OME-Zarr 0.5, several resolutions),
 * `image.ome.zarr/labels/name`, `.nrrd`, `.tif`, `.h5` or `.h5:/path`. It appears when it is complete.
 *
 * @throws {UserError} if the format cannot hold the volume, something is in the file's place, or it cannot be written
 */
export async function exportVolume(
  volume: ZarrVolume,
  path: string,
  { progress, overwrite = false, ...options }: ExportOptions = {},
): Promise<Exported> {
  const replaced = isMultiscaleName(path) ? path : exportedFile(path);
  if (!overwrite && await exists(replaced)) {
    throw new UserError(`${replaced} already exists; choose another output, or pass overwrite: true`);
  }
  const voxels = voxelCount(options.region?.shape ?? volume.shape);
  const stage = callbackStage(reporterOf(progress), `export ${path}`, voxels);
  const onProgress = (done: number, all: number) => stage.onShare(done / all); // of a pyramid all its levels are counted
  const written = await exportTo(volume, path, { ...options, replaces: overwrite, onProgress });
  stage.done();
  return written;
}
