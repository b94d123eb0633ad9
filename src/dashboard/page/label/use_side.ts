/** The question of the side of the vesicles: which synapse it is about, its line, and the answers. */
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { type Region, zipAxes } from "../../../volume/region.ts";
import type { LabelObject } from "../../api.ts";
import { type Direction, directionOf, polarityOf, sideOf } from "../axis.ts";
import type { DrawnAxis } from "../axis_draw.ts";
import { axisLength, grabbedEnd, MISSED, turnedAxis } from "../axis_line.ts";
import { middleOfVoxel, type PlaneView, type Point } from "../geometry.ts";
import type { Press } from "../plane_canvas.tsx";
import { shapeAxis } from "../shape_axis.ts";
import type { Project } from "./project.ts";

export interface SideState {
  /** The synapse that is asked about. */
  readonly object: LabelObject | undefined;
  /** Whether one is, also before its voxels are known here. */
  readonly isAsking: boolean;
  readonly axis: DrawnAxis | undefined;
  readonly chosen: 1 | -1 | "cannot tell" | undefined;
  /** The side that the sides of other synapses suggest. */
  readonly believed: 1 | -1 | undefined;
  /** Asks about a synapse, or with undefined about none. */
  readonly ask: (object: LabelObject | undefined) => void;
  readonly answer: (side: 1 | -1 | "cannot tell") => void;
  /** Takes hold of an end of the line. */
  readonly grab: (point: Point, view: PlaneView) => Press | undefined;
}

export function useSide(project: Project, anisotropy: number): SideState {
  const [id, setId] = useState(0);
  const [turned, setTurned] = useState<Direction | undefined>(undefined);
  const [loaded, setLoaded] = useState(0);
  const object = project.state().objects.find((one) => one.id === id && one.voxels > 0);
  const found = useMemo(() => {
    if (object?.line) return directionOf(object.line);
    const labels = { chunkShape: project.chunks.chunkShape, chunkAt: project.chunks.chunk };
    return object?.box ? shapeAxis(labels, object.id, regionOf(object.box), anisotropy) : undefined;
  }, [object?.id, object?.voxels, object?.line?.join(), anisotropy, loaded]);
  const direction = useFirst(object?.id, found);
  const isMissing = object !== undefined && direction === undefined;
  useEffect(() => isMissing ? project.chunks.onChange(() => setLoaded((n) => n + 1)) : undefined, [
    isMissing,
  ]);
  const axis = object && axisOf(object, turned ?? direction, anisotropy);
  const ask = (next: LabelObject | undefined) => {
    setId(next?.id ?? 0);
    setTurned(undefined);
  };
  return {
    object,
    isAsking: id !== 0,
    axis,
    chosen: object?.polarity === "cannot tell" ? "cannot tell" : axis?.chosen,
    believed: axis && object?.believed ? sideOf(axis.direction, object.believed) : undefined,
    ask,
    answer(side) {
      if (!object || (side !== "cannot tell" && !axis)) return;
      const polarity = side === "cannot tell" || !axis ? "cannot tell" : polarityOf(axis.direction, side);
      project.changeObject(object.id, { polarity });
      ask(undefined);
    },
    grab(point, view) {
      const sign = axis && grabbedEnd(axis.direction, axis, view, point);
      if (!axis) return undefined;
      // who misses an end does not want to paint there
      if (!sign && grabbedEnd(axis.direction, axis, view, point, MISSED)) return NOTHING;
      if (!sign) return undefined;
      return {
        move: (to) => setTurned(turnedAxis(axis.direction, axis, view.plane, to, sign)),
        end: () => {},
      };
    },
  };
}

const NOTHING: Press = { move: () => {}, end: () => {} };

/** The line that was shown first of a synapse: another one, of a new model, would move under the hand, and A might become B. */
function useFirst(id: number | undefined, found: Direction | undefined): Direction | undefined {
  const first = useRef<{ readonly id: number; readonly direction: Direction } | undefined>(undefined);
  if (first.current?.id !== id) first.current = undefined;
  if (id !== undefined && found) first.current ??= { id, direction: found };
  return first.current?.direction;
}

function regionOf({ begin, end }: NonNullable<LabelObject["box"]>): Region {
  return { start: begin, shape: zipAxes((to, from) => to - from, end, begin) };
}

function axisOf(
  { box, centre, polarity }: LabelObject,
  direction: Direction | undefined,
  anisotropy: number,
): DrawnAxis | undefined {
  if (!direction || !box || !centre) return undefined;
  const [depth, height, width] = regionOf(box).shape;
  return {
    direction,
    position: middleOfVoxel(centre),
    length: axisLength([depth * anisotropy, height, width]),
    anisotropy,
    chosen: Array.isArray(polarity) ? sideOf(direction, polarity as [number, number, number]) : undefined,
  };
}
