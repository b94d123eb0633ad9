/** Where the labelling page looks. */
import { type Plane, PLANES, type PlaneView, type Point, scaleOf, withCoordinate } from "../geometry.ts";
import { clamped, middleOf } from "../viewer_moves.ts";

export interface LabelView {
  /** The place that all planes share, the middle of a voxel. */
  readonly at: Point;
  /** Middle of the large plane. */
  readonly centre: Point;
  /** Middle of the small planes. */
  readonly side: Point;
  /** Pixels a voxel; 0: as fits. */
  readonly zoom: number;
  /** The large plane. */
  readonly large: Plane;
}

/** How labels and scores lie over the stack. */
export interface Look {
  readonly opacity: number;
  readonly isOutline: boolean;
  readonly isHidden: boolean;
}

/** The whole first plane, in the middle of the stack. */
export function firstLabelView(shape: Point): LabelView {
  const at = clamped(middleOf(shape), shape);
  return { at, centre: middleOf(shape), side: at, zoom: 0, large: planeNamed("xy") };
}

/** A view of this stack that was kept. */
export function viewOf(value: unknown, shape: Point): LabelView | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { at, centre, side, zoom, large } = value as Partial<Record<keyof LabelView, unknown>>;
  const plane = PLANES.find(({ name }) => name === (large as Partial<Plane> | null | undefined)?.name);
  const isZoom = typeof zoom === "number" && Number.isFinite(zoom) && zoom >= 0;
  if (!plane || !isZoom || !isInside(at, shape) || !isInside(centre, shape) || !isInside(side, shape)) {
    return undefined;
  }
  return { at, centre, side, zoom, large: plane };
}

function isInside(value: unknown, shape: Point): value is Point {
  return Array.isArray(value) && value.length === 3 &&
    value.every((at, axis) => typeof at === "number" && at >= 0 && at <= (shape[axis] ?? 0));
}

export function planeNamed(name: string): Plane {
  const plane = PLANES.find((one) => one.name === name);
  if (!plane) throw new RangeError(`there is no plane ${name}`);
  return plane;
}

/** The plane that follows. */
export function nextPlane(plane: Plane): Plane {
  return PLANES[(PLANES.findIndex(({ name }) => name === plane.name) + 1) % PLANES.length] ?? plane;
}

/** Goes to a place, which the small planes follow. */
export function wentTo(view: LabelView, point: Point, shape: Point): LabelView {
  const at = clamped(point, shape);
  return { ...view, at, side: at };
}

/** Goes to a place and puts it in the middle, as far as the large plane stays filled. */
export function jumpedTo(
  view: LabelView,
  point: Point,
  shape: Point,
  seen: PlaneView | undefined,
): LabelView {
  const gone = wentTo(view, point, shape);
  let centre = gone.at;
  if (!seen) return { ...gone, centre };
  for (const [axis, pixels] of [[seen.plane.across, seen.width], [seen.plane.down, seen.height]] as const) {
    const half = Math.min(shape[axis], pixels / scaleOf(seen, axis)) / 2;
    centre = withCoordinate(centre, axis, Math.max(half, Math.min(shape[axis] - half, centre[axis])));
  }
  return { ...gone, centre };
}

/** Part of the plane, at its border, from which it follows the place. */
const MARGIN = 0.02;

/** Moves the large plane as far as its place is out of sight. */
export function keptInSight(view: LabelView, seen: PlaneView): LabelView {
  let { centre } = view;
  for (const [axis, pixels] of [[seen.plane.across, seen.width], [seen.plane.down, seen.height]] as const) {
    const half = (0.5 - MARGIN) * pixels / scaleOf(seen, axis);
    const low = view.at[axis] - half, high = view.at[axis] + half;
    centre = withCoordinate(centre, axis, Math.max(low, Math.min(high, centre[axis])));
  }
  return { ...view, centre };
}
