/** The review that `ccboost synapses --reviewed` applies, and what it says of it. */
import { basename, dirname, resolve } from "node:path";
import type { createDecisions } from "../stages/synapses/review/fold.ts";
import { openReviewLog, reviewPath } from "../stages/synapses/review/review_log.ts";
import type { ReviewProgress } from "../stages/synapses/review/sample.ts";
import { UserError } from "../user_error.ts";
import { commandLine } from "../program_name.ts";

/**
 * What was decided about the synapses of a run.
 * @param scores path of the scores
 * @throws {UserError} where these are not a run's, or nobody has reviewed its synapses
 */
export function decisionsAbout(scores: string): ReturnType<typeof createDecisions> {
  const path = resolve(scores);
  const volume = /^(\d+)-max\.zarr$/.exec(basename(path))?.[1];
  if (volume === undefined || basename(dirname(path)) !== "scores") {
    throw new UserError(
      `${scores}: --reviewed needs the work folder of the run whose synapses were reviewed`,
    );
  }
  const workFolder = dirname(dirname(path));
  const log = reviewPath(workFolder, Number(volume));
  const decisions = openReviewLog(log).decisions();
  if (decisions.done.length > 0) return decisions;
  throw new UserError(
    `${log}: nothing was reviewed yet; start ${commandLine(["serve", workFolder])} and choose Proofread at ` +
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
    : `Estimated precision of the table as it was found: ${
      percent(estimate.precision)
    }, 95 % confidence interval ` +
      `${percent(estimate.from)} to ${percent(estimate.to)}, from a random sample of ${estimate.looked}.`;
  return [
    `Review: ${looked} of ${count} looked at${right}; ${rejected} rejected, ${unsure} unsure, ${added} added`,
    sample,
  ].join("\n");
}

function percent(share: number): string {
  return `${Number((100 * share).toFixed(1))} %`;
}
