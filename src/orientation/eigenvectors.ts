/** Eigenvectors of the Hessian at every voxel, as lines without a direction (docs/algorithm.md, section 3). */
import type { RawBlock } from "../channels/derivatives.ts";
import type { Kernels } from "../kernels/mod.ts";
import type { Region } from "../volume/region.ts";
import { computeDenseFrames } from "./frames.ts";

/** An eigenvector by its rank: 1 belongs to the eigenvalue of least magnitude, 3, which is across a cleft, to that of greatest. */
export type Rank = 1 | 2 | 3;

/**
 * Computes eigenvectors of the Hessian of the volume smoothed at `sigma` x/y voxels over `out`, slice by slice in ascending z. Each has
 * length 1 and the sign with which its component of largest magnitude (the first of equals) is positive. It takes as much kernel memory as
 * {@link computeDenseFrames} and needs the same context.
 *
 * @param onSlice is given z (absolute) and the addresses of f32 planes `[ny, nx]`, valid during the call: x, y, z of each rank wanted
 * @throws RangeError where the raw block is too small or `out` reaches out of the volume
 */
export function computeEigenvectors(
  kernels: Kernels,
  raw: RawBlock,
  sigma: number,
  ranks: readonly Rank[],
  out: Region,
  onSlice: (z: number, planes: readonly number[]) => void,
): void {
  const { arena } = kernels;
  const [, ny, nx] = out.shape;
  computeDenseFrames(kernels, raw, sigma, out, (z, frames) => {
    const wanted = ranks.flatMap((rank) => frames.slice(3 * (rank - 1), 3 * rank));
    for (let first = 0; first < wanted.length; first += 3) {
      const [x, y, zAxis] = wanted.slice(first, first + 3).map((address) => arena.f32(address, ny * nx));
      if (x && y && zAxis) directAll(x, y, zAxis);
    }
    onSlice(z, wanted);
  });
}

/** Turns the vectors whose component of largest magnitude is negative. */
function directAll(x: Float32Array, y: Float32Array, z: Float32Array): void {
  for (let i = 0; i < x.length; i++) {
    const [a, b, c] = [x[i] ?? 0, y[i] ?? 0, z[i] ?? 0];
    const [p, q, r] = [Math.abs(a), Math.abs(b), Math.abs(c)];
    const largest = p >= q && p >= r ? a : q >= r ? b : c;
    if (largest >= 0) continue;
    x[i] = -a;
    y[i] = -b;
    z[i] = -c;
  }
}
