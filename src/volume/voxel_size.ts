/** How large voxels are: read from inputs, kept with every array, written to outputs, never used for scale. */
import type { Zyx } from "./region.ts";

/** Size of a voxel along z, y and x in nanometres, each above 0. */
export type VoxelSize = Zyx;

const KEY = "voxelSize";

/** The attribute of an array of our own that keeps its voxel size; none where that is not known. */
export function voxelSizeAttribute(size: VoxelSize | undefined): { readonly [KEY]?: VoxelSize } {
  return size === undefined ? {} : { [KEY]: size };
}

/** The voxel size that an array's attributes tell; undefined where they tell none. */
export function attributedVoxelSize(attributes: Readonly<Record<string, unknown>>): VoxelSize | undefined {
  const size = attributes[KEY];
  if (!Array.isArray(size) || size.length !== 3) return undefined;
  const [z, y, x] = size.map((length) => toLength(length));
  return z === undefined || y === undefined || x === undefined ? undefined : [z, y, x];
}

/** A length as a file tells it; undefined where it is no number above 0. */
export function toLength(value: unknown): number | undefined {
  return typeof value === "number" && Number.isFinite(value) && value > 0 ? value : undefined;
}

/** A voxel size as people say it: `4.6 x 4.6 x 50 nm (x, y, z)`. */
export function describeVoxelSize(size: VoxelSize): string {
  return `${[...size].reverse().map((length) => Number(length.toPrecision(4))).join(" x ")} nm (x, y, z)`;
}
