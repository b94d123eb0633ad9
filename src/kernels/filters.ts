/** Separable filters and what is computed voxel by voxel from their outputs: `assembly/filters.ts`. */
export interface FilterKernels {
  /** Filters rows whose taps are found through a table of addresses; see `assembly/filters.ts` for the weights' layout. */
  filterRows(
    table: number,
    tableStep: number,
    at: number,
    atStep: number,
    rows: number,
    width: number,
    radius: number,
    weights: number,
    orders: number,
    out: number,
    outStep: number,
    orderStep: number,
  ): void;
  /** Widens u8 rows to f32 rows that repeat their ends. */
  widenRows(
    table: number,
    at: number,
    rows: number,
    left: number,
    count: number,
    width: number,
    out: number,
    outStep: number,
  ): void;
  /** The same, with every second voxel from the first in the first half of a row, and the others in the second. */
  widenHalves: FilterKernels["widenRows"];
  /** Length of the vectors in three planes. */
  lengths(planes: number, step: number, count: number, out: number): void;
  /** Sum of three planes. */
  sums(planes: number, step: number, count: number, out: number): void;
}
