/** Volumes as other programs open them: OME-Zarr, NRRD, TIFF, HDF5, and the surfaces of labels. */
import { UserError } from "../../user_error.ts";
import { type Dtype, isInteger, isWideInteger } from "../../volume/dtype.ts";
import { hdf5Place, requireNewHdf5 } from "../../volume/hdf5/write.ts";
import type { PyramidKind } from "../../volume/zarr/ome_metadata.ts";
import type { Zyx } from "../../volume/region.ts";
import type { VoxelSize } from "../../volume/voxel_size.ts";
import type { ZarrVolume } from "../../volume/zarr/mod.ts";
import { requireReplaceableZarr } from "../../volume/zarr/group.ts";
import { exportFile } from "./file.ts";
import { exportMeshes } from "./meshes/export_meshes.ts";
import { createMeshFile, isMeshName, meshUnit } from "./meshes/mesh_files.ts";
import { exportLabels, imageLevels, labelPlace } from "./labels.ts";
import { exportPrecomputed, isPrecomputedName, requireReplaceablePrecomputed } from "./precomputed.ts";
import { exportPyramid } from "./pyramid.ts";
import { exportView, type ViewOptions } from "./view.ts";

/** How to export a volume. */
export interface ExportOptions extends ViewOptions {
  /** Of OME-Zarr; default `labels` for whole numbers of 32 or 64 bits and what a threshold gives, else `image`. */
  readonly kind?: PyramidKind;
  /** What messages call the volume; default its path. */
  readonly name?: string;
  /** Voxel size in z over voxel size in x and y for OME-Zarr, where the size is not known; default 1. */
  readonly anisotropy?: number;
  /** Whether an HDF5 file that exists is replaced, with all that is in it. */
  readonly replaces?: boolean;
  /** Bytes for voxels in memory, default 128 MiB; at least one row of chunks is read at a time whatever it says. */
  readonly memory?: number;
  /** Stops the export. */
  readonly signal?: AbortSignal | undefined;
  /** Voxels done and voxels in all. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** What was written. */
export interface Exported {
  /** Size in voxels. */
  readonly shape: Zyx;
  /** Values per voxel. */
  readonly components: number;
  /** Type of the voxels. */
  readonly dtype: Dtype;
  /** Undefined where it is not known. */
  readonly voxelSize: VoxelSize | undefined;
  /** How many resolutions. */
  readonly levels: number;
  /** How many meshes, where these were written. */
  readonly meshes?: number;
}

const DEFAULT_MEMORY = 128 * 2 ** 20;

/** Names of outputs, for messages. */
export const EXPORT_FORMATS =
  ".ome.zarr, .ome.zarr/labels/name, .precomputed, .nrrd, .tif, .h5, .h5:/path, .obj or .stl";

/** Whether a name ends as one of the formats does. */
export function isExportName(path: string): boolean {
  return /\.(nrrd|tiff?)$/i.test(path) || isMultiscaleName(path) || isMeshName(path) ||
    hdf5Place(path) !== undefined;
}

/** @throws UserError if an output would remove what it is no new version of; to be asked before long work */
export function requireReplaceableExport(path: string, replaces = false): void {
  const place = hdf5Place(path);
  const labels = labelPlace(path);
  if (labels !== undefined) imageLevels(labels);
  if (place !== undefined && !replaces) requireNewHdf5(place);
  else if (isPrecomputedName(path)) requireReplaceablePrecomputed(path);
  else if (place === undefined && isMultiscaleName(path)) requireReplaceableZarr(path);
}

/** Whether a name is one of a multiscale volume: a folder, not a file. */
export function isMultiscaleName(path: string): boolean {
  return /\.zarr$/i.test(path) || isPrecomputedName(path) || labelPlace(path) !== undefined;
}

/** The file or folder that an output's name tells, without the dataset or the labels in it. */
export function exportedFile(path: string): string {
  return hdf5Place(path)?.file ?? labelPlace(path)?.image ?? path;
}

/**
 * Writes a volume in the format that its name ends with: `.zarr` (OME-Zarr 0.5 at several resolutions, any type and number of
 * components), `.precomputed` (Neuroglancer's own format, the same), `image.ome.zarr/labels/name` (labels of an image that is there), `.nrrd` (the same), `.h5` or `.hdf5`, perhaps with the dataset's path as in `max.h5:/scores/max` (the same, components last),
 * `.tif` or `.tiff` (uint8, uint16, int16 or float32, one component; other whole numbers in 16 bits where all fit, else 32), `.obj` or
 * `.stl` (the surface of each label). The file or folder appears when it is
 * complete and on the disk. Voxel sizes are written where they are known.
 *
 * @throws UserError if the format cannot hold the volume or the file cannot be written
 * @throws the signal's reason when it is aborted; then there is no file
 */
export async function exportVolume(
  volume: ZarrVolume,
  path: string,
  options: ExportOptions = {},
): Promise<Exported> {
  const { memory = DEFAULT_MEMORY, ...others } = options;
  const view = exportView(volume, others);
  const place = labelPlace(path);
  if (isMeshName(path)) {
    const file = createMeshFile(path, meshUnit(view.voxelSize, options.anisotropy));
    return { ...view, levels: 1, meshes: await exportMeshes(view, file, { ...others, memory }) };
  }
  if (!isMultiscaleName(path)) {
    const dtype = await exportFile(view, path, { ...others, memory });
    return { ...view, dtype, levels: 1 };
  }
  const isLabels = isWideInteger(view.dtype) || view.isMask || place !== undefined;
  const kind = options.kind ?? (isLabels ? "labels" : "image");
  if (kind === "labels" && !isInteger(view.dtype)) {
    throw new UserError(
      `${options.name ?? volume.path}: voxels are ${view.dtype}, but labels must be integers; export it ` +
        "as an image",
    );
  }
  if (place !== undefined) return { ...view, ...await exportLabels(view, place, { ...others, memory }) };
  const write = isPrecomputedName(path) ? exportPrecomputed : exportPyramid;
  const levels = await write(view, path, { ...others, kind, memory });
  return { ...view, levels };
}
