/** The outline of a shape that is asked about, where a plane cuts it. */
import { pixelAt, type Plane, type PlaneView } from "../geometry.ts";

/** An edge between a voxel of a shape and one beside it: its ends across and down on the plane, voxels. */
export type Edge = readonly [fromAcross: number, fromDown: number, toAcross: number, toDown: number];

/** The edges of a shape in a slice. @param runs z, y, x and length along x of one run after the other */
export function edgesOf(runs: readonly number[], { across, down, cut }: Plane, slice: number): Edge[] {
  const inside = new Map<number, Set<number>>();
  const add = (voxel: readonly number[]) => {
    const row = inside.get(voxel[down] ?? 0) ?? new Set();
    inside.set(voxel[down] ?? 0, row.add(voxel[across] ?? 0));
  };
  for (let i = 0; i < runs.length; i += 4) {
    const [z = 0, y = 0, x = 0, length = 0] = runs.slice(i, i + 4);
    if (cut === 2 && slice >= x && slice < x + length) add([z, y, slice]);
    if (cut === 2 || slice !== [z, y][cut]) continue;
    for (let k = 0; k < length; k++) add([z, y, x + k]);
  }
  const has = (u: number, v: number) => inside.get(v)?.has(u) === true;
  return [...inside].flatMap(([v, row]) =>
    [...row].flatMap((u): Edge[] => [
      ...(has(u - 1, v) ? [] : [[u, v, u, v + 1] as const]),
      ...(has(u + 1, v) ? [] : [[u + 1, v, u + 1, v + 1] as const]),
      ...(has(u, v - 1) ? [] : [[u, v, u + 1, v] as const]),
      ...(has(u, v + 1) ? [] : [[u, v + 1, u + 1, v + 1] as const]),
    ])
  );
}

/** Draws it, dark around bright, so that it is seen on anything. */
export function drawOutline(
  context: CanvasRenderingContext2D,
  view: PlaneView,
  runs: readonly number[],
  slice: number,
): void {
  context.beginPath();
  for (const [fromU, fromV, toU, toV] of edgesOf(runs, view.plane, slice)) {
    context.moveTo(...pixelAt(view, fromU, fromV));
    context.lineTo(...pixelAt(view, toU, toV));
  }
  context.lineCap = "round";
  for (const [width, colour] of [[4, "rgba(16, 20, 24, 0.7)"], [1.75, ASKED]] as const) {
    context.lineWidth = width;
    context.strokeStyle = colour;
    context.stroke();
  }
  context.lineCap = "butt";
}

/** No colour of scores, and rare among those of labels. */
const ASKED = "#5ef2ff";
