/** What a person asks for in a review, and the records of it. */
import { UserError } from "../../../user_error.ts";
import type { Zyx } from "../../../volume/region.ts";
import { type createDecisions, type Review, reviewOf } from "./fold.ts";
import type { Change, ReviewItem, SynapsePlace, Verdict } from "./records.ts";
import type { NewRecord } from "./review_log.ts";
import type { TablePlaces } from "./table_places.ts";

/** Something that is done to a review. Synapses that were missed have numbers below 0. */
export type ReviewAction =
  & { readonly action: string }
  & (
    | { readonly kind: "verdict"; readonly id: number; readonly verdict: Verdict | null }
    | { readonly kind: "comment"; readonly id: number; readonly comment: string }
    | { readonly kind: "flip"; readonly id: number }
    | { readonly kind: "split"; readonly id: number; readonly seeds: readonly Zyx[] }
    | { readonly kind: "merge"; readonly ids: readonly number[] }
    /** `null`: begins another synapse. */
    | { readonly kind: "add"; readonly id: number | null; readonly runs: readonly number[] }
    | { readonly kind: "undo" }
    | { readonly kind: "redo" }
  );

/** Most decisions of a review, numbers of runs of what was missed, and parts of a synapse, so that a review fits the memory. */
const MOST_DECISIONS = 200_000;
const MOST_RUN_NUMBERS = 2 ** 21;
export const MOST_PARTS = 16;
/** Longest comment, characters. */
export const LONGEST_COMMENT = 500;

type Known = ReturnType<typeof createDecisions>;

/**
 * The records of an action; none where it is known already.
 * @throws {UserError} where it cannot be done
 */
export function recordsOf(action: ReviewAction, decisions: Known, table: TablePlaces): readonly NewRecord[] {
  if (decisions.has(action.action)) return [];
  if (action.kind === "undo" || action.kind === "redo") {
    const last = (action.kind === "undo" ? decisions.done : decisions.undone).at(-1);
    if (!last) throw new UserError(`there is nothing to ${action.kind === "undo" ? "undo" : "do again"}`);
    return [{ kind: action.kind, action: action.action, of: last.record.seq }];
  }
  if (decisions.done.length >= MOST_DECISIONS) {
    throw new UserError(`a review holds at most ${MOST_DECISIONS} decisions`);
  }
  const ids = idsOf(action, decisions);
  const review = reviewOf(decisions, table);
  for (const id of ids) requireKnown(id, action, review, table);
  const change = changeOf(action, review, ids, table);
  const places = ids.filter((id) => id > 0).map((id) => table.place(id));
  const { fingerprint, count } = table;
  const isSame = decisions.fingerprint === fingerprint;
  return [
    ...(isSame ? [] : [{ kind: "table", fingerprint, count } as const]),
    { action: action.action, ids, places, ...change },
  ];
}

type Decision = Exclude<ReviewAction, { readonly kind: "undo" | "redo" }>;

function idsOf(action: Decision, decisions: Known): readonly number[] {
  if (action.kind === "merge") return [...new Set(action.ids)].sort((a, b) => a - b);
  return [action.id ?? decisions.nextAdded];
}

function requireKnown(id: number, action: Decision, { items }: Review, { count }: TablePlaces): void {
  const isNew = action.kind === "add" && action.id === null;
  if (isNew || id > 0 && id <= count && action.kind !== "add" || id < 0 && items.has(id)) return;
  throw new UserError(
    `there is no synapse ${id} in this table${id < 0 ? "; it may have been undone on another page" : ""}`,
  );
}

/** @throws {UserError} where a synapse cannot be changed so */
function changeOf(
  action: Decision,
  { items }: Review,
  ids: readonly number[],
  table: TablePlaces,
): Change {
  const [id = 0] = ids;
  const isOfTable = ids.every((one) => one > 0);
  const isSplit = (one: number) => (items.get(one)?.seeds.length ?? 0) > 0;
  switch (action.kind) {
    case "verdict":
      return { kind: "verdict", verdict: action.verdict };
    case "comment":
      return { kind: "comment", comment: action.comment.trim() };
    case "flip":
      return { kind: "flip" };
    case "split":
      if (!isOfTable) throw new UserError("a synapse that you added cannot be split; undo it instead");
      if ((items.get(id)?.mergedWith.length ?? 0) > 0) {
        throw new UserError(`synapse ${id} is merged with others; undo that first`);
      }
      requireInside(action.seeds, table.place(id), id);
      return { kind: "split", seeds: action.seeds };
    case "merge":
      if (!isOfTable || ids.length < 2) throw new UserError("choose two synapses of the table to merge");
      if (ids.some(isSplit)) {
        throw new UserError(`synapse ${ids.find(isSplit)} is split into parts; undo that first`);
      }
      return { kind: "merge" };
    case "add": {
      const numbers = [...items.values()].reduce((sum, { runs }: ReviewItem) => sum + runs.length, 0);
      if (numbers + action.runs.length > MOST_RUN_NUMBERS) {
        throw new UserError("too much was added by hand to keep; train again with what was missed");
      }
      return { kind: "add", runs: action.runs };
    }
  }
}

function requireInside(seeds: readonly Zyx[], place: SynapsePlace, id: number): void {
  const different = new Set(seeds.map((seed) => seed.join()));
  if (different.size < 2 || different.size !== seeds.length) {
    throw new UserError("choose two or more different places, one in each part");
  }
  const isOutside = ([z, y, x]: Zyx) =>
    [z, y, x].some((at, axis) =>
      at < (place[axis] ?? 0) || at >= (place[axis] ?? 0) + (place[axis + 3] ?? 0)
    );
  const outside = seeds.find(isOutside);
  if (outside) {
    throw new UserError(`x ${outside[2]}, y ${outside[1]}, z ${outside[0]} is not in synapse ${id}`);
  }
}
