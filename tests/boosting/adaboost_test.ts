import assert from "node:assert/strict";
import fc from "fast-check";
import { boost, type BoostOptions, type RoundProgress } from "../../src/boosting/adaboost.ts";
import { type Round, stumpsOfRounds } from "../../src/boosting/feature_matrix.ts";
import { refitThresholds } from "../../src/boosting/refit.ts";
import { loadKernels } from "../../src/kernels/mod.ts";
import { type Data, matrixOf, syntheticData } from "./data.ts";
import { referenceBoost } from "./reference.ts";

const kernels = await loadKernels();

type Settings = Omit<BoostOptions, "matrix" | "labels">;

const SETTINGS: Settings = {
  columns: 3,
  seed: 7,
  numStumps: 12,
  numWLToExplorePerIter: 12,
  reweightingSamplingRatio: 2,
  thresholdSearchOnWholeData: false,
};

const run = ({ labels, columnsOfBins }: Data, settings: Partial<Settings> = {}) =>
  boost(kernels, { ...SETTINGS, ...settings, labels, matrix: matrixOf(kernels, columnsOfBins) });

Deno.test("boost() equals a plain implementation to the bit", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.record({
        samples: fc.integer({ min: 4, max: 90 }),
        poses: fc.integer({ min: 1, max: 6 }),
        range: fc.constantFrom(2, 5, 40, 256),
        seed: fc.nat(),
        whole: fc.boolean(),
        keep: fc.boolean(),
        ratio: fc.integer({ min: 1, max: 4 }),
        skip: fc.constantFrom(0, 2, 5),
      }),
      async ({ samples, poses, range, seed, whole, keep, ratio, skip }) => {
        const data = syntheticData(samples, poses * 3, range, seed);
        // some that are not learned from
        data.labels.forEach((_, i) => {
          if (skip > 0 && i > 7 && i % skip === 1) data.labels[i] = 2;
        });
        const alwaysKeep = data.labels.map((label, i) => Number(label === 0 && i % 3 === 0 && i > 2));
        const settings = {
          ...SETTINGS,
          seed,
          numStumps: 4,
          numWLToExplorePerIter: 8,
          reweightingSamplingRatio: ratio,
          thresholdSearchOnWholeData: whole,
          ...(keep ? { alwaysKeep } : {}),
        };
        let expected;
        try {
          expected = referenceBoost({ ...settings, ...data });
        } catch {
          return await assert.rejects(run(data, settings), { name: "UserError" });
        }
        const { rounds, weights, scores } = await run(data, settings);
        assert.deepStrictEqual(rounds, expected.rounds);
        assert.deepStrictEqual([...weights], expected.weights);
        assert.deepStrictEqual([...scores], expected.scores);
      },
    ),
    { numRuns: 150 },
  );
});

Deno.test("boost() finds a perfect feature, gives it a finite alpha and the middle of the gap", async () => {
  const { labels, columnsOfBins } = syntheticData(200, 6, 256, 3);
  columnsOfBins[4] = labels.map((label, i) => label === 1 ? 90 + i % 3 : 40 + i % 11); // 40..50 and 90..92
  const { rounds, weights } = await run({ labels, columnsOfBins }, {
    numStumps: 2,
    numWLToExplorePerIter: 100,
  });
  const [first] = rounds;
  assert.deepEqual([first?.candidate, first?.invert], [4, false]);
  assert.equal(first?.alpha, Math.log(399) / 2);
  assert.ok(first.bin > 65 && first.bin < 75, `bin ${first.bin}`);
  assert.ok(weights.every((w) => Number.isFinite(w) && w > 0));
});

Deno.test("boost() keeps weights that sum to 1 and that the last stump gets half wrong", async () => {
  const data = syntheticData(300, 30, 64, 5);
  for (const thresholdSearchOnWholeData of [false, true]) {
    const { rounds, weights } = await run(data, { thresholdSearchOnWholeData });
    const last = rounds.at(-1);
    const column = data.columnsOfBins[last?.candidate ?? -1] ?? new Uint8Array();
    const total = weights.reduce((sum, w) => sum + w, 0);
    assert.ok(Math.abs(total - 1) < 1e-12, `sum ${total}`);
    // After AdaBoost's update the stump it came from is no better than chance.
    const wrong = weights.filter((_, i) =>
      ((column[i] ?? 0) >= (last?.bin ?? 0)) !== (last?.invert ?? false) !== (data.labels[i] === 1)
    ).reduce((sum, w) => sum + w, 0);
    assert.ok(Math.abs(wrong - 0.5) < 1e-12, `wrong ${wrong}`);
  }
});

Deno.test("boost() resumed from a checkpoint goes on to the same bits", async () => {
  const data = syntheticData(400, 60, 256, 11);
  const saved: Round[][] = [];
  const whole = await run(data, { numStumps: 70, checkpoint: (rounds) => void saved.push([...rounds]) });
  assert.deepEqual(saved.map((rounds) => rounds.length), [50]);
  for (const length of [1, 23, 50, 70]) {
    const resumeFrom: Round[] = JSON.parse(JSON.stringify(whole.rounds.slice(0, length)));
    assert.deepStrictEqual(await run(data, { numStumps: 70, resumeFrom }), whole);
  }
  assert.deepStrictEqual(await run(data, { numStumps: 70 }), whole);
  const other = await run(data, { numStumps: 70, seed: 8 });
  assert.notDeepStrictEqual(other.rounds, whole.rounds);
});

Deno.test("boost() resumed goes on to the same bits where stumps are no better than chance", async () => {
  let weak = 0;
  for (let seed = 1; seed <= 20; seed++) {
    // the few candidates are soon used up, and then every error is 0.5 but for rounding
    const data = syntheticData(60, SETTINGS.columns, 4, seed);
    const whole = await run(data, { numStumps: 60 });
    weak += whole.rounds.filter(({ alpha }) => alpha < 0).length;
    for (const length of [20, 50]) {
      const resumeFrom: Round[] = JSON.parse(JSON.stringify(whole.rounds.slice(0, length)));
      assert.deepStrictEqual(await run(data, { numStumps: 60, resumeFrom }), whole);
    }
  }
  assert.ok(weak > 0, "no error was above 0.5 for both signs");
});

Deno.test("boost() refuses a checkpoint of other samples", async () => {
  const data = syntheticData(100, 6, 256, 13);
  const { rounds } = await run(data, { numStumps: 3 });
  const labels = data.labels.with(50, 1 - (data.labels[50] ?? 0));
  await assert.rejects(run({ ...data, labels }, { resumeFrom: rounds }), /round 1 of the checkpoint/);
});

Deno.test("boost() reports each round and lowers the training error", async () => {
  const data = syntheticData(300, 60, 64, 17);
  const progress: RoundProgress[] = [];
  const { rounds, scores } = await run(data, { numStumps: 40, onRound: (p) => progress.push(p) });
  assert.deepEqual(progress.map(({ round }) => round), rounds.map((_, i) => i + 1));
  assert.deepEqual(progress.map(({ alpha }) => alpha), rounds.map(({ alpha }) => alpha));
  for (const { weightedError, alpha } of progress) {
    assert.ok(Math.abs(Math.log((1 - weightedError) / weightedError) / 2 - alpha) < 1e-9);
  }
  const part = (label: number) => {
    const of = scores.filter((_, i) => data.labels[i] === label);
    return of.filter((s) => s > 0 !== (label === 1)).length / of.length;
  };
  assert.ok(Math.abs((progress.at(-1)?.trainingError ?? NaN) - (part(0) + part(1)) / 2) < 1e-12);
  assert.ok((progress.at(-1)?.trainingError ?? 1) < (progress[0]?.trainingError ?? 0) / 2);
});

Deno.test("boost() throws where a class is missing, nothing differs, or it is aborted, and leaves the arena as it was", async () => {
  const data = syntheticData(50, 6, 16, 19);
  const top = kernels.arena.mark();
  const matrix = matrixOf(kernels, data.columnsOfBins);
  const before = kernels.arena.mark();
  const options = { ...SETTINGS, matrix, labels: data.labels };
  const none = new Uint8Array(50);
  await assert.rejects(boost(kernels, { ...options, labels: none }), {
    name: "UserError",
    message: /no positive/,
  });
  await assert.rejects(boost(kernels, { ...options, labels: none.fill(1) }), {
    name: "UserError",
    message: /no negative/,
  });
  const blank = matrixOf(kernels, data.columnsOfBins.map(() => new Uint8Array(50)));
  const blankMark = kernels.arena.mark();
  await assert.rejects(boost(kernels, { ...options, matrix: blank }), {
    name: "UserError",
    message: /round 1: none of 6 context features differs/,
  });
  const controller = new AbortController();
  const stopped = boost(kernels, {
    ...options,
    signal: controller.signal,
    onRound: ({ round }) => round === 3 && controller.abort(new Error("stopped")),
  });
  await assert.rejects(stopped, /stopped/);
  assert.equal(kernels.arena.mark(), blankMark);
  assert.ok(before > top);
  await assert.rejects(boost(kernels, { ...options, labels: new Uint8Array(49) }), RangeError);
  await assert.rejects(boost(kernels, { ...options, columns: 4 }), RangeError);
});

Deno.test("refitThresholds() finds again the thresholds that were fitted on all samples", async () => {
  const data = syntheticData(200, 12, 64, 29);
  const { rounds, scores } = await run(data, {
    thresholdSearchOnWholeData: true,
    numWLToExplorePerIter: 100,
  });
  const matrix = matrixOf(
    kernels,
    rounds.map(({ candidate }) => data.columnsOfBins[candidate] ?? new Uint8Array()),
  );
  const refit = refitThresholds(kernels, { matrix, stumps: rounds, labels: data.labels });
  assert.deepEqual(refit.bins, rounds.map(({ bin }) => bin));
  refit.scores.forEach((s, i) => assert.ok(Math.abs(s - (scores[i] ?? NaN)) < 1e-12));
});

Deno.test("refitThresholds() keeps a given sign, and says which features are constant", () => {
  const labels = Uint8Array.of(0, 0, 0, 1, 1, 1, 0, 0);
  const rising = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);
  const matrix = matrixOf(kernels, [rising, rising, rising.map(() => 9)]);
  const stumps = [{ invert: false, alpha: 0.5 }, { invert: true, alpha: 0.5 }, { invert: false, alpha: 1 }];
  const { bins, weights } = refitThresholds(kernels, { matrix, stumps, labels });
  // Upright: from 4 on, wrong on the last two negatives. These then weigh more: inverted, from 7 on.
  assert.deepEqual(bins, [4, 7, undefined]);
  assert.ok(Math.abs(weights.reduce((sum, w) => sum + w, 0) - 1) < 1e-12);
});

Deno.test("stumpsOfRounds() names pose, column and threshold of each candidate", () => {
  const rounds = [{ candidate: 5, bin: 2, invert: true, alpha: 0.25 }];
  const stumps = stumpsOfRounds(rounds, {
    poses: [100, 200],
    columns: 3,
    cuts: (candidate) => [0, 10, 1000 + candidate],
    quantisation: (column) => ({ low: -4 * column, scale: 2 }),
  });
  assert.deepEqual(stumps, [{ pose: 200, column: 2, threshold: -8 + 1005.5 / 2, invert: true, alpha: 0.25 }]);
});
