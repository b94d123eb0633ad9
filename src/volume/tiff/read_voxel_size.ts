/** How large the voxels of a TIFF stack are, as OME-XML or ImageJ tell it. */
import { omeVoxelSize } from "./ome_xml.ts";
import { fieldFraction, type TiffDirectory, type TiffFile } from "./directory.ts";
import { TAG } from "./tags.ts";
import { nanometresOf, toLength, type VoxelSize } from "../voxel_size.ts";

/**
 * The voxel size that the first page tells; undefined where it tells none. TIFF's own resolution is not enough: it has no z, and
 * most programs write 72 or 300 dots an inch without meaning it.
 */
export function tiffVoxelSize(
  file: TiffFile,
  directory: TiffDirectory,
  description: string,
): VoxelSize | undefined {
  if (/<(?:\w+:)?OME\b/.test(description)) return omeVoxelSize(description);
  if (!description.startsWith("ImageJ=")) return undefined;
  const setting = (key: string) => new RegExp(`^${key}=(.*)$`, "m").exec(description)?.[1]?.trim();
  const unit = nanometresOf(setting("unit") ?? "");
  const perUnit = [TAG.yResolution, TAG.xResolution].map((tag) =>
    toLength(fieldFraction(file, directory, tag))
  );
  const [y, x] = perUnit;
  // ImageJ leaves a spacing of 1 out.
  const z = toLength(Number(setting("spacing") ?? 1));
  return unit === undefined || z === undefined || y === undefined || x === undefined
    ? undefined
    : [z * unit, unit / y, unit / x];
}
