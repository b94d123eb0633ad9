/** Columns in fixed point, and their integral images: `assembly/integral.ts`. */
export interface IntegralKernels {
  /** Fixed point (u16) of f32 values. */
  quantise(values: number, count: number, low: number, scale: number, limit: number, out: number): void;
  /** Writes table slice z+1 from table slice z and one plane `[ny, nx]` in fixed point. */
  integrateSlice(plane: number, previous: number, next: number, ny: number, nx: number): void;
}
