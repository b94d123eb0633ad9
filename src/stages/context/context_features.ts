/** Context features and votes of supervoxels that lie in kernel memory, on one column's integral image. */
import { poseAt } from "../../boosting/mod.ts";
import type { Kernels } from "../../kernels/mod.ts";
import { averageBoxes, centreCount, forEachTile, writePoses } from "./box_means.ts";
import { groupBy } from "./group.ts";
import type { FixedStump } from "../job.ts";
import { type PlacedSupervoxels, poseArguments } from "./placed.ts";
import type { ColumnTable } from "./tables.ts";

/** Scores of a block's supervoxels: sums of alphas, in the frame and in the flipped frame. Addresses of f64 arrays. */
export interface Scores {
  readonly own: number;
  readonly flipped: number;
}

/** Features of all samples for several poses, `capacity` values a pose from address `out` on. */
export function gatherPoses(
  { run }: Kernels,
  { address }: Pick<ColumnTable, "address">,
  poses: readonly number[],
  placed: PlacedSupervoxels,
  exact: boolean,
  out: number,
): void {
  const { setup, points, frames, capacity } = placed;
  const stride = capacity * (exact ? 8 : 2);
  const boxes = poses.map((pose) => poseArguments(pose, placed));
  forEachTile(placed, (begin, end) => {
    for (const [i, box] of boxes.entries()) {
      run.contextFeatures(
        address,
        setup,
        points,
        frames,
        begin,
        end,
        ...box,
        exact ? 1 : 0,
        out + i * stride,
      );
    }
  });
}

/**
 * Features of all samples for several poses of one radius: u16, `capacity` values from address `into` on for each pose. The same bits as
 * `gatherPoses` gives; from boxes averaged beforehand where there are so many look-ups that this is less work.
 */
export function lookUpPoses(
  kernels: Kernels,
  table: Pick<ColumnTable, "address">,
  placed: PlacedSupervoxels,
  radius: number,
  poses: readonly number[],
): PoseLookUp {
  const isDense = centreCount(placed, poses, radius) < CENTRES_A_LOOK_UP * placed.count * poses.length;
  if (!isDense) {
    return (some, into) => gatherPoses(kernels, table, some, placed, false, into);
  }
  const { run, arena } = kernels;
  const { address, view } = averageBoxes(kernels, table, placed, poses, radius);
  const { points, frames, capacity, stride, perZ } = placed;
  return (some, into) => {
    const mark = arena.mark();
    const looks = some.map((pose, i) => ({ pose, from: into + i * capacity * 2, to: 0 }));
    const list = writePoses(arena, looks);
    forEachTile(placed, (begin, end) => {
      run.lookUpPoses(address, view, points, frames, stride * 4, begin, end, perZ, list, some.length);
    });
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
  { run, arena }: Kernels,
  table: Pick<ColumnTable, "address">,
  stumps: readonly FixedStump[],
  placed: PlacedSupervoxels,
  scores: Scores,
): void {
  const { points, frames, stride, perZ } = placed;
  for (const [radius, group] of groupBy(stumps, ({ pose }) => poseAt(pose).radius)) {
    const mark = arena.mark();
    const byPose = [...groupBy(group, ({ pose }) => pose)];
    const means = averageBoxes({ run, arena }, table, placed, byPose.map(([pose]) => pose), radius);
    const looks = byPose.map(([pose, same]) => {
      const from = writeStumps(arena, same);
      return { pose, from, to: from + same.length * STUMP_BYTES };
    });
    const list = writePoses(arena, looks);
    forEachTile(placed, (begin, end) => {
      run.votePoses(
        means.address,
        means.view,
        points,
        frames,
        stride * 4,
        begin,
        end,
        perZ,
        list,
        looks.length,
        scores.own,
        scores.flipped,
      );
    });
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
