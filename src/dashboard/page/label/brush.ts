/** The shapes that are painted. Lengths are voxels of x and y; z counts as many times more as its voxels are longer. */
import { type Plane, type Point, withCoordinate } from "../geometry.ts";
import type { TakeRun } from "./runs.ts";

/** How a brush paints. */
export interface Brush {
  readonly plane: Plane;
  /** A disc in the slice, or a ball over slices. */
  readonly shape: "disc" | "ball";
  readonly radius: number;
  readonly anisotropy: number;
}

/** Radii of the brush, smallest first. */
export const RADII = [0.5, 1, 1.5, 2, 3, 4, 5, 6, 8, 10, 12, 16, 20, 25, 32] as const;

/** The next larger or smaller radius. */
export function steppedRadius(radius: number, step: 1 | -1): number {
  const place = RADII.findIndex((one) => one >= radius);
  return RADII[Math.max(0, Math.min(RADII.length - 1, (place < 0 ? RADII.length : place) + step))] ?? radius;
}

/**
 * Paints from one place to another: every voxel whose middle is within the radius of the line between them, and the voxels of both
 * places. A disc stays in the slice of `from`.
 */
export function sweep(brush: Brush, from: Point, to: Point, take: TakeRun): void {
  const { plane, shape, radius, anisotropy } = brush;
  const slice = Math.floor(from[plane.cut]) + 0.5;
  const isDisc = shape === "disc";
  const start = isDisc ? withCoordinate(from, plane.cut, slice) : from;
  const end = isDisc ? withCoordinate(to, plane.cut, slice) : to;
  for (const place of [start, end]) {
    const [z, y, x] = place.map(Math.floor) as [number, number, number];
    take(z, y, x, x + 1);
  }
  const range = (axis: 0 | 1 | 2): readonly [number, number] => {
    if (isDisc && axis === plane.cut) return [Math.floor(slice), Math.floor(slice)];
    const reach = axis === 0 ? radius / anisotropy : radius;
    return [
      Math.floor(Math.min(start[axis], end[axis]) - reach),
      Math.floor(Math.max(start[axis], end[axis]) + reach),
    ];
  };
  const [z0, z1] = range(0), [y0, y1] = range(1), [x0, x1] = range(2);
  const along: Point = [(end[0] - start[0]) * anisotropy, end[1] - start[1], end[2] - start[2]];
  const squared = along[0] ** 2 + along[1] ** 2 + along[2] ** 2;
  const isInside = (z: number, y: number, x: number) => {
    const [dz, dy, dx] = [(z + 0.5 - start[0]) * anisotropy, y + 0.5 - start[1], x + 0.5 - start[2]];
    const share = squared === 0
      ? 0
      : Math.max(0, Math.min(1, (dz * along[0] + dy * along[1] + dx * along[2]) / squared));
    const [ez, ey, ex] = [dz - share * along[0], dy - share * along[1], dx - share * along[2]];
    return ez * ez + ey * ey + ex * ex <= radius * radius;
  };
  for (let z = z0; z <= z1; z++) {
    for (let y = y0; y <= y1; y++) {
      // The shape is convex, so a row of it has one run.
      let first = x0, last = x1;
      while (first <= last && !isInside(z, y, first)) first++;
      while (last > first && !isInside(z, y, last)) last--;
      if (first <= last) take(z, y, first, last + 1);
    }
  }
}

/** Fills a closed outline in a slice: every voxel whose middle is inside, also in the rings of an outline that crosses itself an odd number of times. */
export function fillOutline(plane: Plane, slice: number, outline: readonly Point[], take: TakeRun): void {
  const { across, down, cut } = plane;
  const lines = outline.map((point) => point[down]);
  const low = Math.floor(Math.min(...lines)), high = Math.floor(Math.max(...lines));
  for (let v = low; v <= high; v++) {
    const crossings = crossingsAt(outline, across, down, v + 0.5);
    for (let i = 0; i + 1 < crossings.length; i += 2) {
      const from = Math.ceil((crossings[i] ?? 0) - 0.5), to = Math.ceil((crossings[i + 1] ?? 0) - 0.5);
      if (across === 2) {
        const [z, y] = down === 1 ? [slice, v] : [v, slice];
        take(z, y, from, to);
        continue;
      }
      for (let u = from; u < to; u++) {
        const voxel: [number, number, number] = [0, 0, 0];
        [voxel[across], voxel[down], voxel[cut]] = [u, v, slice];
        take(voxel[0], voxel[1], voxel[2], voxel[2] + 1);
      }
    }
  }
}

function crossingsAt(outline: readonly Point[], across: 0 | 1 | 2, down: 0 | 1 | 2, level: number): number[] {
  const found: number[] = [];
  for (const [i, a] of outline.entries()) {
    const b = outline[(i + 1) % outline.length];
    if (!b || (a[down] <= level) === (b[down] <= level)) continue;
    found.push(a[across] + (level - a[down]) / (b[down] - a[down]) * (b[across] - a[across]));
  }
  return found.sort((a, b) => a - b);
}
