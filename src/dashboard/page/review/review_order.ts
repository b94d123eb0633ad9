/** In which order a table is looked through. */
import { sampleOrder } from "../../../stages/synapses/review/sample.ts";
import { type SynapseRows, valueAt } from "../../../analysis/synapse_columns.ts";

/** The orders, as people read them. */
export const ORDERS = {
  sample: "Random sample",
  doubtful: "Least sure first",
  large: "Largest first",
  table: "As in the table",
} as const;

export type ReviewOrder = keyof typeof ORDERS;

/** The numbers of a table's synapses in an order. */
export function reviewOrder(rows: SynapseRows, order: ReviewOrder): Uint32Array {
  if (order === "sample") return sampleOrder(rows.count);
  const ids = Uint32Array.from({ length: rows.count }, (_, row) => row + 1);
  if (order === "table") return ids;
  const [column, sign] = order === "large" ? ["voxels", -1] as const : ["mean_score", 1] as const;
  const of = (id: number) => sign * valueAt(rows, column, id - 1);
  return ids.sort((a, b) => of(a) - of(b) || a - b);
}

/**
 * The next synapse in an order that nothing is said of, behind one and then from the begin.
 * @param place of the one in the order; -1: from the begin
 * @returns its place; undefined where something is said of all
 */
export function nextOpen(
  order: Uint32Array,
  place: number,
  isOpen: (id: number) => boolean,
): number | undefined {
  for (let step = 1; step <= order.length; step++) {
    const at = (place + step) % order.length;
    if (isOpen(order[at] ?? 0)) return at;
  }
  return undefined;
}
