/** Paints slices: intensities in grey, scores or labels in colour over them. */
import { colourTable, labelColour } from "./colours.ts";
import { pixelAt, type PlaneView } from "./geometry.ts";
import { outlineSlice } from "./outline.ts";
import type { Slice } from "./slice_values.ts";
import type { LabelStyle, LayerStyle } from "./layer_style.ts";

/** Paints one slice over what is there. */
export function paintSlice(
  context: CanvasRenderingContext2D,
  view: PlaneView,
  slice: Slice,
  style: LayerStyle,
): void {
  if (!(slice.columns > 0 && slice.rows > 0)) return;
  if (style.kind !== "grey" && style.isOutline) return outlineSlice(context, view, slice, style);
  placeSlice(context, view, slice, colouredSlice(slice, style));
}

/** A slice in colours, a pixel a value. */
export function colouredSlice({ columns, rows, values }: Slice, style: LayerStyle): OffscreenCanvas {
  const image = new ImageData(columns, rows);
  colourPixels(image.data, values, style);
  const canvas = new OffscreenCanvas(columns, rows);
  canvas.getContext("2d")?.putImageData(image, 0, 0);
  return canvas;
}

/** Draws a slice that was coloured where it lies. */
export function placeSlice(
  context: CanvasRenderingContext2D,
  view: PlaneView,
  { columns, rows, from, step }: Slice,
  coloured: OffscreenCanvas,
): void {
  const [left, top] = pixelAt(view, ...from);
  const [right, bottom] = pixelAt(view, from[0] + columns * step[0], from[1] + rows * step[1]);
  context.imageSmoothingEnabled = false;
  context.drawImage(coloured, left, top, right - left, bottom - top);
}

function colourPixels(pixels: Uint8ClampedArray, values: Float64Array, style: LayerStyle): void {
  if (style.kind === "label") return labelPixels(pixels, values, style);
  const { low, high } = style;
  const scale = 1 / Math.max(1e-9, high - low);
  const table = style.kind === "score" ? colourTable(style.map) : undefined;
  const alpha = style.kind === "score" ? Math.round(style.opacity * 255) : 255;
  const threshold = style.kind === "score" ? style.threshold : -Infinity;
  for (let i = 0; i < values.length; i++) {
    const value = values[i] ?? NaN;
    if (!(value >= threshold)) continue; // also what has not come yet
    const share = Math.max(0, Math.min(1, (value - low) * scale));
    if (table) {
      const entry = Math.round(share * 255) * 3;
      pixels[i * 4] = table[entry] ?? 0;
      pixels[i * 4 + 1] = table[entry + 1] ?? 0;
      pixels[i * 4 + 2] = table[entry + 2] ?? 0;
    } else pixels.fill(share * 255, i * 4, i * 4 + 3);
    pixels[i * 4 + 3] = alpha;
  }
}

function labelPixels(pixels: Uint8ClampedArray, values: Float64Array, { opacity, only }: LabelStyle): void {
  const colours = new Map<number, readonly [number, number, number]>();
  for (let i = 0; i < values.length; i++) {
    const label = values[i] ?? NaN;
    if (!(label > 0) || (only !== undefined && label !== only)) continue;
    let colour = colours.get(label);
    if (!colour) colours.set(label, colour = labelColour(label));
    pixels.set(colour, i * 4);
    pixels[i * 4 + 3] = Math.round(opacity * 255);
  }
}
