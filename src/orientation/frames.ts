/** The local frame of curvature at chosen voxels or at all of them (docs/algorithm.md, section 3). */
import {
  allocateSlices,
  computeDerivatives,
  derivativeScratchBytes,
  EVERY_VOXEL,
  finishBytes,
  type Orders,
  type RawBlock,
  slicesBytes,
  STRIP_ROWS,
} from "../channels/mod.ts";
import { filterReach } from "../channels/gaussian.ts";
import type { Kernels } from "../kernels/mod.ts";
import { type Region, zipAxes, type Zyx } from "../volume/region.ts";

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

/** Voxels of context that frames need on either side of each axis. */
export function orientationReach(sigma: number, anisotropy: number, steps: Zyx = EVERY_VOXEL): Zyx {
  return zipAxes((reach, step) => reach + step - 1, filterReach(sigma, anisotropy), steps);
}

/** Most bytes of kernel memory that {@link computeFrames} or {@link computeDenseFrames} uses for a region of `shape`. */
export function orientationScratchBytes(
  sigma: number,
  shape: Zyx,
  anisotropy: number,
  threads = 1,
  steps: Zyx = EVERY_VOXEL,
): number {
  const [nz, ny, nx] = shape;
  const bytes = finishBytes("frames", Math.min(STRIP_ROWS, ny), nx);
  const firsts = 4 * nz * Math.ceil(ny / STRIP_ROWS) + 32;
  return derivativeScratchBytes(TERMS, shape, sigma, anisotropy, bytes, threads, steps) +
    Math.max(slicesBytes(COMPONENTS, shape), firsts);
}

/**
 * Computes the frame at each centroid from the Hessian and the gradient of the volume smoothed at `sigma`. e1, e2, e3 are the Hessian's
 * eigenvectors, ascending by the magnitude of the eigenvalue; along z, distances count `anisotropy` fold.
 * e2 has the sign for which its product with the gradient is not negative. e3, whose sign means nothing, has a positive component of
 * largest magnitude. e1 = e2 x e3. In a flat region the frame is the axes: e1 = x, e2 = y, e3 = z.
 *
 * @param centroids address of i32 triples z, y, x: points of the grid of `steps`, ascending in z, and in y within a slice
 * @param raw must hold the centroids' bounding box grown by {@link orientationReach}, clipped to the volume
 * @param out address of f32 `[count, 6]`: e2 and then e3 of each centroid, x, y, z each
 * @throws RangeError where the raw block is too small or a centroid lies outside the volume
 */
export function computeFrames(
  kernels: Kernels,
  raw: RawBlock,
  sigma: number,
  centroids: { readonly address: number; readonly count: number },
  out: number,
  steps: Zyx = EVERY_VOXEL,
): void {
  if (centroids.count === 0) return;
  const { arena } = kernels;
  const { region, firsts, stripRows, strips } = boundCentroids(
    arena.i32(centroids.address, 3 * centroids.count),
  );
  const [z0] = region.start;
  const mark = arena.mark();
  try {
    const table = arena.alloc(firsts.byteLength);
    arena.u32(table, firsts.length).set(firsts);
    const use = {
      kind: "frames" as const,
      start: region.start,
      nx: region.shape[2],
      stripRows,
      strips,
      centroids: centroids.address,
      firsts: table,
      out,
    };
    computeDerivatives(kernels, raw, sigma, TERMS, region, {
      rows: use,
      bytes: 0,
      onSlices() {},
      wanted: (z) => (firsts[(z - z0) * strips] ?? 0) < (firsts[(z - z0 + 1) * strips] ?? 0),
    }, steps);
  } finally {
    arena.release(mark);
  }
}

/** The bounding box of centroids, and the index of the first centroid of each strip of each slice, and of the end. */
function boundCentroids(zyx: Int32Array) {
  const low: [number, number, number] = [Infinity, Infinity, Infinity];
  const high: [number, number, number] = [-Infinity, -Infinity, -Infinity];
  for (let i = 0; i < zyx.length; i += 3) {
    for (let axis = 0; axis < 3; axis++) {
      const value = zyx[i + axis] ?? 0;
      if (value < (low[axis] ?? 0)) low[axis] = value;
      if (value > (high[axis] ?? 0)) high[axis] = value;
    }
  }
  const shape: Zyx = [high[0] - low[0] + 1, high[1] - low[1] + 1, high[2] - low[2] + 1];
  const stripRows = Math.min(STRIP_ROWS, shape[1]);
  const strips = Math.ceil(shape[1] / stripRows);
  const firsts = new Uint32Array(shape[0] * strips + 1);
  let before = 0;
  for (let i = 0; i < zyx.length; i += 3) {
    const z = zyx[i] ?? 0;
    const strip = (z - low[0]) * strips + Math.floor(((zyx[i + 1] ?? 0) - low[1]) / stripRows);
    if (strip < before) {
      throw new RangeError(`centroid ${i / 3}, in slice ${z}, comes after one that lies further on`);
    }
    for (; before < strip; before++) firsts[before + 1] = i / 3;
  }
  firsts.fill(zyx.length / 3, before + 1);
  return { region: { start: low, shape } satisfies Region, firsts, stripRows, strips };
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
  const { arena } = kernels;
  const [, ny, nx] = out.shape;
  const mark = arena.mark();
  try {
    const { stored, planes } = allocateSlices(kernels, COMPONENTS, out);
    computeDerivatives(kernels, raw, sigma, TERMS, out, {
      rows: { kind: "store", ny, nx, finish: "frames", stored },
      bytes: finishBytes("frames", Math.min(STRIP_ROWS, ny), nx),
      onSlices(first, slices) {
        for (let z = first; z < first + slices; z++) onSlice(z, planes(z));
      },
    });
  } finally {
    arena.release(mark);
  }
}

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
