/** Where voxels lie on a plane, and planes in the volume. Triples are `[z, y, x]`. */

/** A place, in voxels. */
export type Point = readonly [z: number, y: number, x: number];

/** A plane by the axes of the volume that lie across and down on it, and the one that it cuts. */
export interface Plane {
  readonly name: "xy" | "xz" | "zy";
  readonly across: 0 | 1 | 2;
  readonly down: 0 | 1 | 2;
  readonly cut: 0 | 1 | 2;
}

export const PLANES: readonly Plane[] = [
  { name: "xy", across: 2, down: 1, cut: 0 },
  { name: "zy", across: 0, down: 1, cut: 2 },
  { name: "xz", across: 2, down: 0, cut: 1 },
];

export const AXES = ["z", "y", "x"] as const;

/** How a plane is seen. */
export interface PlaneView {
  readonly plane: Plane;
  /** Voxel in the middle, its own middle at .5. */
  readonly centre: Point;
  /** Pixels for a voxel of x or y. */
  readonly zoom: number;
  /** Voxel size in z over voxel size in x and y. */
  readonly anisotropy: number;
  /** Pixels. */
  readonly width: number;
  readonly height: number;
}

/** Pixels for a voxel along an axis. */
export function scaleOf({ zoom, anisotropy }: PlaneView, axis: 0 | 1 | 2): number {
  return axis === 0 ? zoom * anisotropy : zoom;
}

/** Pixel of a place. */
export function toPixel(view: PlaneView, point: Point): readonly [across: number, down: number] {
  return pixelAt(view, point[view.plane.across], point[view.plane.down]);
}

/** Pixel of a place by its coordinates on the plane. */
export function pixelAt(view: PlaneView, u: number, v: number): readonly [across: number, down: number] {
  const { plane: { across, down }, centre, width, height } = view;
  return [
    width / 2 + (u - centre[across]) * scaleOf(view, across),
    height / 2 + (v - centre[down]) * scaleOf(view, down),
  ];
}

/** Place of a pixel, on the slice through `at`. */
export function toPoint(view: PlaneView, pixelAcross: number, pixelDown: number, at: Point): Point {
  const { plane: { across, down }, centre, width, height } = view;
  const point: [number, number, number] = [at[0], at[1], at[2]];
  point[across] = centre[across] + (pixelAcross - width / 2) / scaleOf(view, across);
  point[down] = centre[down] + (pixelDown - height / 2) / scaleOf(view, down);
  return point;
}

/** Whole voxel that holds a place, kept inside the volume. */
export function voxelAt(point: Point, shape: Point): Point {
  const inside = (axis: 0 | 1 | 2) => Math.max(0, Math.min(shape[axis] - 1, Math.floor(point[axis])));
  return [inside(0), inside(1), inside(2)];
}

/** The middle of a voxel. */
export function middleOfVoxel([z, y, x]: Point): Point {
  return [z + 0.5, y + 0.5, x + 0.5];
}

/** The place with one coordinate replaced. */
export function withCoordinate(point: Point, axis: 0 | 1 | 2, value: number): Point {
  return [axis === 0 ? value : point[0], axis === 1 ? value : point[1], axis === 2 ? value : point[2]];
}

/** Range of voxels along an axis of a plane that is in sight: from, and before. */
export function visibleRange(
  view: PlaneView,
  axis: 0 | 1 | 2,
  pixels: number,
  length: number,
): readonly [from: number, to: number] {
  const half = pixels / 2 / scaleOf(view, axis);
  const from = Math.max(0, Math.floor(view.centre[axis] - half));
  return [from, Math.max(from, Math.min(length, Math.ceil(view.centre[axis] + half)))];
}

/** A length in nm as a scale bar has it: 1, 2 or 5 times a power of ten, the longest up to `most`. */
export function niceLength(most: number): number {
  const power = 10 ** Math.floor(Math.log10(most));
  const step = [5, 2, 1].find((factor) => factor * power <= most) ?? 1;
  return step * power;
}

/** `500 nm`, `2 µm`. */
export function lengthText(nanometres: number): string {
  return nanometres >= 1000 ? `${nanometres / 1000} µm` : `${nanometres} nm`;
}
