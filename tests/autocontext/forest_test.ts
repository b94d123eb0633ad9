import assert from "node:assert/strict";
import fc from "fast-check";
import { type Forest, predictForest, type Tree } from "../../src/autocontext/forest.ts";
import {
  forestBytes,
  type ForestOptions,
  MAX_SAMPLES,
  trainForest,
} from "../../src/autocontext/train_forest.ts";
import { UserError } from "../../src/user_error.ts";
import { loadKernels } from "../../src/kernels/mod.ts";
import { logistic, noisySamples, referenceForest, type Samples, scoresOf } from "./forest_reference.ts";
import { seededRandom } from "../helpers/seeded_random.ts";

const kernels = await loadKernels();
const { run, arena } = kernels;

const OPTIONS: ForestOptions = {
  trees: 20,
  depth: 3,
  learningRate: 0.3,
  lambda: 1,
  rowShare: 0.7,
  featureShare: 1,
  seed: 1,
};

/** Lays columns out with gaps between them, the first `shift` bytes behind an aligned address. */
function place(columns: readonly Uint8Array[], shift: number): { address: number; stride: number } {
  const stride = (columns[0]?.length ?? 0) + 3;
  const address = arena.alloc(shift + stride * columns.length) + shift;
  columns.forEach((column, f) => arena.u8(address + f * stride, column.length).set(column));
  return { address, stride };
}

function train({ columns, labels, weights }: Samples, options: Partial<ForestOptions> = {}): Forest {
  const mark = arena.mark();
  try {
    const { address: bins, stride } = place(columns, 1);
    const sizes = { samples: labels.length, features: columns.length };
    return trainForest(kernels, { bins, stride, ...sizes, labels, weights }, { ...OPTIONS, ...options });
  } finally {
    arena.release(mark);
  }
}

/** Scores of all cells, and that nothing is written beside them. */
function predict(forest: Forest, columns: readonly Uint8Array[], shift = 0): number[] {
  const count = columns[0]?.length ?? 0;
  const mark = arena.mark();
  const bins = place(columns, shift);
  const out = arena.alloc(4 * count + 8);
  arena.i32(out, count + 2).fill(77);
  predictForest(kernels, forest, bins, count, out + 4);
  const written = [...arena.i32(out, count + 2)];
  arena.release(mark);
  assert.deepEqual([written[0], written.at(-1)], [77, 77]);
  return written.slice(1, -1);
}

/** How many labels the sign of the score tells. */
function rightOf(forest: Forest, { columns, labels }: Samples): number {
  const right = scoresOf(forest, columns).filter((score, i) => Number(score > 0) === labels[i]);
  return right.length / labels.length;
}

const XOR: Samples = (() => {
  const { columns, weights } = noisySamples(600, 3, 256, 5);
  const above = (f: number, i: number) => (columns[f]?.[i] ?? 0) > 127;
  const labels = Uint8Array.from({ length: 600 }, (_, i) => Number(above(0, i) !== above(2, i)));
  return { columns, labels, weights };
})();

Deno.test("trainForest() learns what a plain implementation learns, to the bit", () => {
  const cases = fc.record({
    samples: fc.integer({ min: 2, max: 120 }),
    features: fc.integer({ min: 1, max: 11 }),
    range: fc.constantFrom(1, 2, 9, 256),
    data: fc.integer(),
    spread: fc.constantFrom(0, 1, 30),
    trees: fc.integer({ min: 1, max: 4 }),
    depth: fc.integer({ min: 1, max: 6 }),
    learningRate: fc.constantFrom(0.1, 1, 20),
    lambda: fc.constantFrom(0, 0.3, 5),
    rowShare: fc.constantFrom(0.001, 0.5, 1),
    featureShare: fc.constantFrom(0.001, 0.6, 1),
    seed: fc.integer(),
  });
  fc.assert(fc.property(cases, ({ samples, features, range, data, spread, ...options }) => {
    const random = seededRandom(data);
    const weights = Float64Array.from({ length: samples }, () => 3 * 2 ** (spread * (random() - 0.5)));
    const all = { ...noisySamples(samples, features, range, data), weights };
    assert.deepEqual(train(all, options), referenceForest(all, options, run.drawBits));
  }));
});

Deno.test("trainForest() adds up 31 bits without overflow where one sample has nearly all weight", () => {
  const all = noisySamples(300, 5, 256, 3);
  const options = { ...OPTIONS, rowShare: 1 };
  for (const heavy of [0, 1]) {
    const weights = all.weights.map((weight, i) => i === heavy ? 1e9 : weight);
    const forest = train({ ...all, weights }, options);
    assert.deepEqual(forest, referenceForest({ ...all, weights }, options, run.drawBits));
  }
});

Deno.test("trainForest() learns an exclusive or, which trees of one level cannot", () => {
  assert.ok(rightOf(train(XOR, { depth: 2, trees: 60 }), XOR) > 0.97);
  assert.ok(rightOf(train(XOR, { depth: 1, trees: 60 }), XOR) < 0.7);
});

Deno.test("trainForest() gives log-odds that are calibrated where features tell only a part", () => {
  // One feature of two values; positives are 1/4 of one and 3/4 of the other.
  const columns = [Uint8Array.from({ length: 800 }, (_, i) => i % 2)];
  const labels = Uint8Array.from({ length: 800 }, (_, i) => Number(i % 8 < 2 ? i % 2 === 0 : i % 2 === 1));
  const weights = new Float64Array(800).fill(0.01);
  const options = { trees: 60, depth: 1, rowShare: 1, lambda: 0 };
  const forest = train({ columns, labels, weights }, options);
  const [low = 0, high = 0] = scoresOf(forest, columns);
  assert.ok(Math.abs(low / 4096 + Math.log(3)) < 0.01 && Math.abs(high / 4096 - Math.log(3)) < 0.01);
});

Deno.test("trainForest() gives the same forest for the same seed, and another for another", () => {
  const all = noisySamples(300, 8, 256, 1);
  const options = { featureShare: 0.5 };
  assert.deepEqual(train(all, options), train(all, options));
  assert.notDeepEqual(train(all, options), train(all, { ...options, seed: 2 }));
});

Deno.test("trainForest() goes by weights, of which only the proportions matter", () => {
  const all = noisySamples(400, 4, 256, 2);
  const turned = { ...all, labels: all.labels.map((label, i) => i < 200 ? label : 1 - label) };
  const weighing = (first: number, second: number) =>
    train({ ...turned, weights: turned.weights.map((_, i) => i < 200 ? first : second) });
  const first = { ...all, columns: all.columns.map((column) => column.subarray(0, 200)) };
  const firstHalf = { ...first, labels: all.labels.subarray(0, 200) };
  assert.ok(rightOf(weighing(1, 0), firstHalf) > 0.9);
  assert.ok(rightOf(weighing(0, 1), firstHalf) < 0.4);
  assert.deepEqual(weighing(2, 1), weighing(64, 32));
});

Deno.test("trainForest() starts from the log-odds of the classes' weights", () => {
  const labels = Uint8Array.from([1, 0, 0, 1, 0]);
  const columns = [new Uint8Array(5)];
  for (const [positive, negative] of [[1, 1], [0.3, 7], [1e12, 1e-12], [2, 3]] as const) {
    const weights = Float64Array.from(labels, (label) => label === 1 ? positive : negative);
    const { bias, trees } = train({ labels, columns, weights }, { trees: 0 });
    assert.equal(bias, Math.round(4096 * Math.log(2 * positive / (3 * negative))));
    assert.deepEqual(trees, []);
  }
});

Deno.test("trainForest() takes the memory that forestBytes() foretells", () => {
  const all = noisySamples(5000, 20, 256, 4);
  for (const options of [OPTIONS, { ...OPTIONS, depth: 6, rowShare: 1 }, { ...OPTIONS, featureShare: 0.3 }]) {
    const mark = arena.mark();
    const { address: bins, stride } = place(all.columns, 0);
    const before = arena.mark();
    // What tests took before must not hide what training takes.
    const room = arena.alloc(arena.peak() - before);
    assert.ok(room > 0);
    const top = arena.mark();
    trainForest(kernels, { bins, stride, samples: 5000, features: 20, ...all }, { ...options, trees: 2 });
    const taken = arena.peak() - top;
    const foretold = forestBytes(5000, 20, options);
    arena.release(mark);
    assert.ok(taken <= foretold && taken > 0.99 * foretold, `${taken} of ${foretold}`);
  }
});

Deno.test("trainForest() throws UserError where a class is missing or weighs nothing", () => {
  const all = noisySamples(20, 2, 256, 1);
  const { labels } = all;
  const missing = (name: string) => (error: unknown) =>
    error instanceof UserError && error.message.startsWith(`there are no ${name} cells`);
  assert.throws(() => train({ ...all, labels: labels.map(() => 1) }), missing("negative"));
  assert.throws(() => train({ ...all, labels: labels.map(() => 0) }), missing("positive"));
  const weights = Float64Array.from(labels, (label) => 1 - label);
  assert.throws(() => train({ ...all, weights }), missing("positive"));
});

Deno.test("trainForest() throws RangeError for sizes, weights and options out of range", () => {
  const all = noisySamples(20, 2, 256, 1);
  const labels = new Uint8Array(MAX_SAMPLES + 1).fill(1, 1000);
  const many = {
    samples: labels.length,
    features: 1,
    labels,
    weights: new Float64Array(labels.length).fill(1),
  };
  const range = /RangeError/;
  assert.throws(
    () => trainForest(kernels, { bins: 0, stride: 2 ** 21, ...many }, OPTIONS),
    /1048577 samples/,
  );
  assert.throws(() => train({ ...all, weights: all.weights.subarray(1) }), range);
  assert.throws(() => train({ ...all, columns: [] }), range);
  for (const weight of [-1, NaN, Infinity, 1e300]) {
    assert.throws(() => train({ ...all, weights: all.weights.with(3, weight) }), range, String(weight));
  }
  const wrong: Partial<ForestOptions>[] = [
    { depth: 0 },
    { depth: 7 },
    { depth: 1.5 },
    { trees: -1 },
    { rowShare: 0 },
    { featureShare: 1.1 },
    { lambda: -1 },
    { learningRate: NaN },
  ];
  for (const options of wrong) assert.throws(() => train(all, options), range, JSON.stringify(options));
});

const FEATURES = 5;
const wholes = (min: number, max: number, length: number) =>
  fc.array(fc.integer({ min, max }), { minLength: length, maxLength: length });
const leafValues = fc.oneof(
  fc.integer({ min: -32768, max: 32767 }),
  fc.constantFrom(-32768, -1, 0, 255, 32767),
);
const treeOf = (depth: number): fc.Arbitrary<Tree> =>
  fc.record({
    features: wholes(0, FEATURES - 1, depth),
    cuts: fc.array(fc.oneof(fc.integer({ min: 0, max: 254 }), fc.constantFrom(0, 254)), {
      minLength: depth,
      maxLength: depth,
    }),
    leaves: fc.array(leafValues, { minLength: 2 ** depth, maxLength: 2 ** depth }),
  });
const columnsOf = (count: number, seed: number) => {
  const random = seededRandom(seed);
  return Array.from({ length: FEATURES }, () => Uint8Array.from({ length: count }, () => random() * 256));
};

Deno.test("predictForest() gives what a plain loop gives, for each depth and for mixed ones", () => {
  const bias = fc.integer({ min: -1e6, max: 1e6 });
  const counts = fc.oneof(fc.nat(70), fc.integer({ min: 1000, max: 1100 }));
  for (const depths of [[1], [2], [3], [4], [5], [6], [1, 2, 3, 4, 5, 6]]) {
    const trees = fc.array(fc.constantFrom(...depths).chain(treeOf), { maxLength: 7 });
    fc.assert(
      fc.property(trees, bias, counts, fc.nat(17), fc.integer(), (trees, bias, count, shift, seed) => {
        const columns = columnsOf(count, seed);
        assert.deepEqual(predict({ bias, trees }, columns, shift), scoresOf({ bias, trees }, columns));
      }),
      { numRuns: 40 },
    );
  }
});

Deno.test("predictForest() gives what training went by", () => {
  const all = noisySamples(333, 6, 256, 9);
  const forest = train(all, { depth: 4 });
  assert.deepEqual(predict(forest, all.columns), scoresOf(forest, all.columns));
  assert.deepEqual(JSON.parse(JSON.stringify(forest)), forest);
});

Deno.test("predictForest() throws RangeError for what is no tree", () => {
  const tree: Tree = { features: [0, 1], cuts: [3, 254], leaves: [1, 2, 3, 4] };
  const columns = columnsOf(20, 1);
  assert.equal(predict({ bias: 0, trees: [tree] }, columns).length, 20);
  const wrong: Tree[] = [
    { features: [], cuts: [], leaves: [1] },
    { ...tree, features: [0, -1] },
    { ...tree, cuts: [3] },
    { ...tree, cuts: [3, 255] },
    { ...tree, leaves: [1, 2, 3] },
    { ...tree, leaves: [1, 2, 3, 32768] },
    { ...tree, leaves: [1, 2, 3, 0.5] },
    { features: Array(7).fill(0), cuts: Array(7).fill(0), leaves: Array(128).fill(0) },
  ];
  for (const other of wrong) {
    assert.throws(() => predict({ bias: 0, trees: [tree, other] }, columns), /tree 1 has/);
  }
});

Deno.test("forestEntries() takes probabilities that are those of the logistic function", () => {
  const values = [-80, -16, -9.5, -3, -0.25, 0, 0.001, 1, 7, 15.9, 16, 500];
  const mark = arena.mark();
  const [ids, scored, weights, entries] = [4, 4, 8, 16].map((bytes) => arena.alloc(bytes * values.length));
  assert.ok(ids !== undefined && scored !== undefined && weights !== undefined && entries !== undefined);
  values.forEach((value, i) => {
    arena.u32(ids, values.length)[i] = i;
    arena.i32(scored, values.length)[i] = Math.round(value * 4096);
    arena.f64(weights, values.length)[i] = -(2 ** 29);
  });
  run.forestEntries(ids, values.length, scored, weights, entries);
  const read = arena.i32(entries, 4 * values.length).slice();
  arena.release(mark);
  values.forEach((value, i) => {
    const x = Math.round(value * 4096) / 4096;
    const p = 1 / (1 + Math.exp(-Math.max(-16, Math.min(16, x))));
    assert.ok(Math.abs(logistic(x) / p - 1) < 1e-8, `${x}`);
    assert.equal(read[4 * i + 1], Math.floor(-(2 ** 29) * logistic(x) + 0.5));
    assert.equal(read[4 * i], Math.floor(2 ** 31 * logistic(x) * (1 - logistic(x)) + 0.5));
    assert.deepEqual([read[4 * i + 2], read[4 * i + 3]], [i, 0]);
  });
});
