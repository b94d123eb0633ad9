/** Three planes that show the surroundings of one place and move together. */
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { type Point, withCoordinate } from "./geometry.ts";
import type { PlaneActions } from "./plane_canvas.tsx";

/** Pixels of a plane before it is laid out. */
const USUAL_SIZE = 330;
/** Factors by which what is in sight at first is magnified. */
const SMALLEST = 0.1, LARGEST = 8;

/**
 * What is in sight, and how wheel, drag and keys change it.
 * @param position in the middle at first
 * @param shape of the volume
 * @param extent voxels in x and y that are in sight at first
 */
export function usePlanes(position: Point, shape: Point, extent: number) {
  const [at, setAt] = useState<Point>(position);
  const [centre, setCentre] = useState<Point>(position);
  const [factor, setFactor] = useState(1);
  const [size, setSize] = useState(USUAL_SIZE);
  /** The element around the planes. */
  const place = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const canvas = place.current?.querySelector("canvas");
    if (!canvas) return undefined;
    const resized = new ResizeObserver(() => setSize(Math.min(canvas.clientWidth, canvas.clientHeight)));
    resized.observe(canvas);
    return () => resized.disconnect();
  }, []);
  const moves: Pick<PlaneActions, "step" | "pan" | "zoom"> = {
    step: ({ cut }, slices) =>
      setAt((old) => withCoordinate(old, cut, Math.max(0.5, Math.min(shape[cut] - 0.5, old[cut] + slices)))),
    pan: (across, du, down, dv) =>
      setCentre((old) => {
        const moved = withCoordinate(old, across, old[across] + du);
        return withCoordinate(moved, down, moved[down] + dv);
      }),
    zoom: (by) => setFactor((old) => Math.max(SMALLEST, Math.min(LARGEST, old * by))),
  };
  return { place, at, setAt, centre, zoom: factor * size / extent, moves };
}
