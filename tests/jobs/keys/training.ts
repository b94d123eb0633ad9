/** What the keys of boosting and of the choice of samples do in a run. */
import assert from "node:assert/strict";
import { poseAt } from "../../../src/boosting/mod.ts";
import { drawPool } from "../../../src/stages/training/pool_poses.ts";
import { findSupervoxels } from "../../helpers/supervoxels_support.ts";
import { type KeyCase, readFeatures, stumpsText, TINY, tinyVolume } from "./job.ts";
import { PLATE_VOXELS, POLARITIES } from "../../helpers/run_tiny.ts";

export const TRAINING_CASES: readonly KeyCase[] = [
  {
    keys: ["numStumps"],
    what: "sets the number of rounds; fewer are the first ones",
    async test({ base, train }) {
      const { model } = await train(["numStumps=5"]);
      assert.equal(base.model.stumps.length, 12);
      assert.deepEqual(model.stumps, base.model.stumps.slice(0, 5));
    },
  },
  {
    keys: ["numWLToExplorePerIter"],
    what: "limits the features that a round explores",
    async test({ base, train }) {
      const { model } = await train(["numWLToExplorePerIter=1"]);
      const [first] = model.stumps, [best] = base.model.stumps;
      assert.ok(first && best && first.alpha < best.alpha, "one pose of twelve was as good as all of them");
    },
  },
  {
    keys: ["candidatePoses"],
    what: "sets how many poses the stumps can have",
    async test({ base, train }) {
      const { model } = await train(["candidatePoses=2"]);
      const pool = drawPool({ seed: 1, candidatePoses: 2, largestBox: 20, largestAngle: 90 });
      assert.ok(model.stumps.every(({ pose }) => pool.includes(pose)));
      assert.ok(new Set(base.model.stumps.map(({ pose }) => pose)).size > 2);
    },
  },
  {
    keys: ["largestBox", "largestAngle"],
    what: "limit the boxes of the stumps, and how far from the direction across the cleft they lie",
    async test({ base, train }) {
      const radius = ({ pose }: { readonly pose: number }) => poseAt(pose).radius;
      const angle = ({ pose }: { readonly pose: number }) => poseAt(pose).theta * 180 / Math.PI;
      assert.ok(base.model.stumps.some((stump) => radius(stump) > 4));
      assert.ok(base.model.stumps.some((stump) => angle(stump) > 20));
      const small = await train(["largestBox=4"]);
      assert.ok(small.model.stumps.every((stump) => radius(stump) <= 4));
      const across = await train(["largestAngle=20"]);
      assert.ok(across.model.stumps.every((stump) => angle(stump) <= 20));
    },
  },
  {
    keys: ["maxTrainingSamples"],
    what: "limits the samples, positives to half of them",
    async test({ train }) {
      const { counts } = await train(["maxTrainingSamples=40", "NegSampleProportion=0"]);
      assert.equal(counts.positives, 20);
      assert.equal(counts.negatives, 20);
      assert.ok(counts.positivesFound > 20 && counts.negativesFound > 20);
    },
  },
  {
    keys: ["gridStep"],
    what: "makes a new model see what is smooth at every second voxel; of a loaded one its file decides",
    async test({ base, folder, train, score }) {
      const every = await train(["gridStep=1"]);
      assert.deepEqual([base.model.gridStep, every.model.gridStep], [2, undefined]);
      assert.notDeepEqual(every.model.stumps, base.model.stumps);
      const text = await Deno.readTextFile(`${base.out}-stumps.cfg`);
      assert.match(text, /^gridStep = 2;$/m);
      await Deno.writeTextFile(`${folder}/old-stumps.cfg`, text.replace(/^gridStep = 2;$/m, ""));
      const scoresOf = async (name: string, step: 1 | 2) =>
        await (await score([`savedStumpsPath=${name}-stumps.cfg`, `gridStep=${step}`])).max();
      const [base1, base2] = [await scoresOf("base", 1), await scoresOf("base", 2)];
      const [old1, old2] = [await scoresOf("old", 1), await scoresOf("old", 2)];
      assert.deepEqual([base1, old1], [base2, old2]);
      assert.deepEqual(base1, await base.max());
      assert.notDeepEqual(old1, base1);
    },
  },
  {
    keys: ["seed"],
    what: "changes poses, samples and stumps, and gives the same again",
    async test({ base, train }) {
      const [other, again] = [await train(["seed=2"]), await train(["seed=2"])];
      assert.notDeepEqual(
        new Set(other.model.stumps.map(({ pose }) => pose)),
        new Set(base.model.stumps.map(({ pose }) => pose)),
      );
      assert.equal(stumpsText(again), stumpsText(other));
    },
  },
  {
    keys: ["thresholdSearchOnWholeData"],
    what: "fits the first chosen feature better to all samples",
    async test({ base, train }) {
      const { model } = await train(["thresholdSearchOnWholeData=true"]);
      const [found] = model.stumps, [before] = base.model.stumps;
      assert.ok(found && before);
      assert.deepEqual([found.pose, found.column], [before.pose, before.column]);
      assert.ok(found.alpha >= before.alpha);
      assert.notDeepEqual(model.stumps, base.model.stumps);
    },
  },
  {
    keys: ["borderMinDist"],
    what: "drops samples near the border",
    async test({ train }) {
      const found = new Map<number, number>();
      for (const distance of [0, 8]) {
        const { counts } = await train([`borderMinDist=${distance}`]);
        found.set(distance, counts.negativesFound + counts.positivesFound);
      }
      const { byName } = findSupervoxels(tinyVolume(1).raw, TINY, {
        seed: 2,
        cubeness: 16,
        anisotropy: 1,
        join: "nearest",
      });
      const inside = [...byName.values()].filter(({ centroid }) =>
        centroid.every((p, axis) => Math.min(p, (TINY[axis] ?? 0) - 1 - p) >= 8)
      );
      assert.ok((found.get(8) ?? 0) <= inside.length && (found.get(8) ?? 0) > 0.4 * inside.length);
      assert.ok((found.get(0) ?? 0) > 2 * (found.get(8) ?? 0));
    },
  },
  {
    keys: ["minPosRegionSize"],
    what: "leaves out small components, and tells their polarity's entry",
    async test({ base, train }) {
      assert.deepEqual(PLATE_VOXELS.filter((n) => n < 60), [48]);
      const { counts, said } = await train(["minPosRegionSize=60"]);
      assert.ok(counts.positives < base.counts.positives);
      assert.match(said, /not used: train\.ccPolarity\[3\]/);
      assert.doesNotMatch(base.said, /not used/);
      await assert.rejects(train(["minPosRegionSize=5000"]), {
        name: "UserError",
        message: /no positive samples/,
      });
    },
  },
  {
    keys: ["NegSampleProportion"],
    what: "sets the negatives for each positive; 0 keeps all",
    async test({ base, train }) {
      const { counts } = await train(["NegSampleProportion=1.5"]);
      assert.equal(counts.negatives, Math.round(1.5 * counts.positives));
      assert.equal(base.counts.negatives, 4 * base.counts.positives);
      const all = await train(["NegSampleProportion=0"]);
      assert.equal(all.counts.negatives, all.counts.negativesFound);
    },
  },
  {
    keys: ["PosSkipFactor"],
    what: "keeps every k-th positive",
    async test({ base, train }) {
      const { counts } = await train(["PosSkipFactor=3"]);
      assert.equal(counts.positives, Math.ceil(base.counts.positives / 3));
      assert.equal(counts.positivesFound, base.counts.positives);
    },
  },
  {
    keys: ["reweightingSamplingRatio"],
    what: "changes the negatives that a round draws",
    async test({ base, train }) {
      const { model, counts } = await train(["reweightingSamplingRatio=40"]);
      assert.deepEqual(counts, base.counts);
      assert.notDeepEqual(model.stumps, base.model.stumps);
    },
  },
  {
    keys: ["appendArtificialNegatives", "treatArtificialNegativesAsPositivesInResampling"],
    what: "adds each positive as a negative, which rounds always hold where asked to",
    async test({ base, train }) {
      const added = await train(["appendArtificialNegatives=true"]);
      assert.equal(added.counts.artificial, base.counts.positives);
      assert.notDeepEqual(added.model.stumps, base.model.stumps);
      const kept = await train([
        "appendArtificialNegatives=true",
        "treatArtificialNegativesAsPositivesInResampling=true",
      ]);
      assert.deepEqual(kept.counts, added.counts);
      assert.notDeepEqual(kept.model.stumps, added.model.stumps);
    },
  },
  {
    keys: ["useSynapses", "train.useSynapses"],
    what: "trains on some components only, the others needing no polarity",
    async test({ base, train }) {
      const polarity = (...ids: number[]) => ids.map((id) => POLARITIES[id - 1]).join(", ");
      const odd = await train(["useSynapses=[1, 3]", `train.ccPolarity=(${polarity(1, 3)})`]);
      const even = await train(["train.useSynapses=[2, 4]", `train.ccPolarity=(${polarity(2, 4)})`]);
      assert.equal(odd.counts.positives + even.counts.positives, base.counts.positives);
      await assert.rejects(train(["useSynapses=[1, 2]", `train.ccPolarity=(${polarity(1)})`]), {
        message: /no entry for 1 of the 2 .*\n.*synapse 2/,
      });
    },
  },
  {
    keys: ["useSynapsesTask"],
    what: "does nothing",
    async test({ base, train }) {
      assert.equal(stumpsText(await train(["useSynapsesTask=3"])), stumpsText(base));
    },
  },
  {
    keys: ["relearnThresholds"],
    what: "keeps a file's columns, poses, signs and weights and finds its thresholds anew",
    async test({ base, folder, train }) {
      const text = await Deno.readTextFile(`${base.out}-stumps.cfg`);
      const wrong = text.replace(/threshold = .*;/g, "threshold = 1.0;");
      await Deno.writeTextFile(`${folder}/wrong.cfg`, wrong);
      const { model, out } = await train([
        "relearnThresholds=true",
        "savedStumpsPath=wrong.cfg",
        "extra.saveTrainingFeatures=true",
      ]);
      const rest = ({ pose, column, invert, alpha }: typeof model.stumps[number]) => ({
        pose,
        column,
        invert,
        alpha,
      });
      assert.deepEqual(model.stumps.map(rest), base.model.stumps.map(rest));
      // the threshold lies within the values at the samples, as does the one that was learned
      const [pos, neg] = [
        await readFeatures(`${out}-trainPosFeats.bin`),
        await readFeatures(`${out}-trainNegFeats.bin`),
      ];
      const [first] = model.stumps;
      assert.ok(first);
      const accuracy = (threshold: number) => {
        const right = (features: typeof pos, wanted: boolean) => {
          let count = 0;
          for (let row = 0; row < features.rows; row++) {
            const sum = features.at(row, 0) / sumVoxels(first.pose);
            count += Number(((sum >= threshold) !== first.invert) === wanted);
          }
          return count / features.rows;
        };
        return right(pos, true) + right(neg, false);
      };
      const learned = base.model.stumps[0]?.threshold ?? 0;
      assert.ok(accuracy(first.threshold) >= accuracy(learned) - 1e-9);
      assert.ok(accuracy(first.threshold) > accuracy(1) + 0.1);
    },
  },
];

function sumVoxels(pose: number): number {
  return (4 * (pose % 11) + 1) ** 3; // radius 2 * (pose % 11)
}
