import assert from "node:assert/strict";
import fc from "fast-check";
import { evaluate, type EvaluateOptions, type Evaluation } from "../../src/analysis/evaluate.ts";
import { arraySource } from "../../src/analysis/voxel_source.ts";
import type { Zyx } from "../../src/volume/region.ts";

function compare(
  scores: number[],
  labels: number[],
  options?: EvaluateOptions,
  chunk?: Zyx,
): Promise<Evaluation> {
  const shape: Zyx = [1, 1, scores.length];
  return evaluate(
    arraySource("scores", Float32Array.from(scores), shape, chunk),
    arraySource("labels", Uint8Array.from(labels), shape, chunk),
    options,
  );
}

/** Every distinct score as a threshold, each counted anew over all voxels. */
function bruteForce(scores: number[], labels: number[]) {
  const used = [...scores.keys()].filter((i) => labels[i] === 0 || labels[i] === 255);
  const positives = used.filter((i) => labels[i] === 255), negatives = used.filter((i) => labels[i] === 0);
  const at = (i: number) => Math.fround(scores[i] ?? 0) + 0;
  const thresholds = [...new Set(used.map(at))].sort((a, b) => b - a);
  const curve: [threshold: number, tp: number, fp: number][] = [];
  let averagePrecision = 0, recall = 0, f1 = 0, jaccard = 0, threshold = Infinity;
  for (const t of thresholds) {
    const tp = positives.filter((i) => at(i) >= t).length, fp = negatives.filter((i) => at(i) >= t).length;
    const fn = positives.length - tp;
    curve.push([t, tp, fp]);
    averagePrecision += (tp / positives.length - recall) * tp / (tp + fp);
    recall = tp / positives.length;
    if (tp / (tp + fp + fn) > jaccard) {
      jaccard = tp / (tp + fp + fn);
      f1 = 2 * tp / (2 * tp + fp + fn);
      threshold = t;
    }
  }
  // The share of pairs ranked right, a tie counting half, is the area under the ROC curve.
  let right = 0;
  for (const p of positives) {
    for (const n of negatives) {
      right += at(p) > at(n) ? 1 : at(p) === at(n) ? 0.5 : 0;
    }
  }
  return {
    averagePrecision,
    rocAuc: right / positives.length / negatives.length,
    f1,
    jaccard,
    threshold,
    curve,
  };
}

function assertClose(found: number, expected: number) {
  assert.ok(Math.abs(found - expected) < 1e-12, `${found} is not ${expected}`);
}

Deno.test("evaluate() gives the measures of a ranking worked out by hand", async () => {
  // From the top: 255, 0, then a tie of 255 and 0, then 0. Labels of 128 do not count.
  const result = await compare([4, 9, 3, 2, 2, 1, 2], [255, 128, 0, 255, 0, 0, 7]);
  assert.equal(result.positives, 2);
  assert.equal(result.negatives, 3);
  assert.equal(result.ignored, 2);
  assertClose(result.averagePrecision, 0.5 * 1 + 0.5 * (2 / 4));
  assertClose(result.rocAuc, (3 + 1.5) / 6);
  assert.deepEqual(result.bestF1, { value: 2 / 3, threshold: 4 });
  assert.deepEqual(result.bestJaccard, { value: 1 / 2, threshold: 4 });
});

Deno.test("evaluate() gives 1 for a perfect ranking, and the rate of positives where all scores are equal", async () => {
  const perfect = await compare([-1, 0.5, -3, Infinity, -Infinity], [0, 255, 0, 255, 0]);
  assert.equal(perfect.averagePrecision, 1);
  assert.equal(perfect.rocAuc, 1);
  assert.deepEqual(perfect.bestJaccard, { value: 1, threshold: 0.5 });
  const constant = await compare([-0, 0, 0, -0], [0, 255, 0, 0]);
  assert.equal(constant.averagePrecision, 0.25);
  assert.equal(constant.rocAuc, 0.5);
  assert.deepEqual(constant.bestF1, { value: 0.4, threshold: 0 });
});

Deno.test("evaluate() tells all measures at a threshold, as counted by hand", async () => {
  const scores = [4, 3, 2, 2, 1, 0.5, 9], labels = [255, 0, 255, 0, 0, 255, 128];
  const { atThreshold } = await compare(scores, labels, { threshold: 1.5 });
  const counted = { truePositives: 2, falsePositives: 2, precision: 0.5, recall: 2 / 3 };
  const rest = { falsePositiveRate: 2 / 3, f1: 4 / 7, jaccard: 2 / 5 };
  assert.deepEqual(atThreshold, { threshold: 1.5, ...counted, ...rest });
  const atScore = (await compare(scores, labels, { threshold: 2 })).atThreshold;
  assert.deepEqual(atScore, { ...atThreshold, threshold: 2 });
  const none = (await compare(scores, labels, { threshold: 1e300 })).atThreshold;
  assert.deepEqual([none?.truePositives, none?.precision, none?.f1], [0, 0, 0]);
  const all = (await compare(scores, labels, { threshold: -1e300 })).atThreshold;
  assert.deepEqual([all?.truePositives, all?.falsePositives], [3, 3]);
  assert.equal((await compare(scores, labels)).atThreshold, undefined);
});

Deno.test("evaluate() takes a threshold as a comparison of numbers does, also between two floats", async () => {
  const floats = fc.oneof(fc.float({ noNaN: true }), fc.constantFrom(0, -0, 0.1, -0.1));
  const threshold = fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), floats);
  await fc.assert(
    fc.asyncProperty(fc.array(floats, { minLength: 2 }), threshold, async (scores, threshold) => {
      const labels = scores.map((_, i) => i % 2 * 255);
      const { atThreshold } = await compare(scores, labels, { threshold });
      const count = (label: number) =>
        scores.filter((s, i) => labels[i] === label && Math.fround(s) >= threshold).length;
      assert.equal(atThreshold?.truePositives, count(255));
      assert.equal(atThreshold?.falsePositives, count(0));
    }),
  );
});

Deno.test("evaluate() gives a point of the curve for each of 1024 scores or fewer", async () => {
  const scores = Array.from({ length: 3000 }, (_, i) => (i * 7919) % 1024);
  const labels = scores.map((score, i) => score + (i * 104729) % 700 > 900 ? 255 : 0);
  const { curve, averagePrecision } = await compare(scores, labels);
  assert.deepEqual(curve.map(({ threshold }) => threshold), Array.from({ length: 1024 }, (_, i) => 1023 - i));
  let sum = 0, before = 0;
  for (const { precision, recall } of curve) {
    sum += (recall - before) * precision;
    before = recall;
  }
  assertClose(averagePrecision, sum);
});

Deno.test("evaluate() leaves points of a long curve out, keeps it close, and changes no measure", async () => {
  // Scores without ties, the positives' higher by half the range.
  const voxels = 60_000;
  const scores = Array.from(
    { length: voxels },
    (_, i) => ((i * 7919) % voxels) / voxels + (i % 5 === 0 ? 0.5 : 0),
  );
  const labels = scores.map((_, i) => i % 5 === 0 ? 255 : 0);
  const { curve, rocAuc, bestF1, positives, negatives } = await compare(scores, labels);
  assert.ok(curve.length > 300 && curve.length < 1500, `${curve.length}`);
  const sorted = scores.map((score, i) => [Math.fround(score), labels[i]] as const).sort((a, b) =>
    b[0] - a[0]
  );
  let tp = 0, fp = 0, point = 0, area = 0;
  for (const [score, label] of sorted) {
    if (label === 255) tp++;
    else fp++;
    const kept = curve[point];
    if (kept?.threshold !== score) continue;
    assert.deepEqual([kept.truePositives, kept.falsePositives], [tp, fp]);
    const last = curve[point - 1] ?? { recall: 0, falsePositiveRate: 0, precision: kept.precision };
    assert.ok(kept.recall - last.recall <= 1 / 256 + 1e-9);
    assert.ok(kept.falsePositiveRate - last.falsePositiveRate <= 1 / 256 + 1e-9);
    if (tp + fp > 32) assert.ok(Math.abs(kept.precision - last.precision) <= 1 / 32);
    area += (kept.falsePositiveRate - last.falsePositiveRate) * (kept.recall + last.recall) / 2;
    point++;
  }
  assert.equal(point, curve.length);
  assert.deepEqual([curve.at(-1)?.truePositives, curve.at(-1)?.falsePositives], [positives, negatives]);
  assert.ok(Math.abs(area - rocAuc) < 1e-4);
  const nearest = Math.max(...curve.map(({ f1 }) => f1));
  assert.ok(nearest <= bestF1.value && nearest > bestF1.value - 0.01);
});

const anyVoxels = fc.array(
  fc.tuple(
    fc.oneof(fc.integer({ min: -4, max: 4 }), fc.float({ noNaN: true }), fc.constant(-0)),
    fc.constantFrom(0, 255, 255, 0, 128),
  ),
  { minLength: 2, maxLength: 80 },
).filter((voxels) => [0, 255].every((label) => voxels.some((voxel) => voxel[1] === label)));

Deno.test("evaluate() agrees with a count over all thresholds", async () => {
  await fc.assert(fc.asyncProperty(anyVoxels, async (voxels) => {
    const scores = voxels.map(([score]) => score), labels = voxels.map(([, label]) => label);
    const expected = bruteForce(scores, labels);
    const result = await compare(scores, labels);
    assertClose(result.averagePrecision, expected.averagePrecision);
    assertClose(result.rocAuc, expected.rocAuc);
    assertClose(result.bestF1.value, expected.f1);
    assertClose(result.bestJaccard.value, expected.jaccard);
    assert.equal(result.bestJaccard.threshold, expected.threshold);
    assert.equal(result.bestF1.threshold, expected.threshold);
    assert.deepEqual(
      result.curve.map((p) => [p.threshold, p.truePositives, p.falsePositives]),
      expected.curve,
    );
    for (const { truePositives: tp, falsePositives: fp, ...point } of result.curve) {
      assert.equal(point.precision, tp / (tp + fp));
      assert.equal(point.recall, tp / result.positives);
      assert.equal(point.falsePositiveRate, fp / result.negatives);
      assertClose(point.f1, 2 / (1 / point.precision + 1 / point.recall));
      assertClose(point.jaccard, point.f1 / (2 - point.f1));
    }
  }));
});

Deno.test("evaluate() gives the same to the bit with little memory and small blocks", async () => {
  await fc.assert(
    fc.asyncProperty(
      anyVoxels,
      fc.integer({ min: 1, max: 9 }),
      fc.integer({ min: 1, max: 40 }),
      async (voxels, x, memory) => {
        const scores = voxels.map(([score]) => score), labels = voxels.map(([, label]) => label);
        const whole = await compare(scores, labels);
        const parts = await compare(scores, labels, { memoryBytes: memory, blockVoxels: 1 }, [1, 1, x]);
        assert.deepEqual(parts, whole);
      },
    ),
    { numRuns: 50 },
  );
});

Deno.test("evaluate() counts a crowded range of scores as it counts a sparse one", async () => {
  // 700,000 voxels share the upper half of their 32 bits, which is counted in a table instead of a list.
  const voxels = 700_000;
  const scores = Array.from({ length: voxels }, (_, i) => 1 + ((i * 7919) % 5000) / 2 ** 20);
  const labels = Array.from({ length: voxels }, (_, i) => (i * 31) % 5000 < 40 ? 255 : 0);
  const result = await compare(scores, labels);
  // Each score belongs to 140 voxels, all with the label of the first of them.
  const ranked = Array.from({ length: 5000 }, (_, i) => i).sort((i, j) =>
    (scores[j] ?? 0) - (scores[i] ?? 0)
  );
  let positives = 0, averagePrecision = 0;
  for (const [rank, i] of ranked.entries()) {
    if (labels[i] !== 255) continue;
    positives++;
    averagePrecision += positives / (rank + 1) / 40;
  }
  assert.equal(result.positives, 40 * 140);
  assertClose(result.averagePrecision, averagePrecision);
});

Deno.test("evaluate() takes 8-bit probabilities as scores", async () => {
  const shape: Zyx = [2, 2, 1];
  const result = await evaluate(
    arraySource("p", Uint8Array.from([254, 3, 200, 3]), shape),
    arraySource("l", Uint8Array.from([255, 0, 255, 0]), shape),
  );
  assert.deepEqual(result.bestF1, { value: 1, threshold: 200 });
  assert.equal(result.averagePrecision, 1);
});

Deno.test("evaluate() says what is wrong with its inputs", async () => {
  const user = (message: RegExp) => ({ name: "UserError", message });
  await assert.rejects(
    compare([1, NaN, 2], [255, 0, 0]),
    user(/scores: the score at voxel z, y, x = 0, 0, 1 is not/),
  );
  await assert.rejects(compare([1, -NaN, 2], [255, 255, 0]), user(/not a number/));
  await assert.rejects(compare([1, 2], [0, 128]), user(/labels: no voxel is labelled 255/));
  await assert.rejects(compare([1, 2], [255, 128]), user(/labels: no voxel is labelled 0/));
  const shapes = evaluate(
    arraySource("p", new Float32Array(6), [1, 2, 3]),
    arraySource("l", new Uint8Array(6), [1, 3, 2]),
  );
  await assert.rejects(shapes, user(/1 x 3 x 2 voxels.*1 x 2 x 3/));
  assert.equal((await compare([1, NaN, 0], [255, 128, 0])).ignored, 1);
});

Deno.test("evaluate() stops when its signal is aborted", async () => {
  const reason = new Error("stopped");
  await assert.rejects(compare([1, 2], [255, 0], { signal: AbortSignal.abort(reason) }), reason);
});
