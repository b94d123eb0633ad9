/** Draws a synapse with the axis across it. */
import type { PolarityComponent } from "../api.ts";
import type { Direction } from "./axis.ts";
import { drawAxis } from "./axis_draw.ts";
import { axisLength } from "./axis_line.ts";
import { contrastOf } from "./contrast.ts";
import { AXES, type PlaneView, type Point } from "./geometry.ts";
import { drawFaults } from "./hatch.ts";
import { paintSlice } from "./paint.ts";
import { drawCaption } from "./plane_canvas.tsx";
import type { Fault } from "./slice_values.ts";
import { keptSlice, oneSlice } from "./slice.ts";
import type { Volume } from "./volume.ts";

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
  const depth = oneSlice(slice);
  const faults: Fault[] = [];
  if (raw) {
    const slice = keptSlice(raw, 0, view, depth);
    const [low, high] = contrastOf(slice.values) ?? [0, 255];
    paintSlice(context, view, slice, { kind: "grey", low, high });
    faults.push(...slice.faults);
  }
  if (mask) {
    const style = { kind: "label", isOutline: true, opacity: 1, only: component.id } as const;
    paintSlice(context, view, keptSlice(mask, 0, view, depth), style);
  }
  drawFaults(context, view, faults, false);
  if (axis) {
    const { anisotropy } = view;
    const length = axisLength(component.box.shape);
    drawAxis(context, view, { direction: axis, position, length, anisotropy, chosen });
  }
  drawCaption(context, `${AXES[view.plane.cut]} = ${slice}`);
}
