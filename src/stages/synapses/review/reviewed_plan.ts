/** What becomes of each synapse of a table when its review is applied, and of each of its voxels. */
import { type Region, regionAround, type Zyx } from "../../../volume/region.ts";
import type { Synapse } from "../../../analysis/synapse.ts";
import type { Review } from "./fold.ts";
import type { ReviewItem } from "./records.ts";

/** What a reviewed table says of a synapse besides its figures. */
export interface ReviewMark {
  /** What was said of it. */
  readonly review: "accepted" | "unsure" | "not looked at";
  /** How it differs from what was found. */
  readonly changes: readonly ("split" | "merged" | "added" | "flipped")[];
  /** Numbers in the table that was reviewed; none where it was missed. */
  readonly foundAs: readonly number[];
  /** What was written about it. */
  readonly comment: string;
}

/** A synapse of the reviewed table; its number is its place in the plan, from 1. */
export interface ReviewedSynapse {
  /** The item of the review that it is of: the number in the table, below 0 where it was missed; and which of several parts. */
  readonly of: { readonly id: number; readonly part: number };
  readonly mark: ReviewMark;
  readonly isFlipped: boolean;
  /** The synapse as it was found, where its voxels are the same. */
  readonly same: Synapse | undefined;
  /** A region that holds it. */
  readonly box: Region;
  /** Voxels of one that was missed, z, y, x and length of one run after the other; some may be another synapse's. */
  readonly runs: readonly number[];
}

export interface ReviewedPlan {
  readonly synapses: readonly ReviewedSynapse[];
  /** By the number in the table: that in the reviewed table, of several parts the first; 0 where it was rejected. */
  readonly numberOf: Uint32Array;
  /** Places in the parts of synapses that are several, by the number in the table. */
  readonly seeds: ReadonlyMap<number, readonly Zyx[]>;
}

/** Plans the reviewed table: synapses in the order in which they were found, then those that were missed. */
export function planReviewed(found: readonly Synapse[], { items }: Pick<Review, "items">): ReviewedPlan {
  const synapses: ReviewedSynapse[] = [];
  const numberOf = new Uint32Array(found.length + 1);
  const seeds = new Map<number, readonly Zyx[]>();
  for (const synapse of found) {
    const { id, box } = synapse;
    const item = items.get(id);
    if (item?.verdict === "rejected") continue;
    const [first = id] = item?.mergedWith ?? [];
    if (first < id) {
      numberOf[id] = numberOf[first] ?? 0;
      continue;
    }
    numberOf[id] = synapses.length + 1;
    const isFlipped = item?.isFlipped ?? false;
    const parts = item?.seeds ?? [];
    if (parts.length > 0) seeds.set(id, parts);
    const merged = (item?.mergedWith ?? []).flatMap((other) => found[other - 1] ?? []);
    const whole = merged.reduce((all, one) => regionAround(all, one.box), box);
    const same = parts.length === 0 && merged.length === 0 ? synapse : undefined;
    const mark = markOf(item, merged.length > 0 ? merged.map((one) => one.id) : [id]);
    for (let part = 0; part < Math.max(1, parts.length); part++) {
      synapses.push({ of: { id, part }, mark, isFlipped, same, box: whole, runs: [] });
    }
  }
  const missed = [...items.values()].filter(({ id, verdict }) => id < 0 && verdict !== "rejected");
  for (const item of missed.sort((a, b) => b.id - a.id)) {
    const { id, isFlipped, runs } = item;
    synapses.push({
      of: { id, part: 0 },
      mark: markOf(item, []),
      isFlipped,
      same: undefined,
      box: boxOfRuns(runs),
      runs,
    });
  }
  return { synapses, numberOf, seeds };
}

/** A review without what has no voxels in the end: parts of synapses that are several, and what was missed. */
export function withoutEmpty(
  { items }: Pick<Review, "items">,
  empty: readonly ReviewedSynapse[],
): Pick<Review, "items"> {
  const kept = new Map(items);
  for (const id of new Set(empty.map(({ of }) => of.id))) {
    const item = items.get(id);
    const parts = new Set(empty.flatMap(({ of }) => of.id === id ? [of.part] : []));
    const seeds = item?.seeds.filter((_, part) => !parts.has(part)) ?? [];
    if (item && id > 0) kept.set(id, { ...item, seeds: seeds.length > 1 ? seeds : [] });
    else kept.delete(id);
  }
  return { items: kept };
}

function markOf(item: ReviewItem | undefined, foundAs: readonly number[]): ReviewMark {
  const { verdict = null, comment = "", seeds = [], isFlipped = false } = item ?? {};
  return {
    review: verdict === "accepted" || verdict === "unsure" ? verdict : "not looked at",
    changes: [
      ...(seeds.length > 0 ? ["split" as const] : []),
      ...(foundAs.length > 1 ? ["merged" as const] : []),
      ...(foundAs.length === 0 ? ["added" as const] : []),
      ...(isFlipped ? ["flipped" as const] : []),
    ],
    foundAs,
    comment,
  };
}

/** The part, by its place in the list, to which a voxel belongs: that with the nearest seed. @param unit length of a voxel on each axis */
export function partOf([z, y, x]: Zyx, seeds: readonly Zyx[], [uz, uy, ux]: Zyx): number {
  let part = 0, least = Infinity;
  for (const [i, seed] of seeds.entries()) {
    const [dz, dy, dx] = [(z - seed[0]) * uz, (y - seed[1]) * uy, (x - seed[2]) * ux];
    const distance = dz * dz + dy * dy + dx * dx;
    if (distance < least) [part, least] = [i, distance];
  }
  return part;
}

/** The smallest region that holds some runs. @param runs z, y, x and length along x, one after the other; one at least */
function boxOfRuns(runs: readonly number[]): Region {
  const boxes = Array.from({ length: runs.length / 4 }, (_, i): Region => {
    const [z = 0, y = 0, x = 0, length = 1] = runs.slice(4 * i, 4 * i + 4);
    return { start: [z, y, x], shape: [1, 1, length] };
  });
  return boxes.reduce((a, b) => regionAround(a, b));
}
