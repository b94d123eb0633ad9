// Cells: the means of their voxels, and what is seen around each of them.
//
// Cells lie in f32 arrays [z, y, x]. A kernel that looks around reads an array with margins, so that every cell it may
// look at is a fixed number of bytes from the cell itself; `sliceStep` and `rowStep` are the bytes from slice to slice and
// row to row of it. What is written is dense, row after row in ascending order, in whole vectors: the end of a row spills into
// the next one before that is written, and the last one into up to 15 floats behind the array.
import { repeatEnds } from "./filters";

// ------------------------------------------------------------------------------------------------------------ means

/** Adds to the sums of 4 cells side by side, `cx` voxels wide each, one row of voxels of each, in ascending x. */
@inline
function addRow<T>(row: usize, cx: usize, sums: v128): v128 {
  if (sizeof<T>() == 1) {
    if (cx == 2) {
      const both = v128.load_ext<u8>(row);
      const even = v128.and(both, i32x4.splat(0xffff));
      const odd = i32x4.shr_u(both, 16);
      return f32x4.add(f32x4.add(sums, f32x4.convert_i32x4_s(even)), f32x4.convert_i32x4_s(odd));
    }
  } else {
    if (cx == 1) return f32x4.add(sums, v128.load(row));
    if (cx == 2) {
      const a = v128.load(row, 0);
      const b = v128.load(row, 16);
      const even = v128.shuffle<f32>(a, b, 0, 2, 4, 6);
      const odd = v128.shuffle<f32>(a, b, 1, 3, 5, 7);
      return f32x4.add(f32x4.add(sums, even), odd);
    }
  }
  const cell = cx * sizeof<T>();
  for (let x: usize = 0; x < cell; x += sizeof<T>()) {
    let voxels = f32x4.splat(<f32>load<T>(row + x));
    voxels = f32x4.replace_lane(voxels, 1, <f32>load<T>(row + x + cell));
    voxels = f32x4.replace_lane(voxels, 2, <f32>load<T>(row + x + 2 * cell));
    voxels = f32x4.replace_lane(voxels, 3, <f32>load<T>(row + x + 3 * cell));
    sums = f32x4.add(sums, voxels);
  }
  return sums;
}

@inline
function cellMeans<T>(
  voxels: usize, nz: usize, ny: usize, nx: usize, cz: usize, cy: usize, cx: usize, out: usize,
): void {
  const row = nx * sizeof<T>();
  const slice = ny * row;
  const whole = nx / cx;
  for (let z0: usize = 0; z0 < nz; z0 += cz) {
    const depth = min(cz, nz - z0);
    for (let y0: usize = 0; y0 < ny; y0 += cy) {
      const height = min(cy, ny - y0);
      const corner = voxels + z0 * slice + y0 * row;
      const factor = f32x4.splat(<f32>(1.0 / <f64>(depth * height * cx)));
      let cell: usize = 0;
      for (; cell + 4 <= whole; cell += 4) {
        let sums = f32x4.splat(0);
        for (let z: usize = 0; z < depth; z++) {
          for (let y: usize = 0; y < height; y++) {
            sums = addRow<T>(corner + z * slice + y * row + cell * cx * sizeof<T>(), cx, sums);
          }
        }
        v128.store(out, f32x4.mul(sums, factor));
        out += 16;
      }
      for (let x0 = cell * cx; x0 < nx; x0 += cx) {
        const width = min(cx, nx - x0);
        let sum: f32 = 0;
        for (let z: usize = 0; z < depth; z++) {
          for (let y: usize = 0; y < height; y++) {
            const from = corner + z * slice + y * row + x0 * sizeof<T>();
            for (let x: usize = 0; x < width; x++) sum += <f32>load<T>(from + x * sizeof<T>());
          }
        }
        store<f32>(out, sum * <f32>(1.0 / <f64>(depth * height * width)));
        out += 4;
      }
    }
  }
}

/**
 * Means of the cells `[cz, cy, cx]` of dense u8 voxels `[nz, ny, nx]`, from the first voxel on; the last cell of an axis may be cut
 * off. Voxels are added in the order z, y, x.
 */
export function cellMeansU8(
  voxels: usize, nz: usize, ny: usize, nx: usize, cz: usize, cy: usize, cx: usize, out: usize,
): void {
  cellMeans<u8>(voxels, nz, ny, nx, cz, cy, cx, out);
}

/** The same of f32 voxels. */
export function cellMeansF32(
  voxels: usize, nz: usize, ny: usize, nx: usize, cz: usize, cy: usize, cx: usize, out: usize,
): void {
  cellMeans<f32>(voxels, nz, ny, nx, cz, cy, cx, out);
}

// ---------------------------------------------------------------------------------------------------------- margins

/** Fills each of `rows` rows of `width` floats on both sides of its `count` known values with the first and the last of them. */
export function repeatRowEnds(at: usize, step: usize, rows: i32, left: usize, count: usize, width: usize): void {
  for (let y: usize = 0; y < <usize>rows; y++) repeatEnds(at + y * step, left, count, width);
}

// --------------------------------------------------------------------------------------------------------- features

/** Copies cells without their margins. */
export function copyCells(
  from: usize, sliceStep: usize, rowStep: usize, nz: i32, ny: i32, nx: usize, out: usize,
): void {
  const end = nx << 2;
  for (let z: usize = 0; z < <usize>nz; z++) {
    for (let y: usize = 0; y < <usize>ny; y++) {
      const row = from + z * sliceStep + y * rowStep;
      for (let x: usize = 0; x < end; x += 16) v128.store(out + x, v128.load(row + x));
      out += end;
    }
  }
}

/** The larger and the smaller of two cells, `a` and `b` bytes from each. */
export function compareTwo(
  from: usize, a: isize, b: isize, sliceStep: usize, rowStep: usize, nz: i32, ny: i32, nx: usize, larger: usize, smaller: usize,
): void {
  const end = nx << 2;
  for (let z: usize = 0; z < <usize>nz; z++) {
    for (let y: usize = 0; y < <usize>ny; y++) {
      const row = from + z * sliceStep + y * rowStep;
      for (let x: usize = 0; x < end; x += 16) {
        const p = v128.load(row + a + x);
        const q = v128.load(row + b + x);
        v128.store(larger + x, f32x4.pmax(p, q));
        v128.store(smaller + x, f32x4.pmin(p, q));
      }
      larger += end;
      smaller += end;
    }
  }
}

/** The largest of the `2 half + 1` values that lie `step` bytes apart around each of `rows` rows of `width` values. */
export function largestAlong(
  from: usize, fromStep: usize, rows: i32, width: usize, half: usize, step: usize, out: usize, outStep: usize,
): void {
  const end = width << 2;
  for (let y: usize = 0; y < <usize>rows; y++) {
    const row = from + y * fromStep - half * step;
    const to = out + y * outStep;
    for (let x: usize = 0; x < end; x += 64) {
      let at = row + x;
      let m0 = v128.load(at, 0);
      let m1 = v128.load(at, 16);
      let m2 = v128.load(at, 32);
      let m3 = v128.load(at, 48);
      for (let k: usize = 2 * half; k > 0; k--) {
        at += step;
        m0 = f32x4.pmax(m0, v128.load(at, 0));
        m1 = f32x4.pmax(m1, v128.load(at, 16));
        m2 = f32x4.pmax(m2, v128.load(at, 32));
        m3 = f32x4.pmax(m3, v128.load(at, 48));
      }
      v128.store(to + x, m0, 0);
      v128.store(to + x, m1, 16);
      v128.store(to + x, m2, 32);
      v128.store(to + x, m3, 48);
    }
  }
}

/** Bytes of a row that are sorted at once. `SORT_STRIP` in `src/autocontext/cell_features.ts` is the same. */
const STRIP: usize = 256;

@inline
function exchange(p: usize, q: usize, at: usize): void {
  const a = v128.load(p + at);
  const b = v128.load(q + at);
  v128.store(p + at, f32x4.pmin(a, b));
  v128.store(q + at, f32x4.pmax(a, b));
}

/**
 * Sorts what lies around each cell. `offsets` are `count` i32: the bytes from a cell to each that is looked at. `network` are `pairs` pairs
 * of u32, the comparators of a sorting network as bytes in `scratch`, `STRIP` bytes for each value. `wanted` are `places` pairs of u32: the
 * bytes in `scratch` of a place in ascending order, and the address of the array of it. `scratch`: `count` strips.
 */
export function sortAround(
  from: usize, sliceStep: usize, rowStep: usize, nz: i32, ny: i32, nx: usize,
  offsets: usize, count: usize, network: usize, pairs: usize, wanted: usize, places: usize, scratch: usize,
): void {
  const end = nx << 2;
  const lastOffset = offsets + (count << 2);
  const lastPair = network + (pairs << 3);
  const lastPlace = wanted + (places << 3);
  for (let z: usize = 0; z < <usize>nz; z++) {
    for (let y: usize = 0; y < <usize>ny; y++) {
      const row = from + z * sliceStep + y * rowStep;
      const to = (z * <usize>ny + y) * end;
      for (let strip: usize = 0; strip < end; strip += STRIP) {
        const length = min(STRIP, end - strip);
        let into = scratch;
        for (let o = offsets; o < lastOffset; o += 4) {
          const at = row + strip + <isize>load<i32>(o);
          for (let x: usize = 0; x < length; x += 16) v128.store(into + x, v128.load(at + x));
          into += STRIP;
        }
        for (let pair = network; pair < lastPair; pair += 8) {
          const p = scratch + <usize>load<u32>(pair, 0);
          const q = scratch + <usize>load<u32>(pair, 4);
          for (let x: usize = 0; x < length; x += 64) {
            exchange(p, q, x);
            exchange(p, q, x + 16);
            exchange(p, q, x + 32);
            exchange(p, q, x + 48);
          }
        }
        for (let place = wanted; place < lastPlace; place += 8) {
          const sorted = scratch + <usize>load<u32>(place, 0);
          const out = <usize>load<u32>(place, 4) + to + strip;
          for (let x: usize = 0; x < length; x += 16) v128.store(out + x, v128.load(sorted + x));
        }
      }
    }
  }
}

/** Squares of `count` values, rounded up to 4. */
export function squares(values: usize, count: usize, out: usize): void {
  for (let x: usize = 0; x < count << 2; x += 16) {
    const v = v128.load(values + x);
    v128.store(out + x, f32x4.mul(v, v));
  }
}

/** Standard deviations from means of squares and means, of `count` cells rounded up to 4; 0 where rounding makes the variance negative. */
export function deviations(meansOfSquares: usize, means: usize, count: usize, out: usize): void {
  for (let x: usize = 0; x < count << 2; x += 16) {
    const mean = v128.load(means + x);
    const variance = f32x4.sub(v128.load(meansOfSquares + x), f32x4.mul(mean, mean));
    v128.store(out + x, f32x4.sqrt(f32x4.pmax(f32x4.splat(0), variance)));
  }
}
