/** What was said of synapses, as a column of their table. */
import type { ReviewItem } from "../../api.ts";
import { REVIEWS, type SynapseRows } from "../../../analysis/synapse_columns.ts";

/** Its name, as in a CSV with the review applied. */
export const REVIEW_COLUMN = "review";

/** A table with what was said of its synapses. */
export function withReview(rows: SynapseRows, items: readonly ReviewItem[]): SynapseRows {
  const column = new Float64Array(rows.count);
  for (const { id, verdict } of items) {
    if (id > 0 && id <= rows.count) column[id - 1] = REVIEWS.indexOf(verdict ?? "not looked at");
  }
  return { ...rows, columns: new Map([...rows.columns, [REVIEW_COLUMN, column]]) };
}
