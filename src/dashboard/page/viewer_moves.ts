/** How the viewer is moved: by pointer, wheel, sliders and keys. */
import { useLayoutEffect } from "preact/hooks";
import { type Point, withCoordinate } from "./geometry.ts";
import type { PlaneActions } from "./plane_canvas.tsx";
import type { ViewState } from "./view_state.ts";

const LEAST_ZOOM = 1 / 64;
const MOST_ZOOM = 64;

/** Where a view is. */
type Placed = Pick<ViewState, "at" | "centre" | "zoom">;

/** What moving needs. */
interface Moves<V extends Placed> {
  readonly setView: (change: (old: V) => V) => void;
  readonly setHovered: (point: Point | undefined) => void;
  readonly shape: Point;
  /** Where the view has none of its own. */
  readonly zoom: number;
}

/** What the planes ask for, as changes of the view. */
export function planeActions<V extends Placed>({ setView, setHovered, shape, zoom }: Moves<V>): PlaneActions {
  return {
    step({ cut }, slices) {
      setView((old) => ({ ...old, at: clamped(withCoordinate(old.at, cut, old.at[cut] + slices), shape) }));
    },
    pan(across, acrossVoxels, down, downVoxels) {
      setView((old) => {
        const moved = withCoordinate(old.centre, across, old.centre[across] + acrossVoxels);
        return { ...old, centre: clamped(withCoordinate(moved, down, moved[down] + downVoxels), shape) };
      });
    },
    zoom(factor, fixed) {
      setView((old) => {
        const before = old.zoom > 0 ? old.zoom : zoom;
        const after = Math.max(LEAST_ZOOM, Math.min(MOST_ZOOM, before * factor));
        const kept = fixed ?? old.centre;
        const shift = (axis: 0 | 1 | 2) => kept[axis] + (old.centre[axis] - kept[axis]) * before / after;
        return { ...old, zoom: after, centre: [shift(0), shift(1), shift(2)] };
      });
    },
    pick: (point) => setView((old) => ({ ...old, at: clamped(point, shape) })),
    hover: setHovered,
  };
}

interface ViewerKeys {
  readonly h: () => void;
  readonly c: () => void;
  readonly e: () => void;
  readonly step: (slices: number) => void;
}

/** Keys that work wherever the focus is, but in a field that takes them itself. A plane with the focus steps its own slices. */
export function useViewerKeys(keys: ViewerKeys): void {
  // before the next key can come: an effect after painting would leave it to the keys of the view before
  useLayoutEffect(() => {
    const listen = (event: KeyboardEvent) => {
      const { target, key } = event;
      const isTaken = target instanceof HTMLInputElement || target instanceof HTMLSelectElement;
      if (isTaken || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
      const slices = { PageUp: -1, ",": -1, "<": -1, PageDown: 1, ".": 1, ">": 1 }[key];
      if (slices !== undefined) {
        event.preventDefault();
        keys.step(slices * (event.shiftKey ? 10 : 1));
        return;
      }
      const letter = key.toLowerCase();
      if (letter === "h" || letter === "c" || letter === "e") keys[letter]();
    };
    addEventListener("keydown", listen);
    return () => removeEventListener("keydown", listen);
  });
}

/** The middle of a volume. */
export function middleOf(shape: Point): Point {
  return [shape[0] / 2, shape[1] / 2, shape[2] / 2];
}

/** The voxel's middle, inside the volume. */
export function clamped(point: Point, shape: Point): Point {
  const inside = (axis: 0 | 1 | 2) =>
    Math.max(0.5, Math.min(shape[axis] - 0.5, Math.floor(point[axis]) + 0.5));
  return [inside(0), inside(1), inside(2)];
}

/** Pixels of the slider under a plane, and its margins. */
const BAR_HEIGHT = 44;

/** Chunks that an opening view may ask for on a plane; a volume with more opens with a voxel a pixel. */
const MOST_VOXELS = 1024;

/** Pixels a voxel with which all of a volume is in sight, on one plane or on four. */
export function fittingZoom(
  place: HTMLElement | null,
  shape: Point,
  anisotropy: number,
  isOne: boolean,
): number {
  const parts = isOne ? 1 : 2;
  const [width, height] = [
    (place?.clientWidth ?? 800) / parts - 8,
    (place?.clientHeight ?? 640) / parts - BAR_HEIGHT,
  ];
  const fits = Math.min(
    width / shape[2],
    height / shape[1],
    height / (shape[0] * anisotropy),
    width / (shape[0] * anisotropy),
  );
  const whole = Math.max(width / MOST_VOXELS, Math.min(fits, MOST_ZOOM));
  return Math.max(LEAST_ZOOM, whole);
}
