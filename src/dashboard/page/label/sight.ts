/** The part of the stack that the planes show. */
import type { Box } from "../../found.ts";
import { PLANES, type Point, visibleRange } from "../geometry.ts";
import type { Planes } from "./planes.ts";

/** The voxels of an axis that lie between two places, at least one: the first, and the one behind the last. */
export function voxelsBetween(from: number, to: number, length: number): [begin: number, end: number] {
  const begin = Math.max(0, Math.min(length - 1, Math.floor(from)));
  return [begin, Math.max(begin + 1, Math.min(length, Math.ceil(to)))];
}

/** On two axes what the large plane shows, on the third what the small ones do. */
export function boxOfPlanes(planes: Pick<Planes, "seen">, large: string, shape: Point): Box {
  const begin: [number, number, number] = [0, 0, 0], end: [number, number, number] = [...shape];
  const others = PLANES.filter(({ name }) => name !== large).map(({ name }) => name);
  for (const name of [...others, large]) {
    const view = planes.seen(name);
    if (!view) continue;
    for (const [axis, pixels] of [[view.plane.across, view.width], [view.plane.down, view.height]] as const) {
      const [from, to] = visibleRange(view, axis, pixels, shape[axis]);
      [begin[axis], end[axis]] = voxelsBetween(from, to, shape[axis]);
    }
  }
  return { begin, end };
}
