/** How a stage's work is dealt to shards. The deal depends on the list of work and the number of shards alone. */
import type { Zyx } from "../../volume/region.ts";

/** Which of how many shards; `index` from 0. */
export interface Shard {
  readonly index: number;
  readonly count: number;
}

/**
 * Divides a list among shards: each gets neighbours in the list, of about equal cost together.
 *
 * @param costs what each item costs, in any unit; none negative
 * @returns for each shard its first item and the one after its last; where there are fewer items than shards some get none
 */
export function dealItems(costs: readonly number[], shards: number): (readonly [from: number, to: number])[] {
  const total = costs.reduce((sum, cost) => sum + cost, 0);
  const counts = new Array<number>(shards).fill(0);
  let before = 0;
  for (const [place, cost] of costs.entries()) {
    // the shard that holds the middle of the item, where all items lie on a line as long as they cost
    const share = total > 0 ? (before + cost / 2) / total : (place + 0.5) / costs.length;
    const shard = Math.min(shards - 1, Math.floor(share * shards));
    counts[shard] = (counts[shard] ?? 0) + 1;
    before += cost;
  }
  let from = 0;
  return counts.map((count) => {
    const range = [from, from + count] as const;
    from += count;
    return range;
  });
}

/**
 * Puts points of a grid in the order of a curve on which neighbours are near each other (Morton 1966), so that a piece of it is a
 * compact part of the volume.
 *
 * @param place where an item lies, `[z, y, x]`, whole numbers below 2^17
 */
export function alongCurve<T>(items: readonly T[], place: (item: T) => Zyx): T[] {
  const keyed = items.map((item, index) => ({ item, index, key: mortonKey(place(item)) }));
  return keyed.sort((a, b) => a.key - b.key || a.index - b.index).map(({ item }) => item);
}

const BITS = 17;

/** The bits of three numbers by turns; below 2^51, which a number holds. */
function mortonKey([z, y, x]: Zyx): number {
  let key = 0;
  for (let bit = BITS - 1; bit >= 0; bit--) {
    key = key * 8 + ((z >> bit) & 1) * 4 + ((y >> bit) & 1) * 2 + ((x >> bit) & 1);
  }
  return key;
}
