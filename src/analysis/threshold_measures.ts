/** What a threshold makes of scores: how many are right, and the measures that follow from it. */

/** Scores compared with labels at one threshold. Where nothing is predicted the precision is 0. */
export interface ThresholdMeasures {
  /** The least score that counts as positive. */
  readonly threshold: number;
  /** Positives whose score is at least the threshold. */
  readonly truePositives: number;
  /** Negatives whose score is at least the threshold. */
  readonly falsePositives: number;
  /** TP / (TP + FP). */
  readonly precision: number;
  /** TP / positives, the true positive rate of the ROC curve. */
  readonly recall: number;
  /** FP / negatives. */
  readonly falsePositiveRate: number;
  /** 2 TP / (2 TP + FP + FN). */
  readonly f1: number;
  /** TP / (TP + FP + FN), the VOC score. */
  readonly jaccard: number;
}

/** What counts at one threshold. */
export type CountsAtThreshold = Pick<ThresholdMeasures, "threshold" | "truePositives" | "falsePositives">;

/** @param positives how many there are in all, at least 1; `negatives` too */
export function measuresAt(
  counts: CountsAtThreshold,
  positives: number,
  negatives: number,
): ThresholdMeasures {
  const { threshold, truePositives, falsePositives } = counts;
  const predicted = truePositives + falsePositives;
  return {
    threshold,
    truePositives,
    falsePositives,
    precision: predicted === 0 ? 0 : truePositives / predicted,
    recall: truePositives / positives,
    falsePositiveRate: falsePositives / negatives,
    f1: 2 * truePositives / (predicted + positives),
    jaccard: truePositives / (falsePositives + positives),
  };
}
