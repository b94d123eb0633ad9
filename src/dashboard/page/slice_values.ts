/** What was cut out of a volume. */

/** Values on a grid over a part of a plane. */
export interface Slice {
  /** NaN where the chunk has not come yet. */
  readonly values: Float64Array;
  readonly columns: number;
  readonly rows: number;
  /** First voxel of the finest level across and down, and how many of them a column or row covers. */
  readonly from: readonly [across: number, down: number];
  readonly step: readonly [across: number, down: number];
  readonly isComplete: boolean;
  /** Chunks in sight that have no values, which are NaN. */
  readonly faults: readonly Fault[];
}

/** A chunk that cannot be shown; corners are voxels of the finest level, across and down. */
export interface Fault {
  readonly kind: "damaged" | "missing";
  readonly from: readonly [across: number, down: number];
  readonly to: readonly [across: number, down: number];
}

/** A slice with what it was cut from. */
export interface KeptSlice {
  readonly key: string;
  readonly slice: Slice;
}
