/** The points of a precision-recall or ROC curve that are kept, while thresholds go from the highest score to the lowest. */
import { scoreOfKey } from "./score_keys.ts";
import type { CountsAtThreshold } from "./threshold_measures.ts";

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
export function createCurvePoints(positives: number, negatives: number) {
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
