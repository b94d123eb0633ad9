/** The weights, scores and lists of samples that boosting keeps in the kernels' memory. */
import { UserError } from "../user_error.ts";
import type { Kernels } from "../kernels/mod.ts";

/** Addresses of what boosting keeps for every sample, and the lists of samples that a round draws from. */
export interface SampleState {
  readonly samples: number;
  /** u8, 1 positive, 0 negative. */
  readonly labels: number;
  /** f64, sum 1. */
  readonly weights: number;
  /** f64, sum of alpha * stump so far. */
  readonly scores: number;
  readonly positives: IdList;
  /** The negatives that rounds draw from. */
  readonly negatives: IdList;
  /** The negatives that every round holds. */
  readonly kept: IdList;
}

/** u32 samples in ascending order. */
export interface IdList {
  readonly address: number;
  readonly count: number;
}

/** Bytes of kernel memory that boosting needs at most for each sample, without the matrix's columns. */
export const BYTES_PER_SAMPLE = 40;

/**
 * Lays out the samples in kernel memory, with weights 1/positives and 1/negatives, normalised, and scores 0.
 *
 * @param labels one per sample: 1 positive, 0 negative, any other: not learned from
 * @param alwaysKeep one per sample: not 0 for a negative that every round holds
 * @throws {UserError} where there are no positives or no negatives
 */
export function createSampleState(
  { arena }: Kernels,
  labels: Uint8Array,
  alwaysKeep?: Uint8Array,
): SampleState {
  const samples = labels.length;
  const of = (wanted: (label: number, kept: boolean) => boolean): IdList => {
    const ids: number[] = [];
    labels.forEach((label, i) => {
      if (wanted(label, (alwaysKeep?.[i] ?? 0) !== 0)) ids.push(i);
    });
    const address = arena.alloc(4 * ids.length);
    arena.u32(address, ids.length).set(ids);
    return { address, count: ids.length };
  };
  const positives = of((label) => label === 1);
  const negatives = of((label, kept) => label === 0 && !kept);
  const kept = of((label, kept) => label === 0 && kept);
  requireBoth(positives.count, negatives.count + kept.count);
  const labelAddress = arena.alloc(samples);
  arena.u8(labelAddress, samples).set(labels);
  const scores = arena.alloc(8 * samples);
  arena.f64(scores, samples).fill(0);
  const weights = arena.alloc(8 * samples);
  const weightOf = [0.5 / (negatives.count + kept.count), 0.5 / positives.count] as const;
  // what is not learned from weighs nothing, or no stump could decide it rightly
  const view = arena.f64(weights, samples);
  labels.forEach((label, i) => {
    view[i] = weightOf[label] ?? 0;
  });
  return { samples, labels: labelAddress, weights, scores, positives, negatives, kept };
}

function requireBoth(positives: number, negatives: number): void {
  if (positives === 0) {
    throw new UserError(
      "there are no positive training samples: no supervoxel is in a labelled synapse that is large enough (minPosRegionSize), " +
        "far enough from the border (borderMinDist) and in use (useSynapses); check train.groundTruth and these keys",
    );
  }
  if (negatives === 0) {
    throw new UserError(
      "there are no negative training samples: no supervoxel far enough from the border (borderMinDist) has label 0; " +
        "check train.groundTruth, NegSampleProportion and borderMinDist",
    );
  }
}
