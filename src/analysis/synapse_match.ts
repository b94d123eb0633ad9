/** Which predicted synapses are those of the ground truth: the pairs that may be matched, and the best first. */
import { UserError } from "../user_error.ts";
import type { Zyx } from "../volume/region.ts";
import type { OverlapCounts } from "./overlap_counts.ts";

/** When a predicted synapse may be matched with one of the ground truth. */
export type MatchRule =
  | {
    readonly kind: "overlap";
    /** Least intersection over union of their labelled voxels, 0 to 1; 0: one voxel in common is enough. */
    readonly share: number;
  }
  | {
    readonly kind: "distance";
    /** Largest distance between their centroids, in the unit of `spacing`. */
    readonly most: number;
    /** Size of a voxel along z, y and x, such as in nm; `[1, 1, 1]` for distances in voxels. */
    readonly spacing: Zyx;
  };

/** Two synapses that may be matched. */
export interface SynapsePair {
  /** Number in the ground truth. */
  readonly truth: number;
  /** Number in the prediction. */
  readonly prediction: number;
  /** Voxels that are in both. */
  readonly sharedVoxels: number;
  /** Intersection over union of their labelled voxels. */
  readonly overlap: number;
}

/** A synapse as far as matching asks. */
interface PlacedSynapse {
  /** From 1, without gaps. */
  readonly id: number;
  readonly voxels: number;
  /** In voxels. */
  readonly centroid: Zyx;
}

/** The synapses of both volumes and what they share. */
interface SynapseSets {
  readonly truths: readonly PlacedSynapse[];
  readonly predictions: readonly PlacedSynapse[];
  readonly counts: OverlapCounts;
}

/**
 * The pairs that a rule lets match, best first: with the largest overlap, or the least distance; of equal ones the one with
 * the lower numbers. Predicted synapses without any labelled voxel are left out.
 *
 * @throws UserError where there are more than `mostPairs`
 */
export function candidatePairs(sets: SynapseSets, rule: MatchRule, mostPairs: number): SynapsePair[] {
  return rule.kind === "overlap" ? overlappingPairs(sets, rule.share) : nearPairs(sets, rule, mostPairs);
}

function overlappingPairs({ truths, counts }: SynapseSets, share: number): SynapsePair[] {
  const pairs = counts.overlaps.map(({ truth, prediction, voxels }): SynapsePair => {
    const union = (truths[truth - 1]?.voxels ?? 0) + (counts.labelledVoxels[prediction] ?? 0) - voxels;
    return { truth, prediction, sharedVoxels: voxels, overlap: voxels / union };
  });
  return pairs.filter(({ overlap }) => overlap >= share)
    .sort((a, b) => b.overlap - a.overlap || a.truth - b.truth || a.prediction - b.prediction);
}

function nearPairs(
  sets: SynapseSets,
  rule: MatchRule & { kind: "distance" },
  mostPairs: number,
): SynapsePair[] {
  const { truths, predictions, counts } = sets;
  const { most, spacing } = rule;
  const keyOf = (truth: number, prediction: number) => truth * (predictions.length + 1) + prediction;
  const shared = new Map(overlappingPairs(sets, 0).map((pair) => [keyOf(pair.truth, pair.prediction), pair]));
  const labelled = predictions.filter(({ id }) => (counts.labelledVoxels[id] ?? 0) > 0);
  const axis = widestAxis(labelled, spacing);
  const along = ({ centroid }: PlacedSynapse) => centroid[axis] * spacing[axis];
  const sorted = labelled.toSorted((a, b) => along(a) - along(b) || a.id - b.id);
  const places = Float64Array.from(sorted, along);
  const found: { pair: SynapsePair; distance: number }[] = [];
  for (const truth of truths) {
    // What rounding could put beyond the reach is still looked at; the distance itself decides.
    const reach = most + 1e-9 * (1 + most + along(truth));
    const from = along(truth) - reach, to = along(truth) + reach;
    for (let i = firstFrom(places, from); (places[i] ?? Infinity) <= to; i++) {
      const other = sorted[i];
      if (other === undefined) break;
      const distance = distanceBetween(truth.centroid, other.centroid, spacing);
      if (distance > most) continue;
      const pair = shared.get(keyOf(truth.id, other.id));
      found.push({
        pair: pair ?? { truth: truth.id, prediction: other.id, sharedVoxels: 0, overlap: 0 },
        distance,
      });
      if (found.length > mostPairs) throw tooManyNear(most, mostPairs);
    }
  }
  found.sort((a, b) =>
    a.distance - b.distance || a.pair.truth - b.pair.truth || a.pair.prediction - b.pair.prediction
  );
  return found.map(({ pair }) => pair);
}

/** The axis along which synapses are spread widest, so that only few are within reach along it. */
function widestAxis(synapses: readonly PlacedSynapse[], spacing: Zyx): 0 | 1 | 2 {
  const low = [Infinity, Infinity, Infinity], high = [-Infinity, -Infinity, -Infinity];
  for (const { centroid } of synapses) {
    for (const [axis, at] of centroid.entries()) {
      low[axis] = Math.min(low[axis] ?? 0, at);
      high[axis] = Math.max(high[axis] ?? 0, at);
    }
  }
  const spread = (axis: 0 | 1 | 2) => ((high[axis] ?? 0) - (low[axis] ?? 0)) * spacing[axis];
  const [widest = 0] = ([0, 1, 2] as const).toSorted((a, b) => spread(b) - spread(a));
  return widest;
}

/** Index of the first of sorted numbers that is at least `least`. */
function firstFrom(sorted: Float64Array, least: number): number {
  let low = 0, high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] ?? 0) < least) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Distance between two points given in voxels, in the unit of `spacing`. */
function distanceBetween(a: Zyx, b: Zyx, spacing: Zyx): number {
  const [dz, dy, dx] = [
    (a[0] - b[0]) * spacing[0],
    (a[1] - b[1]) * spacing[1],
    (a[2] - b[2]) * spacing[2],
  ];
  return Math.sqrt(dz * dz + dy * dy + dx * dx);
}

function tooManyNear(most: number, mostPairs: number): UserError {
  return new UserError(
    `more than ${mostPairs} pairs of synapses are within a distance of ${most}; expected about the size of a synapse: ` +
      "use a shorter distance, or raise the threshold",
  );
}
