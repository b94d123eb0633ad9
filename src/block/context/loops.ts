/** What the threads of a team share of boxes and votes: slices of means, tiles of supervoxels. */
import type { SharedLoop } from "../../kernels/mod.ts";
import { type PoseArguments, SETUP_BYTES, type TableExtent, tileAt } from "./placed.ts";

interface AverageArgs {
  /** Arguments of the kernel `averageBoxes`, up to the slices. */
  readonly boxes: readonly [table: number, ...TableExtent, view: number, r: number, rz: number];
  readonly slices: number;
  readonly perPiece: number;
  readonly address: number;
}

/** Means of boxes, some slices per piece. */
export const averageLoop: SharedLoop<AverageArgs> = {
  name: "averageBoxes",
  piece({ run }, { boxes, slices, perPiece, address }, piece) {
    const from = piece * perPiece;
    run.averageBoxes(...boxes, from, Math.min(slices, from + perPiece), address);
  },
};

/** Where supervoxels look. */
interface LookArgs {
  readonly means: number;
  readonly view: number;
  readonly points: number;
  readonly frames: number;
  readonly plane: number;
  readonly perZ: number;
  readonly capacity: number;
  readonly poses: number;
  readonly poseCount: number;
}

/** Look-ups, a tile per piece. */
export const lookUpLoop: SharedLoop<LookArgs> = {
  name: "lookUpPoses",
  piece({ run }, { means, view, points, frames, plane, perZ, capacity, poses, poseCount }, tile) {
    const [begin, end] = tileAt(tile, capacity);
    run.lookUpPoses(means, view, points, frames, plane, begin, end, perZ, poses, poseCount);
  },
};

/** Votes, a tile per piece. */
export const voteLoop: SharedLoop<LookArgs & { readonly own: number; readonly flipped: number }> = {
  name: "votePoses",
  piece(
    { run },
    { means, view, points, frames, plane, perZ, capacity, poses, poseCount, own, flipped },
    tile,
  ) {
    const [begin, end] = tileAt(tile, capacity);
    run.votePoses(means, view, points, frames, plane, begin, end, perZ, poses, poseCount, own, flipped);
  },
};

interface FeatureArgs {
  /** Of the integral image. */
  readonly address: number;
  /** Of the first thread. */
  readonly setup: number;
  readonly points: number;
  readonly frames: number;
  readonly capacity: number;
  /** Of each pose. */
  readonly boxes: readonly PoseArguments[];
  readonly exact: boolean;
  readonly out: number;
  /** Bytes from a pose's features to the next's. */
  readonly stride: number;
}

/** Context features, a tile per piece. */
export const featureLoop: SharedLoop<FeatureArgs> = {
  name: "contextFeatures",
  piece({ run }, { address, setup, points, frames, capacity, boxes, exact, out, stride }, tile, thread) {
    const own = setup + thread * SETUP_BYTES;
    const [begin, end] = tileAt(tile, capacity);
    for (const [i, box] of boxes.entries()) {
      run.contextFeatures(address, own, points, frames, begin, end, ...box, exact, out + i * stride);
    }
  },
};

export const CONTEXT_LOOPS: readonly SharedLoop<never>[] = [averageLoop, lookUpLoop, voteLoop, featureLoop];
