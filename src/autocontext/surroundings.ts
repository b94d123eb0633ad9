/** What is read from a smoothed volume of cells by looking around in it. */
import type { Kernels } from "../kernels/mod.ts";
import type { Zyx } from "../volume/region.ts";
import {
  directionOffset,
  type FeatureSettings,
  inCells,
  rankOf,
  signsOf,
  SORT_STRIP,
  sortingNetwork,
} from "./cell_features.ts";
import { allocated, SPILL } from "./smooth_cells.ts";

/** A smoothed volume with margins, as kernels read it. */
export interface Smoothed {
  /** Address of the first cell of the write region. */
  readonly from: number;
  readonly sliceStep: number;
  readonly rowStep: number;
}

/** Floats of a row of the window's planes: what it looks at, and whole vectors. */
function windowRow(nx: number, hx: number): number {
  return Math.ceil((nx + 2 * hx) / 16) * 16 + SPILL;
}

/** Bytes that {@link computeWindow} takes. */
export function windowScratchBytes([, ny, nx]: Zyx, [, hy, hx]: Zyx): number {
  return 2 * allocated(4 * (ny + 2 * hy) * windowRow(nx, hx));
}

/** The largest in the box of `half` cells around each: along z, then x, then y, slice by slice. */
export function computeWindow(
  { run, arena }: Kernels,
  { from, sliceStep, rowStep }: Smoothed,
  [hz, hy, hx]: Zyx,
  [nz, ny, nx]: Zyx,
  out: number,
): void {
  const row = 4 * windowRow(nx, hx);
  const rows = ny + 2 * hy;
  const deep = arena.alloc(rows * row);
  const wide = arena.alloc(rows * row);
  for (let z = 0; z < nz; z++) {
    const corner = from + z * sliceStep - hy * rowStep - 4 * hx;
    run.largestAlong(corner, rowStep, rows, nx + 2 * hx, hz, sliceStep, deep, row);
    run.largestAlong(deep + 4 * hx, row, rows, nx, hx, 4, wide, row);
    run.largestAlong(wide + hy * row, row, ny, nx, hy, row, out + 4 * z * ny * nx, 4 * nx);
  }
}

/** Bytes that {@link computeAround} takes for `places` places. */
export function aroundScratchBytes({ space }: FeatureSettings, places: number): number {
  const count = signsOf(space).length;
  const comparators = sortingNetwork(count, Array.from({ length: count }, (_, rank) => rank)).length;
  return allocated(4 * count) + allocated(8 * comparators) + allocated(8 * places) +
    count * SORT_STRIP;
}

/** Some places in the order of what lies at one distance around each cell. */
export function computeAround(
  { run, arena }: Kernels,
  { from, sliceStep, rowStep }: Smoothed,
  distance: number,
  places: readonly number[],
  settings: FeatureSettings,
  [nz, ny, nx]: Zyx,
  outs: readonly number[],
): void {
  const offsets = signsOf(settings.space).map((signs) => {
    const [z, y, x] = directionOffset(signs, inCells(distance, settings));
    return z * sliceStep + y * rowStep + 4 * x;
  });
  const count = offsets.length;
  const ranks = places.map((place) => rankOf(place, count));
  const network = sortingNetwork(count, ranks).flat().map((rank) => rank * SORT_STRIP);
  const wanted = ranks.flatMap((rank, i) => [rank * SORT_STRIP, outs[i] ?? 0]);
  const table = (values: readonly number[]) => {
    const address = arena.alloc(4 * values.length);
    arena.i32(address, values.length).set(values);
    return address;
  };
  run.sortAround(
    from,
    sliceStep,
    rowStep,
    nz,
    ny,
    nx,
    table(offsets),
    count,
    table(network),
    network.length / 2,
    table(wanted),
    ranks.length,
    arena.alloc(count * SORT_STRIP),
  );
}
