/** The samples that one round of boosting looks at (`docs/algorithm.md`, section 7, step 1). */
import type { Kernels } from "../kernels/mod.ts";
import { chanceKey } from "./chance.ts";
import type { IdList, SampleState } from "./sample_state.ts";

/** A round's weighted samples, as entries for the kernel `searchEntries`. */
export interface RoundSamples {
  readonly entries: number;
  readonly count: number;
  /** Sum of the positives' integer weights. */
  readonly positive: number;
  /** Sum of all integer weights, about 2^30. */
  readonly total: number;
}

// The most that leaves room for rounding each weight up by a half without leaving 31 bits.
const TOTAL_WEIGHT = 2 ** 30;

/**
 * Draws a round's samples: a random half of the positives; `ratio` times as many negatives, with replacement and by weight, from
 * a random half of the negatives, each with an equal part of that half's weight; and every negative that is always kept, with its
 * own weight. Allocates in the arena; the caller releases.
 */
export function drawRoundSamples(
  { run, arena }: Kernels,
  state: SampleState,
  options: { readonly seed: number; readonly round: number; readonly ratio: number },
): RoundSamples {
  const { seed, round, ratio } = options;
  const { weights, kept } = state;
  const half = (list: IdList, purpose: "positives" | "negatives"): IdList => {
    const count = Math.ceil(list.count / 2);
    const address = arena.alloc(4 * count);
    run.selectSome(list.address, list.count, count, chanceKey(seed, round, purpose), address);
    return { address, count };
  };
  const sum = (list: IdList) => run.sumWeights(list.address, list.count, weights);
  const positives = half(state.positives, "positives");
  const negatives = half(state.negatives, "negatives");
  const draws = negatives.count === 0 ? 0 : Math.max(1, Math.round(ratio * positives.count));
  const negativeWeight = sum(negatives);
  const unit = TOTAL_WEIGHT / (sum(positives) + negativeWeight + sum(kept));

  const room = positives.count + kept.count + Math.min(draws, negatives.count);
  const entries = arena.alloc(8 * room);
  run.writeEntries(positives.address, positives.count, weights, unit, entries);
  let count = positives.count;
  run.writeEntries(kept.address, kept.count, weights, -unit, entries + 8 * count);
  count += kept.count;
  const { address } = negatives;
  const each = -unit * negativeWeight / Math.max(draws, 1);
  const key = chanceKey(seed, round, "draws");
  const out = entries + 8 * count;
  count += run.drawEntries(address, negatives.count, weights, negativeWeight, draws, key, each, out);
  const positive = run.sumEntries(entries, count, 1);
  return { entries, count, positive, total: positive + run.sumEntries(entries, count, -1) };
}
