/** How sure a share is that was counted in a random sample: the exact confidence interval for a finite number of things. */

/** From which share to which. */
export interface ShareInterval {
  readonly from: number;
  readonly to: number;
}

/** What was counted in a sample drawn without replacement. */
export interface SampleCount {
  /** All there are. */
  readonly of: number;
  /** How many of them were looked at. */
  readonly looked: number;
  /** How many of those have what is counted. */
  readonly have: number;
  /** How many of those looked at may have it or not; the interval holds whether they do or do not. */
  readonly unsure?: number;
}

/** Chance of an interval that misses the true share on either side. */
const BESIDE = 0.05 / 2;

/**
 * The interval that holds the share among all with a chance of 95 % or more, whatever the share is: Clopper and Pearson's (Biometrika
 * 1934) with the hypergeometric distribution in place of the binomial one, as the sample is drawn without replacement from a finite
 * number (Buonaccorsi, American Statistician 1987). Once all are looked at, it is the share itself.
 */
export function shareInterval({ of, looked, have, unsure = 0 }: SampleCount): ShareInterval {
  if (of === 0) return { from: 0, to: 1 };
  const most = have + unsure;
  // The fewest that are not too few for `have` to be counted, and the most that are not too many for `most`.
  const fewest = firstWhere(have, of - looked + have, (n) => chanceOf(have, looked, n, of, looked) > BESIDE);
  const tooMany = firstWhere(most, of - looked + most + 1, (n) => chanceOf(0, most, n, of, looked) <= BESIDE);
  return { from: fewest / of, to: (tooMany - 1) / of };
}

/** The first whole number of a range, from `from` up to `end`, for which a test holds that holds for all that follow. */
function firstWhere(from: number, end: number, holds: (n: number) => boolean): number {
  let low = from, high = end;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (holds(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** The chance to count from `low` to `high` in a sample, where `marked` of all have what is counted. */
function chanceOf(low: number, high: number, marked: number, of: number, looked: number): number {
  const first = Math.max(low, looked - (of - marked)), last = Math.min(high, looked, marked);
  let log = logChoose(marked, first) + logChoose(of - marked, looked - first) - logChoose(of, looked);
  let sum = 0;
  for (let k = first; k <= last; k++) {
    sum += Math.exp(log);
    log += Math.log((marked - k) * (looked - k) / (k + 1) / (of - marked - looked + k + 1));
  }
  return sum;
}

function logChoose(n: number, k: number): number {
  return logFactorial(n) - logFactorial(k) - logFactorial(n - k);
}

/** Logarithm of n!; from 16 on by Stirling's series (Abramowitz and Stegun 6.1.41), with an error below 1e-12. */
function logFactorial(n: number): number {
  const x = n + 1;
  if (n < 16) {
    let product = 1;
    for (let factor = 2; factor <= n; factor++) product *= factor;
    return Math.log(product);
  }
  const series = 1 / (12 * x) - 1 / (360 * x ** 3) + 1 / (1260 * x ** 5) - 1 / (1680 * x ** 7);
  return (x - 0.5) * Math.log(x) - x + 0.5 * Math.log(2 * Math.PI) + series;
}
