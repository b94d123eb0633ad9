import assert from "node:assert/strict";
import fc from "fast-check";
import { binColumn } from "../../src/boosting/binning.ts";
import { chanceKey } from "../../src/boosting/chance.ts";
import { drawRoundSamples } from "../../src/boosting/round_samples.ts";
import { createSampleState } from "../../src/boosting/sample_state.ts";
import { loadKernels } from "../../src/kernels/mod.ts";

const kernels = await loadKernels();
const { run, arena } = kernels;

function bin(values: readonly number[]) {
  const mark = arena.mark();
  const address = arena.alloc(2 * values.length);
  arena.u16(address, values.length).set(values);
  const bins = arena.alloc(values.length);
  const { count, cuts } = binColumn(kernels, address, values.length, bins);
  const result = { count, cuts, bins: [...arena.u8(bins, values.length)] };
  arena.release(mark);
  return result;
}

/** Bins that arise when each takes values until it would hold more than `capacity` samples. */
function filledBins(counts: readonly number[], capacity: number): number {
  let bins = 0;
  let held = Infinity;
  for (const count of counts) {
    if (held + count > capacity) {
      bins++;
      held = 0;
    }
    held += count;
  }
  return bins;
}

const countsOf = (values: readonly number[]) => {
  const counts = new Map<number, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].sort(([a], [b]) => a - b);
};

const values = fc.oneof(
  fc.array(fc.nat(65535), { minLength: 1, maxLength: 50 }),
  fc.array(fc.nat(300), { minLength: 300, maxLength: 3000 }),
  fc.array(fc.nat(65535), { minLength: 257, maxLength: 3000 }),
  // A value that most samples share, at either end.
  fc.array(
    fc.oneof({ weight: 3, arbitrary: fc.constantFrom(0, 65535) }, { weight: 2, arbitrary: fc.nat(65535) }),
    {
      minLength: 700,
      maxLength: 3000,
    },
  ),
);

Deno.test("binColumn() writes the bins that its cuts describe, in the order of the values", () => {
  fc.assert(fc.property(values, (all) => {
    const { count, cuts, bins } = bin(all);
    const used = cuts.slice(1, count);
    used.forEach((cut, i) => assert.ok(i === 0 || cut > (used[i - 1] ?? Infinity), "cuts rise"));
    assert.deepEqual(bins, all.map((value) => used.filter((cut) => value > cut).length));
    assert.equal(new Set(bins).size, count, "every bin holds a sample");
    assert.ok(cuts.slice(count).every((cut) => cut === 65535));
  }));
});

Deno.test("binColumn() gives each value its own bin where it can, else the smallest largest bin", () => {
  fc.assert(fc.property(values, (all) => {
    const { count, bins } = bin(all);
    const counts = countsOf(all);
    if (counts.length <= 256) return assert.equal(count, counts.length);
    let capacity = 0;
    while (filledBins(counts.map(([, n]) => n), capacity) > 256) capacity++;
    const sizes = new Map<number, { samples: number; values: Set<number> }>();
    for (const [i, value] of all.entries()) {
      const entry = sizes.get(bins[i] ?? -1) ?? { samples: 0, values: new Set() };
      sizes.set(bins[i] ?? -1, { samples: entry.samples + 1, values: entry.values.add(value) });
    }
    for (const { samples, values } of sizes.values()) assert.ok(values.size === 1 || samples <= capacity);
    assert.ok(count > 128, `only ${count} bins of ${counts.length} values`);
  }));
});

Deno.test("binColumn() cuts at the middle of a gap", () => {
  assert.deepEqual([...bin([3, 10, 3, 11, 65535]).cuts.slice(0, 5)], [0, 6, 10, 32772, 65535]);
});

Deno.test("selectSome() takes the number asked for, in order, each about equally often", () => {
  const [count, take, times] = [11, 6, 4000];
  const mark = arena.mark();
  const ids = arena.alloc(4 * count);
  arena.u32(ids, count).set(Array.from({ length: count }, (_, i) => 100 + i));
  const out = arena.alloc(4 * take);
  const often = new Map<number, number>();
  for (let round = 0; round < times; round++) {
    run.selectSome(ids, count, take, chanceKey(1, round, "positives"), out);
    const taken = [...arena.u32(out, take)];
    assert.deepEqual(taken, [...new Set(taken)].sort((a, b) => a - b));
    for (const id of taken) often.set(id, (often.get(id) ?? 0) + 1);
  }
  arena.release(mark);
  assert.deepEqual([...often.keys()].sort((a, b) => a - b), Array.from({ length: count }, (_, i) => 100 + i));
  // Binomial: standard deviation sqrt(4000 * 6/11 * 5/11) = 31.5.
  for (const n of often.values()) assert.ok(Math.abs(n - times * take / count) < 5 * 31.5, `${n} times`);
});

function entriesOf(
  labels: Uint8Array,
  weights: number[],
  options: { round: number; ratio: number },
  keep?: Uint8Array,
) {
  const mark = arena.mark();
  const state = createSampleState(kernels, labels, keep);
  arena.f64(state.weights, weights.length).set(weights);
  const { entries, count, positive, total } = drawRoundSamples(kernels, state, { seed: 5, ...options });
  const view = arena.i32(entries, 2 * count);
  const list = Array.from(
    { length: count },
    (_, i) => ({ sample: view[2 * i] ?? -1, weight: view[2 * i + 1] ?? 0 }),
  );
  arena.release(mark);
  return { list, positive, total };
}

Deno.test("drawRoundSamples() takes half the positives, and negatives by weight with the weight of their half", () => {
  const labels = Uint8Array.from({ length: 61 }, (_, i) => Number(i % 3 === 0)); // 21 positives, 40 negatives
  const raw = Array.from(labels, (label, i) => label === 1 ? 1 : i < 30 ? 0.5 : 2);
  const sum = raw.reduce((a, b) => a + b, 0);
  const weights = raw.map((w) => w / sum);
  const drawn = { low: 0, high: 0 };
  for (let round = 0; round < 300; round++) {
    const { list, positive, total } = entriesOf(labels, weights, { round, ratio: 3 });
    const positives = list.filter(({ weight }) => weight > 0);
    const negatives = list.filter(({ weight }) => weight < 0);
    assert.equal(positives.length, 11);
    assert.ok(list.every(({ sample, weight }) => (labels[sample] === 1) === weight > 0));
    assert.equal(positive, positives.reduce((a, { weight }) => a + weight, 0));
    assert.equal(total, list.reduce((a, { weight }) => a + Math.abs(weight), 0));
    assert.ok(Math.abs(total - 2 ** 30) <= list.length);
    // All draws weigh the same, so the weights are whole multiples of one, 33 in sum.
    const each = negatives.reduce((a, { weight }) => a - weight, 0) / 33;
    for (const { sample, weight } of negatives) {
      const times = -weight / each;
      assert.ok(Math.abs(times - Math.round(times)) < 1e-5 && times > 0.5);
      drawn[sample < 30 ? "low" : "high"] += Math.round(times);
    }
  }
  // 20 negatives of weight 0.5 and 20 of weight 2: four times as many draws for the heavy ones.
  const ratio = drawn.high / drawn.low;
  assert.ok(ratio > 3.6 && ratio < 4.4, `ratio ${ratio}`);
});

Deno.test("drawRoundSamples() always holds the kept negatives with their own weight", () => {
  const labels = Uint8Array.from({ length: 40 }, (_, i) => Number(i < 10));
  const keep = labels.map((_, i) => Number(i >= 10 && i < 15));
  const weights = Array.from(labels, () => 1 / 40);
  const { list } = entriesOf(labels, weights, { round: 2, ratio: 1 }, keep);
  const kept = list.filter(({ sample }) => sample >= 10 && sample < 15);
  assert.deepEqual(kept.map(({ sample }) => sample), [10, 11, 12, 13, 14]);
  // 5 positives, 5 kept and 13 of the 25 other negatives: 23 fortieths make up 2^30.
  for (const { weight } of kept) assert.equal(weight, Math.floor(-(2 ** 30) / 23 + 0.5));
  const others = list.filter(({ sample }) => sample >= 15);
  assert.ok(others.length > 0 && others.length <= 5);
  assert.ok(Math.abs(others.reduce((a, { weight }) => a + weight, 0) + 13 / 23 * 2 ** 30) < 5);
});

Deno.test("chanceKey() and drawBits() differ from seed to seed, round to round and purpose to purpose", () => {
  const keys = new Set<number>();
  for (const purpose of ["positives", "negatives", "draws", "poses"] as const) {
    for (let round = 0; round < 100; round++) {
      keys.add(chanceKey(0, round, purpose)).add(chanceKey(1, round, purpose));
    }
  }
  assert.equal(keys.size, 800);
  const bits = Array.from({ length: 4096 }, (_, i) => run.drawBits(chanceKey(0, 0, "draws"), i) >>> 0);
  assert.equal(new Set(bits).size, 4096);
  const mean = bits.reduce((a, b) => a + b, 0) / bits.length / 2 ** 32;
  assert.ok(Math.abs(mean - 0.5) < 5 * 0.2887 / 64, `mean ${mean}`);
});
