/** Measures of a ranking, summed up while its thresholds go from the highest score to the lowest. */

import { keyFrom, scoreOfKey } from "./score_keys.ts";
import { type CountsAtThreshold, measuresAt, type ThresholdMeasures } from "./threshold_measures.ts";

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
  /** All measures at the threshold of the best F1. */
  readonly atBestF1: ThresholdMeasures;
  /** All measures at the threshold that was asked for. */
  readonly atThreshold?: ThresholdMeasures;
  /**
   * Points of the precision-recall and the ROC curve, from the highest threshold down. Every distinct score where there
   * are at most 1024, else some 1000 of them, close enough to draw; the other measures are from all thresholds.
   */
  readonly curve: readonly ThresholdMeasures[];
}

/**
 * Takes the counts of equal scores, by their key, from the highest downwards.
 * @param positives how many there are in all, at least 1; `negatives` too
 * @param threshold measures are told at this one too
 */
export function createCurve(positives: number, negatives: number, threshold?: number) {
  const points = createCurvePoints(positives, negatives);
  const lowestKey = threshold === undefined ? Infinity : keyFrom(threshold);
  const at = (threshold: number, truePositives: number, falsePositives: number) =>
    measuresAt({ threshold, truePositives, falsePositives }, positives, negatives);
  let truePositives = 0, falsePositives = 0;
  let precisionSum = 0, area = 0;
  let bestJaccard = -1, bestKey = 0, bestTrue = 0, bestFalse = 0;
  let trueAbove = 0, falseAbove = 0;
  return {
    add(key: number, positivesHere: number, negativesHere: number): void {
      area += negativesHere * (truePositives + positivesHere / 2);
      truePositives += positivesHere;
      falsePositives += negativesHere;
      precisionSum += positivesHere * (truePositives / (truePositives + falsePositives));
      points.add(key, truePositives, falsePositives);
      if (key >= lowestKey) {
        trueAbove = truePositives;
        falseAbove = falsePositives;
      }
      const jaccard = truePositives / (falsePositives + positives);
      if (jaccard <= bestJaccard) return;
      bestJaccard = jaccard;
      bestKey = key;
      bestTrue = truePositives;
      bestFalse = falsePositives;
    },
    measures(): RankingMeasures {
      const atBestF1 = at(scoreOfKey(bestKey), bestTrue, bestFalse);
      return {
        averagePrecision: precisionSum / positives,
        rocAuc: area / negatives / positives,
        bestF1: { value: atBestF1.f1, threshold: atBestF1.threshold },
        bestJaccard: { value: atBestF1.jaccard, threshold: atBestF1.threshold },
        atBestF1,
        ...(threshold === undefined ? {} : { atThreshold: at(threshold, trueAbove, falseAbove) }),
        curve: points.points().map((point) => measuresAt(point, positives, negatives)),
      };
    },
  };
}

/** Thresholds up to which each is a point. */
const ALL_POINTS = 1024;
/** Of more thresholds a point is kept where recall or false positive rate has changed by one of so many parts … */
const STEPS = 256;
/** … or the number of voxels above the threshold by one of so many, which bounds how far precision can have changed. */
const GROWTH = 32;

/**
 * Keeps a bounded number of points, whatever the number of thresholds: of up to 1024 all, of more some 1000 (at most
 * 6000 for 10^12 voxels). Each is exact. Between two that follow each other neither recall nor false positive rate
 * changes by more than 1/256, nor precision by more than 1/32, except where a single threshold does that.
 */
function createCurvePoints(positives: number, negatives: number) {
  const all: CountsAtThreshold[] = [], kept: CountsAtThreshold[] = [];
  // Numbers instead of points: there may be as many thresholds as voxels.
  let lastTrue = 0, lastFalse = 0;
  let keyBefore = 0, trueBefore = 0, falseBefore = 0;
  let thresholds = 0;
  const keep = (key: number, truePositives: number, falsePositives: number) => {
    kept.push(pointAt(key, truePositives, falsePositives));
    lastTrue = truePositives;
    lastFalse = falsePositives;
  };
  const isFar = (tp: number, fp: number) =>
    (tp - lastTrue) * STEPS > positives || (fp - lastFalse) * STEPS > negatives ||
    (tp + fp) * GROWTH > (lastTrue + lastFalse) * (GROWTH + 1);
  const isBeforeKept = () => trueBefore === lastTrue && falseBefore === lastFalse;
  return {
    /** Takes what counts from a key on; keys go down. */
    add(key: number, tp: number, fp: number): void {
      if (thresholds < ALL_POINTS) all.push(pointAt(key, tp, fp));
      if (isFar(tp, fp)) {
        if (!isBeforeKept()) keep(keyBefore, trueBefore, falseBefore);
        if (isFar(tp, fp)) keep(key, tp, fp);
      }
      keyBefore = key;
      trueBefore = tp;
      falseBefore = fp;
      thresholds++;
    },
    /** The points kept, from the highest threshold down; the first and last threshold are among them. */
    points(): CountsAtThreshold[] {
      if (thresholds <= ALL_POINTS) return all;
      return isBeforeKept() ? kept : [...kept, pointAt(keyBefore, trueBefore, falseBefore)];
    },
  };
}

function pointAt(key: number, truePositives: number, falsePositives: number): CountsAtThreshold {
  return { threshold: scoreOfKey(key), truePositives, falsePositives };
}
