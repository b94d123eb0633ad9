/** What the attributes of an HDF5 dataset tell of its axes and voxels. */
import type { Dataset } from "h5wasm";
import { type Axes, spatial } from "../axes.ts";
import { nanometresOf } from "../length_units.ts";
import { toLength, type VoxelSize } from "../voxel_size.ts";

/** An axis as vigra and ilastik describe it. */
interface AxisTag {
  readonly key: string;
  readonly resolution: number | undefined;
  readonly unit: string | undefined;
}

/** The axes of a dataset that has axis tags. */
export function axisTags(dataset: Dataset): AxisTag[] | undefined {
  const text = attributeOf(dataset, "axistags");
  if (typeof text !== "string") return undefined;
  let axes: unknown;
  try {
    axes = (JSON.parse(text) as { axes?: unknown } | null)?.axes;
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    return undefined;
  }
  if (!Array.isArray(axes)) return undefined;
  return axes.map((axis: unknown) => {
    const fields = typeof axis === "object" && axis !== null ? axis as Record<string, unknown> : {};
    const unit = [fields["unit"], fields["description"]].find((value) =>
      typeof value === "string" && value !== ""
    );
    return {
      key: String(fields["key"] ?? ""),
      resolution: toLength(fields["resolution"]),
      unit: unit as string,
    };
  });
}

/** What HDF5 calls the axes of a dataset; undefined where it does not. */
export function labelsOf(dataset: Dataset): string[] | undefined {
  const labels = attributeOf(dataset, "DIMENSION_LABELS");
  return Array.isArray(labels) ? labels.map((label) => String(label ?? "")) : undefined;
}

/**
 * `element_size_um`, z, y, x in micrometres as many write it, or `resolution` in nm as CREMI does; else the resolutions of axis tags
 * that name a unit.
 */
export function voxelSizeOf(
  dataset: Dataset,
  axes: Axes,
  tags: readonly AxisTag[] | undefined,
): VoxelSize | undefined {
  const size = lengthsOf(dataset, "element_size_um", 1000) ?? lengthsOf(dataset, "resolution", 1);
  if (size !== undefined) return size;
  return spatial(
    tags?.map(({ resolution, unit }) => {
      const nanometres = nanometresOf(unit ?? "");
      return resolution === undefined || nanometres === undefined ? undefined : resolution * nanometres;
    }) ?? [],
    axes,
  );
}

/** Where CREMI says that a dataset begins in the volume that it is a part of, z, y, x in nm; undefined at its beginning. */
export function offsetOf(dataset: Dataset): readonly number[] | undefined {
  const offset = attributeOf(dataset, "offset");
  const isList = offset !== null && typeof offset === "object" && Symbol.iterator in offset;
  const list = isList ? Array.from(offset as Iterable<unknown>, Number) : [];
  const isOffset = list.length === 3 && list.every(Number.isFinite) && list.some((length) => length !== 0);
  return isOffset && lengthsOf(dataset, "resolution", 1) !== undefined ? list : undefined;
}

/** An attribute of three lengths in a unit, nm; of more the last three. */
function lengthsOf(dataset: Dataset, name: string, unit: number): VoxelSize | undefined {
  const lengths = attributeOf(dataset, name);
  const list = lengths !== null && typeof lengths === "object" && Symbol.iterator in lengths
    ? Array.from(lengths as Iterable<unknown>, (length) => toLength(Number(length)))
    : [];
  const [z, y, x] = list.slice(-3).map((length) => length === undefined ? undefined : length * unit);
  return z === undefined || y === undefined || x === undefined ? undefined : [z, y, x];
}

/** An attribute's value; undefined where there is none or it cannot be read. */
function attributeOf(dataset: Dataset, name: string): unknown {
  try {
    return Object.hasOwn(dataset.attrs, name) ? dataset.attrs[name]?.value : undefined;
  } catch (cause) {
    if (cause instanceof Error) return undefined; // a type that the library does not know
    throw cause;
  }
}
