/** Paints slices: intensities in grey, scores or labels in colour over them. */
import { colourTable, labelColour } from "./colours.ts";
import { pixelAt, type PlaneView } from "./geometry.ts";
import type { Slice } from "./slice_values.ts";
import type { LabelStyle, LayerStyle, ScoreStyle } from "./layer_style.ts";

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

const LINE_WIDTH = 1.75;
/** A dark rim of so many pixels beside the line, so that it is seen over bright places, too. */
const RIM = 1;
const RIM_COLOUR = "rgba(16, 20, 24, 0.6)";
/** Where in its colour map the line of a score is. */
const BRIGHT = 190;

/** Draws the borders of scores from the threshold on, or of labels. */
function outlineSlice(
  context: CanvasRenderingContext2D,
  view: PlaneView,
  { columns, rows, from, step, values }: Slice,
  style: ScoreStyle | LabelStyle,
): void {
  const groups = Float64Array.from(values, groupOf(style));
  const place = (i: number, j: number) => pixelAt(view, from[0] + i * step[0], from[1] + j * step[1]);
  context.globalAlpha = Math.max(0.35, style.opacity);
  strokeBorders(context, { values: groups, columns, rows, place }, (group) => colourOf(style, group));
  context.globalAlpha = 1;
}

/** Values side by side, 0 where there is nothing. */
interface Bordered {
  readonly values: ArrayLike<number>;
  readonly columns: number;
  readonly rows: number;
  /** Pixel of a cell's corner. */
  readonly place: (column: number, row: number) => readonly [number, number];
  /** Whether nothing is in a row, which need not be looked at. */
  readonly isEmpty?: (row: number) => boolean;
  /** The only value whose borders are drawn. */
  readonly only?: number | undefined;
}

/** Strokes the borders between different values, along the edges of voxels. */
export function strokeBorders(
  context: CanvasRenderingContext2D,
  { values, columns, rows, place, isEmpty = () => false, only }: Bordered,
  colour: (value: number) => string,
): void {
  const paths = new Map<number, Path2D>();
  const edge = (value: number, i0: number, j0: number, i1: number, j1: number) => {
    if (value === 0 || (only !== undefined && value !== only)) return;
    let path = paths.get(value);
    if (!path) paths.set(value, path = new Path2D());
    path.moveTo(...place(i0, j0));
    path.lineTo(...place(i1, j1));
  };
  for (let j = 0; j < rows; j++) {
    if (isEmpty(j) && (j + 1 === rows || isEmpty(j + 1))) continue;
    const row = j * columns;
    for (let i = 0; i < columns; i++) {
      const here = values[row + i] ?? 0;
      const right = i + 1 < columns ? values[row + i + 1] ?? 0 : 0;
      const below = j + 1 < rows ? values[row + columns + i] ?? 0 : 0;
      if (here !== right) { for (const value of [here, right]) edge(value, i + 1, j, i + 1, j + 1); }
      if (here !== below) { for (const value of [here, below]) edge(value, i, j + 1, i + 1, j + 1); }
      if (i === 0) edge(here, 0, j, 0, j + 1);
      if (j === 0) edge(here, i, 0, i + 1, 0);
    }
  }
  context.lineWidth = LINE_WIDTH + 2 * RIM;
  context.strokeStyle = RIM_COLOUR;
  for (const path of paths.values()) context.stroke(path);
  context.lineWidth = LINE_WIDTH;
  for (const [value, path] of paths) {
    context.strokeStyle = colour(value);
    context.stroke(path);
  }
}

function groupOf(style: ScoreStyle | LabelStyle): (value: number) => number {
  if (style.kind === "score") return (value) => value >= style.threshold ? 1 : 0;
  const { only } = style;
  return (value) => value > 0 && (only === undefined || value === only) ? value : 0;
}

function colourOf(style: ScoreStyle | LabelStyle, group: number): string {
  const [r = 0, g = 0, b = 0] = style.kind === "score"
    ? colourTable(style.map).subarray(BRIGHT * 3, BRIGHT * 3 + 3)
    : labelColour(group);
  return `rgb(${r}, ${g}, ${b})`;
}
