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
  /** Copies rows of bytes (`stride` bytes apart) into a dense f32 plane `[ny, nx]`. */
  bytesToFloats(source: number, stride: number, ny: number, nx: number, plane: number): void;
}
