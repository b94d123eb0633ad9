/** Columns in fixed point, and their integral images: `assembly/integral.ts`. */
export interface IntegralKernels {
  /** Fixed point (u16) of f32 values. */
  quantise(values: number, count: number, low: number, scale: number, limit: number, out: number): void;
  /** Sums (u32, `nx` a strip) of what lies above each strip of `rows` rows of a plane `[ny, nx]` in fixed point. */
  sumStrips(plane: number, ny: number, nx: number, rows: number, out: number): void;
  /** Writes a strip's rows of table slice z+1 from table slice z, a plane `[ny, nx]` in fixed point and the sums above the strip. */
  integrateStrip(
    plane: number,
    previous: number,
    next: number,
    nx: number,
    y: number,
    rows: number,
    sums: number,
  ): void;
  /** Every second entry of a table along x and y, of every slice or every second one. */
  halveTable(
    table: number,
    row: number,
    slice: number,
    x: number,
    y: number,
    z: number,
    stepZ: number,
    columns: number,
    rows: number,
    from: number,
    to: number,
    out: number,
  ): void;
}
