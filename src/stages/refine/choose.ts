/** How well scores tell labelled cells apart, and what is chosen by that. */
import { fitPlatt, type PlattScaling } from "../../boosting/mod.ts";

/** Scores of cells whose labels are known. */
export interface ScoredCells {
  readonly scores: ArrayLike<number>;
  /** 1 positive, 0 negative. */
  readonly labels: Uint8Array;
  /** How many cells of the volume a sampled one stands for: a positive, a negative. */
  readonly standsFor: { readonly positive: number; readonly negative: number };
}

/** What the curve of precision and recall has to say. */
export interface Judgement {
  /** Average precision: the mean over positives of the precision at their score, 0 to 1. */
  readonly averagePrecision: number;
  /** Largest F1 of all thresholds. */
  readonly f1: number;
  /** The lowest threshold with an F1 about as good. */
  readonly threshold: number;
}

/**
 * An F1 of at least this share of the best is about as good. Of these thresholds the lowest is taken: the mean of several models, which scores
 * a test volume, gives synapses lower scores than one model does, by which this is judged (on `vnc` the best threshold was 2.9 instead of
 * 3.9).
 */
const AS_GOOD = 0.97;

/** Average precision and the best threshold, of cells weighted by what they stand for. @returns undefined where a class is missing */
export function judge({ scores, labels, standsFor }: ScoredCells): Judgement | undefined {
  const order = new Uint32Array(labels.length).map((_, i) => i);
  order.sort((a, b) => ((scores[b] ?? 0) - (scores[a] ?? 0)) || a - b);
  let positives = 0;
  for (const label of labels) positives += label;
  if (positives === 0 || positives === labels.length) return undefined;
  const all = positives * standsFor.positive;
  let truly = 0, falsely = 0, averagePrecision = 0, f1 = 0;
  const curve: { readonly f1: number; readonly score: number }[] = [];
  for (let i = 0; i < order.length;) {
    const score = scores[order[i] ?? 0] ?? 0;
    let found = 0;
    for (; i < order.length && scores[order[i] ?? 0] === score; i++) {
      if (labels[order[i] ?? 0] === 1) found++;
      else falsely += standsFor.negative;
    }
    truly += found * standsFor.positive;
    averagePrecision += found / positives * truly / (truly + falsely);
    const here = 2 * truly / (truly + falsely + all);
    f1 = Math.max(f1, here);
    curve.push({ f1: here, score });
  }
  const lowest = curve.findLast((point) => point.f1 >= AS_GOOD * f1);
  return { averagePrecision, f1, threshold: lowest?.score ?? 0 };
}

/** Probabilities of scores that are not divided by a sum of alphas, `total` being 1, or of those that are. */
export function calibrate({ scores, labels }: ScoredCells, total: number): PlattScaling {
  return fitPlatt(Float64Array.from(scores, (score) => score / total), labels);
}
