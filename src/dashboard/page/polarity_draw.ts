/** Draws a synapse with the axis across it. */
import type { PolarityComponent } from "../api.ts";
import type { Direction } from "./axis.ts";
import { axisLength, LEAST_PART } from "./axis_line.ts";
import { contrastOf } from "./contrast.ts";
import { AXES, type PlaneView, type Point, scaleOf, toPixel } from "./geometry.ts";
import { drawFaults } from "./hatch.ts";
import { paintSlice } from "./paint.ts";
import { drawCaption } from "./plane_canvas.tsx";
import type { Fault } from "./slice_values.ts";
import { keptSlice } from "./slice.ts";
import type { Volume } from "./volume.ts";

const COLOURS = { 1: "#5cb8ff", "-1": "#ffab40" } as const;

/** What is drawn of a synapse. */
export interface Drawn {
  readonly raw: Volume | undefined;
  readonly mask: Volume | undefined;
  readonly component: PolarityComponent;
  readonly axis: Direction | undefined;
  readonly at: Point;
  readonly position: Point;
  readonly chosen: 1 | -1 | undefined;
}

/** A plane through a synapse: intensities, its label, the axis. */
export function drawSynapse(context: CanvasRenderingContext2D, view: PlaneView, drawn: Drawn): void {
  const { raw, mask, component, axis, at, position, chosen } = drawn;
  const slice = Math.floor(at[view.plane.cut]);
  const depth = { from: slice, to: slice + 1, take: "one" } as const;
  const faults: Fault[] = [];
  if (raw) {
    const slice = keptSlice(raw, 0, view, depth);
    const [low, high] = contrastOf(slice.values) ?? [0, 255];
    paintSlice(context, view, slice, { kind: "grey", low, high });
    faults.push(...slice.faults);
  }
  if (mask) {
    const style = { kind: "label", opacity: 0.35, only: component.id } as const;
    paintSlice(context, view, keptSlice(mask, 0, view, depth), style);
  }
  drawFaults(context, view, faults, false);
  if (axis) drawAxis(context, view, axis, position, component, chosen);
  drawCaption(context, `${AXES[view.plane.cut]} = ${slice}`);
}

function drawAxis(
  context: CanvasRenderingContext2D,
  view: PlaneView,
  axis: Direction,
  position: Point,
  { box }: PolarityComponent,
  chosen: 1 | -1 | undefined,
): void {
  const { across, down } = view.plane;
  const [x, y] = toPixel(view, position);
  const length = axisLength(box.shape) * scaleOf(view, 2);
  // Pixels are as long as x and y on every axis of a plane, since z is stretched by the anisotropy.
  const [du, dv] = [axis[across] * length, axis[down] * length];
  const isFlat = Math.hypot(axis[across], axis[down]) >= LEAST_PART;
  for (const sign of [1, -1] as const) {
    const [endX, endY] = [x + sign * du, y + sign * dv];
    context.strokeStyle = COLOURS[sign];
    context.fillStyle = COLOURS[sign];
    context.lineWidth = chosen === sign ? 4 : 2;
    context.beginPath();
    context.moveTo(x, y);
    context.lineTo(endX, endY);
    context.stroke();
    if (!isFlat) continue;
    context.beginPath();
    context.arc(endX, endY, 12, 0, 2 * Math.PI);
    context.fill();
    context.fillStyle = "#10202c";
    context.font = "700 14px system-ui, sans-serif";
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.fillText(sign === 1 ? "A" : "B", endX, endY + 1);
    context.textAlign = "start";
    context.textBaseline = "alphabetic";
  }
  if (!isFlat) {
    context.fillStyle = "rgba(16, 20, 24, 0.75)";
    context.fillRect(6, view.height - 28, 152, 22);
    context.fillStyle = "#f2f5f7";
    context.font = "13px system-ui, sans-serif";
    context.fillText("the axis points at you", 12, view.height - 13);
  }
}
