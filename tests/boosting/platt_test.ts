import assert from "node:assert/strict";
import fc from "fast-check";
import { fitPlatt, plattProbability, type PlattScaling } from "../../src/boosting/platt.ts";

/** The weighted, smoothed cross-entropy as Platt (2000) and the method's description define it. */
function loss(scores: readonly number[], labels: readonly number[], { A, B }: PlattScaling): number {
  const all = labels.length;
  const positives = labels.filter((label) => label === 1).length;
  const negatives = all - positives;
  let sum = 0;
  for (const [i, s] of scores.entries()) {
    const positive = labels[i] === 1;
    const target = positive ? (positives + 1) / (positives + 2) : 1 / (negatives + 2);
    const p = 1 / (1 + Math.exp(A * s + B));
    const weight = positive ? negatives / all : positives / all;
    sum -= weight * (target * Math.log(p) + (1 - target) * Math.log(1 - p));
  }
  return sum;
}

/** Least value of a convex function of one number. */
function leastOf(f: (x: number) => number, low: number, high: number): number {
  for (let i = 0; i < 80; i++) {
    const [a, b] = [low + (high - low) / 3, high - (high - low) / 3];
    if (f(a) < f(b)) high = b;
    else low = a;
  }
  return (low + high) / 2;
}

const samples = fc.array(
  fc.tuple(fc.double({ min: -1, max: 1, noNaN: true }), fc.nat(3).map((n) => Number(n === 0))),
  {
    minLength: 6,
    maxLength: 40,
  },
).filter((all) => new Set(all.map(([, label]) => label)).size === 2);

Deno.test("fitPlatt() finds the least weighted cross-entropy that a search finds", () => {
  fc.assert(
    fc.property(samples, (all) => {
      const scores = all.map(([s]) => s);
      const labels = all.map(([, label]) => label);
      // Scores that hardly differ leave A undetermined.
      fc.pre(Math.max(...scores) - Math.min(...scores) > 0.5);
      const fit = fitPlatt(Float64Array.from(scores), Uint8Array.from(labels));
      const bestB = (A: number) => leastOf((B) => loss(scores, labels, { A, B }), -30, 30);
      const A = leastOf((a) => loss(scores, labels, { A: a, B: bestB(a) }), -30, 30);
      fc.pre(Math.abs(A) < 25);
      const searched = loss(scores, labels, { A, B: bestB(A) });
      const fitted = loss(scores, labels, fit);
      assert.ok(
        fitted <= searched + 1e-9,
        `fit ${JSON.stringify(fit)} has ${fitted}, the search ${searched}`,
      );
    }),
    { numRuns: 40 },
  );
});

Deno.test("fitPlatt() makes the weighted mean probability equal the weighted mean target", () => {
  const scores = Float64Array.of(-0.9, -0.5, -0.4, 0.1, 0.2, -0.1, 0.3, 0.8);
  const labels = Uint8Array.of(0, 0, 0, 0, 0, 1, 1, 1);
  const fit = fitPlatt(scores, labels);
  assert.ok(fit.A < 0, "a higher score means a higher probability");
  const means = [0, 1].map((label) => {
    const of = scores.filter((_, i) => labels[i] === label);
    return of.reduce((sum, s) => sum + plattProbability(fit, s), 0) / of.length;
  });
  const balance = (means[0] ?? 0) + (means[1] ?? 0) - (1 / 7 + 4 / 5);
  assert.ok(Math.abs(balance) < 1e-8, `balance ${balance}`);
});

Deno.test("fitPlatt() stays finite where classes are apart, all scores equal, or a class is missing", () => {
  const apart = fitPlatt(
    Float64Array.from({ length: 1000 }, (_, i) => i < 900 ? -1 : 1),
    new Uint8Array(1000).fill(1, 900),
  );
  assert.ok(Number.isFinite(apart.A) && Number.isFinite(apart.B) && apart.A < 0);
  // Two groups of scores: the probabilities are the targets themselves.
  assert.ok(Math.abs(plattProbability(apart, 1) - 101 / 102) < 1e-6);
  assert.ok(Math.abs(plattProbability(apart, -1) - 1 / 902) < 1e-6);
  const equal = fitPlatt(new Float64Array(10).fill(0.25), Uint8Array.of(0, 0, 0, 0, 0, 1, 1, 1, 1, 1));
  assert.ok(Math.abs(plattProbability(equal, 0.25) - 0.5) < 1e-6);
  assert.deepEqual(fitPlatt(Float64Array.of(1, 2), Uint8Array.of(1, 1)), { A: -2, B: 0 });
  assert.deepEqual(fitPlatt(Float64Array.of(1, 2), Uint8Array.of(0, 0)), { A: -2, B: 0 });
});

Deno.test("plattProbability() does not overflow", () => {
  assert.equal(plattProbability({ A: -1e6, B: 0 }, 1), 1);
  assert.equal(plattProbability({ A: -1e6, B: 0 }, -1), 0);
  assert.equal(plattProbability({ A: -2, B: 0 }, 0), 0.5);
});
