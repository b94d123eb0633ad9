/** What a thread does with rows of derivatives. */
import type { SharedKernels } from "../kernels/mod.ts";
import { type Rows, type RowSink, storeRows } from "./row_sink.ts";

/** Plain data, so that every thread of a team can be told. */
export type RowUse =
  /** Finishes and stores them. */
  | ({ readonly kind: "store" } & RowSink)
  /** Writes the outer products of the gradient for a structure tensor. */
  | ({ readonly kind: "products" } & Products)
  /** Writes the frames at centroids. */
  | ({ readonly kind: "frames" } & FramesAt);

/** Planes of products of some slices. */
interface Products {
  readonly to: number;
  /** Slice z lies in place (z - `first`) modulo `slots`. */
  readonly first: number;
  readonly slots: number;
  /** Bytes of a plane; a slice has six. */
  readonly plane: number;
  readonly row: number;
  readonly nx: number;
  /** Voxels that a row repeats before its first. */
  readonly left: number;
  readonly width: number;
  /** Whether the last point of a row may lie beyond the volume's border. */
  readonly isBeyond: boolean;
}

/** Where frames are wanted. */
interface FramesAt {
  /** Of the region. */
  readonly start: readonly [z: number, y: number, x: number];
  readonly nx: number;
  readonly stripRows: number;
  readonly strips: number;
  /** i32 z, y, x of each, in ascending order of z and strip. */
  readonly centroids: number;
  /** Address of the index (u32) of the first centroid of each strip of each slice, and of the end. */
  readonly firsts: number;
  readonly out: number;
}

/** Whether the use needs rows at all. */
export function needsRows({ arena }: SharedKernels, use: RowUse, z: number, y: number): boolean {
  if (use.kind !== "frames") return true;
  const [from = 0, to = 0] = arena.u32(firstsAt(use, z, y), 2);
  return to > from;
}

function firstsAt({ start: [z0], strips, stripRows, firsts }: FramesAt, z: number, y: number): number {
  return firsts + 4 * ((z - z0) * strips + y / stripRows);
}

/** Uses rows. @param scratch as large as the use needs */
export function useRows(kernels: SharedKernels, use: RowUse, rows: Rows, scratch: number): void {
  const { run, arena } = kernels;
  switch (use.kind) {
    case "store":
      return storeRows(kernels, use, rows, scratch);
    case "products": {
      const to = use.to + ((rows.z - use.first) % use.slots) * 6 * use.plane + rows.y * use.row;
      const { nx, plane, row, left, width, isBeyond } = use;
      return run.outerProducts(rows.address, rows.step, rows.rows, nx, to, plane, row, left, width, isBeyond);
    }
    case "frames": {
      const [, y, x] = use.start;
      const [from = 0, to = 0] = arena.u32(firstsAt(use, rows.z, rows.y), 2);
      const { nx, centroids, out } = use;
      const at = centroids + 12 * from;
      return run.framesAt(rows.address, rows.step, nx, y + rows.y, x, at, to - from, out + 24 * from);
    }
  }
}
