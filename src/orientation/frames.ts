/** The local frame of curvature at chosen voxels or at all of them (docs/algorithm.md, section 3). */
import {
  computeDerivatives,
  derivativeScratchBytes,
  type Orders,
  planeBytes,
  type RawBlock,
} from "../channels/derivatives.ts";
import { filterReach } from "../channels/gaussian.ts";
import type { Kernels } from "../kernels/mod.ts";
import type { Region, Zyx } from "../volume/region.ts";

/** Scale of the Hessian where a configuration gives none, in x/y voxels. */
export const DEFAULT_ORIENTATION_SIGMA = 3.5;

/** Gradient and Hessian: dx, dxx, dy, dxy, dyy, dz, dxz, dyz, dzz. */
const TERMS: readonly Orders[] = [
  [0, 0, 1],
  [0, 0, 2],
  [0, 1, 0],
  [0, 1, 1],
  [0, 2, 0],
  [1, 0, 0],
  [1, 0, 1],
  [1, 1, 0],
  [2, 0, 0],
];

/** Components of a dense frame: e1, e2, e3 with x, y, z each, as in an orientation file. */
const COMPONENTS = 9;

/** Voxels where frames are wanted, in kernel memory. */
export interface Centroids {
  /** Address of i32 triples z, y, x (absolute), in ascending order of z. */
  readonly address: number;
  readonly count: number;
}

/** Voxels of context that frames need on either side of each axis. */
export function orientationReach(sigma: number, anisotropy: number): Zyx {
  return filterReach(sigma, anisotropy);
}

/** Most bytes of kernel memory that {@link computeFrames} or {@link computeDenseFrames} uses for a region of `shape`. */
export function orientationScratchBytes(sigma: number, shape: Zyx, anisotropy: number): number {
  return derivativeScratchBytes(TERMS, shape, sigma, anisotropy) +
    COMPONENTS * planeBytes(shape[1], shape[2]) + 16;
}

/**
 * Computes the frame at each centroid from the Hessian and the gradient of the volume smoothed at `sigma`. e1, e2, e3 are the Hessian's
 * eigenvectors, ascending by the magnitude of the eigenvalue; along z, distances count `anisotropy` fold.
 * e2 has the sign for which its product with the gradient is not negative. e3, whose sign means nothing, has a positive component of
 * largest magnitude. e1 = e2 x e3. In a flat region the frame is the axes: e1 = x, e2 = y, e3 = z.
 *
 * @param raw must hold the centroids' bounding box grown by {@link orientationReach}, clipped to the volume
 * @param out address of f32 `[count, 6]`: e2 and then e3 of each centroid, x, y, z each
 * @throws RangeError where the raw block is too small or a centroid lies outside the volume
 */
export function computeFrames(
  kernels: Kernels,
  raw: RawBlock,
  sigma: number,
  centroids: Centroids,
  out: number,
): void {
  if (centroids.count === 0) return;
  const { run, arena } = kernels;
  const { region, firsts } = boundCentroids(arena.i32(centroids.address, 3 * centroids.count));
  const [z0, y0, x0] = region.start;
  const bounds = (z: number) => [firsts[z - z0] ?? 0, firsts[z - z0 + 1] ?? 0] as const;
  computeDerivatives(kernels, raw, sigma, TERMS, region, (z, { address, step }) => {
    const [from, to] = bounds(z);
    run.framesAt(
      address,
      step,
      region.shape[2],
      y0,
      x0,
      centroids.address + 12 * from,
      to - from,
      out + 24 * from,
    );
  }, (z) => {
    const [from, to] = bounds(z);
    return to > from;
  });
}

/** The bounding box of centroids, and the index of the first centroid of each of its slices, and of the end. */
function boundCentroids(zyx: Int32Array): { region: Region; firsts: Int32Array } {
  const low: [number, number, number] = [Infinity, Infinity, Infinity];
  const high: [number, number, number] = [-Infinity, -Infinity, -Infinity];
  for (let i = 0; i < zyx.length; i += 3) {
    for (const axis of [0, 1, 2] as const) {
      const value = zyx[i + axis] ?? 0;
      if (value < low[axis]) low[axis] = value;
      if (value > high[axis]) high[axis] = value;
    }
  }
  const shape: Zyx = [high[0] - low[0] + 1, high[1] - low[1] + 1, high[2] - low[2] + 1];
  const firsts = new Int32Array(shape[0] + 1);
  for (let i = 0, previous = low[0]; i < zyx.length; i += 3) {
    const z = zyx[i] ?? 0;
    if (z < previous) {
      throw new RangeError(`centroid ${i / 3} lies in slice ${z}, after one in slice ${previous}`);
    }
    previous = z;
    firsts[z - low[0] + 1] = i / 3 + 1;
  }
  for (let z = 1; z <= shape[0]; z++) firsts[z] = Math.max(firsts[z] ?? 0, firsts[z - 1] ?? 0);
  return { region: { start: low, shape }, firsts };
}

/**
 * Computes the frame of every voxel of `out`, slice by slice in ascending z. At each voxel e2 and e3 have the bits that
 * {@link computeFrames} gives.
 *
 * @param onSlice is given z (absolute) and the addresses of nine f32 planes `[ny, nx]`, valid during the call: e1, e2, e3 with x, y, z each
 * @throws RangeError where the raw block is too small or `out` reaches out of the volume
 */
export function computeDenseFrames(
  kernels: Kernels,
  raw: RawBlock,
  sigma: number,
  out: Region,
  onSlice: (z: number, planes: readonly number[]) => void,
): void {
  const { run, arena } = kernels;
  const [, ny, nx] = out.shape;
  const step = planeBytes(ny, nx);
  const mark = arena.mark();
  try {
    const address = arena.alloc(COMPONENTS * step);
    const planes = Array.from({ length: COMPONENTS }, (_, i) => address + i * step);
    computeDerivatives(kernels, raw, sigma, TERMS, out, (z, derivatives) => {
      run.frames(derivatives.address, derivatives.step, ny * nx, address, step);
      onSlice(z, planes);
    });
  } finally {
    arena.release(mark);
  }
}
