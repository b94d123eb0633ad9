// Context features: the mean of a column over a box placed in a supervoxel's local frame, from an integral image.
// Coordinates are relative to the table's region; `low*` and `high*` bound the volume (first and last voxel) in the same
// coordinates. A box is cut at the volume's border. Supervoxels come as `frames.ts` says.
import { kept, nearest, turned, within } from "./frames";

// The setup, what does not change between the poses of a block: i32 at these places, written by `src/block/context/placed.ts`.
const ROW: usize = 0; // entries from one row of the table to the next
const SLICE: usize = 4;
const LOW_X: usize = 8;
const LOW_Y: usize = 12;
const LOW_Z: usize = 16;
const HIGH_X: usize = 20;
const HIGH_Y: usize = 24;
const HIGH_Z: usize = 28;
const CAPACITY: usize = 32;
const BOXES: usize = 48; // from here on 80 bytes that the kernels use

@inline
function entry(address: usize): u32 {
  return load<u32>(address);
}

/** Sum of a box from the addresses of its nearest corner in the first slice and in the one beyond the last; `w`, `h`: bytes across and down. */
@inline
function boxSum(near: usize, far: usize, w: usize, h: usize): u32 {
  return entry(far + h + w) - entry(far + h) - entry(far + w) + entry(far) -
    (entry(near + h + w) - entry(near + h) - entry(near + w) + entry(near));
}

/** Where the four boxes of a group lie, lane by lane: what `placeBoxes` leaves in memory. */
const NEAR: usize = 0; // i32 index of the nearest corner in the first slice
const FAR: usize = 16; // the same in the slice beyond the last
const WIDTH: usize = 32; // bytes across
const HEIGHT: usize = 48; // bytes down
const VOXELS: usize = 64; // of the part inside the volume

/** Cuts four boxes at the volume's border and notes where they lie. Returns whether all are whole. */
@inline
function placeBoxes(
  setup: usize, cx: v128, cy: v128, cz: v128, before: v128, beforeZ: v128, r: v128, rz: v128, boxes: usize,
): bool {
  const lowX = v128.load32_splat(setup, LOW_X), lowY = v128.load32_splat(setup, LOW_Y), lowZ = v128.load32_splat(setup, LOW_Z);
  const highX = v128.load32_splat(setup, HIGH_X), highY = v128.load32_splat(setup, HIGH_Y), highZ = v128.load32_splat(setup, HIGH_Z);
  const row = v128.load32_splat(setup, ROW), slice = v128.load32_splat(setup, SLICE);
  const leftX = i32x4.sub(cx, before), rightX = i32x4.add(cx, r);
  const leftY = i32x4.sub(cy, before), rightY = i32x4.add(cy, r);
  const leftZ = i32x4.sub(cz, beforeZ), rightZ = i32x4.add(cz, rz);
  const x0 = within(leftX, lowX, highX), x1 = within(rightX, lowX, highX);
  const y0 = within(leftY, lowY, highY), y1 = within(rightY, lowY, highY);
  const z0 = within(leftZ, lowZ, highZ), z1 = within(rightZ, lowZ, highZ);
  const near = i32x4.add(i32x4.add(i32x4.mul(z0, slice), i32x4.mul(y0, row)), x0);
  v128.store(boxes, near, NEAR);
  const cut = v128.or(
    v128.or(v128.or(v128.xor(x0, leftX), v128.xor(x1, rightX)), v128.or(v128.xor(y0, leftY), v128.xor(y1, rightY))),
    v128.or(v128.xor(z0, leftZ), v128.xor(z1, rightZ)),
  );
  if (!v128.any_true(cut)) return true;
  const one = i32x4.splat(1);
  const across = i32x4.add(i32x4.sub(x1, x0), one), down = i32x4.add(i32x4.sub(y1, y0), one), along = i32x4.add(i32x4.sub(z1, z0), one);
  v128.store(boxes, i32x4.add(near, i32x4.mul(along, slice)), FAR);
  v128.store(boxes, i32x4.shl(across, 2), WIDTH);
  v128.store(boxes, i32x4.shl(i32x4.mul(down, row), 2), HEIGHT);
  v128.store(boxes, i32x4.mul(i32x4.mul(across, down), along), VOXELS);
  return false;
}

/** Sum of the cut box of one lane. */
@inline
function cutSum(table: usize, boxes: usize, lane: usize): u32 {
  return boxSum(
    table + (<usize>load<i32>(boxes + lane, NEAR) << 2),
    table + (<usize>load<i32>(boxes + lane, FAR) << 2),
    <usize>load<i32>(boxes + lane, WIDTH),
    <usize>load<i32>(boxes + lane, HEIGHT),
  );
}

/** The last even voxel of the volume up to each of four, where `halved` is 1; `low`: first voxel of the volume. */
@inline
function evenVoxel(voxel: v128, low: i32, halved: i32): v128 {
  const odd = i32x4.splat(low & 1);
  return i32x4.sub(v128.and(i32x4.add(voxel, odd), i32x4.splat(~halved)), odd);
}

/**
 * One context feature of supervoxels `begin` to `end` (multiples of 4), in the table's fixed point: `out` gets floor(mean + 1/2) as u16, or
 * with `exact` the mean itself as f64; the value of supervoxel i is at place i.
 * `ox`, `oy`, `oz`: the pose's offset in the local frame; `perZ` = 1 / anisotropy; `r`, `rz`: half-widths of the box; `halved` and
 * `halvedZ`: 1 where boxes lie around places between every second voxel and the next, see `boxes.ts`.
 */
export function contextFeatures(
  table: usize, setup: usize, points: usize, frames: usize, begin: i32, end: i32,
  ox: f32, oy: f32, oz: f32, perZ: f32, r: i32, rz: i32, halved: i32, halvedZ: i32, exact: bool, out: usize,
): void {
  const plane = <usize>load<i32>(setup, CAPACITY) << 2;
  const boxes = setup + BOXES;
  const side = 2 * r + 1 - halved, sideZ = 2 * rz + 1 - halvedZ;
  const w = <usize>side << 2, h = w * load<i32>(setup, ROW), d = (<usize>sideZ << 2) * load<i32>(setup, SLICE);
  const whole = <f64>(side * side * sideZ);
  const lowX = load<i32>(setup, LOW_X), lowY = load<i32>(setup, LOW_Y), lowZ = load<i32>(setup, LOW_Z);
  const vx = f32x4.splat(ox), vy = f32x4.splat(oy), vz = f32x4.splat(oz), squeeze = f32x4.splat(perZ);
  const width = i32x4.splat(r), depth = i32x4.splat(rz);
  const before = i32x4.splat(r - halved), beforeZ = i32x4.splat(rz - halvedZ);
  for (let i = <usize>begin << 2; i < <usize>end << 2; i += 16) {
    const f = frames + i;
    const dx = f32x4.add(turned(f, 0, plane, vx, vz), kept(f, 0, plane, vy));
    const dy = f32x4.add(turned(f, 1, plane, vx, vz), kept(f, 1, plane, vy));
    const dz = f32x4.add(turned(f, 2, plane, vx, vz), kept(f, 2, plane, vy));
    const cx = evenVoxel(i32x4.add(v128.load(points + i), nearest(dx)), lowX, halved);
    const cy = evenVoxel(i32x4.add(v128.load(points + plane + i), nearest(dy)), lowY, halved);
    const cz = evenVoxel(i32x4.add(v128.load(points + 2 * plane + i), nearest(f32x4.mul(dz, squeeze))), lowZ, halvedZ);
    const isWhole = placeBoxes(setup, cx, cy, cz, before, beforeZ, width, depth, boxes);
    for (let lane: usize = 0; lane < 16; lane += 4) {
      let mean: f64;
      if (isWhole) {
        const near = table + (<usize>load<i32>(boxes + lane) << 2);
        mean = <f64>boxSum(near, near + d, w, h) / whole;
      } else mean = <f64>cutSum(table, boxes, lane) / <f64>load<i32>(boxes + lane, VOXELS);
      if (exact) store<f64>(out + ((i + lane) << 1), mean);
      else store<u16>(out + ((i + lane) >> 1), <u16><i32>(mean + 0.5));
    }
  }
}

/** out[indices[i]] = values[i], both u16: sorts a block's feature into the order of all samples. */
export function scatterValues(values: usize, indices: usize, count: i32, out: usize): void {
  for (let i: usize = 0; i < <usize>count; i++) {
    store<u16>(out + (<usize>load<u32>(indices + (i << 2)) << 1), load<u16>(values + (i << 1)));
  }
}
