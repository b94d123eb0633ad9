/** Hatches what cannot be shown: chunks that are damaged, missing, or not computed yet. */
import { pixelAt, type PlaneView } from "./geometry.ts";
import type { Fault } from "./slice_values.ts";

/** What a chunk lacks: `pending` ones may still come. */
export type FaultKind = "damaged" | "missing" | "pending";

export const FAULT_COLOURS: Readonly<Record<FaultKind, string>> = {
  damaged: "#ff6b5e",
  missing: "#ffb545",
  pending: "#8fa3b0",
};

const STEP = 10;

/** Hatches the places of faults on a plane. @param mayCome whether a chunk without a file can still be computed */
export function drawFaults(
  context: CanvasRenderingContext2D,
  view: PlaneView,
  faults: readonly Fault[],
  mayCome: boolean,
): void {
  for (const { kind, from, to } of faults) {
    const [left, top] = pixelAt(view, ...from), [right, bottom] = pixelAt(view, ...to);
    const shown = kind === "missing" && mayCome ? "pending" : kind;
    hatch(context, [left, top, right, bottom], FAULT_COLOURS[shown], view);
  }
}

function hatch(
  context: CanvasRenderingContext2D,
  [left, top, right, bottom]: readonly [number, number, number, number],
  colour: string,
  { width, height }: PlaneView,
): void {
  const [x0, y0] = [Math.max(0, left), Math.max(0, top)];
  const [x1, y1] = [Math.min(width, right), Math.min(height, bottom)];
  if (x1 <= x0 || y1 <= y0) return;
  context.save();
  context.beginPath();
  context.rect(x0, y0, x1 - x0, y1 - y0);
  context.clip();
  context.fillStyle = "rgba(16, 20, 24, 0.55)";
  context.fillRect(x0, y0, x1 - x0, y1 - y0);
  context.strokeStyle = colour;
  context.lineWidth = 2;
  context.beginPath();
  // Lines of x + y = a multiple of the step, so that neighbours go on in each other.
  for (let sum = Math.ceil((x0 + y0) / STEP) * STEP; sum <= x1 + y1; sum += STEP) {
    context.moveTo(sum - y0, y0);
    context.lineTo(sum - y1, y1);
  }
  context.stroke();
  context.strokeRect(x0, y0, x1 - x0, y1 - y0);
  context.restore();
}
