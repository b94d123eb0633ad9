/** Row and slice of an integral image, and the first and the last voxel of its volume. */
export type TableExtent = readonly [
  row: number,
  slice: number,
  lowX: number,
  lowY: number,
  lowZ: number,
  highX: number,
  highY: number,
  highZ: number,
];

/** Boxes in an integral image, around every centre of a view. */
export type Boxes = readonly [
  table: number,
  ...TableExtent,
  view: number,
  r: number,
  rz: number,
];

/** Means of boxes, and what looks them up: `assembly/boxes.ts`, `assembly/votes.ts`. */
export interface BoxKernels {
  /** Means (u16) of the boxes around every centre of a view, from an integral image. */
  averageBoxes(
    ...args: [
      ...Boxes,
      fromZ: number,
      toZ: number,
      out: number,
    ]
  ): void;
  /** Writes the means (u16) that supervoxels see at each pose to the address that the pose names. */
  lookUpPoses(...args: Looks): void;
  /** Adds the votes of the stumps at each pose to the scores (f64) of supervoxels, in their frames and in the flipped ones. */
  votePoses(...args: [...Looks, own: number, flipped: number]): void;
}

/** Supervoxels `begin` to `end` (multiples of 4) look at poses. */
type Looks = [
  means: number,
  view: number,
  points: number,
  frames: number,
  plane: number,
  begin: number,
  end: number,
  perZ: number,
  poses: number,
  poseCount: number,
];
