/**
 * The table of poses: where a context feature's box lies relative to a supervoxel, in the supervoxel's local frame, and how large it
 * is (`docs/algorithm.md`, section 5). The table is fixed, since stump files name poses by their index.
 */

/** A direction and signed distance from the supervoxel's centroid, and the box's half-width. */
export interface Pose {
  /** 0 to `POSE_COUNT` - 1. */
  readonly index: number;
  /** Angle from the frame's third axis, radians, 0 to pi/2 - 0.1. */
  readonly theta: number;
  /** Angle about the third axis, radians, 0 to 2*pi, both included. */
  readonly phi: number;
  /** -20 to 20, x/y voxels. */
  readonly distance: number;
  /** Half-width of the box in x and y, 0 to 20 voxels. */
  readonly radius: number;
  /** distance * direction along the three axes of the local frame, x/y voxels; every value is exact in float32. */
  readonly offset: readonly [x: number, y: number, z: number];
}

const THETAS = 6;
const PHIS = 10;
const DISTANCES = 11;
const RADII = 11;
const LAST_THETA = Math.PI / 2 - 0.1;
const DISTANCE_STEP = 4;
const RADIUS_STEP = 2;
const FIRST_DISTANCE = -20;

/** Number of poses. */
export const POSE_COUNT = THETAS * PHIS * DISTANCES * RADII;

// sin and cos may differ in the last bit from one JavaScript engine to the next, and so could a box's rounded centre. Multiples
// of 2^-18 (4e-6 voxels) are far coarser than that difference and, up to 20, exact in 24 bits.
const OFFSET_STEPS = 2 ** 18;

/** Index of the pose with these places in the lists of angles, distances and radii. */
export function poseIndex(theta: number, phi: number, distance: number, radius: number): number {
  return ((theta * PHIS + phi) * DISTANCES + distance) * RADII + radius;
}

/**
 * The pose of an index.
 *
 * @throws {RangeError} where the index is not a whole number from 0 to `POSE_COUNT` - 1
 */
export function poseAt(index: number): Pose {
  if (!isPoseIndex(index)) throw new RangeError(`there is no pose ${index}; they are 0 to ${POSE_COUNT - 1}`);
  const direction = Math.floor(index / (DISTANCES * RADII));
  const theta = Math.floor(direction / PHIS) * LAST_THETA / (THETAS - 1);
  const phi = (direction % PHIS) * 2 * Math.PI / (PHIS - 1);
  const distance = FIRST_DISTANCE + DISTANCE_STEP * (Math.floor(index / RADII) % DISTANCES);
  const offset = [
    stable(distance * Math.cos(phi) * Math.sin(theta)),
    stable(distance * Math.sin(phi) * Math.sin(theta)),
    stable(distance * Math.cos(theta)),
  ] as const;
  return { index, theta, phi, distance, radius: RADIUS_STEP * (index % RADII), offset };
}

/**
 * The lowest index whose box is the same at any supervoxel. Directions coincide at theta = 0 and at phi = 0 and 2*pi, and all of them
 * at distance 0, so the 7260 poses have 5071 different boxes.
 */
export function distinctPose(index: number): number {
  const distanceAndRadius = index % (DISTANCES * RADII);
  const direction = (index - distanceAndRadius) / (DISTANCES * RADII);
  const phi = direction % PHIS;
  const atCentroid = poseAt(index).distance === 0;
  if (atCentroid || direction < PHIS) return distanceAndRadius;
  return index - (phi === PHIS - 1 ? phi * DISTANCES * RADII : 0);
}

/** Whether a number is the index of a pose. */
export function isPoseIndex(index: number): boolean {
  return Number.isInteger(index) && index >= 0 && index < POSE_COUNT;
}

/**
 * Number of voxels of a box that lies wholly inside the volume, (2r+1)^2 * (2*floor(r/a)+1).
 *
 * @param radius half-width in x and y, voxels
 * @param anisotropy voxel size in z over voxel size in x and y, at least 1
 */
export function boxVoxels(radius: number, anisotropy: number): number {
  return (2 * radius + 1) ** 2 * (2 * Math.floor(radius / anisotropy) + 1);
}

function stable(value: number): number {
  return Math.round(value * OFFSET_STEPS) / OFFSET_STEPS + 0; // + 0 turns -0 into 0
}
