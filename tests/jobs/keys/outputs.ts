/** What the keys of further outputs and of saved models do in a run. */
import assert from "node:assert/strict";
import { type Model, sumOfAlphas, sumThreshold } from "../../../src/boosting/mod.ts";
import { plattProbability } from "../../../src/boosting/platt.ts";
import { findSynapses, openZarr } from "../../../mod.ts";
import { readRegion } from "../../../src/volume/zarr/mod.ts";
import { readNrrd } from "../../helpers/run_job.ts";
import {
  allOutputNames,
  type KeyCase,
  type KeyRun,
  outputNames,
  readFeatures,
  readTiff,
  type SavedFeatures,
  stumpsText,
  TINY,
  tinyVolume,
  writeNrrd,
  writeTinyChannels,
} from "./job.ts";
import { findSupervoxels } from "../../helpers/supervoxels_support.ts";

/** What a stump says of a row of saved features: 1 or -1. */
function vote(model: Model, features: SavedFeatures, row: number, column: number): number {
  const stump = model.stumps[column];
  assert.ok(stump);
  return (features.at(row, column) >= sumThreshold(stump, 1)) !== stump.invert ? 1 : -1;
}

function scoreOf(model: Model, features: SavedFeatures, row: number): number {
  return model.stumps.reduce((sum, { alpha }, column) => sum + alpha * vote(model, features, row, column), 0);
}

/** Supervoxels of the tiny volume in the order of seeds and first voxels, each with the index of a voxel. */
function supervoxelsInOrder(settings = { seed: 2, cubeness: 16, anisotropy: 1, join: "nearest" as const }) {
  const { names } = findSupervoxels(tinyVolume(1).raw, TINY, settings);
  const voxelOf = new Map(names.map((name, voxel) => [name, voxel]));
  const key = (name: string) => name.split(":").map(Number) as [number, number];
  const sorted = [...voxelOf].sort(([a], [b]) => key(a)[0] - key(b)[0] || key(a)[1] - key(b)[1]);
  return { voxels: sorted.map(([, voxel]) => voxel), names };
}

/** Sum of the values of all supervoxels, each counted once. */
function sumOverSupervoxels(values: Float32Array): number {
  return supervoxelsInOrder().voxels.reduce((sum, voxel) => sum + (values[voxel] ?? 0), 0);
}

function assertNear(found: Float32Array, expected: Float32Array, tolerance = 0): void {
  assert.equal(found.length, expected.length);
  const worst = found.reduce((most, value, i) => Math.max(most, Math.abs(value - (expected[i] ?? NaN))), 0);
  assert.ok(worst <= tolerance, `values differ by up to ${worst}`);
}

async function orientationOf(run: KeyRun): Promise<Float32Array> {
  const frames = await readNrrd(`${run.out}-0--predOrient.nrrd`);
  assert.equal(frames.length, 9 * TINY[0] * TINY[1] * TINY[2]);
  return frames;
}

export const OUTPUT_CASES: readonly KeyCase[] = [
  {
    keys: ["outFileName"],
    what: "begins the names of all outputs, in a folder that must exist",
    async test({ base, folder, run }) {
      assert.deepEqual(outputNames(base), ["-0-ab-max.nrrd", "-0-ab-min.nrrd", "-stumps.cfg"]);
      await assert.rejects(run(["outFileName=missing/a"], { work: `${folder}/w` }), {
        name: "UserError",
        message: /no folder .*missing/,
      });
      await Deno.mkdir(`${folder}/there`);
      const moved = await run(["outFileName=there/a"]);
      assert.deepEqual(outputNames(moved), outputNames(base));
      assert.equal(stumpsText(moved), stumpsText(base));
    },
  },
  {
    keys: ["saveTrainingWeights", "saveTrainingWeightsPosFileName", "saveTrainingWeightsNegFileName"],
    what:
      "writes the final weights of the samples' supervoxels to the files named, and by default beside the model",
    async test({ base, folder, train }) {
      const named = await train([
        "saveTrainingWeights=true",
        "saveTrainingWeightsPosFileName=p.nrrd",
        "saveTrainingWeightsNegFileName=n.nrrd",
      ]);
      assert.deepEqual(named.files.slice(1), [`${folder}/p.nrrd`, `${folder}/n.nrrd`]);
      const [positive, negative] = [await readNrrd(`${folder}/p.nrrd`), await readNrrd(`${folder}/n.nrrd`)];
      const [p, n] = [sumOverSupervoxels(positive), sumOverSupervoxels(negative)];
      assert.ok(Math.abs(p + n - 1) < 1e-5 && p > 0.1 && n > 0.1, `${p} and ${n}`);
      const count = (values: Float32Array) =>
        supervoxelsInOrder().voxels.filter((v) => values[v] !== 0).length;
      assert.equal(count(positive), base.counts.positives);
      assert.equal(count(negative), base.counts.negatives);
      const { labels } = tinyVolume(1);
      assert.ok(positive.every((weight, i) => weight === 0 || labels[i] !== 0));
      assert.ok(negative.every((weight, i) => weight === 0 || labels[i] !== 255));
      const { out } = await train(["saveTrainingWeights=true"]);
      assertNear(await readNrrd(`${out}-trainingWeightsPos.nrrd`), positive);
      assertNear(await readNrrd(`${out}-trainingWeightsNeg.nrrd`), negative);
    },
  },
  {
    keys: ["outputSynapses"],
    what: "lists the synapses as the command would, and not where it is false",
    async test({ base, score }) {
      const tables = ["-0-synapses.csv", "-0-synapses.json", "-0-synapses.zarr"];
      const isTable = (name: string) => name.includes("-synapses.");
      const listed = await score([]);
      assert.deepEqual(allOutputNames(listed).filter(isTable), tables);
      const csv = (run: KeyRun) => Deno.readTextFileSync(`${run.out}-0-synapses.csv`);
      assert.equal(csv(listed), csv(base));
      const scores = await openZarr(`${listed.out}-work/scores/0-max.zarr`);
      const { synapses } = await findSynapses(scores);
      const rows = csv(listed).trim().split("\n").slice(1).map((row) => row.split(","));
      assert.deepEqual(rows.map(([id]) => Number(id)), synapses.map(({ id }) => id));
      assert.deepEqual(rows.map((row) => Number(row[13])), synapses.map(({ voxels }) => voxels));
      assert.ok(rows.length > 0, "the tiny volume has synapses");
      const without = await score(["outputSynapses=false"]);
      assert.deepEqual(allOutputNames(without).filter(isTable), []);
      assert.deepEqual(await without.max(), await listed.max());
    },
  },
  {
    keys: ["outputPlattScaling"],
    what: "fits a probability to the scores and writes floor(254 p) as TIFF",
    async test({ base, run }) {
      const scaled = await run(["outputPlattScaling=true"]);
      assert.deepEqual(outputNames(scaled), ["-0-ab-max.tif", "-0-ab-min.tif", "-stumps.cfg"]);
      assert.deepEqual(scaled.model.stumps, base.model.stumps);
      assert.deepEqual(base.model.platt, { A: -2, B: 0 });
      assert.notDeepEqual(scaled.model.platt, base.model.platt);
      const total = sumOfAlphas(base.model.stumps);
      for (const [name, scores] of [["max", await base.max()], ["min", await base.min()]] as const) {
        const bytes = await readTiff(`${scaled.out}-0-ab-${name}.tif`);
        const wrong = scores.findIndex((score, i) =>
          bytes[i] !== Math.floor(254 * plattProbability(scaled.model.platt, score / total))
        );
        assert.equal(wrong, -1);
        assert.ok(new Set(bytes).size > 20);
      }
    },
  },
  {
    keys: ["outputFormat"],
    what: "writes the same scores as OME-Zarr",
    async test({ base, score }) {
      const written = await score(["outputFormat=ome-zarr"]);
      assert.deepEqual(outputNames(written), ["-0-ab-max.ome.zarr", "-0-ab-min.ome.zarr"]);
      for (const [name, scores] of [["max", await base.max()], ["min", await base.min()]] as const) {
        const array = await openZarr(`${written.out}-0-ab-${name}.ome.zarr/0`);
        const voxels = new Float32Array(scores.length);
        await readRegion(array, { start: [0, 0, 0], shape: array.shape }, voxels);
        assert.deepEqual(voxels, scores);
      }
    },
  },
  {
    keys: ["outputOrientationEstimate", "test[].orientEstimate"],
    what: "writes the frames that won, which do not depend on the signs of e3 in a given orientation",
    async test(job) {
      const { base, folder, score } = job;
      const [max, min] = [await base.max(), await base.min()];
      const computed = await score(["outputOrientationEstimate=true"]);
      assertNear(await computed.max(), max);
      const winning = await orientationOf(computed);
      const { names } = supervoxelsInOrder();
      const tied = new Set(names.filter((_, voxel) => max[voxel] === min[voxel]));

      await writeTinyChannels(job, "hessOrient-s1.5-repolarized");
      const given = await readNrrd(`${folder}/channels/hessOrient-s1.5-repolarized.nrrd`);
      const signs: readonly ((e3: Float32Array) => number)[] = [
        () => 1,
        () => -1,
        ([, y = 0]) => y > 0 ? 1 : -1,
      ];
      for (const [i, signOf] of signs.entries()) {
        const frames = given.map((value, k) => {
          const voxel = k - k % 9;
          return k % 9 >= 3 && k % 9 < 6 ? value : value * signOf(given.subarray(voxel + 6, voxel + 9));
        });
        await writeNrrd(`${folder}/signs${i}.nrrd`, frames, 9);
        const again = await score([
          "outputOrientationEstimate=true",
          `test[0].orientEstimate=signs${i}.nrrd`,
        ]);
        assertNear(await again.max(), max, 1e-5);
        assertNear(await again.min(), min, 1e-5);
        const found = await orientationOf(again);
        // where both frames are as good the first is taken; the third changes signs within supervoxels
        const isSame = (value: number, k: number) =>
          value === winning[k] || i === 2 || tied.has(names[Math.floor(k / 9)] ?? "");
        assert.equal(found.findIndex((value, k) => !isSame(value, k)), -1);
        assert.ok(found.some((value, k) => value !== frames[k]), "no flipped frame won");
      }
      const blurred = await score(["test[0].orientEstimate=hessOrient-s3.5-repolarized"]);
      assert.notDeepEqual((await blurred.max()).slice(0, 4000), (await base.max()).slice(0, 4000));
    },
  },
  {
    keys: ["savedStumpsPath", "usedSavedStumpsPathOnlyForTesting"],
    what: "scores with the first numStumps of a file, and then reads no train group",
    async test({ base, folder, run, score }) {
      const loaded = await score([]);
      assertNear(await loaded.max(), await base.max());
      assertNear(await loaded.min(), await base.min());
      assert.deepEqual(outputNames(loaded), ["-0-ab-max.nrrd", "-0-ab-min.nrrd"]);
      assert.ok(!loaded.files.includes(`${base.out}-stumps.cfg`));

      const five = await score(["numStumps=5", "train.rawVolume=missing.tif"]);
      const trained = await run(["numStumps=5"]);
      assertNear(await five.max(), await trained.max());
      assertNear(await five.min(), await trained.min());

      const withTrain = ["savedStumpsPath=base-stumps.cfg", "usedSavedStumpsPathOnlyForTesting=false"];
      await assert.rejects(run([...withTrain, "train.rawVolume=missing.tif"]), { name: "UserError" });
      const both = await run(withTrain);
      assertNear(await both.max(), await base.max());
      assert.match(await Deno.readTextFile(`${folder}/base-stumps.cfg`), /poseIdx/);
    },
  },
  {
    keys: ["extra.saveTrainingFeatures"],
    what: "writes the sums that the stumps threshold, from which errors and alphas follow",
    async test({ base, train }) {
      const { out, model } = await train(["extra.saveTrainingFeatures=true"]);
      assert.deepEqual(model, base.model);
      const [pos, neg] = [
        await readFeatures(`${out}-trainPosFeats.bin`),
        await readFeatures(`${out}-trainNegFeats.bin`),
      ];
      assert.deepEqual([pos.rows, pos.columns], [base.counts.positives, 12]);
      assert.deepEqual([neg.rows, neg.columns], [base.counts.negatives, 12]);
      const samples = [
        ...Array.from(
          { length: pos.rows },
          (_, row) => ({ features: pos, row, sign: 1, weight: 0.5 / pos.rows }),
        ),
        ...Array.from(
          { length: neg.rows },
          (_, row) => ({ features: neg, row, sign: -1, weight: 0.5 / neg.rows }),
        ),
      ];
      for (const [column, { alpha }] of model.stumps.entries()) {
        const right = samples.map(({ features, row, sign }) => vote(model, features, row, column) === sign);
        const error = samples.reduce((sum, { weight }, i) => sum + (right[i] ? 0 : weight), 0);
        assert.ok(Math.abs(Math.log((1 - error) / error) / 2 - alpha) < 1e-9, `round ${column}`);
        for (const [i, sample] of samples.entries()) sample.weight *= Math.exp(right[i] ? -alpha : alpha);
        const total = samples.reduce((sum, { weight }) => sum + weight, 0);
        for (const sample of samples) sample.weight /= total;
      }
    },
  },
  {
    keys: ["extra.saveTestingFeatures"],
    what: "writes a row for each supervoxel, whose votes add up to its scores",
    async test({ base, score }) {
      const { out, model, files } = await score(["extra.saveTestingFeatures=true"]);
      const names = ["-0--testFeaturesA.bin", "-0--testFeaturesB.bin", "-0-testFeatures-max.bin"];
      assert.deepEqual(files.slice(2, 5), names.map((name) => out + name));
      const [own, flipped, winning] = await Promise.all(names.map((name) => readFeatures(out + name)));
      assert.ok(own && flipped && winning);
      const { voxels } = supervoxelsInOrder();
      for (const { rows, columns } of [own, flipped, winning]) {
        assert.deepEqual([rows, columns], [voxels.length, 12]);
      }
      const [max, min] = [await base.max(), await base.min()];
      let flips = 0;
      for (const [row, voxel] of voxels.entries()) {
        const a = scoreOf(model, own, row);
        const b = scoreOf(model, flipped, row);
        const near = (found: number, expected = NaN) => Math.abs(found - expected) < 1e-5;
        assert.ok(near(Math.max(a, b), max[voxel]), `row ${row}: ${a} and ${b} for ${max[voxel]}`);
        assert.ok(near(Math.min(a, b), min[voxel]));
        assert.ok(near(scoreOf(model, winning, row), max[voxel]));
        if (b > a) flips++;
        const winner: SavedFeatures = b > a ? flipped : own;
        for (let column = 0; column < 12; column++) {
          assert.equal(winning.at(row, column), winner.at(row, column));
        }
      }
      assert.ok(flips > 0 && flips < voxels.length);
    },
  },
];
