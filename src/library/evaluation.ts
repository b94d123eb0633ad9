/** Comparison with ground truth for scripts. */
import { evaluate as evaluateVoxels, type Evaluation } from "../analysis/evaluate.ts";
import type { MatchRule, SynapsePair } from "../analysis/synapse_match.ts";
import type { VoxelSource } from "../analysis/voxel_source.ts";
import {
  evaluateSynapses as compareSynapses,
  type WrongSynapse as WrongComponent,
} from "../stages/synapses/evaluate_synapses.ts";
import {
  COMPARISON_MEMORY,
  comparisonShares,
  EVALUATION_MEMORY,
  evaluationShares,
} from "../stages/synapses/memory.ts";
import { removeFolder } from "../run/work_folder.ts";
import type { Region, Zyx } from "../volume/region.ts";
import type { ZarrVolume } from "../volume/zarr/mod.ts";
import { labelsFrom, scoresFrom } from "./sources.ts";
import { asStage, memoryFrom, voxelsOf, type WorkOptions } from "./work_options.ts";

/** How to compare voxels. */
export interface EvaluateOptions extends WorkOptions {
  /** Also report all metrics at this threshold. */
  readonly threshold?: number;
}

/**
 * Compares scores with labels, voxel by voxel: every distinct score is a threshold, and equal scores are one.
 *
 * @param scores `[z, y, x]`, float32 or uint8
 * @param labels uint8: 255 positive, 0 negative, anything else ignored
 * @throws {UserError} if the shapes differ, a labelled voxel's score is not a number, or there is no positive or no negative
 *
 * @example
 * ```ts
 * import { arraySource, evaluate } from "@ccboost/ccboost";
 * import assert from "node:assert/strict";
 *
 * const scores = arraySource("scores", Float32Array.of(0.9, 0.8, 0.3, -0.5), [1, 2, 2]);
 * const labels = arraySource("labels", Uint8Array.of(255, 0, 255, 0), [1, 2, 2]);
 * const { averagePrecision } = await evaluate(scores, labels);
 * assert.equal(averagePrecision, (1 / 1 + 2 / 3) / 2);
 * ```
 */
export async function evaluate(
  scores: ZarrVolume | VoxelSource<Float32Array> | VoxelSource<Uint8Array>,
  labels: ZarrVolume | VoxelSource<Uint8Array>,
  options: EvaluateOptions = {},
): Promise<Evaluation> {
  const source = scoresFrom(scores);
  const { threshold } = options;
  const memory = memoryFrom(options, "evaluate", EVALUATION_MEMORY);
  return await asStage(
    options,
    "evaluate",
    voxelsOf(source),
    (control) =>
      evaluateVoxels(source, labelsFrom(labels), {
        threshold,
        ...(memory === undefined ? {} : evaluationShares(memory)),
        ...control,
      }),
  );
}

/** How to compare synapses. */
export interface EvaluateSynapsesOptions extends WorkOptions {
  /** Minimum score of a synapse's voxels. */
  readonly threshold: number;
  /** Which synapses may be matched. Default: those with at least one voxel in common. */
  readonly rule?: MatchRule;
  /** Components with fewer voxels are ignored, both in the prediction and in the ground truth. Default 1. */
  readonly minSize?: number;
  /** Folder for temporary arrays, which are removed at the end. Default: a temporary folder of the system. */
  readonly folder?: string;
}

/** A missed synapse or a false positive. */
export interface WrongSynapse {
  /** Number of its component, from 1, in raster order of the first voxels. */
  readonly id: number;
  /** How many there are. */
  readonly voxels: number;
  /** Mean position of the voxels, `[z, y, x]`. */
  readonly centroid: Zyx;
  /** Bounding box. */
  readonly box: Region;
  /** The highest score in it. */
  readonly peakScore: number;
  /**
   * Whether it could have been matched, if its counterpart were not matched with another: of a missed synapse, that it is merged
   * with a detected one; of a false positive, that it is another part of a detected one.
   */
  readonly hasTakenCounterpart: boolean;
}

/** Predicted synapses compared with those of the ground truth. */
export interface SynapseEvaluation {
  /** Minimum score of a synapse's voxels. */
  readonly threshold: number;
  /** Synapses of the ground truth that are matched with a predicted one. */
  readonly detected: number;
  /** Synapses of the ground truth that are not. */
  readonly missed: number;
  /** Of the missed ones, those that are merged with a detected one. */
  readonly merged: number;
  /** Predicted synapses that are not matched. */
  readonly falsePositives: number;
  /** Of the false positives, those that are other parts of a detected one. */
  readonly split: number;
  /** Predicted synapses that touch no voxel labelled 0 or 255; they are ignored. */
  readonly ignored: number;
  /** detected / (detected + falsePositives); 0 where nothing is predicted. */
  readonly precision: number;
  /** detected / (detected + missed). */
  readonly recall: number;
  /** 2 detected / (2 detected + missed + falsePositives). */
  readonly f1: number;
  /** Components that have too few voxels to count. */
  readonly tooSmall: { readonly predicted: number; readonly labelled: number };
  /** The matched pairs, by the number of the ground truth's component. */
  readonly matches: readonly SynapsePair[];
  /** The missed ones, by number. */
  readonly missedSynapses: readonly WrongSynapse[];
  /** The false positives, by number. */
  readonly falsePositiveSynapses: readonly WrongSynapse[];
}

/**
 * Compares predicted synapses with those of a ground truth: connected voxels (by faces, edges or corners) with a score of at
 * least the threshold, and of label 255. As many pairs as the rule allows are matched, one to one, the best first. Predicted
 * synapses that touch no voxel labelled 0 or 255 are ignored.
 *
 * @param scores `[z, y, x]`, float32 or uint8
 * @param labels uint8: 255 positive, 0 negative, anything else ignored
 * @throws {UserError} if the shapes differ, the ground truth has no synapse, or there are more components than the memory holds
 *
 * @example
 * ```ts
 * import { arraySource, evaluateSynapses } from "@ccboost/ccboost";
 * import assert from "node:assert/strict";
 *
 * const scores = arraySource("scores", Float32Array.of(3, 3, 0, 0, 0, 2), [1, 1, 6]);
 * const labels = arraySource("labels", Uint8Array.of(0, 255, 255, 0, 0, 0), [1, 1, 6]);
 * const found = await evaluateSynapses(scores, labels, { threshold: 1 });
 * assert.deepEqual([found.detected, found.missed, found.falsePositives], [1, 0, 1]);
 * assert.deepEqual(found.falsePositiveSynapses.map(({ centroid }) => centroid), [[0, 0, 5]]);
 * ```
 */
export async function evaluateSynapses(
  scores: ZarrVolume | VoxelSource<Float32Array> | VoxelSource<Uint8Array>,
  labels: ZarrVolume | VoxelSource<Uint8Array>,
  options: EvaluateSynapsesOptions,
): Promise<SynapseEvaluation> {
  const { threshold, rule, minSize } = options;
  const truth = labelsFrom(labels);
  const memory = memoryFrom(options, "evaluateSynapses", COMPARISON_MEMORY);
  const folder = options.folder ?? await Deno.makeTempDir({ prefix: "ccboost-" });
  try {
    const found = await asStage(
      options,
      "comparing synapses",
      voxelsOf(truth),
      (control) =>
        compareSynapses(scoresFrom(scores), truth, {
          threshold,
          folder,
          rule,
          minSize,
          ...(memory === undefined ? {} : comparisonShares(memory)),
          ...control,
        }),
    );
    const { invented, misses, inventions, ...figures } = found;
    return {
      ...figures,
      falsePositives: invented,
      missedSynapses: misses.map(wrongSynapse),
      falsePositiveSynapses: inventions.map(wrongSynapse),
    };
  } finally {
    if (options.folder === undefined) await removeFolder(folder);
  }
}

function wrongSynapse(
  { id, voxels, centroid, box, peakScore, hasTakenCounterpart }: WrongComponent,
): WrongSynapse {
  return { id, voxels, centroid, box, peakScore, hasTakenCounterpart };
}
