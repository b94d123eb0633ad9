/** Three planes through a synapse that is reviewed, on which one clicks and paints. */
import { useState } from "preact/hooks";
import { sweep } from "../label/brush.ts";
import { createRuns } from "../label/runs.ts";
import { PLANES, type Point, voxelAt } from "../geometry.ts";
import { type PlaneActions, PlaneCanvas, planeLabel } from "../plane_canvas.tsx";
import { usePlanes } from "../use_planes.ts";
import { type DrawnReview, drawReview } from "./review_draw.ts";

/** What a click does. */
export type ReviewMode = "look" | "split" | "merge" | "add";

interface ReviewPlanesProps {
  readonly mode: ReviewMode;
  readonly drawn: Omit<DrawnReview, "at">;
  readonly shape: Point;
  readonly anisotropy: number;
  /** Voxels in x and y that are in sight at first. */
  readonly extent: number;
  /** Of the brush, voxels of x and y. */
  readonly radius: number;
  /** A click on a voxel, in another mode than "look". */
  readonly onClick: (voxel: Point) => void;
  /** Voxels that were painted: z, y, x and length of one run after the other. */
  readonly onPaint: (runs: readonly number[]) => void;
}

/** A pointer that moved fewer pixels clicks. */
const CLICK_REACH = 4;

export function ReviewPlanes(props: ReviewPlanesProps) {
  const { mode, drawn, shape, anisotropy, extent, radius } = props;
  const { place, at, setAt, centre, zoom, moves } = usePlanes(drawn.position, shape, extent);
  const [stroke, setStroke] = useState<readonly number[]>([]);
  const actions: PlaneActions = {
    ...moves,
    pick(point) {
      setAt(point);
      if (mode !== "look") props.onClick(voxelAt(point, shape));
    },
    press(from, view, event) {
      if (mode !== "add" || event.button !== 0 || event.pointerType === "touch") return undefined;
      const runs = createRuns(shape);
      const brush = { plane: view.plane, shape: "disc", radius, anisotropy } as const;
      const far = CLICK_REACH / view.zoom;
      let last = from, isMoved = false;
      return {
        move(to) {
          isMoved ||= Math.hypot(...to.map((n, axis) => n - (from[axis] ?? 0))) > far;
          if (!isMoved) return;
          sweep(brush, last, to, runs.add);
          last = to;
          setStroke(runs.flat());
        },
        end() {
          setStroke([]);
          setAt(from);
          if (isMoved) props.onPaint(runs.flat());
          else props.onClick(voxelAt(from, shape));
        },
      };
    },
  };
  return (
    <div class="planes three" ref={place}>
      {PLANES.map((plane) => (
        <PlaneCanvas
          key={plane.name}
          plane={plane}
          centre={centre}
          at={at}
          zoom={zoom}
          anisotropy={anisotropy}
          label={planeLabel(plane, at)}
          actions={actions}
          draw={(context, view) =>
            drawReview(context, view, { ...drawn, at, missed: [...drawn.missed, stroke] })}
        />
      ))}
    </div>
  );
}
