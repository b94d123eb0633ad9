/** The weighted sum of features that follows where there are few synapses. */
import assert from "node:assert/strict";
import { learnWeights } from "../../src/autocontext/mod.ts";
import { seededRandom } from "../helpers/seeded_random.ts";

const COUNT = 400;

/** Two features that tell the classes apart a little, one that is noise and one that is always 7. */
function cells(seed: number) {
  const random = seededRandom(seed);
  const normal = () => random() + random() + random() + random() - 2;
  const labels = Uint8Array.from({ length: COUNT }, (_, i) => i % 5 === 0 ? 1 : 0);
  const column = (value: (label: number) => number) => Float32Array.from(labels, (label) => value(label));
  const features = [
    column((label) => 100 + 20 * (label + normal())),
    column((label) => 0.01 * (normal() - 0.5 * label)),
    column(normal),
    column(() => 7),
  ];
  return { features, labels };
}

Deno.test("learnWeights() finds where the penalised mean logistic loss, three times as much on negatives, is least", () => {
  const { features, labels } = cells(1);
  const { bias, weights, scores } = learnWeights({ features, labels });
  const positives = labels.reduce((sum, label) => sum + label, 0);
  const importance = Array.from(labels, (label) => label ? 0.25 / positives : 0.75 / (COUNT - positives));
  const mean = (of: (i: number) => number) => importance.reduce((sum, w, i) => sum + w * of(i), 0);
  const centres = features.map((values) => mean((i) => values[i] ?? 0));
  const deviations = features.map((values, f) =>
    Math.sqrt(mean((i) => ((values[i] ?? 0) - (centres[f] ?? 0)) ** 2))
  );
  const loss = (by: readonly number[], more: number) =>
    mean((i) => {
      const score = features.reduce((sum, values, f) => sum + (by[f] ?? 0) * (values[i] ?? 0), more);
      return Math.log1p(Math.exp(labels[i] ? -score : score));
    }) + by.reduce((sum, weight, f) => sum + 0.5 * 0.003 * (weight * (deviations[f] ?? 0)) ** 2, 0);
  const least = loss(weights, bias);
  for (const [f, deviation] of deviations.entries()) {
    if (deviation === 0) continue;
    for (const by of [0.01, -0.01]) {
      const moved = weights.map((weight, g) => g === f ? weight + by / deviation : weight);
      // turned about the mean, so that the bias stays the best
      assert.ok(loss(moved, bias - (by / deviation) * (centres[f] ?? 0)) > least, `feature ${f}, ${by}`);
    }
  }
  for (const by of [0.01, -0.01]) assert.ok(loss(weights, bias + by) > least);
  const sum = (i: number) =>
    features.reduce((all, values, f) => all + (weights[f] ?? 0) * (values[i] ?? 0), bias);
  for (let i = 0; i < COUNT; i++) assert.ok(Math.abs((scores[i] ?? 0) - sum(i)) < 1e-9);
});

Deno.test("learnWeights() gives weights to what tells the classes apart, and none to what is the same everywhere", () => {
  const { features, labels } = cells(2);
  const [first = 0, second = 0, noise = 0, constant] = learnWeights({ features, labels }).weights;
  assert.ok(first > 0 && second < 0);
  assert.ok(Math.abs(noise) < first * 20 / 3, "of features scaled alike");
  assert.equal(constant, 0);
});

Deno.test("learnWeights() ends with finite weights where a feature divides the classes without fault", () => {
  const labels = Uint8Array.from({ length: 60 }, (_, i) => i < 20 ? 1 : 0);
  const { weights, scores } = learnWeights({ features: [Float32Array.from(labels, (l) => l * 1e6)], labels });
  assert.ok(weights.every(Number.isFinite) && (weights[0] ?? 0) > 0);
  assert.ok(Math.min(...scores.slice(0, 20)) > Math.max(...scores.slice(20)));
});
