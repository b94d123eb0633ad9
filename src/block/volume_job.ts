/** What the block kernel is told of a volume and of a model: plain data, the same for every block. */
import type { SlicSettings } from "../supervoxels/grid.ts";
import type { Column, ColumnSource } from "./columns.ts";

/** Where the local frames come from. */
export type FrameSource =
  /** Eigenvectors of the Hessian at `sigma` x/y voxels. */
  | { readonly kind: "computed"; readonly sigma: number }
  /** A Zarr volume of 9 components: e1, e2, e3 with x, y, z each. */
  | { readonly kind: "file"; readonly path: string };

/** Voxels between the points at which what is smooth is computed. */
export type GridStep = 1 | 2;

/** A volume with everything that is computed from it. Paths are Zarr arrays. */
export interface VolumeJob {
  readonly raw: string;
  readonly anisotropy: number;
  readonly slic: SlicSettings;
  readonly frames: FrameSource;
  /** 2 where channels of large scales are computed at every second voxel and interpolated, else 1. */
  readonly gridStep: GridStep;
  readonly sources: readonly ColumnSource[];
  /** The columns of all sources in order. */
  readonly columns: readonly Column[];
}

/** A stump as the kernels compare it. */
export interface FixedStump {
  readonly pose: number;
  readonly column: number;
  /** A box votes `alpha` where its mean, rounded in the column's fixed point, is at least this whole number, else `-alpha`. */
  readonly leastMean: number;
  readonly alpha: number;
}
