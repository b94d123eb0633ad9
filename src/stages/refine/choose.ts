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
interface Judgement {
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
const AS_GOOD = 0.95;

/** Average precision and the best threshold, of cells weighted by what they stand for. @returns undefined where a class is missing */
export function judge({ scores, labels, standsFor }: ScoredCells): Judgement | undefined {
  const positives = ascending(scores, labels, 1);
  const negatives = ascending(scores, labels, 0);
  if (positives.length === 0 || negatives.length === 0) return undefined;
  const all = positives.length * standsFor.positive;
  const f1Of = ({ truly, falsely }: Accepted) => 2 * truly / (truly + falsely + all);
  let averagePrecision = 0, f1 = 0, before = 0;
  forEachThreshold(positives, negatives, standsFor, (accepted) => {
    const { truly, falsely } = accepted;
    averagePrecision += (truly - before) / all * truly / (truly + falsely);
    before = truly;
    f1 = Math.max(f1, f1Of(accepted));
  });
  let threshold = 0;
  forEachThreshold(positives, negatives, standsFor, (accepted) => {
    if (f1Of(accepted) >= AS_GOOD * f1) threshold = accepted.score;
  });
  return { averagePrecision, f1, threshold };
}

/** What scores at least as much as a threshold. */
interface Accepted {
  readonly score: number;
  /** Weights of the positives and of the negatives. */
  readonly truly: number;
  readonly falsely: number;
}

/** Calls `visit` for every score that occurs, from the highest on. */
function forEachThreshold(
  positives: Ranks,
  negatives: Ranks,
  standsFor: ScoredCells["standsFor"],
  visit: (accepted: Accepted) => void,
): void {
  let below = positives.length, rejected = negatives.length;
  while (below > 0 || rejected > 0) {
    const score = Math.max(positives[below - 1] ?? -Infinity, negatives[rejected - 1] ?? -Infinity);
    below = countBelow(positives, below, score);
    rejected = countBelow(negatives, rejected, score);
    visit({
      score,
      truly: (positives.length - below) * standsFor.positive,
      falsely: (negatives.length - rejected) * standsFor.negative,
    });
  }
}

type Ranks = Float64Array<ArrayBuffer>;

function ascending(scores: ArrayLike<number>, labels: Uint8Array, wanted: number): Ranks {
  const count = labels.reduce((sum, label) => sum + (label === wanted ? 1 : 0), 0);
  const own = new Float64Array(count);
  let next = 0;
  for (let i = 0; i < labels.length; i++) if (labels[i] === wanted) own[next++] = scores[i] ?? 0;
  return own.sort();
}

/** Of the first `count` ascending values, how many are less than `score`. */
function countBelow(values: Ranks, count: number, score: number): number {
  while (count > 0 && (values[count - 1] ?? 0) >= score) count--;
  return count;
}

/** Probabilities of scores that are not divided by a sum of alphas, `total` being 1, or of those that are. */
export function calibrate({ scores, labels }: ScoredCells, total: number): PlattScaling {
  return fitPlatt(Float64Array.from(scores, (score) => score / total), labels);
}
