/** The random poses of the pool of candidate context features. */
import { distinctPose, POSE_COUNT, poseAt } from "../../boosting/mod.ts";
import type { Settings } from "../../config/settings_types.ts";
import { chanceOf } from "../../supervoxels/identity.ts";

/** What of the settings the pool depends on. */
export type PoolSettings = Pick<Settings, "seed" | "candidatePoses" | "largestBox" | "largestAngle">;

/**
 * `candidatePoses` different boxes, ascending; the same for the same seed. All of them where there are no more (5071, without limits of
 * their size and direction).
 */
export function drawPool({ seed, candidatePoses, largestBox, largestAngle }: PoolSettings): number[] {
  const isAllowed = (pose: number) => {
    const { radius, theta } = poseAt(pose);
    return radius <= largestBox && theta <= largestAngle * Math.PI / 180;
  };
  return Array.from({ length: POSE_COUNT }, (_, pose) => pose)
    .filter((pose) => distinctPose(pose) === pose && isAllowed(pose))
    .map((pose) => ({ pose, chance: chanceOf(seed, "pose", pose, 0) }))
    .sort((a, b) => a.chance - b.chance || a.pose - b.pose)
    .slice(0, candidatePoses)
    .map(({ pose }) => pose)
    .sort((a, b) => a - b);
}
