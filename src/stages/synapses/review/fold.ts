/** What a review says of a table: its decisions, those that were undone left out, one after the other. */
import {
  type DecisionRecord,
  type ReviewItem,
  type ReviewRecord,
  type SynapsePlace,
  UNTOUCHED,
  type Verdict,
} from "./records.ts";
import { estimatePrecision, type ReviewProgress, sampleOrder } from "./sample.ts";
import type { TablePlaces } from "./table_places.ts";

/** A review as it applies to a table. */
export interface Review {
  /** Synapses of which something is said, by their numbers. */
  readonly items: ReadonlyMap<number, ReviewItem>;
  /** Decisions that were made when the table was another: that are of synapses which it still has, and of others. */
  readonly carried: number;
  readonly lost: number;
  /** Number of the decision that is undone next, and of the one that is done again next; 0: none. */
  readonly undone: number;
  readonly redone: number;
}

/** What is decided, in order, and what can be undone. */
export interface Decisions {
  readonly done: readonly DecisionAbout[];
  readonly undone: readonly DecisionAbout[];
}

/** A decision, and the table that it is about. */
export interface DecisionAbout {
  readonly record: DecisionRecord;
  readonly fingerprint: string;
}

/** Takes the records of a log as they come. */
export function createDecisions(): Decisions & {
  /** Fingerprint of the table that the last records are about; empty before there is one. */
  readonly fingerprint: string;
  /** The number for the next synapse that was missed; none is used twice. */
  readonly nextAdded: number;
  /** Whether an action is known. */
  has(action: string): boolean;
  take(record: ReviewRecord): void;
} {
  const done: DecisionAbout[] = [], undone: DecisionAbout[] = [];
  const actions = new Set<string>();
  let fingerprint = "", nextAdded = -1;
  return {
    done,
    undone,
    get fingerprint() {
      return fingerprint;
    },
    get nextAdded() {
      return nextAdded;
    },
    has: (action) => actions.has(action),
    take(record) {
      if (record.kind === "table") {
        fingerprint = record.fingerprint;
        return;
      }
      actions.add(record.action);
      if (record.kind === "undo" || record.kind === "redo") {
        const [from, to] = record.kind === "undo" ? [done, undone] : [undone, done];
        const moved = from.pop();
        if (moved) to.push(moved);
        return;
      }
      done.push({ record, fingerprint });
      undone.length = 0;
      for (const id of record.ids) nextAdded = Math.min(nextAdded, id - 1);
    },
  };
}

/** What decisions say of a table. */
export function reviewOf({ done, undone }: Decisions, table: TablePlaces): Review {
  const numberIn = matcher(done, table);
  const items = new Map<number, ReviewItem>();
  let carried = 0, lost = 0;
  for (const { record, fingerprint } of done) {
    const isCarried = fingerprint !== table.fingerprint;
    const ids = record.ids.map((id) => id < 0 ? id : numberIn(fingerprint, id));
    const known = ids.filter((id) => id !== undefined);
    const isOfTable = record.ids.some((id) => id > 0);
    const isDecided = known.length === ids.length && decide(items, record, known, isCarried && isOfTable);
    if (!isDecided) lost++;
    else if (isCarried && isOfTable) carried++;
  }
  for (const { id, runs } of items.values()) if (id < 0 && runs.length === 0) items.delete(id); // undone
  return {
    items,
    carried,
    lost,
    undone: done.at(-1)?.record.seq ?? 0,
    redone: undone.at(-1)?.record.seq ?? 0,
  };
}

/** Finds synapses of the tables that decisions are about in the one that there is. */
function matcher(done: readonly DecisionAbout[], table: TablePlaces) {
  const old = new Map<string, Map<number, SynapsePlace>>();
  for (const { record, fingerprint } of done) {
    if (fingerprint === table.fingerprint) continue;
    const places = old.get(fingerprint) ?? new Map<number, SynapsePlace>();
    old.set(fingerprint, places);
    let next = 0;
    for (const id of record.ids) if (id > 0) places.set(id, record.places[next++] ?? []);
  }
  const found = new Map(
    [...old].map(([fingerprint, places]) => [fingerprint, table.match(fingerprint, places)]),
  );
  return (fingerprint: string, id: number): number | undefined =>
    fingerprint === table.fingerprint ? id : found.get(fingerprint)?.get(id);
}

/**
 * Applies a decision to the synapses that it is about, and to all that are one with them.
 * @returns whether it could be: what is several is not one with others too, which decisions about different tables may say
 */
function decide(
  items: Map<number, ReviewItem>,
  record: DecisionRecord,
  ids: readonly number[],
  isCarried: boolean,
): boolean {
  const group = [...new Set(ids.flatMap((id) => itemAt(items, id).mergedWith.concat(id)))]
    .sort((a, b) => a - b);
  const isSeveral = group.some((id) => itemAt(items, id).seeds.length > 0);
  if (record.kind === "split" && group.length > 1 || record.kind === "merge" && isSeveral) return false;
  for (const id of group) {
    const before = itemAt(items, id);
    items.set(id, { ...before, isCarried, ...changeOf(record, before, group) });
  }
  return true;
}

function itemAt(items: ReadonlyMap<number, ReviewItem>, id: number): ReviewItem {
  return items.get(id) ?? { id, ...UNTOUCHED };
}

/** What a decision changes of an item. What shapes or turns a synapse says that it is one. */
function changeOf(
  record: DecisionRecord,
  { isFlipped, runs }: ReviewItem,
  group: readonly number[],
): Partial<ReviewItem> {
  const verdict = "accepted";
  switch (record.kind) {
    case "verdict":
      return { verdict: record.verdict };
    case "comment":
      return { comment: record.comment };
    case "flip":
      return { isFlipped: !isFlipped, verdict };
    case "split":
      return { seeds: record.seeds, verdict };
    case "merge":
      return { mergedWith: group, verdict };
    case "add":
      return { runs: [...runs, ...record.runs], verdict };
  }
}

/** How far a table of so many synapses was looked through. */
export function progressOf(
  { items }: Pick<Review, "items">,
  count: number,
  order = sampleOrder(count),
): ReviewProgress {
  const of = { accepted: 0, rejected: 0, unsure: 0 };
  let added = 0;
  for (const { id, verdict } of items.values()) {
    if (id < 0) added += Number(verdict === "accepted");
    else if (verdict !== null) of[verdict]++;
  }
  const verdictOf = (id: number): Verdict | null => items.get(id)?.verdict ?? null;
  return { count, ...of, added, estimate: estimatePrecision(order, verdictOf) };
}
