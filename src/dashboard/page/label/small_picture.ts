/** Small square pictures of a part of a slice. */
import type { Contrasts } from "../contrast.ts";
import type { PlaneView } from "../geometry.ts";
import { paintSlice } from "../paint.ts";
import { cutSlice, oneSlice } from "../slice.ts";
import type { Volume } from "../volume.ts";

/** An empty square to draw on, in pixels of the page; undefined before there is one. */
export function squareOf(
  canvas: HTMLCanvasElement | null,
  size: number,
): CanvasRenderingContext2D | undefined {
  const context = canvas?.getContext("2d");
  if (!canvas || !context) return undefined;
  canvas.width = canvas.height = size * devicePixelRatio;
  context.setTransform(devicePixelRatio, 0, 0, devicePixelRatio, 0, 0);
  return context;
}

/** Paints a slice of the stack, with its contrast. */
export function paintStack(
  context: CanvasRenderingContext2D,
  view: PlaneView,
  raw: Volume,
  contrasts: Contrasts,
  z: number,
): void {
  const [low, high] = contrasts.of(raw);
  paintSlice(context, view, cutSlice(raw, 0, view, oneSlice(z)), { kind: "grey", low, high });
}
