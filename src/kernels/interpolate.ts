/** Voxels between the points of a grid that has every second voxel: `assembly/interpolate.ts`. */
export interface InterpolateKernels {
  /** 16 times the points (u16) of a slice, or of what lies midway between two: i32. */
  interpolateSlices(
    a: number,
    b: number,
    c: number,
    d: number,
    between: boolean,
    count: number,
    out: number,
  ): void;
  /** Rows of voxels (u16) from those points. */
  interpolateRows(
    points: number,
    firstY: number,
    count: number,
    firstX: number,
    y: number,
    rows: number,
    x: number,
    nx: number,
    limit: number,
    scratch: number,
    out: number,
  ): void;
}
