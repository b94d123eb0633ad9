/** Draws a plane through a synapse that is reviewed: intensities, outlines of what was found, its direction, parts and what was missed. */
import { drawBadge } from "../axis_draw.ts";
import { contrastOf } from "../contrast.ts";
import { AXES, type PlaneView, type Point, scaleOf, toPixel } from "../geometry.ts";
import { drawFaults } from "../hatch.ts";
import { paintSlice } from "../paint.ts";
import { drawCaption, drawCrossHair } from "../plane_canvas.tsx";
import { keptSlice, oneSlice } from "../slice.ts";
import type { Volume } from "../volume.ts";

/** What is drawn. */
export interface DrawnReview {
  readonly raw: Volume | undefined;
  readonly scores: Volume | undefined;
  /** Least score of a synapse's voxels. */
  readonly threshold: number;
  readonly isOutlined: boolean;
  readonly at: Point;
  /** Middle of the synapse, and where its direction points, z, y, x; undefined where that is not known. */
  readonly position: Point;
  readonly direction: Point | undefined;
  /** Voxels of the arrow, in x and y. */
  readonly length: number;
  readonly seeds: readonly Point[];
  /** Runs of what was missed, and of the stroke that is being painted. */
  readonly missed: readonly (readonly number[])[];
}

export function drawReview(context: CanvasRenderingContext2D, view: PlaneView, drawn: DrawnReview): void {
  const { raw, scores, threshold, isOutlined, at, missed, seeds } = drawn;
  const slice = Math.floor(at[view.plane.cut]);
  const depth = oneSlice(slice);
  if (raw) {
    const cut = keptSlice(raw, 0, view, depth);
    const [low, high] = contrastOf(cut.values) ?? [0, 255];
    paintSlice(context, view, cut, { kind: "grey", low, high });
    drawFaults(context, view, cut.faults, false);
  }
  if (scores && isOutlined) {
    const high = threshold + 1e-6; // one colour
    const style = { kind: "score", map: "fire", low: threshold, high, threshold, opacity: 1 } as const;
    paintSlice(context, view, keptSlice(scores, 0, view, depth), { ...style, isOutline: true });
  }
  if (isOutlined) { for (const runs of missed) drawRuns(context, view, runs, slice); }
  drawCrossHair(context, view, toPixel(view, at));
  drawArrow(context, view, drawn);
  for (const [i, seed] of seeds.entries()) drawSeed(context, view, seed, `${i + 1}`, slice);
  drawCaption(context, `${AXES[view.plane.cut]} = ${slice}`);
}

const MISSED = "rgba(92, 184, 255, 0.55)";
const ARROW = "#7ee081";

/** Voxels of runs in the slice. */
function drawRuns(
  context: CanvasRenderingContext2D,
  view: PlaneView,
  runs: readonly number[],
  slice: number,
): void {
  const { across, down, cut } = view.plane;
  context.fillStyle = MISSED;
  for (let i = 0; i < runs.length; i += 4) {
    const from = [runs[i] ?? 0, runs[i + 1] ?? 0, runs[i + 2] ?? 0] as [number, number, number];
    const to: [number, number, number] = [from[0] + 1, from[1] + 1, from[2] + (runs[i + 3] ?? 0)];
    if (slice < from[cut] || slice >= to[cut]) continue;
    const [x, y] = toPixel(view, from);
    context.fillRect(
      x,
      y,
      (to[across] - from[across]) * scaleOf(view, across),
      (to[down] - from[down]) * scaleOf(view, down),
    );
  }
}

/** An arrow from the cleft to where the vesicles are. */
function drawArrow(
  context: CanvasRenderingContext2D,
  view: PlaneView,
  { direction, position, length }: DrawnReview,
): void {
  if (!direction) return;
  const { across, down } = view.plane;
  const pixels = length * scaleOf(view, 2);
  // Pixels are as long as x and y on every axis of a plane, since z is stretched by the anisotropy.
  const [du, dv] = [direction[across] * pixels, direction[down] * pixels];
  const [x, y] = toPixel(view, position);
  const [endX, endY] = [x + du, y + dv];
  const reach = Math.hypot(du, dv);
  if (reach < 6) return;
  const [ux, uy] = [du / reach * 9, dv / reach * 9];
  context.strokeStyle = ARROW;
  context.lineWidth = 2.5;
  context.beginPath();
  context.moveTo(x, y);
  context.lineTo(endX, endY);
  context.moveTo(endX - ux - uy * 0.7, endY - uy + ux * 0.7);
  context.lineTo(endX, endY);
  context.lineTo(endX - ux + uy * 0.7, endY - uy - ux * 0.7);
  context.stroke();
}

/** A place in a part, with its number; faint where it is in another slice. */
function drawSeed(
  context: CanvasRenderingContext2D,
  view: PlaneView,
  seed: Point,
  name: string,
  slice: number,
): void {
  context.globalAlpha = Math.floor(seed[view.plane.cut]) === slice ? 1 : 0.5;
  drawBadge(context, toPixel(view, seed), name, { colour: "#ffab40", radius: 10, size: 13 });
  context.globalAlpha = 1;
}
