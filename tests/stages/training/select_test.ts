import assert from "node:assert/strict";
import fc from "fast-check";
import { chanceOf } from "../../../src/supervoxels/identity.ts";
import {
  canonicalOrder,
  concatSamples,
  emptySamples,
  pickSamples,
  readSamples,
  type SampleTable,
  writeSamples,
} from "../../../src/stages/training/sample_table.ts";
import { type SelectionSettings, selectSamples } from "../../../src/stages/training/select.ts";

const SETTINGS: SelectionSettings = {
  seed: 7,
  NegSampleProportion: 0,
  crossFitFolds: 4,
  PosSkipFactor: 0,
  maxTrainingSamples: 100_000,
  appendArtificialNegatives: false,
  treatArtificialNegativesAsPositivesInResampling: false,
};

/** `positives` positives and `negatives` negatives in a disorder that follows from `seed`. */
function samplesOf(positives: number, negatives: number, seed = 1): SampleTable {
  const table = emptySamples(positives + negatives);
  const order = Array.from({ length: table.count }, (_, i) => i)
    .sort((a, b) => chanceOf(seed, "pose", a, 0) - chanceOf(seed, "pose", b, 0));
  for (const [place, i] of order.entries()) {
    // every third supervoxel is a second fragment of its seed
    table.seeds[place] = 100 + i - (i % 3 === 0 ? 1 : 0);
    table.first[place] = 1000 + i;
    table.components[place] = i < positives ? 1 + (i % 2) : 0;
    table.centroids.set([i, 2 * i, 3 * i], place * 3);
    table.frames.set([i, 1, 2, 3, 4, i + 0.5], place * 6);
  }
  return table;
}

const names = ({ seeds, first }: SampleTable) => Array.from(seeds, (seed, i) => `${seed}:${first[i]}`);

/** e3 of a sample. */
const e3 = ({ frames }: SampleTable, i: number) => [...frames.subarray(i * 6 + 3, i * 6 + 6)];

Deno.test("selectSamples() keeps all, positives first, each by seed and first voxel, in whatever order they came", () => {
  const { samples, labels, alwaysKeep, counts } = selectSamples(samplesOf(5, 20), 20, SETTINGS);
  assert.deepEqual([...labels], [...Array(5).fill(1), ...Array(20).fill(0)]);
  assert.ok(alwaysKeep.every((kept) => kept === 0));
  for (const part of [pickSamples(samples, [0, 1, 2, 3, 4]), samples]) {
    assert.deepEqual(canonicalOrder(part).slice(0, 5), [0, 1, 2, 3, 4]);
  }
  assert.deepEqual(counts, {
    positives: 5,
    positivesFound: 5,
    negatives: 20,
    negativesFound: 20,
    artificialNegatives: 0,
  });
  for (let seed = 2; seed < 8; seed++) {
    assert.deepEqual(selectSamples(samplesOf(5, 20, seed), 20, SETTINGS).samples, samples);
  }
});

Deno.test("selectSamples() flips about every second negative by its hash, and no positive", () => {
  const found = samplesOf(40, 400);
  const before = new Map(names(found).map((name, i) => [name, e3(found, i)]));
  const flipsWith = (seed: number) => {
    const { samples, labels } = selectSamples(found, 400, { ...SETTINGS, seed });
    return names(samples).map((name, i) => {
      const own = before.get(name) ?? [];
      const flipped = e3(samples, i).every((value, k) => value === -(own[k] ?? 0));
      assert.ok(flipped || e3(samples, i).every((value, k) => value === own[k]));
      assert.ok(labels[i] === 0 || !flipped, "a positive was flipped");
      assert.deepEqual(
        [...samples.frames.subarray(i * 6, i * 6 + 3)],
        [(before.get(name)?.[2] ?? 0) - 0.5, 1, 2],
      );
      return flipped;
    });
  };
  const flips = flipsWith(7);
  const count = flips.filter(Boolean).length;
  assert.ok(count > 160 && count < 240, `${count} of 400`);
  assert.notDeepEqual(flipsWith(8), flips);
});

Deno.test("selectSamples() keeps round(NegSampleProportion * positives) negatives, at random by the seed", () => {
  const choose = (NegSampleProportion: number, seed: number) => {
    const { samples, labels } = selectSamples(samplesOf(10, 100), 100, {
      ...SETTINGS,
      NegSampleProportion,
      seed,
    });
    return names(samples).filter((_, i) => labels[i] === 0);
  };
  assert.equal(choose(2.26, 7).length, 23);
  assert.equal(choose(0, 7).length, 100);
  assert.equal(choose(50, 7).length, 100);
  assert.notDeepEqual(choose(2, 7), choose(2, 8));
  // more of them are a superset: a uniform part of a uniform part
  const more = new Set(choose(4, 7));
  assert.ok(choose(2, 7).every((name) => more.has(name)));
});

Deno.test("selectSamples() keeps 10 negatives per positive where too few synapses are labelled for cross-fitting, unless told otherwise", () => {
  const negativesWith = (settings: Partial<SelectionSettings>, synapses: number) => {
    const found = samplesOf(12, 400);
    for (let i = 0; i < found.count; i++) {
      if ((found.components[i] ?? 0) > 0) found.components[i] = 1 + (found.first[i] ?? 0) % synapses;
    }
    return selectSamples(found, 400, { ...SETTINGS, NegSampleProportion: "auto", ...settings }).counts
      .negatives;
  };
  assert.equal(negativesWith({}, 5), 120);
  assert.equal(negativesWith({}, 6), 400);
  assert.equal(negativesWith({ crossFitFolds: 2 }, 3), 400);
  assert.equal(negativesWith({ crossFitFolds: 1 }, 1), 400);
  assert.equal(negativesWith({ NegSampleProportion: 0 }, 1), 400);
});

Deno.test("selectSamples() keeps every k-th positive with PosSkipFactor k; 0 and 1 keep all", () => {
  const all = names(selectSamples(samplesOf(10, 5), 5, SETTINGS).samples).slice(0, 10);
  const kept = (PosSkipFactor: number) => {
    const { samples, labels, counts } = selectSamples(samplesOf(10, 5), 5, { ...SETTINGS, PosSkipFactor });
    assert.equal(counts.positivesFound, 10);
    return names(samples).filter((_, i) => labels[i] === 1);
  };
  assert.deepEqual(kept(0), all);
  assert.deepEqual(kept(1), all);
  assert.deepEqual(kept(3), [0, 3, 6, 9].map((i) => all[i]));
  assert.deepEqual(kept(100), all.slice(0, 1));
});

Deno.test("selectSamples() appends each positive as a negative with the flipped frame where asked to", () => {
  const settings = { ...SETTINGS, appendArtificialNegatives: true };
  const { samples, labels, alwaysKeep, counts } = selectSamples(samplesOf(4, 6), 6, settings);
  assert.deepEqual([...labels], [1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
  assert.equal(counts.artificialNegatives, 4);
  assert.equal(counts.negatives, 6);
  assert.ok(alwaysKeep.every((kept) => kept === 0));
  for (let i = 0; i < 4; i++) {
    assert.equal(names(samples)[10 + i], names(samples)[i]);
    assert.deepEqual(e3(samples, 10 + i), e3(samples, i).map((value) => -value));
    assert.deepEqual(
      samples.frames.subarray(60 + 6 * i, 63 + 6 * i),
      samples.frames.subarray(6 * i, 6 * i + 3),
    );
    assert.deepEqual(
      samples.centroids.subarray(30 + 3 * i, 33 + 3 * i),
      samples.centroids.subarray(3 * i, 3 * i + 3),
    );
  }
  const kept = selectSamples(samplesOf(4, 6), 6, {
    ...settings,
    treatArtificialNegativesAsPositivesInResampling: true,
  });
  assert.deepEqual([...kept.alwaysKeep], [...Array(10).fill(0), 1, 1, 1, 1]);
});

Deno.test("selectSamples() never keeps more than maxTrainingSamples, and some of both classes", () => {
  const cases = fc.record({
    positives: fc.integer({ min: 1, max: 60 }),
    negatives: fc.integer({ min: 1, max: 60 }),
    maxTrainingSamples: fc.integer({ min: 4, max: 90 }),
    NegSampleProportion: fc.constantFrom(0, 0.6, 3),
    appendArtificialNegatives: fc.boolean(),
    PosSkipFactor: fc.integer({ min: 0, max: 5 }),
  });
  fc.assert(fc.property(cases, ({ positives, negatives, ...settings }) => {
    const { samples, labels, counts } = selectSamples(samplesOf(positives, negatives), negatives, {
      ...SETTINGS,
      ...settings,
    });
    assert.ok(samples.count <= settings.maxTrainingSamples);
    assert.equal(samples.count, labels.length);
    assert.ok(labels.includes(1) && labels.includes(0));
    assert.equal(samples.count, counts.positives + counts.negatives + counts.artificialNegatives);
    const own = names(samples).slice(0, counts.positives + counts.negatives);
    assert.equal(new Set(own).size, own.length, "a supervoxel was taken twice");
  }));
});

Deno.test("selectSamples() says which keys to change where a class is empty", () => {
  assert.throws(() => selectSamples(samplesOf(0, 9), 9, SETTINGS), {
    name: "UserError",
    message: /no positive samples.*useSynapses.*[Ll]ower borderMinDist, minPosRegionSize/s,
  });
  assert.throws(() => selectSamples(samplesOf(9, 0), 0, SETTINGS), {
    name: "UserError",
    message: /no negative samples \(0 found\)/,
  });
});

Deno.test("writeSamples() and readSamples() give back a table; a torn one is an error", async () => {
  const path = await Deno.makeTempFile();
  try {
    const table = concatSamples([samplesOf(3, 4), emptySamples(0), samplesOf(1, 1, 5)]);
    await writeSamples(path, table);
    assert.deepEqual(await readSamples(path), table);
    const bytes = await Deno.readFile(path);
    await Deno.writeFile(path, bytes.subarray(0, bytes.length - 1));
    await assert.rejects(readSamples(path), { name: "DamagedError", message: /damaged/ });
    await Deno.writeFile(path, new Uint8Array());
    await assert.rejects(readSamples(path), { name: "DamagedError" });
  } finally {
    await Deno.remove(path);
  }
});
