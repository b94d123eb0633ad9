/** The line across a cleft as it is drawn: its ends, and how they are pointed at and dragged. Lengths are voxels of x and y. */
import type { Direction } from "./axis.ts";
import { type Plane, type PlaneView, type Point, scaleOf } from "./geometry.ts";

/** Part of the axis that must lie in a plane for a click on it to say a side. */
export const LEAST_PART = 0.3;

/** Pixels around an end that grab it. */
const GRAB = 18;

/** Pixels around an end in which somebody meant to grab it. */
export const MISSED = 2 * GRAB;

/** Where a line is. */
export interface AxisLine {
  readonly position: Point;
  /** From the middle to an end, where it lies in the plane. */
  readonly length: number;
  readonly anisotropy: number;
}

/** Length of the line of a synapse with a box of this shape. */
export function axisLength(shape: Point): number {
  return Math.max(...shape) / 2 + 14;
}

/** Which side a place on a plane means; undefined where the axis points at the viewer. */
export function pointedSide(
  axis: Direction,
  line: AxisLine,
  { across, down }: Plane,
  point: Point,
): 1 | -1 | undefined {
  if (Math.hypot(axis[across], axis[down]) < LEAST_PART) return undefined;
  const [du, dv] = offsets(line, { across, down }, point);
  return du * axis[across] + dv * axis[down] >= 0 ? 1 : -1;
}

/** The end that is near a place; undefined where none is. @param pixels how near */
export function grabbedEnd(
  axis: Direction,
  line: AxisLine,
  view: PlaneView,
  point: Point,
  pixels = GRAB,
): 1 | -1 | undefined {
  const { across, down } = view.plane;
  const [du, dv] = offsets(line, view.plane, point);
  const reach = pixels / scaleOf(view, 2);
  return ([1, -1] as const).find((sign) =>
    Math.hypot(du - sign * axis[across] * line.length, dv - sign * axis[down] * line.length) <= reach
  );
}

/** The axis when an end is dragged to a place on a plane; what it is drawn shorter, it points out of the plane. */
export function turnedAxis(
  axis: Direction,
  line: AxisLine,
  { across, down, cut }: Plane,
  to: Point,
  sign: 1 | -1,
): Direction {
  const [du, dv] = offsets(line, { across, down }, to).map((n) => sign * n / line.length) as [number, number];
  const part = Math.hypot(du, dv);
  const fitted = Math.max(1, part);
  const turned: [number, number, number] = [0, 0, 0];
  [turned[across], turned[down]] = [du / fitted, dv / fitted];
  turned[cut] = (axis[cut] < 0 ? -1 : 1) * Math.sqrt(Math.max(0, 1 - Math.min(1, part) ** 2));
  return turned;
}

function offsets(
  { position, anisotropy }: AxisLine,
  { across, down }: Pick<Plane, "across" | "down">,
  point: Point,
): readonly [number, number] {
  const along = (axis: 0 | 1 | 2) => (point[axis] - position[axis]) * (axis === 0 ? anisotropy : 1);
  return [along(across), along(down)];
}
