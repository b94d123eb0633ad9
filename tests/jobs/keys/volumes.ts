/** What the keys that name volumes, and how they are seen, do in a run. */
import assert from "node:assert/strict";
import { readNrrd } from "../../helpers/run_job.ts";
import {
  type KeyCase,
  outputNames,
  stumpsText,
  TINY,
  tinyVolume,
  writeNrrd,
  writeTinyChannels,
} from "./job.ts";
import { POLARITIES } from "../../helpers/run_tiny.ts";
import type { SlicSettings } from "../../../src/supervoxels/grid.ts";
import { findSupervoxels } from "../../helpers/supervoxels_support.ts";

/** Whether all voxels of each supervoxel have the same value. */
function isConstantOn(
  values: Float32Array,
  settings: SlicSettings,
): boolean {
  const { names } = findSupervoxels(tinyVolume(1).raw, TINY, settings);
  const known = new Map<string, number | undefined>();
  return names.every((name, voxel) => {
    if (!known.has(name)) known.set(name, values[voxel]);
    return known.get(name) === values[voxel];
  });
}

const DEFAULT_SVOX: SlicSettings = { seed: 2, cubeness: 16, anisotropy: 1, join: "nearest" };

function differ(a: Float32Array, b: Float32Array): boolean {
  return a.length === b.length && a.some((value, i) => value !== b[i]);
}

const bothChannels = (list: string) => [`train.otherFeatures=${list}`, `test[0].otherFeatures=${list}`];

/** Mean over a component's voxels of the winning e3 along a direction `[x, y, z]`. */
function agreement(
  frames: Float32Array,
  [z0, y0, x0]: readonly number[],
  direction: readonly number[],
): number {
  let sum = 0;
  let count = 0;
  for (const dz of [-1, 0, 1]) {
    for (const dy of [-1, 0, 1]) {
      for (const dx of [-1, 0, 1]) {
        const voxel = (((z0 ?? 0) + dz) * TINY[1] + (y0 ?? 0) + dy) * TINY[2] + (x0 ?? 0) + dx;
        for (const [axis, part] of direction.entries()) sum += part * (frames[voxel * 9 + 6 + axis] ?? 0);
        count++;
      }
    }
  }
  return sum / count;
}

export const VOLUME_CASES: readonly KeyCase[] = [
  {
    keys: ["svox.seed", "svox.cubeness", "svox.join"],
    what: "sets the supervoxels that are sampled and scored",
    async test({ base, run }) {
      assert.ok(isConstantOn(await base.max(), DEFAULT_SVOX));
      for (
        const [key, settings] of [
          ["svox.seed=3", { ...DEFAULT_SVOX, seed: 3 }],
          ["svox.cubeness=60", { ...DEFAULT_SVOX, cubeness: 60 }],
          [`svox.join="scan"`, { ...DEFAULT_SVOX, join: "scan" }],
        ] as const
      ) {
        const changed = await run([key]);
        const max = await changed.max();
        assert.ok(isConstantOn(max, settings), key);
        assert.ok(!isConstantOn(max, DEFAULT_SVOX), key);
        const { byName } = findSupervoxels(tinyVolume(1).raw, TINY, settings);
        assert.equal(changed.supervoxels, byName.size);
      }
    },
  },
  {
    keys: ["train.rawVolume"],
    what: "is the volume that is learned from, of the labels' size",
    async test({ base, folder, train, writeVolume }) {
      const other = await train(["train.rawVolume=other.tif"]);
      assert.notDeepEqual(other.model.stumps, base.model.stumps);
      await writeVolume("same", tinyVolume(1).raw);
      assert.equal(stumpsText(await train(["train.rawVolume=same.tif"])), stumpsText(base));
      await Deno.writeFile(`${folder}/short.tif`, (await Deno.readFile(`${folder}/raw.tif`)).slice(0, -3));
      await assert.rejects(train(["train.rawVolume=short.tif"]), {
        name: "UserError",
        message: /short\.tif/,
      });
    },
  },
  {
    keys: ["train.groundTruth"],
    what: "holds the labels: 255 positive, 0 negative, others ignored",
    async test({ base, train, writeVolume }) {
      const { labels } = tinyVolume(1);
      await writeVolume("fewer", labels.map((label, i) => label === 255 && i % TINY[2] > 26 ? 128 : label));
      const fewer = await train(["train.groundTruth=fewer.tif"]);
      assert.ok(fewer.counts.positives < base.counts.positives && fewer.counts.positives > 0);
      assert.equal(fewer.counts.negativesFound, base.counts.negativesFound);
      await writeVolume("none", labels.map(() => 128));
      await assert.rejects(train(["train.groundTruth=none.tif"]), {
        name: "UserError",
        message: /none\.tif has no voxel of 255/,
      });
    },
  },
  {
    keys: ["train.channel", "test[].channel", "train.timePoint", "test[].timePoint"],
    what: "choose one channel and point of time",
    async test({ base, run, score }) {
      const first = ["channel=0", "timePoint=0"].flatMap((key) => [`train.${key}`, `test[0].${key}`]);
      assert.deepEqual((await run(first)).counts, base.counts);
      for (const key of ["train.channel", "test[0].channel", "train.timePoint", "test[0].timePoint"]) {
        const what = key.endsWith("channel") ? "channel" : "time point";
        await assert.rejects(run([`${key}=1`]), { message: new RegExp(`has no ${what} 1`) });
      }
      await assert.rejects(score(["test[0].channel=2"]), { message: /has no channel 2/ });
    },
  },
  {
    keys: ["train.labels"],
    what: "says what the values of the ground truth mean",
    async test({ base, train, writeVolume }) {
      const { labels } = tinyVolume(1);
      await writeVolume("ids", labels.map((label, i) => label === 255 ? 1 + i % 3 : label === 0 ? 0 : 9));
      const named = ["train.groundTruth=ids.tif", "train.labels=0/1,2,3"];
      assert.deepEqual((await train(named)).counts, base.counts);
      const ids = await train(["train.groundTruth=ids.tif", "train.labels=ids"]);
      assert.ok(ids.counts.positivesFound >= base.counts.positivesFound);
      await assert.rejects(train(["train.groundTruth=ids.tif"]), { message: /its labels are 0 / });
    },
  },
  {
    keys: ["train.groundTruthErodeRadius"],
    what: "erodes the positives first",
    async test({ base, train }) {
      const { counts } = await train(["train.groundTruthErodeRadius=1"]);
      assert.ok(counts.positives < base.counts.positives && counts.positives > 0);
      assert.equal(counts.negativesFound, base.counts.negativesFound);
      await assert.rejects(train(["train.groundTruthErodeRadius=4"]), {
        message: /eroded by 4, has no voxel of 255/,
      });
    },
  },
  {
    keys: ["train.zAnisotropyFactor", "test[].zAnisotropyFactor"],
    what: "sets seeds, boxes and filters along z, and is the same for all volumes",
    async test({ base, run, score }) {
      const trained = await run(["train.zAnisotropyFactor=2.0"]);
      const flat = { ...DEFAULT_SVOX, anisotropy: 2 };
      assert.ok(isConstantOn(await trained.max(), flat));
      assert.ok(!isConstantOn(await trained.max(), DEFAULT_SVOX));
      assert.equal(trained.supervoxels, findSupervoxels(tinyVolume(1).raw, TINY, flat).byName.size);
      const scored = await score(["test[0].zAnisotropyFactor=2.0"]);
      assert.ok(isConstantOn(await scored.max(), flat));
      assert.ok(differ(await scored.max(), await base.max()));
      await assert.rejects(run(["train.zAnisotropyFactor=2.0", "test[0].zAnisotropyFactor=1.0"]), {
        message: /same anisotropy/,
      });
    },
  },
  {
    keys: ["train.orientEstimate"],
    what: "names a scale or a file of 9 components",
    async test(job) {
      const { base, folder, train } = job;
      const other = await train(["train.orientEstimate=hessOrient-s3.5-repolarized"]);
      assert.notDeepEqual(other.model.stumps, base.model.stumps);
      await writeTinyChannels(job, "hessOrient-s1.5-repolarized");
      const file = "channels/hessOrient-s1.5-repolarized.nrrd";
      assert.deepEqual((await train([`train.orientEstimate=${file}`])).model.stumps, base.model.stumps);
      assert.deepEqual([base.model.orientSigma, other.model.orientSigma], [1.5, 3.5]);
      const frames = await readNrrd(`${folder}/${file}`);
      // e3 and e2 exchanged
      await writeNrrd(
        `${folder}/turned.nrrd`,
        frames.map((_, i) => frames[i % 9 < 3 ? i : i % 9 < 6 ? i + 3 : i - 3] ?? 0),
        9,
      );
      const turned = await train(["train.orientEstimate=turned.nrrd"]);
      assert.notDeepEqual(turned.model.stumps, base.model.stumps);
      await writeNrrd(`${folder}/long.nrrd`, frames.map((value) => 2 * value), 9);
      await assert.rejects(train(["train.orientEstimate=long.nrrd"]), {
        name: "UserError",
        message: /long\.nrrd.*unit vectors/,
      });
      await writeNrrd(`${folder}/one.nrrd`, frames.slice(0, frames.length / 9), 1);
      await assert.rejects(train(["train.orientEstimate=one.nrrd"]), { message: /1 components.*expected 9/ });
    },
  },
  {
    keys: ["train.ccPolarity[].pos", "train.ccPolarity[].polarity"],
    what: "turns the frames of the component at pos, and so what the winning frames point to",
    async test({ base, train, run }) {
      const opposite = POLARITIES.map((entry) =>
        entry.replace(
          /polarity = \[(.*)\]/,
          (_, list: string) => `polarity = [${list.split(",").map((part) => -Number(part) + 0)}]`,
        )
      );
      const frames = async (entries: readonly string[]) => {
        const { out } = await run([
          `train.ccPolarity=(${entries.join(", ")})`,
          "outputOrientationEstimate=true",
          "appendArtificialNegatives=true", // so that only the sign of e3 tells samples apart
          ...["numStumps=40", "candidatePoses=60", "numWLToExplorePerIter=200"],
        ]);
        return await readNrrd(`${out}-0--predOrient.nrrd`);
      };
      const [towards, away] = [await frames(POLARITIES), await frames(opposite)];
      for (const [plate, direction] of [[[9, 12, 10], [0, 1, 0]], [[10, 32, 14], [0, -1, 0]]] as const) {
        const found = [towards, away].map((frames) => agreement(frames, plate, direction));
        assert.ok((found[0] ?? 0) > 0.2 && (found[1] ?? 0) < -0.2, `${found}`);
      }

      const [first = "", ...others] = POLARITIES;
      const beside = first.replace(/pos = \[\d+/, "pos = [5"); // a voxel beside the same plate
      const same = await train([`train.ccPolarity=(${[beside, ...others].join(", ")})`]);
      assert.equal(stumpsText(same), stumpsText(base));
      const lost = first.replace(/pos = \[\d+/, "pos = [1");
      await assert.rejects(train([`train.ccPolarity=(${[lost, ...others].join(", ")})`]), (error: Error) => {
        assert.equal(error.name, "MissingPolarityError");
        assert.match(error.message, /no entry for 1 of the 4 /);
        assert.match(error.message, /synapse 1: \{ pos = \[10,12,9\]/);
        assert.match(error.message, /ccPolarity\[0\] \(pos = \[1,12,9\]\): no .*within 2 voxels/);
        return true;
      });
    },
  },
  {
    keys: ["train.otherFeatures", "test[].otherFeatures"],
    what: "lists the columns after the raw one: computed, from files, or none",
    async test(job) {
      const { base, folder, run, train, score, writeVolume } = job;
      const columns = ({ model }: typeof base) => new Set(model.stumps.map(({ column }) => column));
      assert.deepEqual([...columns(base)].sort(), [0, 1]);
      assert.deepEqual([...columns(await run(bothChannels("[]")))], [0]);
      const three = await run(bothChannels(`["stensor-s0.5-r1.0"]`));
      assert.ok(Math.max(...columns(three)) > 1 && Math.max(...columns(three)) <= 3);

      // a channel that tells positives from negatives, and nothing else to see
      const { labels } = tinyVolume(1);
      await writeNrrd(
        `${folder}/truth.nrrd`,
        Float32Array.from(labels, (label) => label === 255 ? -7 : 3),
        1,
      );
      await writeVolume("grey", labels.map(() => 128));
      const seeing = ["train.rawVolume=grey.tif", `train.otherFeatures=["truth.nrrd"]`, "candidatePoses=500"];
      const known = await train(seeing);
      assert.deepEqual([...columns(known)], [1]);
      assert.ok(known.model.stumps.every(({ threshold }) => threshold > -7 && threshold < 3));

      // the channel that is computed, from a file: as good as the same
      await writeTinyChannels(job, "gradient-magnitude-s1.0");
      const file = `["channels/gradient-magnitude-s1.0.nrrd"]`;
      const given = await score([`test[0].otherFeatures=${file}`]);
      const [a, b] = [await given.max(), await base.max()];
      const same = a.filter((value, i) => value === b[i]).length;
      assert.ok(same > 0.99 * a.length, `${same} of ${a.length} scores`);
      await writeNrrd(`${folder}/blank.nrrd`, new Float32Array(a.length), 1);
      assert.ok(differ(await (await score([`test[0].otherFeatures=["blank.nrrd"]`])).max(), b));
    },
  },
  {
    keys: ["test[].rawVolume"],
    what: "is the volume that is scored; several give files by number",
    async test({ base, score }) {
      const other = await score(["test[0].rawVolume=other.tif"]);
      assert.ok(differ(await other.max(), await base.max()));
      const rest =
        `otherFeatures = ["gradient-magnitude-s1.0"]; orientEstimate = "hessOrient-s1.5-repolarized";`;
      const both = await score([
        `test=({ rawVolume = "raw.tif"; ${rest} }, { rawVolume = "other.tif"; ${rest} })`,
      ]);
      assert.deepEqual(outputNames(both), [
        "-0-ab-max.nrrd",
        "-0-ab-min.nrrd",
        "-1-ab-max.nrrd",
        "-1-ab-min.nrrd",
      ]);
      assert.ok(!differ(await both.max(0), await base.max()));
      assert.ok(!differ(await both.max(1), await other.max()));
      assert.ok(!differ(await both.min(1), await other.min()));
    },
  },
];
