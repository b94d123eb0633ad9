/** The review that `ccboost synapses --reviewed` applies, and what it says of it. */
import type { Decisions } from "../stages/synapses/review/fold.ts";
import { openReviewLog, reviewPath } from "../stages/synapses/review/review_log.ts";
import type { ReviewProgress } from "../stages/synapses/review/sample.ts";
import { UserError } from "../user_error.ts";
import { commandLine } from "../program_name.ts";
import { runOfScores } from "./evaluate_kept.ts";

/**
 * What was decided about the synapses of a run.
 * @param scores path of the scores
 * @throws {UserError} where these are not a run's, or nobody has reviewed its synapses
 */
export async function decisionsAbout(scores: string): Promise<Decisions> {
  const run = await runOfScores(scores);
  if (run === undefined) {
    throw new UserError(
      `${scores}: --reviewed needs the work folder of the run whose synapses were reviewed`,
    );
  }
  const log = reviewPath(run.work, run.volume);
  const decisions = openReviewLog(log).decisions();
  if (decisions.done.length > 0) return decisions;
  throw new UserError(
    `${log}: nothing was reviewed yet; start ${commandLine(["serve", run.work])} and choose Proofread at ` +
      "Results, or leave out --reviewed",
  );
}

/** How many are right, and how sure that is. */
export function describeReview(
  { count, accepted, rejected, unsure, added, estimate }: ReviewProgress,
): string {
  const looked = accepted + rejected + unsure;
  const told = accepted + rejected;
  const right = told > 0 ? `, ${percent(accepted / told)} of them right` : "";
  const sample = estimate.precision === null
    ? "The random sample was not begun, so the precision of the table is not known."
    : `Estimated precision of the table as it was found: ${percent(estimate.precision)}, 95 % confidence ` +
      `interval ${percent(estimate.from)} to ${
        percent(estimate.to)
      }, from a random sample of ${estimate.looked}.`;
  return [
    `Review: ${looked} of ${count} looked at${right}; ${rejected} rejected, ${unsure} unsure, ${added} added`,
    sample,
  ].join("\n");
}

function percent(share: number): string {
  return `${Number((100 * share).toFixed(1))} %`;
}
