/** How far poses reach. Reaches are `[z, y, x]` in voxels. */
import { boxVoxels, poseAt } from "../../boosting/mod.ts";
import { zipAxes, type Zyx } from "../../volume/region.ts";
import type { VolumeJob } from "../volume_job.ts";

/** Voxels from a supervoxel's centroid to the centres of the boxes of these poses. */
export function offsetReach(poses: Iterable<number>, anisotropy: number): Zyx {
  let distance = 0;
  for (const index of poses) distance = Math.max(distance, Math.abs(poseAt(index).distance));
  // a frame is orthonormal to float accuracy only, hence the tiny extra before rounding
  const d = distance * (1 + 1e-5);
  return [Math.ceil(d / anisotropy), Math.round(d), Math.round(d)];
}

/** Voxels from a supervoxel's centroid to the far side of the boxes of these poses. */
export function poseReach(poses: Iterable<number>, anisotropy: number): Zyx {
  let reach: Zyx = [0, 0, 0];
  for (const pose of poses) {
    const box = halfWidths(poseAt(pose).radius, anisotropy);
    reach = zipAxes(Math.max, reach, zipAxes((a, b) => a + b, offsetReach([pose], anisotropy), box));
  }
  return reach;
}

/** How far some poses reach, and the half-widths of their largest box: all that a plan needs to know of them. */
export interface PoseExtent {
  /** To the centres of boxes. */
  readonly offset: Zyx;
  /** To their far sides. */
  readonly reach: Zyx;
  readonly largest: Zyx;
}

/** What {@link PoseExtent} says. */
export function poseExtent(poses: readonly number[], anisotropy: number): PoseExtent {
  return {
    offset: offsetReach(poses, anisotropy),
    reach: poseReach(poses, anisotropy),
    largest: halfWidths(Math.max(...poses.map((pose) => poseAt(pose).radius)), anisotropy),
  };
}

/** Half-widths of a box, `[z, y, x]` in voxels. */
export function halfWidths(radius: number, anisotropy: number): Zyx {
  return [Math.floor(radius / anisotropy), radius, radius];
}

/** Least half-width of boxes that need not be centred to the voxel: it changes places by half a voxel. */
export const LEAST_HALVED = 4;

/**
 * 1 for each axis along which boxes of a radius lie around places between voxels 2 i and 2 i + 1 of the volume, whichever of the two was
 * meant, and have one voxel less across, else 0.
 */
export function halvings(
  radius: number,
  { anisotropy, gridStep }: Pick<VolumeJob, "anisotropy" | "gridStep">,
): Zyx {
  const [z, y, x] = halfWidths(radius, anisotropy).map((half) =>
    gridStep === 2 && half >= LEAST_HALVED ? 1 : 0
  );
  return [z ?? 0, y ?? 0, x ?? 0];
}

/** The voxels of a box that lies inside the volume, for converting means to the sums that files hold. */
export function fullBoxVoxels(pose: number, anisotropy: number): number {
  return boxVoxels(poseAt(pose).radius, anisotropy);
}
