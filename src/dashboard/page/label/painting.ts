/** A stroke from its first place to its last. */
import { LABEL } from "../../api.ts";
import type { Plane, Point } from "../geometry.ts";
import { type Brush, fillOutline, sweep } from "./brush.ts";
import type { Project } from "./project.ts";
import { createRuns, type TakeRun } from "./runs.ts";

/** What is painted and how. */
export interface Tool {
  readonly paints: "synapse" | "not" | "erase";
  /** A brush, an outline that is filled, or a click that takes a whole supervoxel. */
  readonly by: "brush" | "outline" | "supervoxel";
  readonly radius: number;
  /** Leaves what is painted already as it is. */
  readonly isCareful: boolean;
}

export const FIRST_TOOL: Tool = { paints: "synapse", by: "brush", radius: 4, isCareful: false };

/** A stroke under way. */
export interface Painting {
  readonly plane: Plane;
  /** Places of an outline that is being drawn. */
  readonly outline: readonly Point[] | undefined;
  move(to: Point): void;
  /** Ends and saves it. */
  end(): void;
}

/** The value that a tool paints. */
export function valueOf({ paints }: Tool, chosen: number): number {
  if (paints === "erase") return LABEL.unsure;
  return paints === "not" ? LABEL.not : chosen;
}

/** Begins to paint at a place. */
export function beginPainting(
  project: Project,
  tool: Tool,
  chosen: number,
  brush: Omit<Brush, "radius">,
  from: Point,
): Painting {
  const { shape } = project.state();
  const runs = createRuns(shape);
  const over = tool.isCareful && tool.paints !== "erase" ? "unpainted" : "all";
  const stroke = project.begin(valueOf(tool, chosen), over);
  const { plane } = brush;
  const outline: Point[] = [from];
  let last = from;
  /** Shows what a function paints, and keeps it. */
  const paint = (shapeOf: (take: TakeRun) => void) => {
    const dab = createRuns(shape);
    shapeOf((...run) => {
      dab.add(...run);
      runs.add(...run);
    });
    stroke.add(dab.flat());
  };
  const isFill = tool.by === "outline";
  const line = (to: Point) => paint((take) => sweep({ ...brush, radius: tool.radius }, last, to, take));
  if (!isFill) line(from);
  return {
    plane,
    outline: isFill ? outline : undefined,
    move(to) {
      if (isFill) outline.push(to);
      else line(to);
      last = to;
    },
    end() {
      if (isFill) paint((take) => fillOutline(plane, Math.floor(from[plane.cut]), outline, take));
      stroke.end(runs.flat());
    },
  };
}
