/** Volumes at half the resolution: boxes of voxels, each 1 or 2 long on an axis, become one voxel. */
import { allocateVoxels, dtypeOf, isBig, type Voxels } from "./dtype.ts";
import { zipAxes, type Zyx } from "./region.ts";

/** Voxels that become one, on each axis: 1 or 2. */
export type Factor = Zyx;

type Numbers = Exclude<Voxels, BigUint64Array | BigInt64Array>;

/** Voxels, dense, `[z, y, x]`. */
interface DenseBox {
  readonly voxels: Voxels;
  readonly shape: Zyx;
}

/** How many voxels come out; where the length is odd the last box is shorter. */
export function downscaledShape(shape: Zyx, factor: Factor): Zyx {
  return zipAxes((length, by) => Math.ceil(length / by), shape, factor);
}

/**
 * The mean of every box, of as many voxels as it has at the end of an axis. Sums are doubles, added in the order z, y, x; a
 * whole number is rounded to the nearest, halves up. Boxes begin at the first voxel.
 */
export function downscaleMean({ voxels, shape }: DenseBox, factor: Factor, into: Voxels): void {
  if (isBig(voxels) || isBig(into)) throw new TypeError("64-bit whole numbers have no mean here");
  const [depth, height, width] = downscaledShape(shape, factor);
  const sums = new Float64Array(width);
  for (let z = 0, to = 0; z < depth; z++) {
    for (let y = 0; y < height; y++, to += width) {
      sums.fill(0);
      const rows = rowsOfBox(shape, factor, z, y);
      for (const row of rows) addRow(voxels, row * shape[2], shape[2], factor[2], sums);
      storeMeans(sums, rows.length, shape[2], factor[2], into, to);
    }
  }
}

/** The rows `z * height + y` that become one. */
function rowsOfBox(shape: Zyx, factor: Factor, z: number, y: number): readonly number[] {
  const rows: number[] = [];
  for (let dz = z * factor[0]; dz < Math.min((z + 1) * factor[0], shape[0]); dz++) {
    for (let dy = y * factor[1]; dy < Math.min((y + 1) * factor[1], shape[1]); dy++) {
      rows.push(dz * shape[1] + dy);
    }
  }
  return rows;
}

function addRow(voxels: Numbers, at: number, width: number, factor: number, sums: Float64Array): void {
  if (factor === 1) {
    for (let x = 0; x < width; x++) sums[x] = (sums[x] ?? 0) + (voxels[at + x] ?? 0);
    return;
  }
  const pairs = width >> 1;
  for (let x = 0, from = at; x < pairs; x++, from += 2) {
    sums[x] = (sums[x] ?? 0) + (voxels[from] ?? 0) + (voxels[from + 1] ?? 0);
  }
  if (pairs * 2 < width) sums[pairs] = (sums[pairs] ?? 0) + (voxels[at + width - 1] ?? 0);
}

/** Counts are powers of two, so that the divisions are exact. */
function storeMeans(
  sums: Float64Array,
  rows: number,
  width: number,
  factor: number,
  into: Numbers,
  to: number,
): void {
  const isFloat = into instanceof Float32Array || into instanceof Float64Array;
  const share = 1 / (rows * factor);
  const whole = Math.floor(width / factor);
  const stored = (mean: number) => isFloat ? mean : Math.floor(mean + 0.5);
  for (let x = 0; x < whole; x++) into[to + x] = stored((sums[x] ?? 0) * share);
  if (whole < sums.length) into[to + whole] = stored((sums[whole] ?? 0) / rows);
}

/**
 * The most frequent label of every box; of equally frequent ones the smallest that is not 0, so that thin labels do not vanish in
 * what lies around them. Boxes begin at the first voxel.
 */
export function downscaleMode({ voxels, shape }: DenseBox, factor: Factor, into: Voxels): void {
  const [depth, height, width] = downscaledShape(shape, factor);
  const zero = isBig(voxels) ? 0n : 0;
  const box = allocateVoxels(dtypeOf(voxels), 8);
  for (let z = 0, to = 0; z < depth; z++) {
    for (let y = 0; y < height; y++) {
      const rows = rowsOfBox(shape, factor, z, y).map((row) => row * shape[2]);
      const [first = 0] = rows;
      for (let x = 0; x < width; x++, to++) {
        const from = x * factor[2];
        const end = Math.min(from + factor[2], shape[2]);
        const label = voxels[first + from] ?? zero;
        // Nearly all boxes lie within one label.
        into[to] = isUniform(voxels, rows, from, end, label) ? label : modeOf(voxels, rows, from, end, box);
      }
    }
  }
}

function isUniform(
  voxels: Voxels,
  rows: readonly number[],
  from: number,
  end: number,
  label: number | bigint,
): boolean {
  for (let row = 0; row < rows.length; row++) {
    const at = rows[row] ?? 0;
    for (let x = at + from; x < at + end; x++) if (voxels[x] !== label) return false;
  }
  return true;
}

function modeOf(
  voxels: Voxels,
  rows: readonly number[],
  from: number,
  end: number,
  labels: Voxels,
): number | bigint {
  const zero = isBig(labels) ? 0n : 0;
  let count = 0;
  for (const row of rows) for (let x = row + from; x < row + end; x++) labels[count++] = voxels[x] ?? zero;
  let best: number | bigint = zero, most = 0;
  for (let i = 0; i < count; i++) {
    const label = labels[i] ?? zero;
    let times = 0;
    for (let j = 0; j < count; j++) if (labels[j] === label) times++;
    const isPreferred = times === most && label !== zero && (best === zero || label < best);
    if (times > most || isPreferred) {
      best = label;
      most = times;
    }
  }
  return best;
}
