/** Eigenvalues and eigenvectors of symmetric 3x3 matrices: `assembly/eigen.ts`. */
export interface EigenKernels {
  /** Outer product of the gradient in three planes, as six planes whose rows repeat their ends. */
  outerProducts(
    gradient: number,
    step: number,
    ny: number,
    nx: number,
    out: number,
    outStep: number,
    rowStep: number,
    left: number,
    width: number,
    isBeyond: boolean,
  ): void;
  /** Eigenvalues, ascending by magnitude, of matrices in six planes (xx, xy, yy, xz, yz, zz). */
  eigenvalues(planes: number, step: number, count: number, out: number, outStep: number): void;
  /** e2 and e3 (six f32 each) at `count` centroids (i32 z, y, x) of one slice, from nine planes of derivatives. */
  framesAt(
    planes: number,
    step: number,
    nx: number,
    originY: number,
    originX: number,
    centroids: number,
    count: number,
    out: number,
  ): void;
  /** e1, e2, e3 (nine planes) at every voxel, from nine planes of derivatives. */
  frames(planes: number, step: number, count: number, out: number, outStep: number): void;
}
