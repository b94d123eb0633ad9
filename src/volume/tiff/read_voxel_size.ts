/** How large the voxels of a TIFF stack are, as OME-XML or ImageJ tell it. */
import { omeVoxelSize } from "./ome_xml.ts";
import { fieldFraction, type TiffDirectory, type TiffFile } from "./directory.ts";
import { TAG } from "./tags.ts";
import { isOfScreen, nanometresOf } from "../length_units.ts";
import { toLength, type VoxelSize } from "../voxel_size.ts";

/**
 * The voxel size that the first page tells; undefined where it tells none. TIFF's own resolution is not enough: it has no z, and
 * most programs write 72 or 300 dots an inch without meaning it.
 */
export function tiffVoxelSize(
  file: TiffFile,
  directory: TiffDirectory,
  description: string,
): VoxelSize | undefined {
  if (/<(?:\w+:)?OME\b/.test(description)) {
    const size = omeVoxelSize(description);
    return size && meant(size);
  }
  if (!description.startsWith("ImageJ=")) return undefined;
  const setting = (key: string) => new RegExp(`^${key}=(.*)$`, "m").exec(description)?.[1]?.trim();
  const unit = nanometresOf(setting("unit") ?? "");
  // units of their own where they differ from that of x
  const [unitZ, unitY] = ["zunit", "yunit"].map((key) => {
    const text = setting(key);
    return text === undefined ? unit : nanometresOf(text);
  });
  const perUnit = [TAG.yResolution, TAG.xResolution].map((tag) =>
    toLength(fieldFraction(file, directory, tag))
  );
  const [y, x] = perUnit;
  // ImageJ leaves a spacing of 1 out, and minds no sign.
  const z = toLength(Math.abs(Number(setting("spacing") ?? 1)));
  if (unit === undefined || unitY === undefined || unitZ === undefined) return undefined;
  if (z === undefined || y === undefined || x === undefined) return undefined;
  return meant([z * unitZ, unitY / y, unit / x]);
}

/** A size that is not that of a screen's dots. */
function meant(size: VoxelSize): VoxelSize | undefined {
  return isOfScreen(size[1]) || isOfScreen(size[2]) ? undefined : size;
}
