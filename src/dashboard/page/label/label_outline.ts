/** Outlines of labels along the edges of voxels. */
import { colourOf, type LabelGrid, type LabelLook } from "./label_grid.ts";

const LINE_WIDTH = 1.75;
/** A dark rim beside the line, so that it is seen over bright places, too. */
const RIM = "rgba(16, 20, 24, 0.6)";

/** Strokes the borders of all labels, or where these are filled only of the chosen one. @param place pixel of a cell's corner */
export function strokeOutlines(
  context: CanvasRenderingContext2D,
  grid: LabelGrid,
  place: (column: number, row: number) => readonly [number, number],
  { isOutline, chosen }: LabelLook,
): void {
  const paths = outlinesOf(grid, place, isOutline ? undefined : chosen);
  context.lineWidth = LINE_WIDTH + 2;
  context.strokeStyle = RIM;
  for (const path of paths.values()) context.stroke(path);
  context.lineWidth = LINE_WIDTH;
  for (const [value, path] of paths) {
    context.strokeStyle = `rgb(${colourOf(value).join()})`;
    context.stroke(path);
  }
}

function outlinesOf(
  { values, filled, u, v }: LabelGrid,
  place: (column: number, row: number) => readonly [number, number],
  only: number | undefined,
): Map<number, Path2D> {
  const [columns, rows] = [u.count, v.count];
  const paths = new Map<number, Path2D>();
  const edge = (value: number, i0: number, j0: number, i1: number, j1: number) => {
    if (value === 0 || (only !== undefined && value !== only)) return;
    let path = paths.get(value);
    if (!path) paths.set(value, path = new Path2D());
    path.moveTo(...place(i0, j0));
    path.lineTo(...place(i1, j1));
  };
  for (let j = 0; j < rows; j++) {
    if (filled[j] === 0 && (filled[j + 1] ?? 0) === 0) continue;
    const row = j * columns;
    for (let i = 0; i < columns; i++) {
      const here = values[row + i] ?? 0;
      const right = i + 1 < columns ? values[row + i + 1] ?? 0 : 0;
      const below = j + 1 < rows ? values[row + columns + i] ?? 0 : 0;
      if (here !== right) {
        edge(here, i + 1, j, i + 1, j + 1);
        edge(right, i + 1, j, i + 1, j + 1);
      }
      if (here !== below) {
        edge(here, i, j + 1, i + 1, j + 1);
        edge(below, i, j + 1, i + 1, j + 1);
      }
      if (here !== 0 && i === 0) edge(here, 0, j, 0, j + 1);
      if (here !== 0 && j === 0) edge(here, i, 0, i + 1, 0);
    }
  }
  return paths;
}
