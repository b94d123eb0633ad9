/** AdaBoost as the method's description says it, written plainly: what the kernels must agree with to the bit. */
import type { BoostOptions } from "../../src/boosting/adaboost.ts";
import type { Round } from "../../src/boosting/feature_matrix.ts";

export interface ReferenceResult {
  readonly rounds: Round[];
  readonly weights: number[];
  readonly scores: number[];
}

type ReferenceOptions = Omit<BoostOptions, "matrix"> & { readonly columnsOfBins: readonly Uint8Array[] };

const at = (values: ArrayLike<number>, index: number) => values[index] ?? NaN;

function mix(value: number): number {
  let x = BigInt.asUintN(32, BigInt(value));
  x = BigInt.asUintN(32, (x ^ x >> 16n) * 0x7feb352dn);
  x = BigInt.asUintN(32, (x ^ x >> 15n) * 0x846ca68bn);
  return Number(x ^ x >> 16n);
}

/** The index-th random number in [0, 1) of a purpose: 0 positives, 1 negatives, 2 draws, 3 poses. */
function uniform(seed: number, round: number, purpose: number, index: number): number {
  const key = mix((mix((mix((seed ^ 0x9e3779b9) >>> 0) ^ round) >>> 0) ^ purpose) >>> 0);
  return mix(mix((index ^ key) >>> 0) + key) / 2 ** 32;
}

function some(ids: readonly number[], take: number, random: (index: number) => number): number[] {
  const taken: number[] = [];
  ids.forEach((id, i) => {
    if (Math.floor(random(i) * (ids.length - i)) < take - taken.length) taken.push(id);
  });
  return taken;
}

interface Entry {
  readonly sample: number;
  readonly weight: number;
}

const says = (bin: number, cut: number, invert: boolean) => (bin >= cut) !== invert;

/** Cut and sign of least error; of equal cuts without net weight between them the middle one, of others the highest, upright before inverted. */
function bestCut(
  column: Uint8Array,
  entries: readonly Entry[],
  labels: Uint8Array,
  signs: readonly boolean[],
) {
  let best: { error: number; bin: number; invert: boolean; low: number; high: number } | undefined;
  const net = new Map<number, number>();
  for (const { sample, weight } of entries) {
    const bin = at(column, sample);
    net.set(bin, (net.get(bin) ?? 0) + (labels[sample] === 1 ? weight : -weight));
  }
  const bins = [...net.keys()].filter((bin) => net.get(bin) !== 0).sort((a, b) => b - a);
  for (const [i, high] of bins.slice(0, -1).entries()) {
    const low = at(bins, i + 1) + 1;
    for (const invert of signs) {
      let error = 0;
      for (const { sample, weight } of entries) {
        const right = says(at(column, sample), high, invert) === (at(labels, sample) === 1);
        if (!right) error += weight;
      }
      if (best === undefined || error < best.error) {
        best = { error, bin: (low + high) >> 1, invert, low, high };
      }
    }
  }
  return best;
}

function roundEntries(options: ReferenceOptions, weights: readonly number[], round: number): Entry[] {
  const { labels, alwaysKeep, seed } = options;
  const of = (f: (i: number) => boolean) => Array.from(labels.keys()).filter(f);
  const positives = of((i) => labels[i] === 1);
  const negatives = of((i) => labels[i] === 0 && !alwaysKeep?.[i]);
  const kept = of((i) => labels[i] === 0 && alwaysKeep?.[i] === 1);
  const half = (ids: number[], purpose: number) =>
    some(ids, Math.ceil(ids.length / 2), (i) => uniform(seed, round, purpose, i));
  const sum = (ids: number[]) => ids.reduce((total, i) => total + at(weights, i), 0);
  const [halfPositives, halfNegatives] = [half(positives, 0), half(negatives, 1)];
  const drawn = Math.max(1, Math.round(options.reweightingSamplingRatio * halfPositives.length));
  const negativeWeight = sum(halfNegatives);
  const unit = 2 ** 30 / (sum(halfPositives) + negativeWeight + sum(kept));
  const round30 = (sample: number, weight: number) => ({ sample, weight: Math.floor(weight * unit + 0.5) });
  const entries = halfPositives.map((i) => round30(i, at(weights, i)));
  for (const i of kept) entries.push(round30(i, at(weights, i)));
  const times = new Map<number, number>();
  for (let k = 0; k < drawn; k++) {
    const point = (k + uniform(seed, round, 2, k)) * (negativeWeight / drawn);
    let reached = 0;
    const found = halfNegatives.find((i) => point < (reached += at(weights, i))) ??
      at(halfNegatives, halfNegatives.length - 1);
    times.set(found, (times.get(found) ?? 0) + 1);
  }
  const each = unit * negativeWeight / drawn;
  for (const [sample, n] of times) entries.push({ sample, weight: Math.floor(n * each + 0.5) });
  return entries;
}

/** All rounds of boosting. */
export function referenceBoost(options: ReferenceOptions): ReferenceResult {
  const { labels, columnsOfBins, columns, seed } = options;
  const n = labels.length;
  const countOf = (wanted: number) => labels.filter((label) => label === wanted).length;
  const firstWeights = [0.5 / countOf(0), 0.5 / countOf(1)];
  let weights = Array.from(labels, (label) => firstWeights[label] ?? 0);
  const scores = Array.from(labels, () => 0);
  const rounds: Round[] = [];
  for (let round = 0; round < options.numStumps; round++) {
    const entries = roundEntries(options, weights, round);
    const all = Array.from({ length: columnsOfBins.length / columns }, (_, i) => i);
    const wanted = Math.min(all.length, Math.max(1, Math.round(options.numWLToExplorePerIter / columns)));
    const poses = some(all, wanted, (i) => uniform(seed, round, 3, i));
    let best: { error: number; bin: number; invert: boolean; candidate: number } | undefined;
    for (
      const candidate of poses.flatMap((pose) =>
        Array.from({ length: columns }, (_, c) => pose * columns + c)
      )
    ) {
      const found = bestCut(columnsOfBins[candidate] ?? new Uint8Array(), entries, labels, [false, true]);
      if (found !== undefined && (best === undefined || found.error < best.error)) {
        best = { ...found, candidate };
      }
    }
    if (best === undefined) throw new Error("nothing to choose from");
    const { candidate } = best;
    const column = columnsOfBins[candidate] ?? new Uint8Array();
    if (options.thresholdSearchOnWholeData) {
      const whole = Array.from(
        weights,
        (weight, sample) => ({ sample, weight: Math.floor(weight * 2 ** 50 + 0.5) }),
      );
      best = { ...best, ...bestCut(column, whole, labels, [false, true]) };
    }
    const { bin } = best;
    const right = (invert: boolean) =>
      Array.from(labels, (label, i) => says(at(column, i), bin, invert) === (label === 1));
    const errorOf = (invert: boolean) =>
      right(invert).reduce((sum, isRight, i) => sum + (isRight ? 0 : at(weights, i)), 0);
    const invert = errorOf(best.invert) > 0.5 ? !best.invert : best.invert;
    const error = Math.min(Math.max(errorOf(invert), 1 / (2 * n)), 1 - 1 / (2 * n));
    const alpha = Math.log((1 - error) / error) / 2;
    const factor = Math.sqrt((1 - error) / error);
    const isRight = right(invert);
    weights = weights.map((w, i) => w * (isRight[i] ? 1 / factor : factor));
    const normalise = 1 / weights.reduce((sum, w) => sum + w, 0);
    weights = weights.map((w) => w * normalise);
    scores.forEach((s, i) => scores[i] = s + (says(at(column, i), bin, invert) ? alpha : -alpha));
    rounds.push({ candidate, bin, invert, alpha });
  }
  return { rounds, weights, scores };
}
