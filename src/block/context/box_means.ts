/** Means of one box size at every centre that supervoxels look at: from there on a context feature is one look-up. */
import { poseAt } from "../../boosting/mod.ts";
import { type Kernels, share } from "../../kernels/mod.ts";
import { type Region, regionEnd, voxelCount, zipAxes, type Zyx } from "../../volume/region.ts";
import { averageLoop } from "./loops.ts";
import { type PlacedSupervoxels, tableExtent } from "./placed.ts";
import { halfWidths, halvings, offsetReach } from "./pose_reach.ts";
import type { ColumnTable } from "./tables.ts";

/** Bytes of a view. */
const VIEW_BYTES = 80;

/** Bytes of means at centres within a region of this shape. */
export function meansBytes(centres: Zyx): number {
  return voxelCount(centres) * 2 + VIEW_BYTES + 48;
}

/**
 * The centres that the supervoxels look at: voxels, or places between two of them by the number of the pair. They may lie outside the
 * volume, but no further than a box there still changes; `areAll`: they are not cut there. Frames that are as little off as
 * FRAME_TOLERANCE allows look no further than others, since offsets are rounded.
 */
function centresOf(
  placed: PlacedSupervoxels,
  poses: readonly number[],
  radius: number,
): Region & { readonly areAll: boolean } {
  const { bounds, volumeShape, anisotropy } = placed;
  const reach = offsetReach(poses, anisotropy);
  const half = halfWidths(radius, anisotropy);
  const from = zipAxes((s, r) => s - r, bounds.start, reach);
  const to = zipAxes((e, r) => e + r, regionEnd(bounds), reach);
  const start = zipAxes((s, h) => Math.max(s, -h), from, half);
  const end = zipAxes(Math.min, to, zipAxes((n, h) => n + h, volumeShape, half));
  const halved = halvings(radius, placed);
  const first = zipAxes((s, h) => s >> h, start, halved);
  const last = zipAxes((e, h) => (e - 1) >> h, end, halved);
  return {
    start: first,
    shape: zipAxes((l, f) => l + 1 - f, last, first),
    areAll: start.every((s, axis) => s === from[axis]) && end.every((e, axis) => e === to[axis]),
  };
}

/** Number of centres that {@link averageBoxes} averages at. */
export function centreCount(placed: PlacedSupervoxels, poses: readonly number[], radius: number): number {
  return voxelCount(centresOf(placed, poses, radius).shape);
}

/**
 * Averages boxes around every centre that `poses`, all of this radius, can have at the supervoxels. The result, u16, stays allocated; the
 * caller releases the arena. `assembly/boxes.ts` says how means and their view lie.
 */
export function averageBoxes(
  kernels: Kernels,
  { address: table, corners }: Pick<ColumnTable, "address" | "corners">,
  placed: PlacedSupervoxels,
  poses: readonly number[],
  radius: number,
): { address: number; view: number } {
  const { arena } = kernels;
  const { region, volumeShape } = placed;
  const centres = centresOf(placed, poses, radius);
  const [, rows, row] = centres.shape;
  const halved = halvings(radius, placed);
  const origin = zipAxes((s, h) => s >> h, region.start, halved);
  const [lowZ, lowY, lowX] = zipAxes((s, o) => s - o, centres.start, origin);
  const [endZ, endY, endX] = zipAxes((e, o) => e - o, regionEnd(centres), origin);
  const [oddZ, oddY, oddX] = zipAxes((s, h) => s & h, region.start, halved);
  const view = arena.alloc(VIEW_BYTES);
  arena.i32(view, 18).set([row, row * rows, lowX, lowY, lowZ, endX - 1, endY - 1, endZ - 1]);
  const isBetween = corners !== undefined && halved[2] === 1;
  arena.i32(view, 18).set([halved[2], halved[0], oddX, oddY, oddZ, centres.areAll ? 1 : 0], 8);
  arena.i32(view, 18).set(
    isBetween ? [corners.address, corners.row, corners.slice, corners.stepZ - 1] : [0, 0, 0, 0],
    14,
  );
  const address = arena.alloc(voxelCount(centres.shape) * 2 + 16);
  const [rz, r] = halfWidths(radius, placed.anisotropy);
  const [slices] = centres.shape;
  const perPiece = Math.max(1, Math.round(CENTRES_A_PIECE / (row * rows)));
  share(kernels, averageLoop, Math.ceil(slices / perPiece), {
    boxes: [table, ...tableExtent(region, volumeShape), view, r, rz],
    slices,
    perPiece,
    address,
  });
  return { address, view };
}

/** Centres that a thread averages before it looks for more. */
const CENTRES_A_PIECE = 65536;

/** Bytes of a pose as the kernels take it. */
const POSE_BYTES = 20;

/**
 * Writes poses for `lookUpPoses` and `votePoses` into kernel memory, with what is looked up there: for features the address that receives
 * them, for votes the stumps' addresses from first to beyond the last.
 */
export function writePoses(
  arena: Kernels["arena"],
  looks: readonly { readonly pose: number; readonly from: number; readonly to: number }[],
): number {
  const address = arena.alloc(looks.length * POSE_BYTES);
  const bytes = arena.u8(address, looks.length * POSE_BYTES);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (const [i, { pose, from, to }] of looks.entries()) {
    const at = i * POSE_BYTES;
    for (const [axis, value] of poseAt(pose).offset.entries()) view.setFloat32(at + axis * 4, value, true);
    view.setUint32(at + 12, from, true);
    view.setUint32(at + 16, to, true);
  }
  return address;
}
