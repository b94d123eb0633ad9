/** Cuts of a feature at quantiles of its values. */

/** Cuts of a feature while it is learned from. */
const CUTS = 63;

/** Equal intervals from the least to the largest value. Only values of those that a quantile lies in are sorted. */
const INTERVALS = 4096;

/**
 * Cuts that divide the values into about equally many: value number k n / 64 of n in ascending order, for k from 1 to 63.
 * @param values finite, in any order
 * @returns the different ones, ascending, without the largest value
 */
export function quantileCuts(values: Float32Array): Float32Array<ArrayBuffer> {
  const [least, largest] = rangeOf(values);
  if (!(least < largest)) return new Float32Array();
  const ranks = Array.from({ length: CUTS }, (_, k) => Math.floor((k + 1) * values.length / (CUTS + 1)));
  const cuts: number[] = [];
  for (const cut of valuesAt(ranks, values, least, largest)) {
    if (cut < largest && cut !== cuts.at(-1)) cuts.push(cut);
  }
  return Float32Array.from(cuts);
}

function rangeOf(values: Float32Array): [least: number, largest: number] {
  let least = Infinity, largest = -Infinity;
  for (const value of values) {
    if (value < least) least = value;
    if (value > largest) largest = value;
  }
  return [least, largest];
}

/** The values that are at ascending `ranks`, from 0, once all are sorted. Which interval a value is in does not decrease with it. */
function valuesAt(
  ranks: readonly number[],
  values: Float32Array,
  least: number,
  largest: number,
): number[] {
  const scale = (INTERVALS - 1) / (largest - least);
  const intervals = new Uint16Array(values.length);
  const counts = new Uint32Array(INTERVALS);
  for (let i = 0; i < values.length; i++) {
    const interval = Math.floor(((values[i] ?? 0) - least) * scale);
    intervals[i] = interval;
    counts[interval] = (counts[interval] ?? 0) + 1;
  }
  const wanted = intervalsOfRanks(ranks, counts);
  const parts = collect(values, intervals, counts, new Set(wanted.map(({ interval }) => interval)));
  return wanted.map(({ interval, place }) => parts.get(interval)?.[place] ?? 0);
}

/** Where each of the ascending ranks is: in which interval, and at which place within it. */
function intervalsOfRanks(ranks: readonly number[], counts: Uint32Array) {
  let interval = 0, before = 0;
  return ranks.map((rank) => {
    for (let count = counts[interval] ?? 0; before + count <= rank; count = counts[interval] ?? 0) {
      before += count;
      interval++;
    }
    return { interval, place: rank - before };
  });
}

/** The values of some intervals, ascending. */
function collect(
  values: Float32Array,
  intervals: Uint16Array,
  counts: Uint32Array,
  wanted: ReadonlySet<number>,
): Map<number, Float32Array> {
  const ends = new Uint32Array(INTERVALS);
  const isWanted = new Uint8Array(INTERVALS);
  let total = 0;
  for (const interval of wanted) {
    isWanted[interval] = 1;
    ends[interval] = total;
    total += counts[interval] ?? 0;
  }
  const collected = new Float32Array(total);
  for (let i = 0; i < values.length; i++) {
    const interval = intervals[i] ?? 0;
    if (isWanted[interval] === 0) continue;
    const end = ends[interval] ?? 0;
    collected[end] = values[i] ?? 0;
    ends[interval] = end + 1;
  }
  const part = (interval: number) => {
    const end = ends[interval] ?? 0;
    return collected.subarray(end - (counts[interval] ?? 0), end).sort();
  };
  return new Map(Array.from(wanted, (interval) => [interval, part(interval)]));
}
