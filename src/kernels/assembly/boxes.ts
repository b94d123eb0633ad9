// Means of one box size at every centre of a region, made once from an integral image, so that a context feature is one look-up.
// Coordinates are relative to the integral image's region. Means are u16, floor(mean + 1/2) exactly, of the part of the box that lies
// inside the volume; x fastest, rows without gaps.

import { SLICE, LOW_X, LOW_Y, LOW_Z, HIGH_X, HIGH_Y, HALVED, HALVED_Z, ODD_X, ODD_Y, ODD_Z, CORNERS, CORNERS_ROW, CORNERS_SLICE, CORNERS_Z } from "./box_view";
import { ROUND, ROUND_BITS } from "./frames";

/** floor(d / n) of four sums. The float quotient is at most 0.02 off, hence it rounds to the result or to one more. */
@inline
function quotients(d: v128, n: v128, perN: v128, shift: i32): v128 {
  const near = f32x4.mul(f32x4.convert_i32x4_s(i32x4.shr_u(d, shift)), perN);
  const q = i32x4.sub(f32x4.add(near, f32x4.splat(ROUND)), i32x4.splat(ROUND_BITS));
  const rest = i32x4.sub(d, i32x4.mul(q, n));
  return i32x4.add(q, i32x4.shr_s(rest, 31));
}

/** Sums of four boxes side by side from the addresses of the first one's corners in the four rows that bound it. */
@inline
function sums(a: usize, b: usize, c: usize, d: usize, w: usize): v128 {
  const far = i32x4.sub(i32x4.sub(v128.load(d + w), v128.load(d)), i32x4.sub(v128.load(c + w), v128.load(c)));
  const near = i32x4.sub(i32x4.sub(v128.load(b + w), v128.load(b)), i32x4.sub(v128.load(a + w), v128.load(a)));
  return i32x4.sub(far, near);
}

/** The same, or the sums of every second of eight boxes. */
@inline
function sumsOf(everySecond: bool, a: usize, b: usize, c: usize, d: usize, w: usize): v128 {
  const first = sums(a, b, c, d, w);
  return everySecond ? i32x4.shuffle(first, sums(a + 16, b + 16, c + 16, d + 16, w), 0, 2, 4, 6) : first;
}

@inline
function cut(value: i32, low: i32, high: i32): i32 {
  return min(max(value, low), high);
}

/**
 * Means of the boxes of half-widths `r`, `r`, `rz` around every centre of the view; around a place between two voxels a box has one voxel
 * less across, so that as many lie on either side. `row`, `slice`: entries of the integral image;
 * `low*`, `high*`: first and last voxel of the volume. Only the centres of slices `fromZ` to `toZ` of the view (from 0, half-open) are averaged;
 * `out` is where the first slice of the view begins, and nothing beyond those slices is written. The image has room for 80 bytes more.
 */
export function averageBoxes(
  table: usize, row: i32, slice: i32, lowX: i32, lowY: i32, lowZ: i32, highX: i32, highY: i32, highZ: i32,
  view: usize, r: i32, rz: i32, fromZ: i32, toZ: i32, out: usize,
): void {
  const firstZ = load<i32>(view, LOW_Z), lastZ = firstZ + toZ - 1, lastY = load<i32>(view, HIGH_Y);
  out += <usize>fromZ * (<usize>load<i32>(view, SLICE) << 1);
  const fromX = load<i32>(view, LOW_X), toX = load<i32>(view, HIGH_X) + 1;
  const halved = load<i32>(view, HALVED), halvedZ = load<i32>(view, HALVED_Z);
  const oddX = load<i32>(view, ODD_X), oddY = load<i32>(view, ODD_Y), oddZ = load<i32>(view, ODD_Z);
  // a box begins at voxel (centre << halved) - before, and has so many across
  const beforeX = r + (halved ? oddX - 1 : 0), beforeY = r + (halved ? oddY - 1 : 0), beforeZ = rz + (halvedZ ? oddZ - 1 : 0);
  const side = 2 * r + 1 - halved, sideZ = 2 * rz + 1 - halvedZ, across = <usize>side << 2;
  const wholeFrom = cut((lowX + beforeX + halved) >> halved, fromX, toX);
  const wholeTo = cut(((highX - side + 1 + beforeX) >> halved) + 1, wholeFrom, toX);
  for (let z = firstZ + fromZ; z <= lastZ; z++) {
    const beginZ = (z << halvedZ) - beforeZ;
    const z0 = cut(beginZ, lowZ, highZ), z1 = cut(beginZ + sideZ - 1, lowZ, highZ) + 1;
    for (let y = load<i32>(view, LOW_Y); y <= lastY; y++) {
      // the last row ends where slices begin that are not ours
      const vectorsTo = z == lastZ && y == lastY ? wholeFrom + ((wholeTo - wholeFrom) & ~7) : wholeTo;
      const beginY = (y << halved) - beforeY;
      const y0 = cut(beginY, lowY, highY), y1 = cut(beginY + side - 1, lowY, highY) + 1;
      const near = table + (<usize>(z0 * slice) << 2), far = table + (<usize>(z1 * slice) << 2);
      const up = <usize>(y0 * row) << 2, down = <usize>(y1 * row) << 2;
      const a = near + up, b = near + down, c = far + up, d = far + down;
      const rowsAndSlices = (y1 - y0) * (z1 - z0);
      for (let x = fromX; x < wholeFrom; x++) {
        const begin = (x << halved) - beforeX;
        store<u16>(out + (<usize>(x - fromX) << 1), cutMean(a, b, c, d, cut(begin, lowX, highX), cut(begin + side - 1, lowX, highX) + 1, rowsAndSlices));
      }
      const n = side * rowsAndSlices;
      const at = <usize>((wholeFrom << halved) - beforeX) << 2, to = out + (<usize>(wholeFrom - fromX) << 1);
      // a sum of fewer than 2^15 voxels has no more than 31 bits
      const shift = n >> 15 ? 1 : 0;
      const corners = <usize>load<u32>(view, CORNERS);
      if (corners && y1 - y0 == side && z1 - z0 == sideZ) {
        const cz = load<i32>(view, CORNERS_Z), depth = cz ? rz : sideZ;
        const nearAt = ((cz ? z - (rz >> 1) : beginZ) * load<i32>(view, CORNERS_SLICE)) + (y - (r >> 1)) * load<i32>(view, CORNERS_ROW);
        const e = corners + (<usize>(nearAt + wholeFrom - (r >> 1)) << 2), h = <usize>(r * load<i32>(view, CORNERS_ROW)) << 2;
        const g = e + (<usize>(depth * load<i32>(view, CORNERS_SLICE)) << 2);
        if (shift) wholeMeans(false, e, e + h, g, g + h, <usize>r << 2, vectorsTo - wholeFrom, n, 1, to);
        else wholeMeans(false, e, e + h, g, g + h, <usize>r << 2, vectorsTo - wholeFrom, n, 0, to);
      } else if (halved) wholeMeans(true, a + at, b + at, c + at, d + at, across, vectorsTo - wholeFrom, n, shift, to);
      else if (shift) wholeMeans(false, a + at, b + at, c + at, d + at, across, vectorsTo - wholeFrom, n, 1, to);
      else wholeMeans(false, a + at, b + at, c + at, d + at, across, vectorsTo - wholeFrom, n, 0, to);
      for (let x = vectorsTo; x < toX; x++) {
        const begin = (x << halved) - beforeX;
        store<u16>(out + (<usize>(x - fromX) << 1), cutMean(a, b, c, d, cut(begin, lowX, highX), cut(begin + side - 1, lowX, highX) + 1, rowsAndSlices));
      }
      out += <usize>(toX - fromX) << 1;
    }
  }
}

/**
 * Means of `count` whole boxes, side by side or, `everySecond`, two voxels apart. Up to 7 more are written, which the caller writes again
 * or has room for.
 */
@inline
function wholeMeans(
  everySecond: bool, a: usize, b: usize, c: usize, d: usize, across: usize, count: i32, n: i32, shift: i32, out: usize,
): void {
  const next: usize = everySecond ? 32 : 16;
  const voxels = i32x4.splat(n), half = i32x4.splat(n >> 1), perVoxel = f32x4.splat(<f32>(1 << shift) / <f32>n);
  for (let i: usize = 0; i < <usize>count << 1; i += 16) {
    const at = i << (everySecond ? 2 : 1);
    const first = i32x4.add(sumsOf(everySecond, a + at, b + at, c + at, d + at, across), half);
    const second = i32x4.add(sumsOf(everySecond, a + at + next, b + at + next, c + at + next, d + at + next, across), half);
    v128.store(
      out + i,
      i16x8.narrow_i32x4_u(quotients(first, voxels, perVoxel, shift), quotients(second, voxels, perVoxel, shift)),
    );
  }
}

function cutMean(a: usize, b: usize, c: usize, d: usize, x0: i32, x1: i32, rowsAndSlices: i32): u16 {
  const from = <usize>x0 << 2, to = <usize>x1 << 2;
  const sum = load<u32>(d + to) - load<u32>(d + from) - load<u32>(c + to) + load<u32>(c + from) -
    (load<u32>(b + to) - load<u32>(b + from) - load<u32>(a + to) + load<u32>(a + from));
  const n = <u32>((x1 - x0) * rowsAndSlices);
  return <u16>((sum + (n >> 1)) / n);
}
