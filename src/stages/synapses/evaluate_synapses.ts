/** Comparison of predicted synapses with those of a ground truth: which were found, missed and invented. */
import type { SynapseFigures } from "../../analysis/synapse_figures.ts";
import { join } from "node:path";
import { checkShapes } from "../../analysis/evaluate.ts";
import { matchPairs } from "../../analysis/match_pairs.ts";
import { countOverlaps, MOST_PAIRS, type OverlapCounts } from "../../analysis/overlap_counts.ts";
import { candidatePairs, type MatchRule, type SynapsePair } from "../../analysis/synapse_match.ts";
import {
  atLeast,
  blockShape,
  type RunControl,
  USUAL_CHUNK,
  type VoxelSink,
  type VoxelSource,
  zarrNumbers,
  zarrSink,
} from "../../analysis/voxel_source.ts";
import { UserError } from "../../user_error.ts";
import { voxelCount, zipAxes, type Zyx } from "../../volume/region.ts";
import { createZarr, defaultChunk, removeZarr } from "../../volume/zarr/mod.ts";
import { type Component, findComponents } from "../components.ts";

/** How to compare. */
export interface EvaluateSynapsesOptions extends RunControl {
  /** The least score that belongs to a synapse. */
  readonly threshold: number;
  /** Default: one voxel in common. */
  readonly rule?: MatchRule | undefined;
  /** Components with fewer voxels do not count, neither predicted nor in the ground truth. Default 1. */
  readonly minSize?: number | undefined;
  /** Folder for temporary arrays; they are removed at the end. */
  readonly folder: string;
  /** Voxels in work at once. */
  readonly blockVoxels?: number;
  /** Most components of a volume, each counted once in every slab of chunks that it is in; bounds the memory. */
  readonly mostParts?: number;
}

/** A synapse that was missed or invented. */
export interface WrongSynapse extends Component {
  /** The highest score in it. */
  readonly peakScore: number;
  /**
   * Whether it could have been matched, if its counterpart were not matched with another: of a missed synapse, that it
   * is merged with a detected one; of an invented one, that it is a further part of a detected one.
   */
  readonly hasTakenCounterpart: boolean;
}

/** Predicted synapses compared with those of the ground truth. */
export interface SynapseEvaluation extends SynapseFigures {
  /** Components that have too few voxels to count. */
  readonly tooSmall: { readonly predicted: number; readonly labelled: number };
  /** The matched pairs, by the number of the ground truth's component. */
  readonly matches: readonly SynapsePair[];
  /** The missed ones, by number. */
  readonly misses: readonly WrongSynapse[];
  /** The invented ones, by number. */
  readonly inventions: readonly WrongSynapse[];
}

/**
 * Compares predicted synapses with those of a ground truth.
 *
 * A synapse is a set of voxels that are neighbours by faces, edges or corners (26): of label 255 in the ground truth, and of
 * scores from the threshold on in the prediction. Voxels with other labels than 0 and 255, and of components of the ground
 * truth that are too small, are ignored: a predicted synapse that has no other voxel does not count, and overlaps are
 * measured on the others. As many pairs as the rule allows are matched, the best first, one predicted synapse to one of
 * the ground truth. So two synapses that are predicted as one are one detected and one missed, and one that is
 * predicted in two parts is one detected and one invented.
 *
 * Memory: blocks of voxels, and some 700 bytes for each component.
 *
 * @param prediction scores `[z, y, x]`
 * @param labels 255 positive, 0 negative, anything else ignored
 * @throws UserError if the shapes differ, the ground truth has no synapse, or there are more components than memory allows
 */
export async function evaluateSynapses(
  prediction: VoxelSource<Float32Array> | VoxelSource<Uint8Array>,
  labels: VoxelSource<Uint8Array>,
  options: EvaluateSynapsesOptions,
): Promise<SynapseEvaluation> {
  checkShapes(prediction, labels);
  const { threshold, rule = { kind: "overlap", share: 0 }, minSize = 1, blockVoxels = 1 << 21, folder } =
    options;
  const mostPairs = Math.min(MOST_PAIRS, options.mostParts ?? MOST_PAIRS);
  const truth = await scratchVolume(join(folder, "truth.zarr"), labels);
  const predicted = await scratchVolume(join(folder, "predicted.zarr"), labels);
  try {
    const search = (from: number, to: number) => ({
      ...stepOf(options, from, to),
      minSize,
      neighbours: 26 as const,
      blockVoxels,
      slabDepth: SLAB_DEPTH,
      mostParts: options.mostParts,
    });
    const truths = await findComponents(labels, truth.sink, search(0, 0.35));
    if (truths.components.length === 0) throw noSynapse(labels.name, truths.dropped, minSize);
    const above = atLeast(prediction, threshold);
    const predictions = await findComponents(above, predicted.sink, search(0.35, 0.75));
    const counts = await countOverlaps(
      { scores: prediction, labels, truth: truth.source, prediction: predicted.source },
      {
        ...stepOf(options, 0.75, 1),
        truths: truths.components.length,
        predictions: predictions.components.length,
        blockVoxels,
        mostPairs,
      },
    );
    const sets = { truths: truths.components, predictions: predictions.components, counts };
    const verdict = judge(sets, candidatePairs(sets, rule, mostPairs));
    return { threshold, ...verdict, tooSmall: { predicted: predictions.dropped, labelled: truths.dropped } };
  } finally {
    for (const { path } of [truth, predicted]) removeZarr(path);
  }
}

interface FoundSynapses {
  readonly truths: readonly Component[];
  readonly predictions: readonly Component[];
  readonly counts: OverlapCounts;
}

function judge(
  { truths, predictions, counts }: FoundSynapses,
  pairs: readonly SynapsePair[],
): Omit<SynapseEvaluation, "threshold" | "tooSmall"> {
  const predictionOf = matchPairs(pairs);
  const matched = new Set(predictionOf.values());
  const withPair = {
    truth: new Set(pairs.map((p) => p.truth)),
    prediction: new Set(pairs.map((p) => p.prediction)),
  };
  const wrong = (
    component: Component,
    peaks: Float64Array,
    couldMatch: ReadonlySet<number>,
  ): WrongSynapse => ({
    ...component,
    peakScore: peaks[component.id] ?? -Infinity,
    hasTakenCounterpart: couldMatch.has(component.id),
  });
  const misses = truths.filter(({ id }) => !predictionOf.has(id))
    .map((component) => wrong(component, counts.peakOfTruth, withPair.truth));
  const counted = predictions.filter(({ id }) => (counts.labelledVoxels[id] ?? 0) > 0);
  const inventions = counted.filter(({ id }) => !matched.has(id))
    .map((component) => wrong(component, counts.peakOfPrediction, withPair.prediction));
  const matches = pairs.filter(({ truth, prediction }) => predictionOf.get(truth) === prediction)
    .toSorted((a, b) => a.truth - b.truth);
  const detected = matches.length, missed = misses.length, invented = inventions.length;
  return {
    detected,
    missed,
    merged: misses.filter(({ hasTakenCounterpart }) => hasTakenCounterpart).length,
    invented,
    split: inventions.filter(({ hasTakenCounterpart }) => hasTakenCounterpart).length,
    ignored: predictions.length - counted.length,
    precision: detected === 0 ? 0 : detected / (detected + invented),
    recall: detected / (detected + missed),
    f1: 2 * detected / (2 * detected + missed + invented),
    matches,
    misses,
    inventions,
  };
}

/** Planes in which components are found at a time, each counted once in every such slab. */
const SLAB_DEPTH = 64;
/** Most voxels of a chunk of components. */
const MOST_CHUNK = 1 << 20;

/** Whole chunks of the labels where they are of a usual size, so that blocks of both are read without waste. */
function scratchChunk({ shape, chunk }: VoxelSource<Uint8Array>): Zyx {
  const grown = zipAxes(Math.min, blockShape(shape, chunk, USUAL_CHUNK), shape);
  return voxelCount(grown) <= MOST_CHUNK ? grown : defaultChunk(shape, 1);
}

interface ScratchVolume {
  readonly path: string;
  readonly sink: VoxelSink<Uint32Array>;
  readonly source: VoxelSource<Uint32Array>;
}

async function scratchVolume(path: string, labels: VoxelSource<Uint8Array>): Promise<ScratchVolume> {
  const { shape } = labels;
  const volume = await createZarr(path, { shape, chunk: scratchChunk(labels), dtype: "uint32" });
  return { path, sink: zarrSink(volume), source: zarrNumbers(volume) };
}

/** The part of a run from one share to another. */
function stepOf({ onProgress, signal }: RunControl, from: number, to: number): RunControl {
  return { signal, onProgress: onProgress && ((done) => onProgress(from + done * (to - from))) };
}

function noSynapse(name: string, dropped: number, minSize: number): UserError {
  const found = dropped === 0 ? "no voxel is labelled 255" : `no labelled synapse has ${minSize} voxels`;
  const advice = dropped === 0 ? "use another volume" : "use a smaller minimum size";
  return new UserError(`${name}: ${found}; an evaluation needs at least one synapse: ${advice}`);
}
