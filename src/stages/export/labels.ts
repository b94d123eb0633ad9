/** Labels written into the OME-Zarr image that they belong to, where viewers show them over it. */
import { reasonOf, UserError } from "../../user_error.ts";
import { describeShape } from "../../volume/region.ts";
import { labelsAttributes } from "../../volume/zarr/ome_metadata.ts";
import { openZarr } from "../../volume/zarr/mod.ts";
import { readGroupAttributes, writeGroup } from "../../volume/zarr/group.ts";
import { exportPyramid, type PyramidOptions } from "./pyramid.ts";
import type { ExportView } from "./view.ts";

/** An image and the name of labels of it. */
interface LabelPlace {
  /** Folder of the image. */
  readonly image: string;
  readonly name: string;
}

/** Divides `image.ome.zarr/labels/name`; undefined where a path is none of labels. */
export function labelPlace(path: string): LabelPlace | undefined {
  const match = /^(.*\.zarr)[/\\]labels[/\\]([\w-][\w.-]*)$/i.exec(path);
  return match === null ? undefined : { image: match[1] ?? "", name: match[2] ?? "" };
}

/** How many levels an image has. @throws UserError if there is no image */
export function imageLevels({ image }: LabelPlace): number {
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
export async function exportLabels(
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
