/** What the threads of a team share of integral images: slices and strips of rows. */
import { type RowSink, storeRows } from "../../channels/mod.ts";
import type { SharedLoop } from "../../kernels/mod.ts";
import type { Zyx } from "../../volume/region.ts";

interface Integrate {
  /** u16 in fixed point: slice i lies in place i modulo `places`. */
  readonly values: number;
  readonly places: number;
  /** First slice, and how many. */
  readonly slice: number;
  readonly slices: number;
  readonly ny: number;
  readonly nx: number;
  /** Rows of a strip. */
  readonly strip: number;
  /** Sums above each strip of each slice. */
  readonly sums: number;
  readonly table: number;
}

function planeOf({ values, slice, places, ny, nx }: Integrate, i: number): number {
  return values + (slice + i) % places * ny * nx * 2;
}

function sumsOf({ sums, ny, nx, strip }: Integrate, i: number): number {
  return sums + i * Math.ceil(ny / strip) * nx * 4;
}

/** What lies above each strip, a slice per piece. */
export const sumStripsLoop: SharedLoop<Integrate> = {
  name: "sumStrips",
  piece({ run }, args, i) {
    run.sumStrips(planeOf(args, i), args.ny, args.nx, args.strip, sumsOf(args, i));
  },
};

/** Integrates a strip of all slices per piece: no strip needs another one's rows. */
export const integrateLoop: SharedLoop<Integrate> = {
  name: "integrateStrips",
  piece({ run }, args, strip) {
    const { ny, nx, table } = args;
    const sliceBytes = (ny + 1) * (nx + 1) * 4;
    const y = strip * args.strip, rows = Math.min(args.strip, ny - y);
    for (let i = 0; i < args.slices; i++) {
      const previous = table + (args.slice + i) * sliceBytes;
      const sums = sumsOf(args, i) + strip * nx * 4;
      run.integrateStrip(planeOf(args, i), previous, previous + sliceBytes, nx, y, rows, sums);
    }
  },
};

interface Store {
  /** f32 planes without gaps, the first of them slice `first`. */
  readonly from: number;
  readonly first: number;
  readonly sink: RowSink;
}

/** Stores slices of a file, a slice per piece. */
export const storeLoop: SharedLoop<Store> = {
  name: "storeSlices",
  piece(kernels, { from, first, sink }, i) {
    const { ny, nx } = sink;
    const address = from + i * ny * nx * 4;
    storeRows(kernels, sink, { address, step: 0, rows: ny, z: first + i, y: 0 }, 0);
  },
};

interface Halve {
  readonly table: number;
  readonly row: number;
  readonly slice: number;
  /** First entries, and how many of every second one. */
  readonly first: Zyx;
  readonly stepZ: number;
  readonly columns: number;
  readonly rows: number;
  readonly slices: number;
  readonly perPiece: number;
  readonly address: number;
}

/** Copies every second entry, some slices per piece. */
export const halveLoop: SharedLoop<Halve> = {
  name: "halveTable",
  piece(
    { run },
    { table, row, slice, first: [z, y, x], stepZ, columns, rows, slices, perPiece, address },
    piece,
  ) {
    const from = piece * perPiece, to = Math.min(slices, from + perPiece);
    run.halveTable(table, row, slice, x, y, z, stepZ, columns, rows, from, to, address);
  },
};

export const TABLE_LOOPS: readonly SharedLoop<never>[] = [sumStripsLoop, integrateLoop, storeLoop, halveLoop];
