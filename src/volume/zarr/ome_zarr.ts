/** OME-Zarr images (ngff.openmicroscopy.org, 0.4 and 0.5): which arrays there are, their axes and voxel sizes. */
import { nanometresOf } from "../length_units.ts";
import { toLength } from "../voxel_size.ts";
import { isBelow, isObject, listOf } from "./json.ts";

/** One resolution level of an image. */
export interface OmeLevel {
  /** Of the array, from the group on. */
  readonly path: string;
  /** Names of the axes; undefined where they are not told. */
  readonly names: readonly string[] | undefined;
  /** Length of a voxel along each axis in the axis's own unit, as the file tells it. */
  readonly scale: readonly unknown[];
  /** Length of a voxel along each axis in nm; undefined for axes that are no length. An axis without a type is taken for one of space. */
  readonly lengths: readonly (number | undefined)[];
}

/** The levels of the first image of a group, the finest first; none where its attributes tell of no image. */
export function omeLevels(attributes: Readonly<Record<string, unknown>>): OmeLevel[] {
  const { ome } = attributes;
  const multiscales = (isObject(ome) ? ome : attributes)["multiscales"];
  const [image] = listOf(multiscales);
  if (!isObject(image)) return [];
  const axes = listOf(image["axes"]);
  const names = axes.map((axis) => isObject(axis) ? String(axis["name"] ?? "") : String(axis));
  const units = axes.map((axis) =>
    isObject(axis) && (axis["type"] ?? "space") === "space" ? String(axis["unit"] ?? "") : ""
  );
  const common = scaleOf(image["coordinateTransformations"]);
  return listOf(image["datasets"]).filter(isObject).filter(({ path }) => isBelow(path)).map(
    (dataset) => {
      const scale = scaleOf(dataset["coordinateTransformations"]);
      return {
        path: String(dataset["path"]),
        names: names.length > 0 ? names : undefined,
        scale,
        lengths: units.map((unit, axis) => {
          const nanometres = nanometresOf(unit);
          const length = toLength(Number(scale[axis] ?? NaN) * Number(common[axis] ?? 1));
          return nanometres === undefined || length === undefined ? undefined : length * nanometres;
        }),
      };
    },
  );
}

function scaleOf(transformations: unknown): readonly unknown[] {
  const scale = listOf(transformations).find((one) => isObject(one) && one["type"] === "scale");
  return isObject(scale) ? listOf(scale["scale"]) : [];
}
