/** One-to-one matching of two sets of things, of which some pairs may be matched. */

/** Two things that may be matched, each known by a whole number of its own set. */
export interface CandidatePair {
  /** Number in the ground truth. */
  readonly truth: number;
  /** Number in the prediction. */
  readonly prediction: number;
}

/**
 * Matches as many pairs as possible, each truth to at most one prediction and the other way round. Pairs are taken in the
 * given order, best first; where taking one left something alone that another choice would match, the choice is
 * changed, and whatever was matched stays matched.
 *
 * @param pairs best first
 * @returns the prediction of each matched truth
 */
export function matchPairs(pairs: readonly CandidatePair[]): Map<number, number> {
  const predictionsOf = Map.groupBy(pairs, ({ truth }) => truth);
  const predictionOf = new Map<number, number>(), truthOf = new Map<number, number>();
  for (const { truth, prediction } of pairs) {
    if (predictionOf.has(truth) || truthOf.has(prediction)) continue;
    predictionOf.set(truth, prediction);
    truthOf.set(prediction, truth);
  }
  // What a search that failed has reached is of no use to any later one.
  const useless = new Set<number>();
  for (const start of predictionsOf.keys()) {
    if (predictionOf.has(start)) continue;
    const reachedFrom = new Map<number, number>();
    const free = findFree(start, predictionsOf, truthOf, useless, reachedFrom);
    if (free === undefined) {
      for (const prediction of reachedFrom.keys()) useless.add(prediction);
      continue;
    }
    // Back along the path, each truth takes the prediction that was reached from it.
    let prediction: number | undefined = free;
    while (prediction !== undefined) {
      const truth: number = reachedFrom.get(prediction) ?? start;
      const before = predictionOf.get(truth);
      predictionOf.set(truth, prediction);
      truthOf.set(prediction, truth);
      prediction = before;
    }
  }
  return predictionOf;
}

/** Searches a prediction that no truth has, over truths that could change theirs; the nearest in the order of pairs. */
function findFree(
  start: number,
  predictionsOf: ReadonlyMap<number, readonly CandidatePair[]>,
  truthOf: ReadonlyMap<number, number>,
  useless: ReadonlySet<number>,
  reachedFrom: Map<number, number>,
): number | undefined {
  const truths = [start];
  for (const truth of truths) {
    for (const { prediction } of predictionsOf.get(truth) ?? []) {
      if (useless.has(prediction) || reachedFrom.has(prediction)) continue;
      reachedFrom.set(prediction, truth);
      const holder = truthOf.get(prediction);
      if (holder === undefined) return prediction;
      truths.push(holder);
    }
  }
  return undefined;
}
