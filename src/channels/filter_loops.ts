/** What the threads of a team share of filtering: rows of slices. */
import type { SharedLoop } from "../kernels/mod.ts";
import type { Zyx } from "../volume/region.ts";
import { spanOf } from "./grid.ts";
import { roundUp16 } from "./rows.ts";
import { needsRows, type RowUse, useRows } from "./row_use.ts";

/** Rows that a thread filters along z before it looks for more. */
export const ROWS_A_PIECE = 8;

/** Sizes in bytes where nothing else is said. */
interface Shared {
  /** Floats of a row. */
  readonly width: number;
  readonly row: number;
  /** From slice to slice of what was filtered along z. */
  readonly zPlane: number;
  /** Slices from one order to the next. */
  readonly batch: number;
  readonly scratch: number;
  readonly scratchStep: number;
  /** Number of rows. */
  readonly rows: number;
  readonly zPlanes: number;
  /** Of the grid. */
  readonly steps: Zyx;
}

interface AlongZ extends Shared {
  /** Addresses of the raw slices. */
  readonly sliceTable: number;
  readonly rawRow: number;
  readonly left: number;
  readonly count: number;
  readonly slices: number;
  readonly radius: number;
  readonly weights: number;
  readonly orders: number;
  readonly tableBytes: number;
}

/** Widens raw rows and filters them along z, for some slices at once. */
export const alongZLoop: SharedLoop<AlongZ> = {
  name: "filterAlongZ",
  piece({ run, arena }, args, piece, thread) {
    const { width, row, zPlane, batch, slices, radius, steps: [step, , stepX] } = args;
    const samples = 2 * radius + spanOf(slices, step);
    const widen = stepX === 1 ? run.widenRows : run.widenHalves;
    const table = args.scratch + thread * args.scratchStep;
    const wide = table + args.tableBytes;
    arena.u32(table, samples).set(Array.from({ length: samples }, (_, i) => wide + i * row));
    const end = Math.min(args.rows, (piece + 1) * ROWS_A_PIECE);
    for (let y = piece * ROWS_A_PIECE; y < end; y++) {
      const at = y * args.rawRow;
      widen(args.sliceTable, at, samples, args.left, args.count, width, wide, row);
      const out = args.zPlanes + y * row;
      const centre = table + 4 * radius;
      const { weights, orders } = args;
      const between = 4 * step;
      run.filterRows(
        centre,
        between,
        0,
        0,
        slices,
        width,
        radius,
        weights,
        orders,
        out,
        zPlane,
        batch * zPlane,
      );
    }
  },
};

/** How slices are filtered along y and x: strip by strip, by centred weights. */
export interface Strips {
  readonly ny: number;
  readonly stripRows: number;
  readonly strips: number;
  /** Entry of the first row's centre, and of the first column's. */
  readonly rowTable: number;
  readonly columnTable: number;
  readonly radiusY: number;
  readonly radiusX: number;
  readonly weightsY: number;
  readonly weightsX: number;
}

interface InSlices extends Shared, Strips {
  readonly nx: number;
  readonly yPlane: number;
  readonly outPlane: number;
  readonly alongZ: readonly PassAlongY[];
  readonly use: RowUse;
  readonly useScratch: number;
  readonly useStep: number;
  /** The first slice filtered along z, absolute, and which ones from there are wanted. */
  readonly first: number;
  readonly places: readonly number[];
}

/** Filters strips of slices along y and x, and uses them. */
export const inSlicesLoop: SharedLoop<InSlices> = {
  name: "filterInSlices",
  piece(kernels, args, piece, thread) {
    const { run } = kernels;
    const { ny, nx, stripRows, strips, width, row, yPlane, outPlane, steps: [, step] } = args;
    const place = args.places[Math.floor(piece / strips)] ?? 0;
    const y = piece % strips * stripRows;
    if (!needsRows(kernels, args.use, args.first + place, y)) return;
    const rows = Math.min(stripRows, ny - y);
    const yPlanes = args.scratch + thread * args.scratchStep;
    const out = yPlanes + 3 * yPlane;
    const centreY = args.rowTable + 4 * step * y, centreX = args.columnTable;
    const { radiusY, radiusX, weightsY, weightsX } = args;
    const columns = roundUp16(nx);
    for (const [zIndex, alongY] of args.alongZ.entries()) {
      const plane = args.zPlanes + (zIndex * args.batch + place) * args.zPlane;
      run.filterRows(
        centreY,
        4 * step,
        plane,
        0,
        rows,
        width,
        radiusY,
        weightsY,
        alongY.orders,
        yPlanes,
        row,
        yPlane,
      );
      for (const [yIndex, { orders, firstPlane }] of alongY.passes.entries()) {
        const from = yPlanes + yIndex * yPlane, to = out + firstPlane * outPlane;
        run.filterRows(centreX, 0, from, row, rows, columns, radiusX, weightsX, orders, to, 4 * nx, outPlane);
      }
    }
    const scratch = args.useScratch + thread * args.useStep;
    useRows(kernels, args.use, { address: out, step: outPlane, rows, z: args.first + place, y }, scratch);
  },
};

/** Derivative orders (0, 1 or 2) along z, y and x. */
export type Orders = Zyx;

/** One filtering along y of a plane filtered along z: the bit set of its orders, and what follows each of them. */
interface PassAlongY {
  readonly orders: number;
  /** Filterings along x: the bit set of their orders, and which plane the lowest of them gives. */
  readonly passes: readonly { readonly orders: number; readonly firstPlane: number }[];
}

/** The passes that give all terms without filtering anything twice. */
export function planPasses(terms: readonly Orders[]): { zOrders: number; alongZ: readonly PassAlongY[] } {
  const bits = (orders: readonly number[]) => orders.reduce((set, order) => set | (1 << order), 0);
  const distinct = (orders: readonly number[]) => [...new Set(orders)].sort();
  const alongZ = distinct(terms.map(([dz]) => dz)).map((dz) => {
    const inZ = terms.filter((term) => term[0] === dz);
    const passes = distinct(inZ.map(([, dy]) => dy)).map((dy) => {
      const inY = inZ.filter((term) => term[1] === dy);
      return {
        orders: bits(inY.map(([, , dx]) => dx)),
        firstPlane: terms.findIndex((term) => term[0] === dz && term[1] === dy),
      };
    });
    return { orders: bits(inZ.map(([, dy]) => dy)), passes };
  });
  return { zOrders: bits(terms.map(([dz]) => dz)), alongZ };
}

/** Number of orders in a bit set. */
export function countBits(set: number): number {
  return [0, 1, 2].filter((bit) => set & (1 << bit)).length;
}
