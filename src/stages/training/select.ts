/** Chooses the training samples among the labelled supervoxels (docs/algorithm.md, section 6). */
import type { Settings } from "../../config/settings_types.ts";
import { UserError } from "../../user_error.ts";
import { chanceOf, type Purpose } from "../../supervoxels/identity.ts";
import { flipFrame } from "./polarity.ts";
import { canonicalOrder, concatSamples, pickSamples, type SampleTable } from "./sample_table.ts";

/** Samples in the order of the feature matrix: positives, then negatives, each by seed and first voxel. */
export interface TrainingSamples {
  readonly samples: SampleTable;
  /** 1 positive, 0 negative. */
  readonly labels: Uint8Array;
  /** 1 for artificial negatives that every round's samples must hold. */
  readonly alwaysKeep: Uint8Array;
  readonly counts: SelectionCounts;
}

export interface SelectionCounts {
  readonly positives: number;
  readonly positivesFound: number;
  readonly negatives: number;
  readonly negativesFound: number;
  readonly artificialNegatives: number;
}

/** What of the settings the choice depends on. */
export type SelectionSettings = Pick<
  Settings,
  | "seed"
  | "NegSampleProportion"
  | "PosSkipFactor"
  | "maxTrainingSamples"
  | "appendArtificialNegatives"
  | "treatArtificialNegativesAsPositivesInResampling"
>;

/**
 * Keeps the positives and negatives that the settings ask for, flips every second negative and appends artificial negatives.
 * @param found labelled supervoxels in any order, positives with their frames already turned by polarity
 * @param negativesFound number of negatives there are, of which `found` may hold a uniform random part
 * @throws {UserError} where no positive or no negative is left
 */
export function selectSamples(
  found: SampleTable,
  negativesFound: number,
  settings: SelectionSettings,
): TrainingSamples {
  const order = canonicalOrder(found);
  const isPositive = (i: number) => (found.components[i] ?? 0) > 0;
  const allPositives = order.filter(isPositive);
  const skip = settings.PosSkipFactor;
  const kept = skip > 1 ? allPositives.filter((_, i) => i % skip === 0) : allPositives;
  const room = settings.maxTrainingSamples;
  const share = settings.appendArtificialNegatives ? 4 : 2;
  const positives = keepRandom(found, kept, Math.floor(room / share), "positive", settings.seed);
  const artificial = settings.appendArtificialNegatives ? positives.length : 0;
  const wanted = settings.NegSampleProportion > 0
    ? Math.round(settings.NegSampleProportion * positives.length)
    : Infinity;
  const negatives = keepRandom(
    found,
    order.filter((i) => !isPositive(i)),
    Math.min(wanted, room - positives.length - artificial),
    "negative",
    settings.seed,
  );
  requireBoth(positives.length, negatives.length, negativesFound);

  const artificialNegatives = pickSamples(found, settings.appendArtificialNegatives ? positives : []);
  for (let i = 0; i < artificialNegatives.count; i++) flipFrame(artificialNegatives.frames, i);
  const plain = pickSamples(found, negatives);
  for (let i = 0; i < plain.count; i++) {
    if (chanceOf(settings.seed, "flip", plain.seeds[i] ?? 0, plain.first[i] ?? 0) < 0.5) {
      flipFrame(plain.frames, i);
    }
  }
  const samples = concatSamples([pickSamples(found, positives), plain, artificialNegatives]);
  const labels = new Uint8Array(samples.count).fill(1, 0, positives.length);
  const alwaysKeep = new Uint8Array(samples.count);
  if (settings.treatArtificialNegativesAsPositivesInResampling) {
    alwaysKeep.fill(1, samples.count - artificialNegatives.count);
  }
  return {
    samples,
    labels,
    alwaysKeep,
    counts: {
      positives: positives.length,
      positivesFound: allPositives.length,
      negatives: negatives.length,
      negativesFound,
      artificialNegatives: artificialNegatives.count,
    },
  };
}

/** A uniform random `limit` of the indices (those of least chance), in the order they came. */
function keepRandom(
  { seeds, first }: SampleTable,
  indices: readonly number[],
  limit: number,
  purpose: Purpose,
  seed: number,
): readonly number[] {
  if (indices.length <= limit) return indices;
  const ranked = indices.map((i, place) => ({
    i,
    place,
    chance: chanceOf(seed, purpose, seeds[i] ?? 0, first[i] ?? 0),
  }));
  return ranked.sort((a, b) => a.chance - b.chance || a.place - b.place).slice(0, limit)
    .sort((a, b) => a.place - b.place).map(({ i }) => i);
}

function requireBoth(positives: number, negatives: number, negativesFound: number): void {
  if (positives === 0) {
    throw new UserError(
      "train.groundTruth has no positive sample: no supervoxel farther than borderMinDist from the border has 90 % of its " +
        "voxels in a component of label 255 of at least minPosRegionSize voxels that useSynapses does not leave out; lower " +
        "borderMinDist, minPosRegionSize or groundTruthErodeRadius, or check useSynapses and the labels",
    );
  }
  if (negatives === 0) {
    throw new UserError(
      `train.groundTruth has no negative sample (${negativesFound} found): no supervoxel farther than borderMinDist from the ` +
        "border has 80 % of its voxels labelled 0, or NegSampleProportion keeps none",
    );
  }
}
