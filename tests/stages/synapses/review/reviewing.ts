/** A small table of synapses and a review of it, for tests. */
import { createDecisions } from "../../../../src/stages/synapses/review/fold.ts";
import { recordsOf, type ReviewAction } from "../../../../src/stages/synapses/review/actions.ts";
import { placesOf, type TablePlaces } from "../../../../src/stages/synapses/review/table_places.ts";
import type { ReviewRecord } from "../../../../src/stages/synapses/review/records.ts";

/** An action without its UUID. */
export type Asked = ReviewAction extends infer A ? A extends ReviewAction ? Omit<A, "action"> : never : never;

/** A table of cubes of 8 voxels' edge, 20 voxels apart along x, moved by `shift` voxels. */
export function cubes(count: number, shift = 0): TablePlaces {
  return placesOf(Array.from({ length: count }, (_, i) => ({
    box: { start: [10, 10, 20 * i + shift], shape: [8, 8, 8] },
    voxels: 500,
  })));
}

/** Decides in memory, as the server does with its log. */
export function createReviewing() {
  const decisions = createDecisions();
  let seq = 0;
  return {
    decisions,
    /** @param action the same twice is one */
    ask(asked: Asked, table: TablePlaces, action: string = crypto.randomUUID()): number {
      const records = recordsOf({ action, ...asked } as ReviewAction, decisions, table);
      for (const record of records) {
        decisions.take({ ...record, seq: ++seq, at: "2026-01-01T00:00:00Z" } as ReviewRecord);
      }
      return records.length;
    },
  };
}
