/** The raw intensity as a column: what the threads of a team share of it. */
import type { SharedLoop } from "../kernels/mod.ts";
import { type RowSink, storeRows } from "./row_sink.ts";

interface Widen {
  /** Table of the rows' addresses in the first raw slice. */
  readonly rows: number;
  readonly rawSlice: number;
  readonly scratch: number;
  readonly scratchStep: number;
  readonly sink: RowSink;
  readonly first: number;
  /** Raw slice of `first`. */
  readonly from: number;
}

/** Widens a slice per piece, row by row. */
export const widenLoop: SharedLoop<Widen> = {
  name: "widenRaw",
  piece(kernels, { rows, rawSlice, scratch, scratchStep, sink, first, from }, piece, thread) {
    const address = scratch + thread * scratchStep;
    const { ny, nx } = sink;
    for (let y = 0; y < ny; y++) {
      kernels.run.widenRows(rows + 4 * y, (from + piece) * rawSlice, 1, 0, nx, nx, address, 4 * nx);
      storeRows(kernels, sink, { address, step: scratchStep, rows: 1, z: first + piece, y }, 0);
    }
  },
};
