/** Loads volumes into kernel memory for tests, and computes channels in plain float64, voxel by voxel. */
import { type Channel, componentsOf, computeChannel, type RawBlock } from "../../src/channels/mod.ts";
import type { Kernels } from "../../src/kernels/mod.ts";
import { type Region, voxelCount, wholeRegion, type Zyx } from "../../src/volume/region.ts";

/** Voxels `[z, y, x]` of a whole volume. */
export interface Volume {
  readonly shape: Zyx;
  readonly data: Uint8Array;
}

/** A volume whose voxel at (z, y, x) has the value given. */
export function volumeOf(shape: Zyx, value: (z: number, y: number, x: number) => number): Volume {
  const data = new Uint8Array(voxelCount(shape));
  const [nz, ny, nx] = shape;
  for (let z = 0, i = 0; z < nz; z++) {
    for (let y = 0; y < ny; y++) for (let x = 0; x < nx; x++, i++) data[i] = value(z, y, x);
  }
  return { shape, data };
}

/** Noise that is the same for the same seed. */
export function noise(shape: Zyx, seed: number): Volume {
  let state = seed >>> 0;
  return volumeOf(shape, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state >>> 24;
  });
}

/** Copies the part of a volume into kernel memory. */
export function loadBlock(
  { arena }: Kernels,
  volume: Volume,
  anisotropy: number,
  region: Region = wholeRegion(volume.shape),
): RawBlock {
  const length = voxelCount(region.shape);
  const address = arena.alloc(length);
  arena.u8(address, length).set(cut(volume.data, volume.shape, region));
  return { address, region, volumeShape: volume.shape, anisotropy };
}

/** The values of `region` in an array that spans a volume of `shape`. */
export function cut<T extends Uint8Array | Uint16Array | Float32Array>(
  data: T,
  shape: Zyx,
  region: Region,
): number[] {
  const [z0, y0, x0] = region.start;
  const [nz, ny, nx] = region.shape;
  const rows: number[] = [];
  for (let z = z0; z < z0 + nz; z++) {
    for (let y = y0; y < y0 + ny; y++) {
      const start = (z * shape[1] + y) * shape[2] + x0;
      rows.push(...data.subarray(start, start + nx));
    }
  }
  return rows;
}

/** Every component of a channel over a region, one array each. */
export function columnsOf(kernels: Kernels, raw: RawBlock, channel: Channel, out: Region): Float32Array[] {
  const plane = out.shape[1] * out.shape[2];
  const columns = Array.from(
    { length: componentsOf(channel) },
    () => new Float32Array(voxelCount(out.shape)),
  );
  computeChannel(kernels, raw, channel, out, (z, planes) => {
    for (const [i, address] of planes.entries()) {
      columns[i]?.set(kernels.arena.f32(address, plane), (z - out.start[0]) * plane);
    }
  });
  return columns;
}

/** The Gaussian derivative kernel of the definition, both sides, from `Math.exp`. */
export function plainKernel(sigma: number, order: number, spacing: number): number[] {
  const radius = Math.max(1, Math.ceil(4 * sigma));
  const taps = Array.from({ length: 2 * radius + 1 }, (_, i) => i - radius);
  const g = taps.map((k) => Math.exp((-k * k) / (2 * sigma * sigma)));
  const moment = (weights: number[], p: number) =>
    taps.reduce((sum, k, i) => sum + k ** p * (weights[i] ?? 0), 0);
  if (order === 0) return g.map((w) => w / moment(g, 0));
  if (order === 1) {
    const odd = g.map((w, i) => w * (taps[i] ?? 0));
    return odd.map((w) => w / moment(odd, 1) / spacing);
  }
  const variance = moment(g, 2) / moment(g, 0);
  const even = g.map((w, i) => w * ((taps[i] ?? 0) ** 2 - variance));
  return even.map((w) => (2 * w) / moment(even, 2) / spacing ** 2);
}

/** Filters a whole volume along one axis; beyond the border its voxel continues. */
export function plainFilter(
  data: Float64Array,
  shape: Zyx,
  axis: number,
  kernel: readonly number[],
): Float64Array {
  const stride = [shape[1] * shape[2], shape[2], 1][axis] ?? 1;
  const size = shape[axis] ?? 1;
  const radius = (kernel.length - 1) / 2;
  return data.map((_, i) => {
    const at = Math.floor(i / stride) % size;
    return kernel.reduce((sum, w, k) => {
      const tap = Math.min(Math.max(at + k - radius, 0), size - 1);
      return sum + w * (data[i + (tap - at) * stride] ?? 0);
    }, 0);
  });
}

/** A derivative of the smoothed volume, orders along z, y, x. */
export function plainDerivative(
  data: Float64Array,
  shape: Zyx,
  sigma: number,
  anisotropy: number,
  orders: Zyx,
): Float64Array {
  const kernels = [
    plainKernel(sigma / anisotropy, orders[0], anisotropy),
    plainKernel(sigma, orders[1], 1),
    plainKernel(sigma, orders[2], 1),
  ];
  return kernels.reduce((filtered, kernel, axis) => plainFilter(filtered, shape, axis, kernel), data);
}

/** Eigenvalues of [[xx, xy, xz], [xy, yy, yz], [xz, yz, zz]] by Jacobi's method, ascending by magnitude. */
export function plainEigenvalues(
  xx: number,
  xy: number,
  yy: number,
  xz: number,
  yz: number,
  zz: number,
): number[] {
  const m = [[xx, xy, xz], [xy, yy, yz], [xz, yz, zz]];
  const get = (i: number, j: number) => m[i]?.[j] ?? 0;
  const set = (i: number, j: number, value: number) => {
    const row = m[i];
    if (row) row[j] = value;
  };
  for (let sweep = 0; sweep < 30; sweep++) {
    for (const [p, q] of [[0, 1], [0, 2], [1, 2]] as const) {
      const angle = 0.5 * Math.atan2(2 * get(p, q), get(p, p) - get(q, q));
      const [c, s] = [Math.cos(angle), Math.sin(angle)];
      for (const k of [0, 1, 2]) {
        const [a, b] = [get(k, p), get(k, q)];
        set(k, p, c * a + s * b);
        set(k, q, c * b - s * a);
      }
      for (const k of [0, 1, 2]) {
        const [a, b] = [get(p, k), get(q, k)];
        set(p, k, c * a + s * b);
        set(q, k, c * b - s * a);
      }
    }
  }
  return [get(0, 0), get(1, 1), get(2, 2)].sort((a, b) => Math.abs(a) - Math.abs(b));
}

const MATRIX: readonly Zyx[] = [[0, 0, 2], [0, 1, 1], [0, 2, 0], [1, 0, 1], [1, 1, 0], [2, 0, 0]];
const GRADIENT: readonly Zyx[] = [[0, 0, 1], [0, 1, 0], [1, 0, 0]];

/** Every component of a channel over a whole volume, from the definition. */
export function plainColumns(volume: Volume, channel: Channel, anisotropy: number): Float64Array[] {
  const data = Float64Array.from(volume.data);
  if (channel.kind === "raw") return [data];
  const derive = (orders: Zyx) => plainDerivative(data, volume.shape, channel.sigma, anisotropy, orders);
  const zip = (arrays: readonly Float64Array[], f: (values: number[]) => number) =>
    data.map((_, i) => f(arrays.map((array) => array[i] ?? 0)));
  const eigen = (entries: readonly Float64Array[]) => {
    const all = Array.from(data, (_, i) => {
      const [xx, xy, yy, xz, yz, zz] = entries.map((entry) => entry[i] ?? 0);
      return plainEigenvalues(xx ?? 0, xy ?? 0, yy ?? 0, xz ?? 0, yz ?? 0, zz ?? 0);
    });
    return [0, 1, 2].map((k) => Float64Array.from(all, (values) => values[k] ?? 0));
  };
  switch (channel.kind) {
    case "gauss":
      return [derive([0, 0, 0])];
    case "gradient-magnitude":
      return [zip(GRADIENT.map(derive), (g) => Math.hypot(...g))];
    case "log":
      return [
        zip(([[2, 0, 0], [0, 2, 0], [0, 0, 2]] as const).map(derive), (d) => d.reduce((a, b) => a + b, 0)),
      ];
    case "hessian":
      return eigen(MATRIX.map(derive));
    case "stensor": {
      const [dx, dy, dz] = GRADIENT.map(derive);
      const smooth = (values: Float64Array) =>
        plainDerivative(values, volume.shape, channel.rho, 1, [0, 0, 0]);
      const product = (a?: Float64Array, b?: Float64Array) =>
        smooth(data.map((_, i) => (a?.[i] ?? 0) * (b?.[i] ?? 0)));
      return eigen(
        [
          product(dx, dx),
          product(dx, dy),
          product(dy, dy),
          product(dx, dz),
          product(dy, dz),
          product(dz, dz),
        ],
      );
    }
  }
}
