/** Measures of a ranking, summed up while its thresholds go from the highest score to the lowest. */

import { scoreOfKey } from "./score_keys.ts";

/** A measure's best value and the threshold that gives it: positive where the score is at least the threshold. */
export interface BestThreshold {
  /** The largest value of the measure, 0 to 1. */
  readonly value: number;
  /** The least score that counts as positive. */
  readonly threshold: number;
}

/** How well scores rank positives above negatives. */
export interface RankingMeasures {
  /** Sum over thresholds of (gain in recall) * precision, as scikit-learn's `average_precision_score`. */
  readonly averagePrecision: number;
  /** Area under the ROC curve, with straight lines between thresholds. */
  readonly rocAuc: number;
  /** Largest 2 TP / (2 TP + FP + FN). Of several thresholds the highest. */
  readonly bestF1: BestThreshold;
  /** Largest TP / (TP + FP + FN), the VOC score; at the same threshold as the largest F1. */
  readonly bestJaccard: BestThreshold;
}

/** Takes the counts of equal scores, by their key, from the highest downwards. */
export interface ScoreCurve {
  add(key: number, positives: number, negatives: number): void;
  measures(): RankingMeasures;
}

/** @param positives how many there are in all, at least 1; `negatives` too */
export function createCurve(positives: number, negatives: number): ScoreCurve {
  let truePositives = 0, falsePositives = 0;
  let precisionSum = 0, area = 0;
  let bestJaccard = -1, bestF1 = 0, bestKey = 0;
  return {
    add(key, positivesHere, negativesHere) {
      area += negativesHere * (truePositives + positivesHere / 2);
      truePositives += positivesHere;
      falsePositives += negativesHere;
      precisionSum += positivesHere * (truePositives / (truePositives + falsePositives));
      const jaccard = truePositives / (falsePositives + positives);
      if (jaccard <= bestJaccard) return;
      bestJaccard = jaccard;
      bestF1 = 2 * truePositives / (truePositives + falsePositives + positives);
      bestKey = key;
    },
    measures: () => ({
      averagePrecision: precisionSum / positives,
      rocAuc: area / negatives / positives,
      bestF1: { value: bestF1, threshold: scoreOfKey(bestKey) },
      bestJaccard: { value: bestJaccard, threshold: scoreOfKey(bestKey) },
    }),
  };
}
