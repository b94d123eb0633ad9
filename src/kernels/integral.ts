/** Integral images: `assembly/integral.ts`. */
export interface IntegralKernels {
  /** Writes table slice z+1 from table slice z and one f32 plane `[ny, nx]`, in fixed point. */
  integrateSlice(
    plane: number,
    previous: number,
    next: number,
    ny: number,
    nx: number,
    low: number,
    scale: number,
    limit: number,
  ): void;
}
