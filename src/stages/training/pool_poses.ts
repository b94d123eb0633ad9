/** The random poses of the pool of candidate context features. */
import { distinctPose, POSE_COUNT } from "../../boosting/mod.ts";
import { chanceOf } from "../../supervoxels/identity.ts";

/** `count` different boxes, ascending; the same for the same seed. All of them (5071) where there are no more. */
export function drawPool(seed: number, count: number): number[] {
  return Array.from({ length: POSE_COUNT }, (_, pose) => pose)
    .filter((pose) => distinctPose(pose) === pose)
    .map((pose) => ({ pose, chance: chanceOf(seed, "pose", pose, 0) }))
    .sort((a, b) => a.chance - b.chance || a.pose - b.pose)
    .slice(0, count)
    .map(({ pose }) => pose)
    .sort((a, b) => a - b);
}
