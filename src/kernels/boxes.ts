/** Means of boxes, and what looks them up: `assembly/boxes.ts`. */
export interface BoxKernels {
  /** Means (u16) of the boxes around every centre of a view, from an integral image. */
  averageBoxes(
    ...args: [
      table: number,
      row: number,
      slice: number,
      lowX: number,
      lowY: number,
      lowZ: number,
      highX: number,
      highY: number,
      highZ: number,
      view: number,
      r: number,
      rz: number,
      out: number,
    ]
  ): void;
  /** Means (u16) that supervoxels `begin` to `end` (multiples of 4) see at each pose. */
  lookUpPoses(
    ...args: [
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
    ]
  ): void;
  /** Adds the votes of the stumps at each pose to the scores of supervoxels `begin` to `end` (multiples of 4) in both frames. */
  votePoses(
    ...args: [
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
      own: number,
      flipped: number,
    ]
  ): void;
}
