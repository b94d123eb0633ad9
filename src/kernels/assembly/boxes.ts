// Means of one box size at every centre of a region, made once from an integral image, so that a context feature is one look-up.
// Coordinates are relative to the integral image's region. Means are u16, floor(mean + 1/2) exactly, of the part of the box that lies
// inside the volume; x fastest, rows without gaps.

import { kept, nearest, ROUND, ROUND_BITS, turned, within } from "./frames";

// A view of the means, i32 at these places, written by `src/stages/context/box_means.ts`.
const ROW: usize = 0; // means from one row to the next
const SLICE: usize = 4;
const LOW_X: usize = 8; // first and last centre
const LOW_Y: usize = 12;
const LOW_Z: usize = 16;
const HIGH_X: usize = 20;
const HIGH_Y: usize = 24;
const HIGH_Z: usize = 28;
// 1 where centres lie between every second voxel and the next: centre i stands for voxels 2 i and 2 i + 1 of the volume, in y and x always,
// in z where HALVED_Z is 1 too
const HALVED: usize = 32;
const HALVED_Z: usize = 36;
const ODD_X: usize = 40; // 1 where the region begins at an odd voxel
const ODD_Y: usize = 44;
const ODD_Z: usize = 48;
const INSIDE: usize = 52; // 1 where no supervoxel looks beyond these centres
// what `halveTable` left: all corners of boxes between two voxels that are not cut
const CORNERS: usize = 56;
const CORNERS_ROW: usize = 60;
const CORNERS_SLICE: usize = 64;
const CORNERS_Z: usize = 68; // 1 where it has every second slice, too

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
        if (shift) wholeMeans(e, e + h, g, g + h, <usize>r << 2, vectorsTo - wholeFrom, n, 1, to);
        else wholeMeans(e, e + h, g, g + h, <usize>r << 2, vectorsTo - wholeFrom, n, 0, to);
      } else if (halved) wholeMeansOfHalf(a + at, b + at, c + at, d + at, across, vectorsTo - wholeFrom, n, shift, to);
      else if (shift) wholeMeans(a + at, b + at, c + at, d + at, across, vectorsTo - wholeFrom, n, 1, to);
      else wholeMeans(a + at, b + at, c + at, d + at, across, vectorsTo - wholeFrom, n, 0, to);
      for (let x = vectorsTo; x < toX; x++) {
        const begin = (x << halved) - beforeX;
        store<u16>(out + (<usize>(x - fromX) << 1), cutMean(a, b, c, d, cut(begin, lowX, highX), cut(begin + side - 1, lowX, highX) + 1, rowsAndSlices));
      }
      out += <usize>(toX - fromX) << 1;
    }
  }
}

/** Means of `count` whole boxes side by side. Up to 7 more are written, which the caller writes again or has room for. */
@inline
function wholeMeans(a: usize, b: usize, c: usize, d: usize, across: usize, count: i32, n: i32, shift: i32, out: usize): void {
  const voxels = i32x4.splat(n), half = i32x4.splat(n >> 1), perVoxel = f32x4.splat(<f32>(1 << shift) / <f32>n);
  for (let i: usize = 0; i < <usize>count << 1; i += 16) {
    const at = i << 1;
    const first = i32x4.add(sums(a + at, b + at, c + at, d + at, across), half);
    const second = i32x4.add(sums(a + at + 16, b + at + 16, c + at + 16, d + at + 16, across), half);
    v128.store(
      out + i,
      i16x8.narrow_i32x4_u(quotients(first, voxels, perVoxel, shift), quotients(second, voxels, perVoxel, shift)),
    );
  }
}

/** Sums of every second of eight boxes side by side. */
@inline
function sumsOfHalf(a: usize, b: usize, c: usize, d: usize, w: usize): v128 {
  return i32x4.shuffle(sums(a, b, c, d, w), sums(a + 16, b + 16, c + 16, d + 16, w), 0, 2, 4, 6);
}

/** The same as `wholeMeans` for boxes two voxels apart. */
function wholeMeansOfHalf(a: usize, b: usize, c: usize, d: usize, across: usize, count: i32, n: i32, shift: i32, out: usize): void {
  const voxels = i32x4.splat(n), half = i32x4.splat(n >> 1), perVoxel = f32x4.splat(<f32>(1 << shift) / <f32>n);
  for (let i: usize = 0; i < <usize>count << 1; i += 16) {
    const at = i << 2;
    const first = i32x4.add(sumsOfHalf(a + at, b + at, c + at, d + at, across), half);
    const second = i32x4.add(sumsOfHalf(a + at + 32, b + at + 32, c + at + 32, d + at + 32, across), half);
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

// Supervoxels come as `frames.ts` says. Poses: f32 offset x, y, z in the local frame, then two addresses: for features the array that
// receives them, for votes the first of the stumps that look there and what is beyond the last.
const POSE: usize = 20;
const FROM: usize = 12;
const TO: usize = 16;

/** Adds to `q` the means at four addresses, from lane 0 or, `second`, from lane 4 on. */
@inline
function fourMeans(q: v128, at: v128, second: bool): v128 {
  const a = <usize>i32x4.extract_lane(at, 0), b = <usize>i32x4.extract_lane(at, 1);
  const c = <usize>i32x4.extract_lane(at, 2), d = <usize>i32x4.extract_lane(at, 3);
  if (second) {
    q = v128.load_lane<u16>(a, q, 4);
    q = v128.load_lane<u16>(b, q, 5);
    q = v128.load_lane<u16>(c, q, 6);
    return v128.load_lane<u16>(d, q, 7);
  }
  q = v128.load_lane<u16>(a, q, 0);
  q = v128.load_lane<u16>(b, q, 1);
  q = v128.load_lane<u16>(c, q, 2);
  return v128.load_lane<u16>(d, q, 3);
}

/** Addresses of the means nearest to four voxels. `base`: address of the mean at the centres' origin. */
@inline
function addresses(view: usize, base: v128, x: v128, y: v128, z: v128, isHalved: bool, isInside: bool): v128 {
  let cx = x, cy = y, cz = z;
  if (isHalved) {
    cx = i32x4.shr_s(i32x4.add(x, v128.load32_splat(view, ODD_X)), 1);
    cy = i32x4.shr_s(i32x4.add(y, v128.load32_splat(view, ODD_Y)), 1);
    cz = i32x4.shr_s(i32x4.add(z, v128.load32_splat(view, ODD_Z)), load<i32>(view, HALVED_Z));
  }
  if (!isInside) {
    cx = within(cx, v128.load32_splat(view, LOW_X), v128.load32_splat(view, HIGH_X));
    cy = within(cy, v128.load32_splat(view, LOW_Y), v128.load32_splat(view, HIGH_Y));
    cz = within(cz, v128.load32_splat(view, LOW_Z), v128.load32_splat(view, HIGH_Z));
  }
  const index = i32x4.add(
    i32x4.add(i32x4.mul(cz, v128.load32_splat(view, SLICE)), i32x4.mul(cy, v128.load32_splat(view, ROW))),
    cx,
  );
  return i32x4.add(base, i32x4.shl(index, 1));
}

/** Address of the mean at the centres' origin, which need not be among them. */
@inline
function originOf(means: usize, view: usize): v128 {
  const first = load<i32>(view, LOW_Z) * load<i32>(view, SLICE) + load<i32>(view, LOW_Y) * load<i32>(view, ROW) + load<i32>(view, LOW_X);
  return i32x4.splat(<i32>means - (first << 1));
}

/** The means that supervoxels `begin` to `end` (multiples of 4) see at each pose, in their frames: u16, supervoxel i's at place i. */
export function lookUpPoses(
  means: usize, view: usize, points: usize, frames: usize, plane: usize, begin: i32, end: i32, perZ: f32,
  poses: usize, poseCount: i32,
): void {
  if (load<i32>(view, HALVED)) lookUp(means, view, points, frames, plane, begin, end, perZ, poses, poseCount, true);
  else lookUp(means, view, points, frames, plane, begin, end, perZ, poses, poseCount, false);
}

@inline
function lookUp(
  means: usize, view: usize, points: usize, frames: usize, plane: usize, begin: i32, end: i32, perZ: f32,
  poses: usize, poseCount: i32, isHalved: bool,
): void {
  const base = originOf(means, view), squeeze = f32x4.splat(perZ);
  for (let pose = poses; pose < poses + <usize>poseCount * POSE; pose += POSE) {
    const ox = v128.load32_splat(pose, 0), oy = v128.load32_splat(pose, 4), oz = v128.load32_splat(pose, 8);
    const out = <usize>load<u32>(pose, FROM);
    for (let i = <usize>begin << 2; i < <usize>end << 2; i += 16) {
      const f = frames + i;
      const dx = f32x4.add(turned(f, 0, plane, ox, oz), kept(f, 0, plane, oy));
      const dy = f32x4.add(turned(f, 1, plane, ox, oz), kept(f, 1, plane, oy));
      const dz = f32x4.add(turned(f, 2, plane, ox, oz), kept(f, 2, plane, oy));
      const at = addresses(
        view, base,
        i32x4.add(v128.load(points + i), nearest(dx)),
        i32x4.add(v128.load(points + plane + i), nearest(dy)),
        i32x4.add(v128.load(points + 2 * plane + i), nearest(f32x4.mul(dz, squeeze))),
        isHalved, false,
      );
      v128.store_lane<u64>(out + (i >> 1), fourMeans(i32x4.splat(0), at, false), 0);
    }
  }
}

/** Bytes of a stump: u32 least mean for which it votes alpha, 4 spare bytes, f64 alpha. */
const STUMP: usize = 16;

/** Adds alpha to two scores where `yes`, a mask of 64 bits each, and takes it elsewhere. */
@inline
function vote(scores: v128, alpha: v128, yes: v128): v128 {
  return f64x2.add(scores, v128.xor(alpha, v128.andnot(f64x2.splat(-0.0), yes)));
}

/**
 * Adds the votes of the stumps at each pose to the scores (f64) of supervoxels `begin` to `end` (multiples of 4), in their frames and in
 * the flipped ones: alpha where the mean is at least the stump's, else -alpha. A supervoxel's votes are added in the order of the stumps.
 */
export function votePoses(
  means: usize, view: usize, points: usize, frames: usize, plane: usize, begin: i32, end: i32, perZ: f32,
  poses: usize, poseCount: i32, own: usize, flipped: usize,
): void {
  // variants without what they do not need
  if (load<i32>(view, INSIDE)) {
    if (load<i32>(view, HALVED)) votes(means, view, points, frames, plane, begin, end, perZ, poses, poseCount, own, flipped, true, true);
    else votes(means, view, points, frames, plane, begin, end, perZ, poses, poseCount, own, flipped, false, true);
  } else if (load<i32>(view, HALVED)) {
    votes(means, view, points, frames, plane, begin, end, perZ, poses, poseCount, own, flipped, true, false);
  } else votes(means, view, points, frames, plane, begin, end, perZ, poses, poseCount, own, flipped, false, false);
}

@inline
function votes(
  means: usize, view: usize, points: usize, frames: usize, plane: usize, begin: i32, end: i32, perZ: f32,
  poses: usize, poseCount: i32, own: usize, flipped: usize, isHalved: bool, isInside: bool,
): void {
  const base = originOf(means, view), squeeze = f32x4.splat(perZ);
  for (let pose = poses; pose < poses + <usize>poseCount * POSE; pose += POSE) {
    const ox = v128.load32_splat(pose, 0), oy = v128.load32_splat(pose, 4), oz = v128.load32_splat(pose, 8);
    const stumps = <usize>load<u32>(pose, FROM), stumpsEnd = <usize>load<u32>(pose, TO);
    for (let i = <usize>begin << 2; i < <usize>end << 2; i += 16) {
      const f = frames + i;
      const ax = turned(f, 0, plane, ox, oz), bx = kept(f, 0, plane, oy);
      const ay = turned(f, 1, plane, ox, oz), by = kept(f, 1, plane, oy);
      const az = turned(f, 2, plane, ox, oz), bz = kept(f, 2, plane, oy);
      const px = v128.load(points + i), py = v128.load(points + plane + i), pz = v128.load(points + 2 * plane + i);
      const at = addresses(
        view, base,
        i32x4.add(px, nearest(f32x4.add(ax, bx))),
        i32x4.add(py, nearest(f32x4.add(ay, by))),
        i32x4.add(pz, nearest(f32x4.mul(f32x4.add(az, bz), squeeze))),
        isHalved, isInside,
      );
      const flippedAt = addresses(
        view, base,
        i32x4.add(px, nearest(f32x4.sub(bx, ax))),
        i32x4.add(py, nearest(f32x4.sub(by, ay))),
        i32x4.add(pz, nearest(f32x4.mul(f32x4.sub(bz, az), squeeze))),
        isHalved, isInside,
      );
      const seen = fourMeans(fourMeans(i32x4.splat(0), at, false), flippedAt, true);
      const a = own + (i << 1), b = flipped + (i << 1);
      let a0 = v128.load(a), a1 = v128.load(a, 16), b0 = v128.load(b), b1 = v128.load(b, 16);
      for (let s = stumps; s < stumpsEnd; s += STUMP) {
        const yes = i16x8.ge_u(seen, v128.load16_splat(s)), alpha = v128.load64_splat(s, 8);
        const ours = i32x4.extend_low_i16x8_s(yes), theirs = i32x4.extend_high_i16x8_s(yes);
        a0 = vote(a0, alpha, i64x2.extend_low_i32x4_s(ours));
        a1 = vote(a1, alpha, i64x2.extend_high_i32x4_s(ours));
        b0 = vote(b0, alpha, i64x2.extend_low_i32x4_s(theirs));
        b1 = vote(b1, alpha, i64x2.extend_high_i32x4_s(theirs));
      }
      v128.store(a, a0);
      v128.store(a, a1, 16);
      v128.store(b, b0);
      v128.store(b, b1, 16);
    }
  }
}
