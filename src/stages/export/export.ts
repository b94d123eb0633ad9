/** Volumes as other programs open them: OME-Zarr, NRRD, TIFF, HDF5, and the surfaces of labels. */
import { reasonOf, UserError } from "../../user_error.ts";
import { type Dtype, isInteger, isWideInteger } from "../../volume/dtype.ts";
import { hdf5Place, requireNewHdf5 } from "../../volume/hdf5/write.ts";
import { labelsAttributes, type PyramidKind } from "../../volume/zarr/ome_metadata.ts";
import { describeShape, type Zyx } from "../../volume/region.ts";
import type { VoxelSize } from "../../volume/voxel_size.ts";
import { openZarr, type ZarrVolume } from "../../volume/zarr/mod.ts";
import { readGroupAttributes, requireReplaceableZarr, writeGroup } from "../../volume/zarr/group.ts";
import { exportFile } from "./file.ts";
import { exportMeshes } from "./meshes/export_meshes.ts";
import { createMeshFile, isMeshName, meshUnit } from "./meshes/mesh_files.ts";
import { exportPrecomputed, isPrecomputedName, requireReplaceablePrecomputed } from "./precomputed.ts";
import { exportPyramid, type PyramidOptions } from "./pyramid.ts";
import { type ExportView, exportView, type ViewOptions } from "./view.ts";

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

/** An image and the name of labels of it. */
interface LabelPlace {
  /** Folder of the image. */
  readonly image: string;
  readonly name: string;
}

/** Divides `image.ome.zarr/labels/name`; undefined where a path is none of labels. */
function labelPlace(path: string): LabelPlace | undefined {
  const match = /^(.*\.zarr)[/\\]labels[/\\]([\w-][\w.-]*)$/i.exec(path);
  return match === null ? undefined : { image: match[1] ?? "", name: match[2] ?? "" };
}

/** How many levels an image has. @throws UserError if there is no image */
function imageLevels({ image }: LabelPlace): number {
  const ome = readGroupAttributes(image)?.["ome"];
  const datasets = at(at(at(ome, "multiscales"), 0), "datasets");
  if (Array.isArray(datasets) && datasets.length > 0) return datasets.length;
  throw new UserError(`${image}: not an OME-Zarr image to which labels can be added; export the image first`);
}

function at(value: unknown, key: string | number): unknown {
  return typeof value === "object" && value !== null
    ? (value as Record<string | number, unknown>)[key]
    : undefined;
}

/**
 * Writes labels as `exportPyramid` does, at as many levels as their image has, and lists them with it. Where their voxel size is not known
 * it is the image's.
 *
 * @returns how many levels they have, and their voxel size
 * @throws UserError if there is no image, or it is of another size
 */
async function exportLabels(
  view: ExportView,
  place: LabelPlace,
  options: Omit<PyramidOptions, "kind">,
): Promise<Pick<ExportView, "voxelSize"> & { readonly levels: number }> {
  const { image, name } = place;
  const expected = imageLevels(place);
  const { shape, voxelSize: imageSize } = await openFullResolution(image);
  if (shape.join() !== view.shape.join()) {
    throw new UserError(
      `${view.name}: labels of ${describeShape(view.shape)} for an image of ${describeShape(shape)}; ` +
        `labels must cover the whole image: ${image}`,
    );
  }
  const voxelSize = view.voxelSize ?? imageSize;
  const sized = { ...view, voxelSize };
  const path = `${image}/labels/${name}`;
  const levels = await exportPyramid(sized, path, {
    ...options,
    kind: "labels",
    source: "../../",
    levels: expected,
  });
  const listed: unknown = at(readGroupAttributes(`${image}/labels`)?.["ome"], "labels");
  const names = Array.isArray(listed) ? listed.map(String).filter((other) => other !== name) : [];
  await writeGroup(`${image}/labels`, labelsAttributes([...names, name]));
  return { levels, voxelSize };
}

async function openFullResolution(image: string) {
  try {
    return await openZarr(`${image}/0`);
  } catch (cause) {
    throw new UserError(`${image}: its full resolution cannot be read: ${reasonOf(cause)}`, { cause });
  }
}
