/** Outlines of what lies over a volume, so that what is under it stays in sight. */
import { colourTable, labelColour } from "./colours.ts";
import { pixelAt, type PlaneView } from "./geometry.ts";
import type { LabelStyle, ScoreStyle } from "./layer_style.ts";
import type { Slice } from "./slice_values.ts";

const LINE_WIDTH = 1.75;
/** A dark rim of so many pixels beside the line, so that it is seen over bright places, too. */
const RIM = 1;
const RIM_COLOUR = "rgba(16, 20, 24, 0.6)";
/** Where in its colour map the line of a score is. */
const BRIGHT = 190;

/** Draws the borders of scores from the threshold on, or of labels. */
export function outlineSlice(
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
