/** From cells to voxels: `assembly/spread.ts`. */
export interface SpreadKernels {
  /** Interpolates one row of voxels between four rows of cells. */
  spreadRow(
    a00: number,
    a01: number,
    a10: number,
    a11: number,
    wz: number,
    wy: number,
    first: number,
    count: number,
    size: number,
    cells: number,
    steps: number,
    out: number,
  ): void;
}
