/** Synapses as found in a volume, with what is measured of each. */
import type { Region, Zyx } from "../volume/region.ts";
import { symmetricEigenvalues } from "./symmetric_eigenvalues.ts";
import type { SynapseSums } from "./synapse_sums.ts";

/** A direction in space, `[x, y, z]`. */
export type Direction = readonly [x: number, y: number, z: number];

/** One synapse: a connected part of what scores high. */
export interface Synapse {
  /** From 1, in raster order of the first voxels; the number in the label volume. */
  readonly id: number;
  /** How many there are. */
  readonly voxels: number;
  /** Mean position of the voxels, `[z, y, x]`; the first voxel's is 0, 0, 0. */
  readonly centroid: Zyx;
  /** The smallest region that holds it. */
  readonly box: Region;
  /** Whether the box touches the volume's border, so that a part may be missing. */
  readonly touchesBorder: boolean;
  /** Mean score of the voxels. */
  readonly meanScore: number;
  /** Largest score of the voxels. */
  readonly peakScore: number;
  /** Unit vector `[x, y, z]` from the cleft towards the vesicles, in space, not in voxels; undefined where it is not known. */
  readonly direction: Direction | undefined;
  /** How well the voxels agree on the direction: 1 where all have the same, 0 where they cancel out. */
  readonly agreement: number | undefined;
  /** Longest axis of the ellipse with the same second moments, in the table's unit. */
  readonly length: number;
  /** The axis across it in the plane of the cleft. */
  readonly width: number;
  /** Thickness of the plate with the same second moments. */
  readonly thickness: number;
  /** Length over width, at least 1. */
  readonly elongation: number;
}

/** What is known of a synapse before it is measured. */
type FoundSynapse = Pick<Synapse, "id" | "voxels" | "box">;

/**
 * Measures a synapse.
 *
 * A disc of diameter d has a variance of d²/16 along each of its axes, a plate of thickness t one of t²/12 across. So with
 * a ≥ b ≥ c the eigenvalues of the covariance, length = 4√a, width = 4√b and thickness = √(12c).
 *
 * @param shape of the volume
 * @param unit length of a voxel on each axis, `[z, y, x]`
 */
export function measureSynapse(
  { id, voxels, box }: FoundSynapse,
  sums: SynapseSums,
  shape: Zyx,
  unit: Zyx,
): Synapse {
  const [uz, uy, ux] = unit;
  const { xx, yy, zz, xy, xz, yz } = sums.covariance(id);
  const eigenvalues = symmetricEigenvalues({
    xx: xx * ux * ux,
    yy: yy * uy * uy,
    zz: zz * uz * uz,
    xy: xy * ux * uy,
    xz: xz * ux * uz,
    yz: yz * uy * uz,
  });
  const [a, b, c] = eigenvalues.map((value) => Math.sqrt(Math.max(0, value))) as [number, number, number];
  const mean = sums.meanDirection(id);
  const agreement = mean && lengthOf(mean);
  return {
    id,
    voxels,
    centroid: sums.centroid(id),
    box,
    touchesBorder: box.start.some((start, axis) =>
      start === 0 || start + (box.shape[axis] ?? 0) === shape[axis]
    ),
    meanScore: sums.meanScore(id),
    peakScore: sums.peakScore(id),
    direction: mean && agreement
      ? [mean[0] / agreement, mean[1] / agreement, mean[2] / agreement]
      : undefined,
    agreement: agreement && Math.min(1, agreement),
    length: 4 * a,
    width: 4 * b,
    thickness: Math.sqrt(12) * c,
    elongation: b > 0 ? a / b : 1,
  };
}

/** Length of a vector, with a square root alone, which every machine rounds alike. */
export function lengthOf([x, y, z]: Direction): number {
  return Math.sqrt(x * x + y * y + z * z);
}
