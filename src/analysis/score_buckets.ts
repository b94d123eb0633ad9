/** Counts of distinct scores for a range of keys at a time. A bucket is all keys with the same upper 16 bits. */

/** Buckets counted in one pass, from the highest downwards. */
type BucketGroup = readonly number[];

const KEYS = 65536;
/** A table of a bucket: two 64-bit counts for each key. */
const TABLE_BYTES = 2 * 8 * KEYS;
/** A bucket with few voxels is kept as a list of lower halves instead. */
const LISTED_BYTES = 2;

/** Groups all buckets that are not empty, so that no group needs more than `memoryBytes` (or holds one bucket). */
export function planGroups(
  positivesOf: Float64Array,
  negativesOf: Float64Array,
  memoryBytes: number,
): BucketGroup[] {
  const groups: number[][] = [];
  let bytes = Infinity;
  for (let bucket = KEYS - 1; bucket >= 0; bucket--) {
    const voxels = (positivesOf[bucket] ?? 0) + (negativesOf[bucket] ?? 0);
    if (voxels === 0) continue;
    const needed = Math.min(TABLE_BYTES, voxels * LISTED_BYTES);
    const group = groups.at(-1);
    if (group === undefined || bytes + needed > memoryBytes) {
      groups.push([bucket]);
      bytes = needed;
    } else {
      group.push(bucket);
      bytes += needed;
    }
  }
  return groups;
}

/** Makes the counts of the distinct scores of a group of `planGroups`, empty. Keys of other buckets are passed over. */
export function countedScores(group: BucketGroup, positivesOf: Float64Array, negativesOf: Float64Array) {
  const tables = new Map<number, number>();
  const lists = new Int32Array(2 * KEYS).fill(-1);
  const first = new Int32Array(2 * KEYS);
  let listed = 0;
  for (const bucket of group) {
    const positives = positivesOf[bucket] ?? 0, negatives = negativesOf[bucket] ?? 0;
    if ((positives + negatives) * LISTED_BYTES >= TABLE_BYTES) {
      tables.set(bucket, tables.size * 2 * KEYS);
      continue;
    }
    first[2 * bucket] = lists[2 * bucket] = listed;
    first[2 * bucket + 1] = lists[2 * bucket + 1] = listed + positives;
    listed += positives + negatives;
  }
  const counts = new Float64Array(tables.size * 2 * KEYS);
  const lows = new Uint16Array(listed);

  const add = (key: number, side: 0 | 1) => {
    const bucket = key >>> 16;
    const next = lists[2 * bucket + side] ?? -1;
    if (next >= 0) {
      lows[next] = key;
      lists[2 * bucket + side] = next + 1;
      return;
    }
    const table = tables.get(bucket);
    if (table === undefined) return;
    const at = table + 2 * (key & 0xffff) + side;
    counts[at] = (counts[at] ?? 0) + 1;
  };
  return {
    addPositive: (key: number) => add(key, 0),
    addNegative: (key: number) => add(key, 1),
    /** Visits every key that occurs, from the highest downwards. Call once, after all keys are added. */
    forEach(visit: Visit): void {
      for (const bucket of group) {
        const high = bucket * KEYS;
        const table = tables.get(bucket);
        if (table !== undefined) {
          visitTable(counts.subarray(table, table + 2 * KEYS), high, visit);
        } else {
          const list = (side: 0 | 1) =>
            lows.subarray(first[2 * bucket + side], lists[2 * bucket + side]).sort();
          visitLists(list(0), list(1), high, visit);
        }
      }
    },
  };
}

type Visit = (key: number, positives: number, negatives: number) => void;

function visitTable(counts: Float64Array, high: number, visit: Visit): void {
  for (let low = KEYS - 1; low >= 0; low--) {
    const positives = counts[2 * low] ?? 0, negatives = counts[2 * low + 1] ?? 0;
    if (positives + negatives > 0) visit(high + low, positives, negatives);
  }
}

/** Merges two ascending lists of lower halves, from their ends. */
function visitLists(positives: Uint16Array, negatives: Uint16Array, high: number, visit: Visit): void {
  let p = positives.length - 1, n = negatives.length - 1;
  while (p >= 0 || n >= 0) {
    const low = Math.max(positives[p] ?? -1, negatives[n] ?? -1);
    const startP = p, startN = n;
    while (positives[p] === low) p--;
    while (negatives[n] === low) n--;
    visit(high + low, startP - p, startN - n);
  }
}
