/** How large the voxels of an NRRD file are (teem.sourceforge.net/nrrd/format.html, sections 5 and 6). */
import { nanometresOf } from "../length_units.ts";
import { toLength, type VoxelSize } from "../voxel_size.ts";

/**
 * The voxel size by `space directions` or `spacings`, with `space units` or `units`. Without a unit the numbers could be any length, so
 * that they tell nothing.
 *
 * @param fields of the header by their names in lower case; axes are x first, after one of components
 */
export function nrrdVoxelSize(fields: ReadonlyMap<string, string>): VoxelSize | undefined {
  const directions = fields.get("space directions");
  const lengths = directions === undefined
    ? (fields.get("spacings") ?? "").trim().split(/\s+/).map(Number)
    : vectorsOf(directions);
  const units = unitsOf(fields.get("space units") ?? fields.get("units") ?? "");
  const [z, y, x] = [1, 2, 3].map((fromEnd) => {
    // All axes may share the space's unit, so its last three are those of x, y and z.
    const length = toLength(lengths.at(-fromEnd));
    const unit = nanometresOf(units.at(-fromEnd) ?? "");
    return length === undefined || unit === undefined ? undefined : length * unit;
  });
  return z === undefined || y === undefined || x === undefined ? undefined : [z, y, x];
}

/** The lengths of vectors such as `(4,0,0) none (0,3,4)`. */
function vectorsOf(text: string): (number | undefined)[] {
  return Array.from(text.matchAll(/none|\(([^()]*)\)/g), ([, vector]) => {
    if (vector === undefined) return undefined;
    return Math.hypot(...vector.split(",").slice(0, 3).map(Number));
  });
}

/** The texts in quotation marks; a backslash stands before one that is part of a text. */
function unitsOf(text: string): string[] {
  return Array.from(text.matchAll(/"((?:[^"\\]|\\.)*)"/g), ([, unit = ""]) => unit.replace(/\\(.)/g, "$1"));
}
