/** Context features and votes of supervoxels that lie in kernel memory, on one column's integral image. */
import { poseAt } from "../../boosting/mod.ts";
import { type Kernels, share } from "../../kernels/mod.ts";
import { averageBoxes, centreCount, writePoses } from "./box_means.ts";
import type { FixedStump } from "../volume_job.ts";
import { featureLoop, lookUpLoop, voteLoop } from "./loops.ts";
import { type PlacedSupervoxels, poseArguments, tilesOf } from "./placed.ts";
import type { ColumnTable } from "./tables.ts";

/** Scores of a block's supervoxels: sums of alphas, in the frame and in the flipped frame. Addresses of f64 arrays. */
export interface Scores {
  readonly own: number;
  readonly flipped: number;
}

/** Features of all samples for several poses, `capacity` values per pose from address `out` on. */
export function gatherPoses(
  kernels: Kernels,
  { address }: Pick<ColumnTable, "address">,
  poses: readonly number[],
  placed: PlacedSupervoxels,
  exact: boolean,
  out: number,
): void {
  const { setup, points, frames, capacity } = placed;
  const stride = capacity * (exact ? 8 : 2);
  for (let from = 0; from < poses.length; from += POSES_AT_ONCE) {
    const boxes = poses.slice(from, from + POSES_AT_ONCE).map((pose) => poseArguments(pose, placed));
    const args = { address, setup, points, frames, capacity, boxes, exact, out: out + from * stride, stride };
    share(kernels, featureLoop, tilesOf(placed), args);
  }
}

/** Poses whose arguments are handed to the threads together. */
const POSES_AT_ONCE = 64;

/**
 * Features of all samples for several poses of one radius: u16, `capacity` values from address `into` on for each pose. The same bits as
 * `gatherPoses` gives; from boxes averaged beforehand where there are so many look-ups that this is less work.
 */
export function lookUpPoses(
  kernels: Kernels,
  table: Pick<ColumnTable, "address" | "corners">,
  placed: PlacedSupervoxels,
  radius: number,
  poses: readonly number[],
): PoseLookUp {
  const isDense = centreCount(placed, poses, radius) < CENTRES_A_LOOK_UP * placed.count * poses.length;
  if (!isDense) {
    return (some, into) => gatherPoses(kernels, table, some, placed, false, into);
  }
  const { arena } = kernels;
  const { address, view } = averageBoxes(kernels, table, placed, poses, radius);
  const { points, frames, capacity, stride, perZ } = placed;
  return (some, into) => {
    const mark = arena.mark();
    const looks = some.map((pose, i) => ({ pose, from: into + i * capacity * 2, to: 0 }));
    const list = writePoses(arena, looks);
    const look = { means: address, view, points, frames, plane: stride * 4, perZ, capacity };
    share(kernels, lookUpLoop, tilesOf(placed), { ...look, poses: list, poseCount: some.length });
    arena.release(mark);
  };
}

/** Writes the features of some poses, pose by pose, from an address on. */
export type PoseLookUp = (poses: readonly number[], into: number) => void;

/** Centres that are averaged in the time that one look-up in a mean saves over eight in an integral image. */
const CENTRES_A_LOOK_UP = 24;

/** Bytes of a stump as `votePoses` takes it. */
const STUMP_BYTES = 16;

/** Adds the votes of one column's stumps to the scores: boxes of one size are averaged once, wherever they lie. */
export function voteAll(
  kernels: Kernels,
  table: Pick<ColumnTable, "address" | "corners">,
  stumps: readonly FixedStump[],
  placed: PlacedSupervoxels,
  scores: Scores,
): void {
  const { arena } = kernels;
  const { points, frames, stride, perZ, capacity } = placed;
  for (const [radius, group] of Map.groupBy(stumps, ({ pose }) => poseAt(pose).radius)) {
    const mark = arena.mark();
    const byPose = [...Map.groupBy(group, ({ pose }) => pose)];
    const means = averageBoxes(kernels, table, placed, byPose.map(([pose]) => pose), radius);
    const looks = byPose.map(([pose, same]) => {
      const from = writeStumps(arena, same);
      return { pose, from, to: from + same.length * STUMP_BYTES };
    });
    const list = writePoses(arena, looks);
    const look = {
      means: means.address,
      view: means.view,
      points,
      frames,
      plane: stride * 4,
      perZ,
      capacity,
    };
    share(kernels, voteLoop, tilesOf(placed), { ...look, poses: list, poseCount: looks.length, ...scores });
    arena.release(mark);
  }
}

/** Where the least mean is beyond what 16 bits hold, every mean votes the other way. */
function writeStumps(arena: Kernels["arena"], stumps: readonly FixedStump[]): number {
  const address = arena.alloc(stumps.length * STUMP_BYTES);
  const bytes = arena.u8(address, stumps.length * STUMP_BYTES);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (const [i, { leastMean, alpha }] of stumps.entries()) {
    const isNever = leastMean > MOST_MEAN;
    view.setUint32(i * STUMP_BYTES, isNever ? 0 : Math.max(0, leastMean), true);
    view.setFloat64(i * STUMP_BYTES + 8, isNever ? -alpha : alpha, true);
  }
  return address;
}

const MOST_MEAN = 65535;
