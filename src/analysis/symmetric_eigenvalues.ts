/** The upper half of a symmetric 3 x 3 matrix. */
export interface Symmetric3 {
  readonly xx: number;
  readonly yy: number;
  readonly zz: number;
  readonly xy: number;
  readonly xz: number;
  readonly yz: number;
}

/** More than Jacobi's method takes for 3 x 3 matrices of doubles. */
const SWEEPS = 30;

/** Eigenvalues, largest first, by Jacobi's method: with square roots alone, which every machine rounds alike. */
export function symmetricEigenvalues({ xx, yy, zz, xy, xz, yz }: Symmetric3): [number, number, number] {
  const m = [[xx, xy, xz], [xy, yy, yz], [xz, yz, zz]];
  const at = (i: number, j: number) => m[i]?.[j] ?? 0;
  const put = (i: number, j: number, value: number) => {
    for (const [row, column] of [[i, j], [j, i]] as const) (m[row] ?? []).splice(column, 1, value);
  };
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    if (at(0, 1) === 0 && at(0, 2) === 0 && at(1, 2) === 0) break;
    for (const [p, q, r] of [[0, 1, 2], [0, 2, 1], [1, 2, 0]] as const) {
      const off = at(p, q);
      if (off === 0) continue;
      const theta = (at(q, q) - at(p, p)) / (2 * off);
      const t = (theta < 0 ? -1 : 1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1));
      const c = 1 / Math.sqrt(t * t + 1), s = t * c;
      const rp = at(r, p), rq = at(r, q);
      put(p, p, at(p, p) - t * off);
      put(q, q, at(q, q) + t * off);
      put(p, q, 0);
      put(r, p, c * rp - s * rq);
      put(r, q, s * rp + c * rq);
    }
  }
  const [a = 0, b = 0, c = 0] = [at(0, 0), at(1, 1), at(2, 2)].sort((x, y) => y - x);
  return [a, b, c];
}
