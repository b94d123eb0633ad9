// Eigenvalues and eigenvectors of symmetric 3x3 matrices. The six entries lie in planes `step` bytes apart,
// in the order xx, xy, yy, xz, yz, zz.

/**
 * Eigenvalues of `count` matrices (rounded up to 4), ascending by magnitude, into three planes `outStep` bytes apart.
 *
 * With B the matrix without its mean diagonal q, scaled to length 1, the eigenvalues are q + sqrt(2/3) |B| cos(psi + 2 pi k / 3) and
 * sqrt(6) tr(B^3) = cos(3 psi). Near +-1 the arc cosine would lose half of the digits, so sin(3 psi) is taken
 * from C, the part of B^2 orthogonal to 1 and B: sin(3 psi) = sqrt(6) |C|. For cos(3 psi) < 0 the eigenvalues of -B are found, so
 * that 3 psi <= pi / 2, t = tan(3 psi / 2) <= 1, and sin(psi) = sin(2/3 atan t) is a polynomial in t.
 */
export function eigenvalues(planes: usize, step: usize, count: usize, out: usize, outStep: usize): void {
  const third = f32x4.splat(1 / 3.0);
  const half = f32x4.splat(0.5);
  const one = f32x4.splat(1);
  const sixth = f32x4.splat(0.40824829046386301637); // sqrt(1/6)
  const scale = f32x4.splat(0.81649658092772603273); // sqrt(2/3)
  const turn = f32x4.splat(0.86602540378443864676); // sqrt(3/4)
  const least = f32x4.splat(1e-18);
  for (let x: usize = 0; x < count << 2; x += 16) {
    let from = planes + x;
    let a = v128.load(from);
    let d = v128.load(from += step);
    let b = v128.load(from += step);
    let e = v128.load(from += step);
    let f = v128.load(from += step);
    let c = v128.load(from += step);
    const q = f32x4.mul(f32x4.add(f32x4.add(a, b), c), third);
    a = f32x4.sub(a, q);
    b = f32x4.sub(b, q);
    c = f32x4.sub(c, q);
    const off = f32x4.add(f32x4.add(f32x4.mul(d, d), f32x4.mul(e, e)), f32x4.mul(f, f));
    const diagonal = f32x4.add(f32x4.add(f32x4.mul(a, a), f32x4.mul(b, b)), f32x4.mul(c, c));
    const length = f32x4.sqrt(f32x4.add(diagonal, f32x4.add(off, off)));
    const inverse = f32x4.div(one, f32x4.pmax(length, least));
    a = f32x4.mul(a, inverse);
    b = f32x4.mul(b, inverse);
    c = f32x4.mul(c, inverse);
    d = f32x4.mul(d, inverse);
    e = f32x4.mul(e, inverse);
    f = f32x4.mul(f, inverse);
    // B^2; its off-diagonal entries with a + b + c = 0
    const dd = f32x4.mul(d, d);
    const ee = f32x4.mul(e, e);
    const ff = f32x4.mul(f, f);
    let aa = f32x4.add(f32x4.add(f32x4.mul(a, a), dd), ee);
    let bb = f32x4.add(f32x4.add(f32x4.mul(b, b), dd), ff);
    let cc = f32x4.add(f32x4.add(f32x4.mul(c, c), ee), ff);
    let de = f32x4.sub(f32x4.mul(e, f), f32x4.mul(d, c));
    let df = f32x4.sub(f32x4.mul(d, f), f32x4.mul(e, b));
    let ef = f32x4.sub(f32x4.mul(d, e), f32x4.mul(f, a));
    const offCube = f32x4.add(f32x4.add(f32x4.mul(d, de), f32x4.mul(e, df)), f32x4.mul(f, ef));
    const diagonalCube = f32x4.add(f32x4.add(f32x4.mul(a, aa), f32x4.mul(b, bb)), f32x4.mul(c, cc));
    const cube = f32x4.add(diagonalCube, f32x4.add(offCube, offCube));
    aa = f32x4.sub(f32x4.sub(aa, third), f32x4.mul(cube, a));
    bb = f32x4.sub(f32x4.sub(bb, third), f32x4.mul(cube, b));
    cc = f32x4.sub(f32x4.sub(cc, third), f32x4.mul(cube, c));
    de = f32x4.sub(de, f32x4.mul(cube, d));
    df = f32x4.sub(df, f32x4.mul(cube, e));
    ef = f32x4.sub(ef, f32x4.mul(cube, f));
    const offRest = f32x4.add(f32x4.add(f32x4.mul(de, de), f32x4.mul(df, df)), f32x4.mul(ef, ef));
    const diagonalRest = f32x4.add(f32x4.add(f32x4.mul(aa, aa), f32x4.mul(bb, bb)), f32x4.mul(cc, cc));
    const rest = f32x4.sqrt(f32x4.add(diagonalRest, f32x4.add(offRest, offRest)));
    const t = f32x4.pmin(f32x4.div(rest, f32x4.add(sixth, f32x4.abs(cube))), one);
    const t2 = f32x4.mul(t, t);
    let p = f32x4.add(f32x4.mul(f32x4.splat(SIN7), t2), f32x4.splat(SIN6));
    p = f32x4.add(f32x4.mul(p, t2), f32x4.splat(SIN5));
    p = f32x4.add(f32x4.mul(p, t2), f32x4.splat(SIN4));
    p = f32x4.add(f32x4.mul(p, t2), f32x4.splat(SIN3));
    p = f32x4.add(f32x4.mul(p, t2), f32x4.splat(SIN2));
    p = f32x4.add(f32x4.mul(p, t2), f32x4.splat(SIN1));
    p = f32x4.add(f32x4.mul(p, t2), f32x4.splat(SIN0));
    const sine = f32x4.pmin(f32x4.mul(p, t), half);
    const cosine = f32x4.sqrt(f32x4.sub(one, f32x4.mul(sine, sine)));
    const sign = v128.and(cube, i32x4.splat(0x80000000));
    const m = v128.xor(f32x4.mul(length, scale), sign);
    const main = f32x4.mul(m, cosine);
    const side = f32x4.mul(f32x4.mul(m, turn), sine);
    const middle = f32x4.sub(q, f32x4.mul(main, half));
    let l0 = f32x4.add(middle, side);
    let l1 = f32x4.sub(middle, side);
    let l2 = f32x4.add(q, main);
    // Sorting network by magnitude: (0,1) (1,2) (0,1).
    let swap = f32x4.lt(f32x4.abs(l1), f32x4.abs(l0));
    let low = v128.bitselect(l1, l0, swap);
    l1 = v128.bitselect(l0, l1, swap);
    l0 = low;
    swap = f32x4.lt(f32x4.abs(l2), f32x4.abs(l1));
    low = v128.bitselect(l2, l1, swap);
    l2 = v128.bitselect(l1, l2, swap);
    l1 = low;
    swap = f32x4.lt(f32x4.abs(l1), f32x4.abs(l0));
    low = v128.bitselect(l1, l0, swap);
    l1 = v128.bitselect(l0, l1, swap);
    const to = out + x;
    v128.store(to, low);
    v128.store(to + outStep, l1);
    v128.store(to + outStep + outStep, l2);
  }
}

// sin(2/3 atan t) = t (SIN0 + SIN1 t^2 + ...) for 0 <= t <= 1; a least-maximum fit, error below 5e-8.
const SIN0: f32 = 6.666658890e-01;
const SIN1: f32 = -2.715641712e-01;
const SIN2: f32 = 1.831839487e-01;
const SIN3: f32 = -1.387074347e-01;
const SIN4: f32 = 1.016779245e-01;
const SIN5: f32 = -6.105131336e-02;
const SIN6: f32 = 2.437068526e-02;
const SIN7: f32 = -4.575571992e-03;

// Planes in the order of the derivatives, slowest axis first: dx, dxx, dy, dxy, dyy, dz, dxz, dyz, dzz.
// An eigenvector is x, y, z. e1, e2, e3 ascend by the magnitude of the eigenvalue. e2 has the sign that makes its product with the
// gradient non-negative; e3, whose sign means nothing, and e2 where the product is 0, have a positive largest component (the first
// of equals); e1 = e2 x e3. Where two eigenvalues are equal in magnitude the first in the order of the Jacobi method's axes is kept first.

/**
 * e2 and e3 at voxels of one slice, from nine planes of `nx` columns, `step` bytes apart, whose first voxel is at (originY, originX).
 * `centroids`: `count` triples of i32 z, y, x. `out`: six f32 each.
 */
export function framesAt(
  planes: usize, step: usize, nx: usize, originY: i32, originX: i32, centroids: usize, count: i32, out: usize,
): void {
  for (let i: usize = 0; i < <usize>count; i++) {
    const y = <usize>(load<i32>(centroids + i * 12, 4) - originY);
    const x = <usize>(load<i32>(centroids + i * 12, 8) - originX);
    frame(planes + ((y * nx + x) << 2), step, out + i * 24, 4);
  }
}

/** e1, e2, e3 at `count` voxels: nine planes `step` bytes apart in, nine planes `outStep` bytes apart out. */
export function frames(planes: usize, step: usize, count: usize, out: usize, outStep: usize): void {
  for (let x: usize = 0; x < count << 2; x += 4) {
    const e2 = out + x + 3 * outStep;
    frame(planes + x, step, e2, outStep);
    const ax = <f64>load<f32>(e2);
    const ay = <f64>load<f32>(e2 + outStep);
    const az = <f64>load<f32>(e2 + 2 * outStep);
    const bx = <f64>load<f32>(e2 + 3 * outStep);
    const by = <f64>load<f32>(e2 + 4 * outStep);
    const bz = <f64>load<f32>(e2 + 5 * outStep);
    store<f32>(out + x, <f32>(ay * bz - az * by));
    store<f32>(out + x + outStep, <f32>(az * bx - ax * bz));
    store<f32>(out + x + 2 * outStep, <f32>(ax * by - ay * bx));
  }
}

/**
 * Writes e2 and e3 of one voxel, six f32 `outStep` bytes apart. Jacobi's method in 64 bits (Golub and Van Loan, section 8.5), with
 * tan = near / far, cos and sin = far and near over their common length; it leaves the axes where they are for a zero matrix.
 */
function frame(at: usize, step: usize, out: usize, outStep: usize): void {
  const gx = <f64>load<f32>(at);
  let xx = <f64>load<f32>(at + step);
  const gy = <f64>load<f32>(at + 2 * step);
  let xy = <f64>load<f32>(at + 3 * step);
  let yy = <f64>load<f32>(at + 4 * step);
  const gz = <f64>load<f32>(at + 5 * step);
  let xz = <f64>load<f32>(at + 6 * step);
  let yz = <f64>load<f32>(at + 7 * step);
  let zz = <f64>load<f32>(at + 8 * step);
  // Columns of the rotation: u, v, w are the eigenvectors of the first, second and third axis.
  let ux: f64 = 1, uy: f64 = 0, uz: f64 = 0;
  let vx: f64 = 0, vy: f64 = 1, vz: f64 = 0;
  let wx: f64 = 0, wy: f64 = 0, wz: f64 = 1;
  const enough = 1e-20 * (xx * xx + yy * yy + zz * zz + 2 * (xy * xy + xz * xz + yz * yz));
  for (let sweep = 0; sweep < 12 && xy * xy + xz * xz + yz * yz > enough; sweep++) {
    if (xy != 0) {
      const d = yy - xx, double = 2 * xy;
      const far = Math.abs(d) + Math.sqrt(d * d + double * double), near = d < 0 ? -double : double;
      const inverse = 1 / Math.sqrt(far * far + double * double);
      const c = far * inverse, s = near * inverse, t = near / far;
      xx -= t * xy;
      yy += t * xy;
      xy = 0;
      const r = xz;
      xz = c * r - s * yz;
      yz = s * r + c * yz;
      const a = ux, b = uy, e = uz;
      ux = c * a - s * vx;
      uy = c * b - s * vy;
      uz = c * e - s * vz;
      vx = s * a + c * vx;
      vy = s * b + c * vy;
      vz = s * e + c * vz;
    }
    if (xz != 0) {
      const d = zz - xx, double = 2 * xz;
      const far = Math.abs(d) + Math.sqrt(d * d + double * double), near = d < 0 ? -double : double;
      const inverse = 1 / Math.sqrt(far * far + double * double);
      const c = far * inverse, s = near * inverse, t = near / far;
      xx -= t * xz;
      zz += t * xz;
      xz = 0;
      const r = xy;
      xy = c * r - s * yz;
      yz = s * r + c * yz;
      const a = ux, b = uy, e = uz;
      ux = c * a - s * wx;
      uy = c * b - s * wy;
      uz = c * e - s * wz;
      wx = s * a + c * wx;
      wy = s * b + c * wy;
      wz = s * e + c * wz;
    }
    if (yz != 0) {
      const d = zz - yy, double = 2 * yz;
      const far = Math.abs(d) + Math.sqrt(d * d + double * double), near = d < 0 ? -double : double;
      const inverse = 1 / Math.sqrt(far * far + double * double);
      const c = far * inverse, s = near * inverse, t = near / far;
      yy -= t * yz;
      zz += t * yz;
      yz = 0;
      const r = xy;
      xy = c * r - s * xz;
      xz = s * r + c * xz;
      const a = vx, b = vy, e = vz;
      vx = c * a - s * wx;
      vy = c * b - s * wy;
      vz = c * e - s * wz;
      wx = s * a + c * wx;
      wy = s * b + c * wy;
      wz = s * e + c * wz;
    }
  }
  const p = Math.abs(xx), q = Math.abs(yy), r = Math.abs(zz);
  // Ranks 0, 1, 2 by magnitude; on a tie the earlier axis ranks lower.
  const rankU = i32(q < p) + i32(r < p);
  const rankV = i32(p <= q) + i32(r < q);
  const second = rankU == 1 ? 0 : rankV == 1 ? 1 : 2;
  const third = rankU == 2 ? 0 : rankV == 2 ? 1 : 2;
  const ax = second == 0 ? ux : second == 1 ? vx : wx;
  const ay = second == 0 ? uy : second == 1 ? vy : wy;
  const az = second == 0 ? uz : second == 1 ? vz : wz;
  const bx = third == 0 ? ux : third == 1 ? vx : wx;
  const by = third == 0 ? uy : third == 1 ? vy : wy;
  const bz = third == 0 ? uz : third == 1 ? vz : wz;
  const along = ax * gx + ay * gy + az * gz;
  const a = along > 0 ? 1.0 : along < 0 ? -1.0 : canonicalSign(ax, ay, az);
  const b = canonicalSign(bx, by, bz);
  store<f32>(out, <f32>(a * ax));
  store<f32>(out + outStep, <f32>(a * ay));
  store<f32>(out + 2 * outStep, <f32>(a * az));
  store<f32>(out + 3 * outStep, <f32>(b * bx));
  store<f32>(out + 4 * outStep, <f32>(b * by));
  store<f32>(out + 5 * outStep, <f32>(b * bz));
}

/** The sign that makes the component of largest magnitude positive. */
@inline
function canonicalSign(x: f64, y: f64, z: f64): f64 {
  const p = Math.abs(x), q = Math.abs(y), r = Math.abs(z);
  const largest = p >= q && p >= r ? x : q >= r ? y : z;
  return largest < 0 ? -1.0 : 1.0;
}
