/** The random sample by which a person tells how many synapses of a table are right. The page shares this. */
import { shareInterval } from "../../../analysis/share_interval.ts";
import type { Verdict } from "./records.ts";

/** What the sample tells of the whole table. */
export type PrecisionEstimate = {
  /** Synapses of the sample that were looked at without a gap. */
  readonly looked: number;
  readonly accepted: number;
  /** Of these it could not be told. */
  readonly unsure: number;
  /** The share that is right, of those that could be told; null where there are none. */
  readonly precision: number | null;
  /** The 95 % confidence interval, with those of which it could not be told on either side. */
  readonly from: number;
  readonly to: number;
};

/** How a table was looked through. */
export type ReviewProgress = {
  /** Synapses of the table. */
  readonly count: number;
  readonly accepted: number;
  readonly rejected: number;
  readonly unsure: number;
  /** Synapses that were missed. */
  readonly added: number;
  readonly estimate: PrecisionEstimate;
};

/** Room for numbers of synapses beside their random keys, so that both fit a float. */
const MOST_SYNAPSES = 2 ** 24;

/** The numbers from 1 to `count` in an order that is random, and always the same: the sample is its beginning. */
export function sampleOrder(count: number): Uint32Array {
  const keys = new Float64Array(count);
  for (let i = 0; i < count; i++) keys[i] = (hash(i + 1) >>> 3) * MOST_SYNAPSES + i;
  keys.sort();
  return Uint32Array.from(keys, (key) => key % MOST_SYNAPSES + 1);
}

/** Wellons, "Prospecting for hash functions", 2018 (lowbias32). */
function hash(value: number): number {
  let x = value ^ 0x9e3779b9;
  x = Math.imul(x ^ x >>> 16, 0x7feb352d);
  x = Math.imul(x ^ x >>> 15, 0x846ca68b);
  return (x ^ x >>> 16) >>> 0;
}

/**
 * Estimates the precision from the beginning of the sample, up to the first synapse that was not looked at. Others that were looked at say nothing
 * here: they were chosen.
 */
export function estimatePrecision(
  order: Uint32Array,
  verdictOf: (id: number) => Verdict | null,
): PrecisionEstimate {
  let accepted = 0, unsure = 0, looked = 0;
  for (const id of order) {
    const verdict = verdictOf(id);
    if (verdict === null) break;
    looked++;
    if (verdict === "accepted") accepted++;
    if (verdict === "unsure") unsure++;
  }
  const told = looked - unsure;
  const { from, to } = shareInterval({ of: order.length, looked, have: accepted, unsure });
  return { looked, accepted, unsure, precision: told === 0 ? null : accepted / told, from, to };
}
