/** The axis across a cleft, and the polarity that a side of it means. */
import type { Xyz } from "../../config/settings_types.ts";
import type { Point } from "./geometry.ts";

/** A direction `[z, y, x]` of length 1, in units of x. */
export type Direction = Point;

/**
 * Estimates the axis across a flat set of voxels, by the eigenvector of the least eigenvalue of their covariance.
 * @param voxels places of the voxels, `[z, y, x]`
 * @param anisotropy voxel size in z over voxel size in x and y
 */
export function axisAcross(voxels: readonly Point[], anisotropy: number): Direction {
  const points = voxels.map(([z, y, x]) => [z * anisotropy, y, x] as const);
  const mean = ([0, 1, 2] as const).map((k) =>
    points.reduce((sum, point) => sum + point[k], 0) / points.length
  );
  const covariance = ([0, 1, 2] as const).map((i) =>
    ([0, 1, 2] as const).map((j) =>
      points.reduce((sum, point) => sum + (point[i] - (mean[i] ?? 0)) * (point[j] - (mean[j] ?? 0)), 0)
    )
  );
  return leastEigenvector(covariance);
}

/** Jacobi's method: turns pairs of axes until the matrix is diagonal. */
function leastEigenvector(matrix: number[][]): Direction {
  const a = matrix.map((row) => [...row]);
  const vectors = [[1, 0, 0], [0, 1, 0], [0, 0, 1]];
  const get = (m: number[][], i: number, j: number) => m[i]?.[j] ?? 0;
  const set = (m: number[][], i: number, j: number, value: number) => {
    const row = m[i];
    if (row) row[j] = value;
  };
  for (let sweep = 0; sweep < 30; sweep++) {
    for (const [p, q] of [[0, 1], [0, 2], [1, 2]] as const) {
      const off = get(a, p, q);
      if (Math.abs(off) < 1e-12) continue;
      const theta = (get(a, q, q) - get(a, p, p)) / (2 * off);
      const t = (theta >= 0 ? 1 : -1) / (Math.abs(theta) + Math.hypot(1, theta));
      const c = 1 / Math.hypot(1, t), s = t * c;
      for (const k of [0, 1, 2]) {
        const [kp, kq] = [get(a, k, p), get(a, k, q)];
        set(a, k, p, c * kp - s * kq);
        set(a, k, q, s * kp + c * kq);
      }
      for (const k of [0, 1, 2]) {
        const [pk, qk] = [get(a, p, k), get(a, q, k)];
        set(a, p, k, c * pk - s * qk);
        set(a, q, k, s * pk + c * qk);
        const [vp, vq] = [get(vectors, k, p), get(vectors, k, q)];
        set(vectors, k, p, c * vp - s * vq);
        set(vectors, k, q, s * vp + c * vq);
      }
    }
  }
  const least = [0, 1, 2].reduce((best, k) => get(a, k, k) < get(a, best, best) ? k : best, 0);
  const axis: [number, number, number] = [
    get(vectors, 0, least),
    get(vectors, 1, least),
    get(vectors, 2, least),
  ];
  // One of the two signs, always the same.
  const first = axis.find((value) => Math.abs(value) > 1e-6) ?? 1;
  return first < 0 ? [-axis[0], -axis[1], -axis[2]] : axis;
}

/** A direction from its parts along x, y and z. */
export function directionOf([x, y, z]: Xyz): Direction {
  return [z, y, x];
}

/** The parts of a direction along x, y and z. */
export function xyzOf([z, y, x]: Direction): Xyz {
  return [x, y, z];
}

/** Degrees between two axes, 0 to 90: their signs do not matter. */
export function angleBetween(a: Direction, b: Direction): number {
  const cosine = Math.abs(a[0] * b[0] + a[1] * b[1] + a[2] * b[2]) / (Math.hypot(...a) * Math.hypot(...b));
  return Math.acos(Math.min(1, cosine)) * 180 / Math.PI;
}

/** tan 22.5 degrees: a direction nearer to the diagonal than to the axis takes both. */
const DIAGONAL = Math.SQRT2 - 1;

/** A direction as `ccPolarity` has it: -1, 0 or 1 on x, y and z. */
export function polarityOf([z, y, x]: Direction, sign: 1 | -1): Xyz {
  const most = Math.max(Math.abs(x), Math.abs(y), Math.abs(z));
  const part = (value: number) => Math.abs(value) >= DIAGONAL * most ? Math.sign(value) * sign : 0;
  return [part(x), part(y), part(z)];
}

/** Which side of the axis an entry of `ccPolarity` means. */
export function sideOf([z, y, x]: Direction, polarity: Xyz): 1 | -1 {
  return x * polarity[0] + y * polarity[1] + z * polarity[2] >= 0 ? 1 : -1;
}
