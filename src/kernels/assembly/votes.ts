// What supervoxels see in the means of boxes (`boxes.ts`): context features and votes, one look-up each.
// Supervoxels come as `frames.ts` says. Poses: f32 offset x, y, z in the local frame, then two addresses: for features the array that
// receives them, for votes the first of the stumps that look there and what is beyond the last.

import { ROW, SLICE, LOW_X, LOW_Y, LOW_Z, HIGH_X, HIGH_Y, HIGH_Z, HALVED, HALVED_Z, ODD_X, ODD_Y, ODD_Z, INSIDE } from "./box_view";
import { kept, nearest, turned, within } from "./frames";

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

/**
 * Addresses of the means nearest to the places that lie `dx`, `dy`, `dz` x/y voxels from four supervoxels; `point`: address of their x.
 * `squeeze`: 1 / anisotropy. `base`: address of the mean at the centres' origin.
 */
@inline
function addresses(
  view: usize, base: v128, point: usize, plane: usize, dx: v128, dy: v128, dz: v128, squeeze: v128, isHalved: bool, isInside: bool,
): v128 {
  let cx = i32x4.add(v128.load(point), nearest(dx));
  let cy = i32x4.add(v128.load(point + plane), nearest(dy));
  let cz = i32x4.add(v128.load(point + 2 * plane), nearest(f32x4.mul(dz, squeeze)));
  if (isHalved) {
    cx = i32x4.shr_s(i32x4.add(cx, v128.load32_splat(view, ODD_X)), 1);
    cy = i32x4.shr_s(i32x4.add(cy, v128.load32_splat(view, ODD_Y)), 1);
    cz = i32x4.shr_s(i32x4.add(cz, v128.load32_splat(view, ODD_Z)), load<i32>(view, HALVED_Z));
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
      const at = addresses(view, base, points + i, plane, dx, dy, dz, squeeze, isHalved, false);
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
      const at = addresses(
        view, base, points + i, plane,
        f32x4.add(ax, bx), f32x4.add(ay, by), f32x4.add(az, bz), squeeze, isHalved, isInside,
      );
      const flippedAt = addresses(
        view, base, points + i, plane,
        f32x4.sub(bx, ax), f32x4.sub(by, ay), f32x4.sub(bz, az), squeeze, isHalved, isInside,
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
