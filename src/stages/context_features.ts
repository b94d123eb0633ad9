/** Context features and votes of supervoxels that lie in kernel memory, on one column's integral image. */
import type { Kernels } from "../kernels/mod.ts";
import { groupBy } from "./group.ts";
import type { FixedStump } from "./job.ts";
import { type PlacedSupervoxels, poseArguments, TILE } from "./placed.ts";
import { fullBoxVoxels } from "./reach.ts";
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
  for (let begin = 0; begin < capacity; begin += TILE) {
    const end = Math.min(begin + TILE, capacity);
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
  }
}

/** Bytes of a stump as `scorePose` takes it. */
const STUMP_BYTES = 24;

/** Adds the votes of one column's stumps to the scores; a box that several stumps look at is summed once. */
export function voteAll(
  { run, arena }: Kernels,
  { address }: Pick<ColumnTable, "address">,
  stumps: readonly FixedStump[],
  placed: PlacedSupervoxels,
  scores: Scores,
): void {
  const { setup, points, frames, capacity } = placed;
  const mark = arena.mark();
  const groups = [...groupBy(stumps, ({ pose }) => pose)].map(([pose, group]) => ({
    box: poseArguments(pose, placed),
    count: group.length,
    address: writeStumps(arena, group, placed.anisotropy),
  }));
  for (let begin = 0; begin < capacity; begin += TILE) {
    const end = Math.min(begin + TILE, capacity);
    for (const { box, count, address: group } of groups) {
      run.scorePose(
        address,
        setup,
        points,
        frames,
        begin,
        end,
        ...box,
        group,
        count,
        scores.own,
        scores.flipped,
      );
    }
  }
  arena.release(mark);
}

function writeStumps(arena: Kernels["arena"], stumps: readonly FixedStump[], anisotropy: number): number {
  const address = arena.alloc(stumps.length * STUMP_BYTES);
  const bytes = arena.u8(address, stumps.length * STUMP_BYTES);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (const [i, { pose, threshold, alpha }] of stumps.entries()) {
    view.setFloat64(i * STUMP_BYTES, threshold, true);
    view.setFloat64(i * STUMP_BYTES + 8, alpha, true);
    view.setBigInt64(i * STUMP_BYTES + 16, leastSum(threshold * fullBoxVoxels(pose, anisotropy)), true);
  }
  return address;
}

/** The least integer at or above a threshold, within what 64 bits hold. */
function leastSum(threshold: number): bigint {
  const limit = 2 ** 62;
  return BigInt(Math.min(limit, Math.max(-limit, Math.ceil(threshold))));
}
