/** Draws the line across a synapse, with its ends A and B. */
import type { Direction } from "./axis.ts";
import { type AxisLine, LEAST_PART } from "./axis_line.ts";
import { type PlaneView, scaleOf, toPixel } from "./geometry.ts";

const TOWARDS = "the line points towards you";

const COLOURS = { 1: "#5cb8ff", "-1": "#ffab40" } as const;

/** A line across a synapse; A is the end that it points to. */
export interface DrawnAxis extends AxisLine {
  readonly direction: Direction;
  /** The side of the vesicles, where it is answered: 1 is A. */
  readonly chosen: 1 | -1 | undefined;
}

/** Draws the line; where it points at the viewer its ends have no names. */
export function drawAxis(context: CanvasRenderingContext2D, view: PlaneView, axis: DrawnAxis): void {
  const { across, down } = view.plane;
  const { direction, position, chosen } = axis;
  const [x, y] = toPixel(view, position);
  const length = axis.length * scaleOf(view, 2);
  // Pixels are as long as x and y on every axis of a plane, since z is stretched by the anisotropy.
  const [du, dv] = [direction[across] * length, direction[down] * length];
  const isFlat = Math.hypot(direction[across], direction[down]) >= LEAST_PART;
  for (const sign of [1, -1] as const) {
    const [endX, endY] = [x + sign * du, y + sign * dv];
    context.strokeStyle = COLOURS[sign];
    context.lineWidth = chosen === sign ? 4 : 2;
    context.beginPath();
    context.moveTo(x, y);
    context.lineTo(endX, endY);
    context.stroke();
    if (!isFlat) continue;
    drawBadge(context, [endX, endY], sign === 1 ? "A" : "B", { colour: COLOURS[sign], radius: 12, size: 14 });
  }
  if (!isFlat) {
    context.font = "13px system-ui, sans-serif";
    context.fillStyle = "rgba(16, 20, 24, 0.75)";
    context.fillRect(6, view.height - 28, context.measureText(TOWARDS).width + 12, 22);
    context.fillStyle = "#f2f5f7";
    context.fillText(TOWARDS, 12, view.height - 13);
  }
}

/** A disc with a letter or a number in it. @param size of the text, pixels */
export function drawBadge(
  context: CanvasRenderingContext2D,
  [x, y]: readonly [number, number],
  text: string,
  { colour, radius, size }: { readonly colour: string; readonly radius: number; readonly size: number },
): void {
  context.fillStyle = colour;
  context.beginPath();
  context.arc(x, y, radius, 0, 2 * Math.PI);
  context.fill();
  context.fillStyle = "#10202c";
  context.font = `700 ${size}px system-ui, sans-serif`;
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.fillText(text, x, y + 1);
  context.textAlign = "start";
  context.textBaseline = "alphabetic";
}
