/** Outlines of what lies over a volume, so that what is under it stays in sight. */
import { colourTable, labelColour } from "./colours.ts";
import { type PlaneView, toPixel } from "./geometry.ts";
import type { LabelStyle, ScoreStyle } from "./layer_style.ts";
import type { Slice } from "./slice_values.ts";

const LINE_WIDTH = 1.75;
/** Where in its colour map the line of a score is. */
const BRIGHT = 190;

/** Draws the borders of scores from the threshold on, or of labels, along the edges of voxels. */
export function outlineSlice(
  context: CanvasRenderingContext2D,
  view: PlaneView,
  { columns, rows, from, step, values }: Slice,
  style: ScoreStyle | LabelStyle,
): void {
  const groups = Float64Array.from(values, groupOf(style));
  const { across, down } = view.plane;
  const place = (i: number, j: number) => {
    const point: [number, number, number] = [0, 0, 0];
    [point[across], point[down]] = [from[0] + i * step[0], from[1] + j * step[1]];
    return toPixel(view, point);
  };
  const paths = new Map<number, Path2D>();
  const edge = (
    a: number,
    b: number,
    [x0, y0]: readonly [number, number],
    [x1, y1]: readonly [number, number],
  ) => {
    if (a === b) return;
    for (const group of [a, b]) {
      if (group === 0) continue;
      let path = paths.get(group);
      if (!path) paths.set(group, path = new Path2D());
      path.moveTo(x0, y0);
      path.lineTo(x1, y1);
    }
  };
  const at = (i: number, j: number) => i < columns && j < rows ? groups[j * columns + i] ?? 0 : 0;
  for (let j = 0; j < rows; j++) {
    for (let i = 0; i < columns; i++) {
      const group = at(i, j);
      if (group !== at(i + 1, j)) edge(group, at(i + 1, j), place(i + 1, j), place(i + 1, j + 1));
      if (group !== at(i, j + 1)) edge(group, at(i, j + 1), place(i, j + 1), place(i + 1, j + 1));
      if (group !== 0 && i === 0) edge(0, group, place(0, j), place(0, j + 1));
      if (group !== 0 && j === 0) edge(0, group, place(i, 0), place(i + 1, 0));
    }
  }
  context.lineWidth = LINE_WIDTH;
  context.globalAlpha = Math.max(0.35, style.opacity);
  for (const [group, path] of paths) {
    context.strokeStyle = colourOf(style, group);
    context.stroke(path);
  }
  context.globalAlpha = 1;
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
