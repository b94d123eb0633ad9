/** Which axis of an array is z, y, x or the components of a voxel. */
import { PICK_ADVICE } from "../config/pick.ts";
import { shorten, UserError } from "../user_error.ts";
import type { Zyx } from "./region.ts";

/** Places of the axes in an array; undefined where it has no such axis, and its length is 1. */
export interface Axes {
  readonly z: number | undefined;
  readonly y: number;
  readonly x: number;
  readonly component: number | undefined;
}

const MAX_COMPONENTS = 9;

/** What files call axes, in lower case. */
type AxisName = "z" | "y" | "x" | "component" | "time";

/** Which axis a name in a file means; undefined for others. */
export function axisNamed(name: string): AxisName | undefined {
  const plain = name.trim().toLowerCase();
  return Object.hasOwn(NAMES, plain) ? NAMES[plain] : undefined;
}

const NAMES: Readonly<Record<string, AxisName>> = {
  z: "z",
  depth: "z",
  plane: "z",
  y: "y",
  row: "y",
  height: "y",
  x: "x",
  col: "x",
  column: "x",
  width: "x",
  c: "component",
  ch: "component",
  channel: "component",
  channels: "component",
  component: "component",
  components: "component",
  s: "component",
  t: "time",
  time: "time",
};

/**
 * Finds z, y and x among the axes of an array. Other axes must have length 1, but for up to 9 components a voxel. Without names an
 * array is `[z, y, x]` with axes of length 1 before or after these, or `[component, z, y, x]`.
 *
 * @param names as the file has them, as many as axes; undefined where it names none
 * @throws UserError that shows the axes found where they are others
 */
export function placeAxes(
  path: string,
  shape: readonly number[],
  names: readonly string[] | undefined,
): Axes {
  const known = names?.map((name) => NAMES[name.trim().toLowerCase()]);
  const isNamed = known !== undefined && known.length === shape.length &&
    known.some((axis) => axis !== undefined);
  const axes = isNamed ? byName(shape, known) : byPlace(shape);
  if (axes !== undefined) return axes;
  const found = isNamed
    ? shape.map((length, axis) => `${shorten(names?.[axis] || "?", 20)} ${length}`).join(", ")
    : `${shape.join(", ")} without names`;
  throw new UserError(
    `${path}: its axes are ${found}; expected z, y and x, up to ${MAX_COMPONENTS} components a voxel, and others of length 1: ` +
      `cut or permute it; of channels and time points ${PICK_ADVICE}`,
  );
}

function byName(
  shape: readonly number[],
  known: readonly (typeof NAMES[string] | undefined)[],
): Axes | undefined {
  const placeOf = (wanted: typeof NAMES[string]) => {
    const place = known.indexOf(wanted);
    return place < 0 || known.lastIndexOf(wanted) !== place ? undefined : place;
  };
  const [z, y, x, component] = [placeOf("z"), placeOf("y"), placeOf("x"), placeOf("component")];
  if (y === undefined || x === undefined) return undefined;
  const places = [z, y, x, component];
  const isRestSingle = shape.every((length, axis) => places.includes(axis) || length === 1);
  const components = component === undefined ? 1 : shape[component] ?? 1;
  if (!isRestSingle || components > MAX_COMPONENTS) return undefined;
  return { z, y, x, component: components === 1 ? undefined : component };
}

function byPlace(shape: readonly number[]): Axes | undefined {
  let [first, end] = [0, shape.length];
  while (end - first > 3 && shape[first] === 1) first++;
  while (end - first > 3 && shape[end - 1] === 1) end--;
  const rank = end - first;
  if (rank === 2) return { z: undefined, y: first, x: first + 1, component: undefined };
  if (rank === 3) return { z: first, y: first + 1, x: first + 2, component: undefined };
  if (rank !== 4 || (shape[first] ?? 0) > MAX_COMPONENTS) return undefined;
  return { z: first + 1, y: first + 2, x: first + 3, component: first };
}

/** The volume's size and its components. */
export function volumeShape(shape: readonly number[], axes: Axes): { shape: Zyx; components: number } {
  const lengthOf = (axis: number | undefined) => axis === undefined ? 1 : shape[axis] ?? 1;
  return {
    shape: [lengthOf(axes.z), lengthOf(axes.y), lengthOf(axes.x)],
    components: lengthOf(axes.component),
  };
}

/** One number an axis of the array, put together from those of z, y and x; undefined where one is missing. */
export function spatial<T>(values: readonly (T | undefined)[], axes: Axes): readonly [T, T, T] | undefined {
  const [z, y, x] = [axes.z, axes.y, axes.x].map((axis) => axis === undefined ? undefined : values[axis]);
  return z === undefined || y === undefined || x === undefined ? undefined : [z, y, x];
}
