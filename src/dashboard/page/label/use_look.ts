/** Tells the server what is in sight, so that it is scored first. */
import { useEffect, useRef } from "preact/hooks";
import { type PlaneView, type Point, visibleRange, voxelAt } from "../geometry.ts";
import type { LabelApi } from "./label_api.ts";
import { voxelsBetween } from "./sight.ts";

const PAUSE = 250;

/** Voxels around the cross-hair that are scored at most, across and down, and to either side of the slice. */
const MOST_ACROSS = 1024;
const BESIDE = 8;

/** What is looked at: the part of the large plane that is in sight, and some slices to either side. */
function boxInSight(view: PlaneView, at: Point, shape: Point): { begin: Point; end: Point } {
  const { across, down, cut } = view.plane;
  const begin: [number, number, number] = [0, 0, 0], end: [number, number, number] = [0, 0, 0];
  const set = (axis: 0 | 1 | 2, from: number, to: number) => {
    [begin[axis], end[axis]] = voxelsBetween(from, to, shape[axis]);
  };
  for (const [axis, pixels] of [[across, view.width], [down, view.height]] as const) {
    const [from, to] = visibleRange(view, axis, pixels, shape[axis]);
    const middle = Math.max(from, Math.min(to, at[axis]));
    set(axis, Math.max(from, middle - MOST_ACROSS / 2), Math.min(to, middle + MOST_ACROSS / 2));
  }
  set(cut, at[cut] - BESIDE, at[cut] + BESIDE);
  return { begin, end };
}

/** Tells it whenever it is another for a moment. @param seen how the large plane was drawn last */
export function useLook(
  api: Pick<LabelApi, "look">,
  seen: () => PlaneView | undefined,
  at: Point,
  shape: Point,
  isHeard: boolean,
): void {
  const told = useRef("");
  useEffect(() => {
    if (!isHeard) {
      told.current = ""; // a server that was started anew knows nothing
      return undefined;
    }
    const timer = setTimeout(async () => {
      const view = seen();
      if (!view) return;
      const look = { at: voxelAt(at, shape), box: boxInSight(view, at, shape) };
      const text = JSON.stringify(look);
      if (text === told.current) return;
      told.current = text;
      try {
        await api.look(look);
      } catch {
        told.current = ""; // the page says where the server is away; it is told with the next drawing
      }
    }, PAUSE);
    return () => clearTimeout(timer);
  });
}
