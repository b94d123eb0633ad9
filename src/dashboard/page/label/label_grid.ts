/** Labels in sight as a grid of values, cut out of the chunks. */
import { labelColour } from "../colours.ts";
import { type PlaneView, type Point, scaleOf, visibleRange } from "../geometry.ts";
import { chunksAlong, type GridAxis } from "../slice.ts";
import type { Fault } from "../slice_values.ts";
import { LABEL } from "../../api.ts";
import type { LabelChunks } from "./label_chunks.ts";

/** Labels in sight, 0 where nothing is painted or known. */
export interface LabelGrid {
  readonly values: Uint32Array;
  readonly u: GridAxis;
  readonly v: GridAxis;
  /** Rows that may have labels have 1. */
  readonly filled: Uint8Array;
  /** Whether every chunk in sight had come. */
  isComplete: boolean;
  readonly faults: Map<string, Fault>;
}

/** How labels are shown. */
export interface LabelLook {
  readonly opacity: number;
  readonly isOutline: boolean;
  /** The synapse that is painted, which is outlined in any case. */
  readonly chosen: number;
}

/** Calm for what is no synapse: it is the most, and says the least. */
const NOT_COLOUR = [86, 160, 222] as const;

/** Red, green, blue of a label. */
export function colourOf(value: number): readonly [number, number, number] {
  return value === LABEL.not ? NOT_COLOUR : labelColour(value);
}

/** An empty grid of what is in sight, a value a voxel, or fewer where voxels are smaller than pixels. */
export function gridOf(view: PlaneView, shape: Point): LabelGrid {
  const { across, down } = view.plane;
  const axis = (which: 0 | 1 | 2, pixels: number): GridAxis => {
    const [from, to] = visibleRange(view, which, pixels, shape[which]);
    const every = Math.max(1, Math.floor(1 / scaleOf(view, which)));
    const first = Math.floor(from / every) * every;
    return { first, every, count: Math.max(0, Math.ceil((to - first) / every)) };
  };
  const u = axis(across, view.width), v = axis(down, view.height);
  return {
    values: new Uint32Array(u.count * v.count),
    u,
    v,
    filled: new Uint8Array(v.count),
    isComplete: false,
    faults: new Map(),
  };
}

/**
 * Fills a grid from the chunks, or from those in `only`.
 * @param onRow is told of each part of a row that was filled, @param onBlock of each rectangle
 */
export function fillGrid(
  chunks: LabelChunks,
  grid: LabelGrid,
  { plane }: Pick<PlaneView, "plane">,
  slice: number,
  only: ReadonlySet<string> | undefined,
  onRow: (from: number, to: number, row: number) => void,
  onBlock: (left: number, top: number, width: number, height: number) => void,
): void {
  const { u, v, values, filled } = grid;
  const { across, down, cut } = plane;
  const size = chunks.chunkShape;
  const strides = [size[1] * size[2], size[2], 1] as const;
  if (!only) grid.isComplete = true;
  const layer = Math.floor(slice / size[cut]);
  for (const y of chunksAlong(v, size[down])) {
    for (const x of chunksAlong(u, size[across])) {
      const at: [number, number, number] = [0, 0, 0];
      [at[across], at[down], at[cut]] = [x, y, layer];
      const key = at.join("/");
      if (only && !only.has(key)) continue;
      const voxels = chunks.chunk(...at);
      const [u0, u1] = cellsIn(u, x, size[across]), [v0, v1] = cellsIn(v, y, size[down]);
      if (voxels === undefined) grid.isComplete = false;
      if (voxels === "damaged") grid.faults.set(key, faultAt(x, y, size[across], size[down]));
      else grid.faults.delete(key);
      if (typeof voxels === "string" && !only || voxels === undefined) continue;
      const step = u.every * strides[across];
      const origin = (slice - layer * size[cut]) * strides[cut] +
        (u.first + u0 * u.every - x * size[across]) * strides[across];
      for (let j = v0; j < v1; j++) {
        const row = j * u.count;
        let from = origin + (v.first + j * v.every - y * size[down]) * strides[down];
        for (let i = row + u0; i < row + u1; i++, from += step) {
          const value = typeof voxels === "string" ? 0 : voxels[from] ?? 0;
          values[i] = value;
          if (value !== 0) filled[j] = 1;
        }
        onRow(u0, u1, row);
      }
      onBlock(u0, v0, u1 - u0, v1 - v0);
    }
  }
}

function faultAt(x: number, y: number, across: number, down: number): Fault {
  return { kind: "damaged", from: [x * across, y * down], to: [(x + 1) * across, (y + 1) * down] };
}

/** Cells of a grid whose voxels lie in a chunk: from, and before. */
function cellsIn({ first, every, count }: GridAxis, chunk: number, size: number): readonly [number, number] {
  const cell = (voxel: number) => Math.max(0, Math.min(count, Math.ceil((voxel - first) / every)));
  return [cell(chunk * size), cell((chunk + 1) * size)];
}
