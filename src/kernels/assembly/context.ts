// Context features: the mean of a column over a box placed in a supervoxel's local frame, from an integral image.
// Coordinates are relative to the table's region; `low*` and `high*` bound the volume (first and last voxel) in the same
// coordinates. A box is cut at the volume's border. Supervoxels come as arrays of 4-byte entries padded to a multiple of 4:
// `points` = x, y, z (i32), `frames` = e1, e2, e3 with x, y, z each (f32), each array `capacity` entries long.

/** What does not change between the poses of a block: 16 i32, see `src/stages/block_context.ts`. */
const ROW: usize = 0; // entries from one row of the table to the next
const SLICE: usize = 4;
const LOW_X: usize = 8;
const LOW_Y: usize = 12;
const LOW_Z: usize = 16;
const HIGH_X: usize = 20;
const HIGH_Y: usize = 24;
const HIGH_Z: usize = 28;
const CAPACITY: usize = 32;

// @ts-ignore: decorators are AssemblyScript's
@inline
function rotated(frames: usize, component: usize, plane: usize, ox: v128, oz: v128): v128 {
  // offset.x * e1 + offset.z * e3: the part that the flipped frame negates
  return f32x4.add(
    f32x4.mul(ox, v128.load(frames + component * plane)),
    f32x4.mul(oz, v128.load(frames + (6 + component) * plane)),
  );
}

// @ts-ignore: decorators are AssemblyScript's
@inline
function nearestVoxel(offset: v128): v128 {
  return i32x4.trunc_sat_f32x4_s(f32x4.nearest(offset));
}

// @ts-ignore: decorators are AssemblyScript's
@inline
function clampTo(value: v128, low: v128, high: v128): v128 {
  return i32x4.min_s(i32x4.max_s(value, low), high);
}

// @ts-ignore: decorators are AssemblyScript's
@inline
function gather4(table: usize, index: v128): v128 {
  let v = v128.load32_zero(table + (<usize>i32x4.extract_lane(index, 0) << 2));
  v = v128.load_lane<u32>(table + (<usize>i32x4.extract_lane(index, 1) << 2), v, 1);
  v = v128.load_lane<u32>(table + (<usize>i32x4.extract_lane(index, 2) << 2), v, 2);
  return v128.load_lane<u32>(table + (<usize>i32x4.extract_lane(index, 3) << 2), v, 3);
}

/**
 * Sums of 4 boxes from corner coordinates (x1, y1, z1 beyond the box).
 */
// @ts-ignore: decorators are AssemblyScript's
@inline
function boxSums(
  table: usize, row: v128, slice: v128, x0: v128, x1: v128, y0: v128, y1: v128, z0: v128, z1: v128,
): v128 {
  const top0 = i32x4.mul(y0, row), bottom0 = i32x4.mul(y1, row);
  const near = i32x4.mul(z0, slice), far = i32x4.mul(z1, slice);
  const nearTop = i32x4.add(near, top0), nearBottom = i32x4.add(near, bottom0);
  const farTop = i32x4.add(far, top0), farBottom = i32x4.add(far, bottom0);
  const farSum = i32x4.sub(
    i32x4.sub(gather4(table, i32x4.add(farBottom, x1)), gather4(table, i32x4.add(farBottom, x0))),
    i32x4.sub(gather4(table, i32x4.add(farTop, x1)), gather4(table, i32x4.add(farTop, x0))),
  );
  const nearSum = i32x4.sub(
    i32x4.sub(gather4(table, i32x4.add(nearBottom, x1)), gather4(table, i32x4.add(nearBottom, x0))),
    i32x4.sub(gather4(table, i32x4.add(nearTop, x1)), gather4(table, i32x4.add(nearTop, x0))),
  );
  return i32x4.sub(farSum, nearSum);
}

/** sum / voxels as two f64 pairs */
// @ts-ignore: decorators are AssemblyScript's
@inline
function meansLow(sums: v128, voxels: v128): v128 {
  return f64x2.div(f64x2.convert_low_i32x4_u(sums), f64x2.convert_low_i32x4_s(voxels));
}

// @ts-ignore: decorators are AssemblyScript's
@inline
function meansHigh(sums: v128, voxels: v128): v128 {
  const s = i32x4.shuffle(sums, sums, 2, 3, 2, 3), n = i32x4.shuffle(voxels, voxels, 2, 3, 2, 3);
  return f64x2.div(f64x2.convert_low_i32x4_u(s), f64x2.convert_low_i32x4_s(n));
}

/**
 * One context feature of every supervoxel, in the table's fixed point: `out` gets floor(mean + 1/2) as u16, or with `exact` the
 * mean itself as f64.
 * `ox`, `oy`, `oz`: the pose's offset in the local frame; `perZ` = 1 / anisotropy; `r`, `rz`: half-widths of the box.
 */
export function contextFeatures(
  table: usize, setup: usize, points: usize, frames: usize, count: i32,
  ox: f32, oy: f32, oz: f32, perZ: f32, r: i32, rz: i32, exact: bool, out: usize,
): void {
  const plane = <usize>load<i32>(setup, CAPACITY) << 2;
  const row = v128.load32_splat(setup, ROW), slice = v128.load32_splat(setup, SLICE);
  const lowX = v128.load32_splat(setup, LOW_X), lowY = v128.load32_splat(setup, LOW_Y), lowZ = v128.load32_splat(setup, LOW_Z);
  const highX = v128.load32_splat(setup, HIGH_X), highY = v128.load32_splat(setup, HIGH_Y), highZ = v128.load32_splat(setup, HIGH_Z);
  const vx = f32x4.splat(ox), vy = f32x4.splat(oy), vz = f32x4.splat(oz), squeeze = f32x4.splat(perZ);
  const width = i32x4.splat(r), depth = i32x4.splat(rz), one = i32x4.splat(1), half = f64x2.splat(0.5);
  for (let i: usize = 0; i < <usize>count << 2; i += 16) {
    const f = frames + i;
    const dx = f32x4.add(rotated(f, 0, plane, vx, vz), f32x4.mul(vy, v128.load(f + 3 * plane)));
    const dy = f32x4.add(rotated(f, 1, plane, vx, vz), f32x4.mul(vy, v128.load(f + 4 * plane)));
    const dz = f32x4.add(rotated(f, 2, plane, vx, vz), f32x4.mul(vy, v128.load(f + 5 * plane)));
    const cx = i32x4.add(v128.load(points + i), nearestVoxel(dx));
    const cy = i32x4.add(v128.load(points + plane + i), nearestVoxel(dy));
    const cz = i32x4.add(v128.load(points + 2 * plane + i), nearestVoxel(f32x4.mul(dz, squeeze)));
    const x0 = clampTo(i32x4.sub(cx, width), lowX, highX), x1 = i32x4.add(clampTo(i32x4.add(cx, width), lowX, highX), one);
    const y0 = clampTo(i32x4.sub(cy, width), lowY, highY), y1 = i32x4.add(clampTo(i32x4.add(cy, width), lowY, highY), one);
    const z0 = clampTo(i32x4.sub(cz, depth), lowZ, highZ), z1 = i32x4.add(clampTo(i32x4.add(cz, depth), lowZ, highZ), one);
    const sums = boxSums(table, row, slice, x0, x1, y0, y1, z0, z1);
    const voxels = i32x4.mul(i32x4.mul(i32x4.sub(x1, x0), i32x4.sub(y1, y0)), i32x4.sub(z1, z0));
    const means01 = meansLow(sums, voxels), means23 = meansHigh(sums, voxels);
    if (exact) {
      v128.store(out + (i << 1), means01);
      v128.store(out + (i << 1), means23, 16);
      continue;
    }
    const low = i32x4.trunc_sat_f64x2_u_zero(f64x2.add(means01, half));
    const high = i32x4.trunc_sat_f64x2_u_zero(f64x2.add(means23, half));
    v128.store_lane<u64>(out + (i >> 1), i16x8.narrow_i32x4_u(i32x4.shuffle(low, high, 0, 1, 4, 5), low), 0);
  }
}

/** threshold <= mean of 4 boxes, as lanes of all ones or zeros; exact, as mean >= t iff sum >= t * voxels */
// @ts-ignore: decorators are AssemblyScript's
@inline
function reaches(sums: v128, voxels: v128, threshold: v128): v128 {
  const low = f64x2.ge(f64x2.convert_low_i32x4_u(sums), f64x2.mul(threshold, f64x2.convert_low_i32x4_s(voxels)));
  const s = i32x4.shuffle(sums, sums, 2, 3, 2, 3), n = i32x4.shuffle(voxels, voxels, 2, 3, 2, 3);
  const high = f64x2.ge(f64x2.convert_low_i32x4_u(s), f64x2.mul(threshold, f64x2.convert_low_i32x4_s(n)));
  return i32x4.shuffle(low, high, 0, 2, 4, 6);
}

/** Adds `vote` to a score where the box's mean reaches the threshold and subtracts it elsewhere (2 times 2 f64 lanes). */
// @ts-ignore: decorators are AssemblyScript's
@inline
function addVotes(scores: usize, yes: v128, vote: v128, against: v128): void {
  v128.store(scores, f64x2.add(v128.load(scores), v128.bitselect(vote, against, i32x4.shuffle(yes, yes, 0, 0, 1, 1))));
  v128.store(
    scores,
    f64x2.add(v128.load(scores, 16), v128.bitselect(vote, against, i32x4.shuffle(yes, yes, 2, 2, 3, 3))),
    16,
  );
}

// @ts-ignore: decorators are AssemblyScript's
@inline
function boxVotes(
  table: usize, row: v128, slice: v128, cx: v128, cy: v128, cz: v128, r: v128, rz: v128, setup: usize,
  threshold: v128, vote: v128, against: v128, scores: usize,
): void {
  const one = i32x4.splat(1);
  const lowX = v128.load32_splat(setup, LOW_X), lowY = v128.load32_splat(setup, LOW_Y), lowZ = v128.load32_splat(setup, LOW_Z);
  const highX = v128.load32_splat(setup, HIGH_X), highY = v128.load32_splat(setup, HIGH_Y), highZ = v128.load32_splat(setup, HIGH_Z);
  const x0 = clampTo(i32x4.sub(cx, r), lowX, highX), x1 = i32x4.add(clampTo(i32x4.add(cx, r), lowX, highX), one);
  const y0 = clampTo(i32x4.sub(cy, r), lowY, highY), y1 = i32x4.add(clampTo(i32x4.add(cy, r), lowY, highY), one);
  const z0 = clampTo(i32x4.sub(cz, rz), lowZ, highZ), z1 = i32x4.add(clampTo(i32x4.add(cz, rz), lowZ, highZ), one);
  const sums = boxSums(table, row, slice, x0, x1, y0, y1, z0, z1);
  const voxels = i32x4.mul(i32x4.mul(i32x4.sub(x1, x0), i32x4.sub(y1, y0)), i32x4.sub(z1, z0));
  addVotes(scores, reaches(sums, voxels, threshold), vote, against);
}

/**
 * Adds one stump's vote to the scores (f64) of supervoxels `begin` to `end` (multiples of 4), in their frames and in the flipped ones:
 * `alpha` where mean >= threshold (in the table's fixed point), else -alpha.
 */
export function scoreStump(
  table: usize, setup: usize, points: usize, frames: usize, begin: i32, end: i32,
  ox: f32, oy: f32, oz: f32, perZ: f32, r: i32, rz: i32,
  threshold: f64, alpha: f64, scores: usize, flippedScores: usize,
): void {
  const plane = <usize>load<i32>(setup, CAPACITY) << 2;
  const row = v128.load32_splat(setup, ROW), slice = v128.load32_splat(setup, SLICE);
  const vx = f32x4.splat(ox), vy = f32x4.splat(oy), vz = f32x4.splat(oz), squeeze = f32x4.splat(perZ);
  const width = i32x4.splat(r), depth = i32x4.splat(rz);
  const cut = f64x2.splat(threshold), vote = f64x2.splat(alpha), against = f64x2.splat(-alpha);
  for (let i = <usize>begin << 2; i < <usize>end << 2; i += 16) {
    const f = frames + i;
    const ax = rotated(f, 0, plane, vx, vz), bx = f32x4.mul(vy, v128.load(f + 3 * plane));
    const ay = rotated(f, 1, plane, vx, vz), by = f32x4.mul(vy, v128.load(f + 4 * plane));
    const az = rotated(f, 2, plane, vx, vz), bz = f32x4.mul(vy, v128.load(f + 5 * plane));
    const px = v128.load(points + i), py = v128.load(points + plane + i), pz = v128.load(points + 2 * plane + i);
    boxVotes(
      table, row, slice,
      i32x4.add(px, nearestVoxel(f32x4.add(ax, bx))),
      i32x4.add(py, nearestVoxel(f32x4.add(ay, by))),
      i32x4.add(pz, nearestVoxel(f32x4.mul(f32x4.add(az, bz), squeeze))),
      width, depth, setup, cut, vote, against, scores + (i << 1),
    );
    boxVotes(
      table, row, slice,
      i32x4.add(px, nearestVoxel(f32x4.sub(bx, ax))),
      i32x4.add(py, nearestVoxel(f32x4.sub(by, ay))),
      i32x4.add(pz, nearestVoxel(f32x4.mul(f32x4.sub(bz, az), squeeze))),
      width, depth, setup, cut, vote, against, flippedScores + (i << 1),
    );
  }
}

/** out[indices[i]] = values[i], both u16: sorts a block's feature into the order of all samples. */
export function scatterValues(values: usize, indices: usize, count: i32, out: usize): void {
  for (let i: usize = 0; i < <usize>count; i++) {
    store<u16>(out + (<usize>load<u32>(indices + (i << 2)) << 1), load<u16>(values + (i << 1)));
  }
}
