/** Which scores are shown: those of one model, and of the one before it where there are none yet. */
import type { Volume } from "../volume.ts";

/** Scores of the last model, and of one before it. */
export interface ModelScores {
  readonly now: Volume | undefined;
  readonly before: Volume | undefined;
}

/** Thresholds that models have told, by the paths of their scores. */
export type ModelThresholds = ReadonlyMap<string, number>;

/** A new model has scores. Of those before it the last ones with a threshold are kept. */
export function withNewScores(
  { now, before }: ModelScores,
  next: Volume,
  thresholds: ModelThresholds,
): ModelScores {
  return { now: next, before: now && thresholds.has(now.info.path) ? now : before };
}

/** What is shown: the scores before alone until the last model has a threshold, which theirs says nothing of. */
export function shownScores(scores: ModelScores, hasThreshold: boolean): ModelScores {
  return scores.before && !hasThreshold ? { now: scores.before, before: undefined } : scores;
}
