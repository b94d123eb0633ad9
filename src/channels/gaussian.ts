/** Finite Gaussian kernels and their derivatives (docs/algorithm.md, section 2). */
import type { Zyx } from "../volume/region.ts";

/** Taps on either side of the centre: ceil(4 sigma), and at least the 1 that a derivative needs. */
export function kernelRadius(sigma: number): number {
  return Math.max(1, Math.ceil(4 * sigma));
}

/** Scale on each axis of a filter of `sigma` x/y voxels. */
export function scaleAlongAxes(sigma: number, anisotropy: number): Zyx {
  return [sigma / anisotropy, sigma, sigma];
}

/** Taps on either side of the centre on each axis. */
export function filterReach(sigma: number, anisotropy: number): Zyx {
  return reachOfScales(scaleAlongAxes(sigma, anisotropy));
}

/** The same of scales along the axes. */
export function reachOfScales([z, y, x]: Zyx): Zyx {
  return [kernelRadius(z), kernelRadius(y), kernelRadius(x)];
}

/**
 * Half kernels of orders 0, 1 and 2 along one axis, one after the other, `radius + 1` weights each from the centre
 * outwards, as the kernel `filterRows` takes them. With g the sampled Gaussian:
 *
 * - order 0: g / sum g, so that a constant keeps its value;
 * - order 1: k g, so scaled that the derivative of a ramp is 1;
 * - order 2: (k^2 - m) g with m the variance of g, so that a constant gives 0, so scaled that x^2 / 2 gives 1; `filterRows` subtracts the
 *   centre from every tap, so the centre's own weight is not used.
 *
 * Where sigma goes to 0 these become the identity and the central differences [-1/2, 0, 1/2] and [1, -2, 1].
 *
 * @param sigma scale along the axis, in voxels of that axis
 * @param spacing distance of two voxels along the axis in x/y voxels; derivatives are per x/y voxel
 */
export function halfKernels(sigma: number, spacing: number): Float32Array<ArrayBuffer> {
  const radius = kernelRadius(sigma);
  // Relative to the first tap, so that the derivatives keep a meaning where g underflows at every tap but the centre.
  const outer = Array.from({ length: radius }, (_, i) => {
    const k = i + 1;
    return { k, relative: expMinus((k * k - 1) / (2 * sigma * sigma)) };
  });
  const first = expMinus(1 / (2 * sigma * sigma));
  const sum = 1 + 2 * outer.reduce((total, { relative }) => total + relative * first, 0);
  const moment = 2 * outer.reduce((total, { k, relative }) => total + k * k * relative, 0);
  const variance = (moment * first) / sum;
  const ramp = moment * spacing;
  const parabola =
    outer.reduce((total, { k, relative }) => total + k * k * (k * k - variance) * relative, 0) *
    spacing * spacing;
  return Float32Array.of(
    1 / sum,
    ...outer.map(({ relative }) => withoutDust((relative * first) / sum)),
    0,
    ...outer.map(({ k, relative }) => withoutDust((k * relative) / ramp)),
    0,
    ...outer.map(({ k, relative }) => withoutDust(((k * k - variance) * relative) / parabola)),
  );
}

/** 0 for a weight that changes no sum of f32, but could slow it down a hundredfold with subnormal products. */
function withoutDust(weight: number): number {
  return Math.abs(weight) < 1e-20 ? 0 : weight;
}

/**
 * e^-x for x >= 0, from the four basic operations alone: IEEE 754 fixes their results to the bit, while `Math.exp` may differ
 * between JavaScript engines in the last place.
 */
export function expMinus(x: number): number {
  let argument = x;
  let squarings = 0;
  for (; argument > 0.125; argument /= 2) squarings++;
  let power = 1;
  for (let n = 12; n > 0; n--) power = 1 - (argument * power) / n;
  for (; squarings > 0; squarings--) power *= power;
  return power;
}
