/** The points of a precision-recall or ROC curve that are kept, while thresholds go from the highest score to the lowest. */
import { scoreOfKey } from "./score_keys.ts";
import type { CountsAtThreshold } from "./threshold_measures.ts";

/** Thresholds up to which each is a point. */
export const ALL_POINTS = 1024;
/** Of more thresholds a point is kept where recall or false positive rate has changed by one of so many parts … */
const STEPS = 256;
/** … or the number of voxels above the threshold by one of so many, which bounds how far precision can have changed. */
const GROWTH = 32;

/** Chooses points. */
export interface CurvePoints {
  /** Takes what counts from a key on; keys go down. */
  add(key: number, truePositives: number, falsePositives: number): void;
  /** The points kept, from the highest threshold down; the first and last threshold are among them. */
  points(): CountsAtThreshold[];
}

interface Point {
  readonly key: number;
  readonly tp: number;
  readonly fp: number;
}

/**
 * Keeps a bounded number of points, whatever the number of thresholds: of up to 1024 all, of more some 1000 (at most
 * 6000 for 10^12 voxels). Each is exact. Between two that follow each other neither recall nor false positive rate
 * changes by more than 1/256, nor precision by more than 1/32, except where a single threshold does that.
 */
export function createCurvePoints(positives: number, negatives: number): CurvePoints {
  const all: Point[] = [], kept: Point[] = [];
  let last: Point = { key: 0, tp: 0, fp: 0 };
  let before = last;
  let thresholds = 0;
  const keep = (point: Point) => {
    kept.push(point);
    last = point;
  };
  const isFar = ({ tp, fp }: Point) =>
    (tp - last.tp) * STEPS > positives || (fp - last.fp) * STEPS > negatives ||
    (tp + fp) * GROWTH > (last.tp + last.fp) * (GROWTH + 1);
  return {
    add(key, tp, fp) {
      const point = { key, tp, fp };
      if (thresholds < ALL_POINTS) all.push(point);
      if (isFar(point)) {
        if (before !== last) keep(before);
        if (isFar(point)) keep(point);
      }
      before = point;
      thresholds++;
    },
    points() {
      const chosen = thresholds <= ALL_POINTS ? all : before === last ? kept : [...kept, before];
      return chosen.map(({ key, tp, fp }) => ({
        threshold: scoreOfKey(key),
        truePositives: tp,
        falsePositives: fp,
      }));
    },
  };
}
