/** Chooses the training samples among the labelled supervoxels (docs/algorithm.md, section 6). */
import type { Settings } from "../../config/settings_types.ts";
import { UserError } from "../../user_error.ts";
import { chanceOf, type Purpose } from "../../supervoxels/identity.ts";
import { flipFrame } from "./polarity.ts";
import { canonicalOrder, concatSamples, pickSamples, type SampleTable } from "./sample_table.ts";
import { seedOfVolume } from "./training_volume.ts";

/** Samples in the order of the feature matrix: positives, then negatives, each by volume, seed and first voxel. */
export interface TrainingSamples {
  readonly samples: SampleTable;
  /** 1 positive, 0 negative. */
  readonly labels: Uint8Array;
  /** 1 for artificial negatives that every round's samples must hold. */
  readonly alwaysKeep: Uint8Array;
  readonly counts: Readonly<
    Record<"positives" | "positivesFound" | "negatives" | "negativesFound" | "artificialNegatives", number>
  >;
}

/** What of the settings the choice depends on. */
export type SelectionSettings = Pick<
  Settings,
  | "seed"
  | "NegSampleProportion"
  | "crossFitFolds"
  | "PosSkipFactor"
  | "maxTrainingSamples"
  | "appendArtificialNegatives"
  | "treatArtificialNegativesAsPositivesInResampling"
>;

/**
 * Keeps the positives and negatives that the settings ask for, flips every second negative and appends artificial negatives.
 * @param found labelled supervoxels in any order, positives with their frames already turned by polarity
 * @param negativesFound number of negatives there are, of which `found` may hold a uniform random part
 * @param truth what errors call the ground truth
 * @throws {UserError} where no positive or no negative is left
 */
export function selectSamples(
  found: SampleTable,
  negativesFound: number,
  settings: SelectionSettings,
  truth = "train.groundTruth",
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
  const synapses = new Set(positives.map((i) => found.components[i])).size;
  const proportion = negativesPerPositive(settings, synapses);
  const wanted = proportion > 0 ? Math.round(proportion * positives.length) : Infinity;
  const negatives = keepRandom(
    found,
    order.filter((i) => !isPositive(i)),
    Math.min(wanted, room - positives.length - artificial),
    "negative",
    settings.seed,
  );
  requireBoth(truth, positives.length, negatives.length, negativesFound);

  const artificialNegatives = pickSamples(found, settings.appendArtificialNegatives ? positives : []);
  for (let i = 0; i < artificialNegatives.count; i++) flipFrame(artificialNegatives.frames, i);
  const plain = pickSamples(found, negatives);
  for (let i = 0; i < plain.count; i++) {
    const seed = seedOfVolume(settings.seed, plain.volumes[i] ?? 0);
    if (chanceOf(seed, "flip", plain.seeds[i] ?? 0, plain.first[i] ?? 0) < 0.5) {
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

/**
 * Negatives per positive where there are too few synapses for cross-fitting: with all of them models of three synapses of `vnc` fitted these
 * three too closely (average precision 0.57 to 0.60 instead of 0.64 to 0.66).
 */
const NEGATIVES_OF_FEW = 10;

/** How many negatives are kept for each positive; 0: all. */
export function negativesPerPositive(
  { NegSampleProportion, crossFitFolds }: Pick<Settings, "NegSampleProportion" | "crossFitFolds">,
  synapses: number,
): number {
  if (NegSampleProportion !== "auto") return NegSampleProportion;
  return crossFitFolds >= 2 && synapses < leastSynapses(crossFitFolds) ? NEGATIVES_OF_FEW : 0;
}

/**
 * Least synapses for each fold. With fewer a model that leaves some out is much worse than one of all, and what it gives for one or two others
 * tells nothing: with three of `vnc` models of one and of two had an average precision of 0.16 on the others, and their mean 0.50 on the test
 * volume, where models of all three have 0.55.
 */
const SYNAPSES_PER_FOLD = 1.5;

/** Synapses that cross-fitting takes at least. */
export function leastSynapses(folds: number): number {
  return Math.ceil(SYNAPSES_PER_FOLD * folds);
}

/** A uniform random `limit` of the indices (those of least chance), in the order they came. */
function keepRandom(
  { volumes, seeds, first }: SampleTable,
  indices: readonly number[],
  limit: number,
  purpose: Purpose,
  seed: number,
): readonly number[] {
  if (indices.length <= limit) return indices;
  const ranked = indices.map((i, place) => ({
    i,
    place,
    chance: chanceOf(seedOfVolume(seed, volumes[i] ?? 0), purpose, seeds[i] ?? 0, first[i] ?? 0),
  }));
  return ranked.sort((a, b) => a.chance - b.chance || a.place - b.place).slice(0, limit)
    .sort((a, b) => a.place - b.place).map(({ i }) => i);
}

function requireBoth(truth: string, positives: number, negatives: number, negativesFound: number): void {
  if (positives === 0) {
    throw new UserError(
      `${truth} has no positive samples. A positive sample is a supervoxel (a small group of voxels) farther than ` +
        "borderMinDist from the border, with 90 % of its voxels in a labelled synapse. The synapse must have at least " +
        "minPosRegionSize voxels and be in useSynapses. Lower borderMinDist, minPosRegionSize or " +
        "groundTruthErodeRadius, or check useSynapses and the labels",
    );
  }
  if (negatives === 0) {
    throw new UserError(
      `${truth} has no negative samples (${negativesFound} found). A negative ` +
        "sample is a supervoxel (a small group of voxels) farther than borderMinDist from the border, with 80 % of " +
        "its voxels labelled 0. Lower borderMinDist, or check NegSampleProportion and the labels",
    );
  }
}
