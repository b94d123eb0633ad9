/** What the threads of a team share of smoothing the products of a structure tensor. */
import type { SharedLoop } from "../kernels/mod.ts";
import type { Strips } from "./filter_loops.ts";
import { type RowSink, storeRows } from "./row_sink.ts";
import { planeBytes } from "./rows.ts";

/** Entries of a symmetric matrix: xx, xy, yy, xz, yz, zz. */
export const ENTRIES = 6;

/** Rows that a thread smooths along z before it looks for more. */
export const ROWS_A_PIECE = 4;

/** The ring of slices smoothed within themselves; sizes in bytes. */
interface Ring {
  readonly ringRow: number;
  readonly ringColumn: number;
  readonly ringEntry: number;
  /** Floats of a row, whole vectors. */
  readonly columns: number;
  readonly scratch: number;
  readonly scratchStep: number;
}

interface InSlices extends Ring, Strips {
  readonly products: number;
  readonly product: number;
  readonly row: number;
  readonly width: number;
  /** Of each slice: where its products lie, and its first row in the ring. */
  readonly places: readonly { readonly products: number; readonly ring: number }[];
}

/** Smooths strips of products along y and x. */
export const smoothInSlicesLoop: SharedLoop<InSlices> = {
  name: "smoothInSlices",
  piece({ run }, args, piece, thread) {
    const { product, row, width, stripRows, strips, columns, ringColumn, ringEntry } = args;
    const place = args.places[Math.floor(piece / strips)];
    if (place === undefined) throw new RangeError(`there is no slice of piece ${piece}`);
    const y = piece % strips * stripRows;
    const rows = Math.min(stripRows, args.ny - y);
    const smoothed = args.scratch + thread * args.scratchStep;
    const centre = args.rowTable + 4 * y;
    for (let entry = 0; entry < ENTRIES; entry++) {
      const from = args.products + (place.products * ENTRIES + entry) * product;
      const to = place.ring + entry * ringEntry + y * ringColumn;
      run.filterRows(centre, 4, from, 0, rows, width, args.radiusY, args.weightsY, 1, smoothed, row, 0);
      run.filterRows(
        args.columnTable,
        0,
        smoothed,
        row,
        rows,
        columns,
        args.radiusX,
        args.weightsX,
        1,
        to,
        ringColumn,
        0,
      );
    }
  },
};

interface AlongZ extends Ring {
  /** Entry of the first slice's centre in the table of slices in the ring. */
  readonly table: number;
  readonly radius: number;
  readonly weights: number;
  readonly batch: number;
  readonly sumsBytes: number;
  readonly sink: RowSink;
  readonly first: number;
  readonly slices: number;
}

/** Smooths rows of the ring along z, and stores the eigenvalues. */
export const smoothAlongZLoop: SharedLoop<AlongZ> = {
  name: "smoothAlongZ",
  piece(kernels, args, piece, thread) {
    const { run } = kernels;
    const { ringRow, ringColumn, ringEntry, columns, radius, batch, slices, sink } = args;
    const { ny, nx } = sink;
    const sums = args.scratch + thread * args.scratchStep;
    const values = sums + args.sumsBytes;
    const step = planeBytes(1, nx);
    const end = Math.min(ny, (piece + 1) * ROWS_A_PIECE);
    for (let y = piece * ROWS_A_PIECE; y < end; y++) {
      for (let entry = 0; entry < ENTRIES; entry++) {
        const from = entry * ringEntry + y * ringColumn, to = sums + entry * batch * ringRow;
        run.filterRows(args.table, 4, from, 0, slices, columns, radius, args.weights, 1, to, ringRow, 0);
      }
      for (let i = 0; i < slices; i++) {
        run.eigenvalues(sums + i * ringRow, batch * ringRow, nx, values, step);
        storeRows(kernels, sink, { address: values, step, rows: 1, z: args.first + i, y }, 0);
      }
    }
  },
};
