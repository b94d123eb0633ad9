/** What people read of a review. */
import type { ReviewItem, ReviewProgress } from "../../api.ts";
import { countText } from "../text.ts";

/** Synapses that one looks at to know the precision. */
export const USUAL_SAMPLE = 50;

/** `212 of 640 looked at, 91 % right`. */
export function progressText({ count, accepted, rejected, unsure, added }: ReviewProgress): string {
  const told = accepted + rejected;
  return [
    `${countText(told + unsure)} of ${countText(count)} looked at`,
    ...(told > 0 ? [`${percent(accepted / told)} right`] : []),
    ...(added > 0 ? [`${added} added`] : []),
  ].join(", ");
}

/** How good the table is, as far as the sample tells. */
export function estimateText({ estimate, count }: ReviewProgress): string {
  const { looked, precision, from, to } = estimate;
  const enough = Math.min(USUAL_SAMPLE, count);
  const rest = looked < enough ? ` Look at ${enough - looked} more of the random sample to narrow it.` : "";
  if (precision === null) {
    return `Look at ${enough} synapses of the random sample, and this line tells how many of all are right.`;
  }
  if (looked === count) return `Precision ${percent(precision)}: all synapses were looked at.`;
  return `Estimated precision ${percent(precision)}, 95 % confidence interval ${percent(from)} to ${
    percent(to)
  }, ` +
    `from ${looked} of the random sample.${rest}`;
}

function percent(share: number): string {
  return `${Math.round(100 * share)} %`;
}

/** What is said of a synapse, in a few words. */
export function itemText(item: ReviewItem | undefined): string {
  if (!item || item.verdict === null && item.comment === "") return "not looked at";
  return [
    item.verdict ?? "not looked at",
    ...(item.seeds.length > 0 ? [`split into ${item.seeds.length}`] : []),
    ...(item.mergedWith.length > 0
      ? [`merged with ${item.mergedWith.filter((id) => id !== item.id).join(", ")}`]
      : []),
    ...(item.isFlipped ? ["direction flipped"] : []),
    ...(item.isCarried ? ["decided for an earlier table"] : []),
  ].join(", ");
}
