/** The random numbers of boosting and of forests: each a function of seed, round, purpose and index, so that no draw depends on how many came before. */

/** What a stream of random numbers is for; streams of one round are independent. */
export type Purpose = "positives" | "negatives" | "draws" | "poses" | "rows" | "features";

const PURPOSES: readonly Purpose[] = ["positives", "negatives", "draws", "poses", "rows", "features"];

/** The key of a stream for the kernels' `drawBits(key, index)`, a 32-bit unsigned integer. */
export function chanceKey(seed: number, round: number, purpose: Purpose): number {
  return mix(mix(mix(seed ^ 0x9e3779b9) ^ round) ^ PURPOSES.indexOf(purpose));
}

/** Wellons, "Prospecting for hash functions", 2018 (lowbias32), as in the kernels. */
function mix(value: number): number {
  let x = value >>> 0;
  x = Math.imul(x ^ x >>> 16, 0x7feb352d);
  x = Math.imul(x ^ x >>> 15, 0x846ca68b);
  return (x ^ x >>> 16) >>> 0;
}
