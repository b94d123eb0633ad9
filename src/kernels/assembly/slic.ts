// Grey-level SLIC supervoxels (Achanta et al. 2012) on a region of a volume. Seeds sit on a regular grid; `gz`, `gy`, `gx`
// hold the grid's coordinates on each axis, relative to the region. A seed's centre is kept relative to its grid position,
// so that no float depends on where the region begins. One seed: f32 x, y, z, intensity.
//
// `raw` points at the region's first voxel of a larger array with row and slice strides of `rowStride` and `sliceStride`.

import { ORPHAN } from "./labels";

const CENTRE: usize = 16;
const SUMS: usize = 20;

/** Places every seed on the grid with the intensity found there. */
export function slicInit(
  raw: usize, rowStride: i32, sliceStride: i32,
  gz: usize, gy: usize, gx: usize, seedsZ: i32, seedsY: i32, seedsX: i32, centres: usize,
): void {
  for (let k = 0; k < seedsZ; k++) {
    for (let j = 0; j < seedsY; j++) {
      const row = raw + <usize>load<i32>(gz + (<usize>k << 2)) * sliceStride + <usize>load<i32>(gy + (<usize>j << 2)) * rowStride;
      for (let i = 0; i < seedsX; i++) {
        v128.store(centres, f32x4.splat(0));
        store<f32>(centres, <f32>load<u8>(row + load<i32>(gx + (<usize>i << 2))), 12);
        centres += CENTRE;
      }
    }
  }
}

/** First and last slice (half-open, i32 each) that a window of each layer of seeds reaches, for `slicAssign` and `slicRecentre`. */
export function slicLayers(
  nz: i32, gz: usize, seedsZ: i32, seedsY: i32, seedsX: i32, centres: usize, step: i32, layers: usize,
): void {
  const reach = <f32>step;
  for (let k = 0; k < seedsZ; k++, layers += 8) {
    const seedZ = load<i32>(gz + (<usize>k << 2));
    let low: f32 = Infinity, high: f32 = -Infinity;
    for (const end = centres + <usize>(seedsY * seedsX) * CENTRE; centres < end; centres += CENTRE) {
      const cz = load<f32>(centres, 8);
      low = min(low, cz);
      high = max(high, cz);
    }
    store<i32>(layers, max(0, seedZ + <i32>Mathf.floor(low - reach)));
    store<i32>(layers, min(nz, seedZ + <i32>Mathf.floor(high + reach)), 4);
  }
}

/**
 * In slices `fromZ` to `toZ` gives every voxel to the nearest seed whose window (half-open, `step` voxels to each side) holds it; the lower seed wins a tie.
 * Distance: (I - Ik)^2 + weight * |p - pk|^2. `nearest` is f32 and `labels` i32, with rows `pitch` and slices `slicePitch` entries
 * apart and 4 spare entries at the end. Nothing outside those slices is written; a row's spare entries may be.
 */
export function slicAssign(
  raw: usize, rowStride: i32, sliceStride: i32, nz: i32, ny: i32, nx: i32,
  gz: usize, gy: usize, gx: usize, seedsZ: i32, seedsY: i32, seedsX: i32, centres: usize,
  step: i32, weight: f32, nearest: usize, labels: usize, pitch: i32, slicePitch: i32, layers: usize, fromZ: i32, toZ: i32,
): void {
  const infinity = f32x4.splat(Infinity);
  const none = i32x4.splat(-1);
  const slice = <usize>slicePitch << 2;
  for (let i = <usize>fromZ * slice; i < <usize>toZ * slice; i += 16) {
    v128.store(nearest + i, infinity);
    v128.store(labels + i, none);
  }
  const lanes = i32x4(0, 1, 2, 3);
  for (let k = 0; k < seedsZ; k++) {
    const layer = layers + (<usize>k << 3);
    if (load<i32>(layer) >= toZ || load<i32>(layer, 4) <= fromZ) continue;
    const seedZ = load<i32>(gz + (<usize>k << 2));
    for (let j = 0; j < seedsY; j++) {
      const seedY = load<i32>(gy + (<usize>j << 2));
      const first = (k * seedsY + j) * seedsX;
      for (let i = 0; i < seedsX; i++) {
        assignWindow(
          raw, rowStride, sliceStride, fromZ, toZ, ny, nx, seedZ, seedY, load<i32>(gx + (<usize>i << 2)),
          centres + <usize>(first + i) * CENTRE, first + i, <f32>step, weight, lanes, nearest, labels, pitch, slicePitch,
        );
      }
    }
  }
}

@inline
function assignWindow(
  raw: usize, rowStride: i32, sliceStride: i32, fromZ: i32, toZ: i32, ny: i32, nx: i32, seedZ: i32, seedY: i32, seedX: i32,
  centre: usize, seed: i32, reach: f32, weight: f32, lanes: v128, nearest: usize, labels: usize,
  pitch: i32, slicePitch: i32,
): void {
  const cx = load<f32>(centre), cy = load<f32>(centre, 4), cz = load<f32>(centre, 8);
  const intensity = f32x4.splat(load<f32>(centre, 12));
  const weights = f32x4.splat(weight), one = i32x4.splat(1);
  const middle = f32x4.splat(cx), middleY = f32x4.splat(cy), middleZ = f32x4.splat(cz);
  const winner = i32x4.splat(seed);
  const z0 = max(fromZ, seedZ + <i32>Mathf.floor(cz - reach)), z1 = min(toZ, seedZ + <i32>Mathf.floor(cz + reach));
  const y0 = max(0, seedY + <i32>Mathf.floor(cy - reach)), y1 = min(ny, seedY + <i32>Mathf.floor(cy + reach));
  const x0 = max(0, seedX + <i32>Mathf.floor(cx - reach)), x1 = min(nx, seedX + <i32>Mathf.floor(cx + reach));
  for (let x = x0; x < x1; x += 4) {
    const dx = f32x4.sub(f32x4.convert_i32x4_s(i32x4.add(i32x4.splat(x - seedX), lanes)), middle);
    const along = f32x4.mul(f32x4.mul(dx, dx), weights);
    const inside = i32x4.lt_s(lanes, i32x4.splat(x1 - x));
    for (let z = z0; z < z1; z++) {
      const dz = f32x4.sub(f32x4.convert_i32x4_s(i32x4.splat(z - seedZ)), middleZ), dzdz = f32x4.mul(dz, dz);
      // in a vector, though one number would do: turning a single whole number into a float holds the loop up
      let fromSeed = i32x4.splat(y0 - seedY);
      let source = raw + <usize>z * sliceStride + <usize>y0 * rowStride + x;
      let at = (<usize>z * slicePitch + <usize>y0 * pitch + x) << 2;
      for (let y = y0; y < y1; y++) {
        const dy = f32x4.sub(f32x4.convert_i32x4_s(fromSeed), middleY);
        const across = f32x4.mul(f32x4.add(dzdz, f32x4.mul(dy, dy)), weights);
        const bytes = i16x8.extend_low_i8x16_u(v128.load32_zero(source));
        const di = f32x4.sub(f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_s(bytes)), intensity);
        const distance = f32x4.add(f32x4.mul(di, di), f32x4.add(along, across));
        const before = v128.load(nearest + at), holder = v128.load(labels + at);
        const wins = v128.and(f32x4.lt(distance, before), inside);
        v128.store(nearest + at, v128.bitselect(distance, before, wins));
        v128.store(labels + at, v128.bitselect(winner, holder, wins));
        fromSeed = i32x4.add(fromSeed, one);
        source += rowStride;
        at += <usize>pitch << 2;
      }
    }
  }
}

/**
 * Moves the seeds of layers `fromLayer` to `toLayer` to the mean of their voxels; one without voxels keeps its place. `sums`: 20 bytes a
 * seed, of all layers; those of the others are left alone. `layers` is what `slicLayers` gave for the windows of the labels.
 */
export function slicRecentre(
  raw: usize, rowStride: i32, sliceStride: i32, nz: i32, ny: i32, nx: i32,
  gz: usize, gy: usize, gx: usize, seedsZ: i32, seedsY: i32, seedsX: i32, centres: usize,
  labels: usize, pitch: i32, slicePitch: i32, sums: usize, layers: usize, fromLayer: i32, toLayer: i32,
): void {
  const perLayer = seedsY * seedsX;
  const fromLabel = fromLayer * perLayer, labelCount = <u32>((toLayer - fromLayer) * perLayer);
  memory.fill(sums + <usize>fromLabel * SUMS, 0, <usize>labelCount * SUMS);
  let fromZ = nz, toZ = 0;
  for (let k = fromLayer; k < toLayer; k++) {
    fromZ = min(fromZ, load<i32>(layers + (<usize>k << 3)));
    toZ = max(toZ, load<i32>(layers + (<usize>k << 3), 4));
  }
  for (let z = fromZ; z < toZ; z++) {
    for (let y = 0; y < ny; y++) {
      const source = raw + <usize>z * sliceStride + <usize>y * rowStride;
      const row = labels + ((<usize>z * slicePitch + <usize>y * pitch) << 2);
      let position = i32x4(0, y, z, 0);
      const right = i32x4(1, 0, 0, 0);
      for (let x = 0; x < nx; x++) {
        const label = load<i32>(row + (<usize>x << 2));
        if (<u32>(label - fromLabel) < labelCount) {
          const at = sums + <usize>label * SUMS;
          const value = i32x4.replace_lane(position, 3, <i32>load<u8>(source + x));
          v128.store(at, i32x4.add(v128.load(at), value));
          store<i32>(at, load<i32>(at, 16) + 1, 16);
        }
        position = i32x4.add(position, right);
      }
    }
  }
  centres += <usize>fromLabel * CENTRE;
  sums += <usize>fromLabel * SUMS;
  for (let k = fromLayer; k < toLayer; k++) {
    const seedZ = load<i32>(gz + (<usize>k << 2));
    for (let j = 0; j < seedsY; j++) {
      const seedY = load<i32>(gy + (<usize>j << 2));
      for (let i = 0; i < seedsX; i++) {
        const seedX = load<i32>(gx + (<usize>i << 2));
        const count = load<i32>(sums, 16);
        if (count > 0) {
          const n = <f32>count;
          store<f32>(centres, <f32>(load<i32>(sums) - seedX * count) / n);
          store<f32>(centres, <f32>(load<i32>(sums, 4) - seedY * count) / n, 4);
          store<f32>(centres, <f32>(load<i32>(sums, 8) - seedZ * count) / n, 8);
          store<f32>(centres, <f32>load<i32>(sums, 12) / n, 12);
        }
        centres += CENTRE;
        sums += SUMS;
      }
    }
  }
}

/**
 * Writes the labels of slices `fromZ` to `toZ` without gaps between rows and slices, and labels voxels outside every window with their grid cell's seed (`cellZ`, `cellY`,
 * `cellX`: seed on each axis by coordinate). Returns how many those were.
 */
export function slicFinish(
  fromZ: i32, toZ: i32, ny: i32, nx: i32, cellZ: usize, cellY: usize, cellX: usize, seedsY: i32, seedsX: i32,
  labels: usize, pitch: i32, slicePitch: i32, out: usize,
): i32 {
  let orphans = 0;
  out += (<usize>fromZ * ny * nx) << 2;
  for (let z = fromZ; z < toZ; z++) {
    for (let y = 0; y < ny; y++) {
      const row = labels + ((<usize>z * slicePitch + <usize>y * pitch) << 2);
      const cells = (load<i32>(cellZ + (<usize>z << 2)) * seedsY + load<i32>(cellY + (<usize>y << 2))) * seedsX;
      for (let x: usize = 0; x < <usize>nx << 2; x += 4, out += 4) {
        let label = load<i32>(row + x);
        if (label < 0) {
          label = (cells + load<i32>(cellX + x)) | ORPHAN;
          orphans++;
        }
        store<i32>(out, label);
      }
    }
  }
  return orphans;
}
