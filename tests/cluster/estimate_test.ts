/** What a run is estimated to take on a cluster or on one machine. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { costOf, type Costs } from "../../src/cluster/costs.ts";
import { estimateRun } from "../../src/cluster/estimate.ts";
import type { ClusterSize } from "../../src/cluster/stage_time.ts";
import { estimateHere } from "../../src/cluster/dry_run.ts";
import type { Zyx } from "../../src/volume/region.ts";
import { ccboostHere as ccboost, resultOf } from "../helpers/cli_process.ts";
import { settingsOf } from "../helpers/run_job.ts";
import { writeTiny } from "../helpers/run_tiny.ts";
import { inTempFolder } from "../helpers/temp_folder.ts";

Deno.test("costOf() finds what voxels cost, whatever the first block takes longer", () => {
  const cost = fc.double({ min: 1e-9, max: 1e-4, noNaN: true });
  fc.assert(
    fc.property(cost, cost, fc.double({ min: 0, max: 1, noNaN: true }), (read, write, longer) => {
      const block = (voxelsRead: number, voxelsWritten: number, isFirst: boolean) => ({
        seconds: read * voxelsRead + write * voxelsWritten + (isFirst ? longer : 0),
        read: voxelsRead,
        write: voxelsWritten,
      });
      const whole = [block(2 ** 21, 2 ** 21, true)];
      const parts = Array.from({ length: 8 }, (_, i) => block(2 ** 20, 2 ** 18, i === 0));
      const found = costOf([whole, parts]);
      assert.ok(Math.abs(found.read / read - 1) < 1e-3 || read * 2 ** 23 < 1e-4 * longer);
      assert.ok(Math.abs(found.write / write - 1) < 1e-3 || write * 2 ** 21 < 1e-4 * longer);
    }),
  );
});

const MACHINE: ClusterSize = { scheduler: "none", nodes: 1, cpus: 8, memory: 2 ** 34, bandwidth: 2 ** 33 };
const COSTS: Costs = { score: { read: 6e-7, write: 3e-6 } };

Deno.test("estimateRun() shares the work among nodes, and names what does not get faster", () =>
  inTempFolder(async (folder) => {
    await writeTiny(folder);
    const settings = { ...await settingsOf(folder, ["crossFitFolds=4"]), train: [] };
    const [volume] = settings.test;
    if (volume === undefined) throw new Error("nothing to score");
    const shape: Zyx = [2000, 2000, 2000];
    const on = (size: Partial<ClusterSize>) =>
      estimateRun(settings, COSTS, { ...MACHINE, scheduler: "slurm", ...size }, {
        scored: [{ name: "0", shape, volume }],
        learned: [],
      });
    const [one, ten] = [on({}), on({ nodes: 10 })];
    const scoreOf = (estimate: typeof one) => {
      const found = estimate.stages.find(({ stage }) => stage === "score 0");
      if (found === undefined) throw new Error("no stage scores");
      return found;
    };
    const ratio = scoreOf(one).hours / scoreOf(ten).hours;
    assert.ok(ratio > 7 && ratio < 11, `${ratio} times as fast on ten`);
    assert.equal(scoreOf(one).bottleneck, "CPU");
    assert.equal(on({ nodes: 500 }).bottleneck, "export: one process");
    assert.equal(scoreOf(on({ nodes: 100, bandwidth: 2 ** 26 })).bottleneck, "file system");
    assert.equal(scoreOf(one).files, 2 * Math.ceil(2000 / 64) ** 3);
    const least = COSTS.score.write * 8e9 / 3600;
    assert.ok(scoreOf(one).threadHours > least);
    assert.equal(one.hours, one.stages.reduce((sum, { hours }) => sum + hours, 0));
    const refined = one.stages.find(({ stage }) => stage === "refine 0");
    assert.equal(refined?.files, Math.ceil(2000 / 64) ** 3);
    assert.ok(refined.threadHours > 0 && refined.hours < scoreOf(one).hours);
  }));

Deno.test("estimateRun() tells every stage of a run that learns, and counts waits for jobs only where there are jobs", () =>
  inTempFolder(async (folder) => {
    await writeTiny(folder);
    const settings = await settingsOf(folder, ["crossFitFolds=4"]);
    const { train: [train], test: [volume] } = settings;
    if (train === undefined || volume === undefined) throw new Error("nothing to learn or to score");
    const shape: Zyx = [200, 200, 200];
    const costs: Costs = {
      ...COSTS,
      samples: { read: 2e-7, write: 2e-7 },
      gather: { read: 3e-7, write: 1e-4 },
      components: 4e-8,
    };
    const learned = [{ name: "train", shape, volume: train }];
    const scored = [{ name: "0", shape, volume }, { name: "1", shape, volume }];
    const alone = estimateRun(settings, costs, MACHINE, { scored, learned });
    const jobs = estimateRun(settings, costs, { ...MACHINE, scheduler: "slurm" }, { scored, learned });
    assert.deepEqual(
      alone.stages.map(({ stage }) => stage.split(",")[0]),
      [
        ...["convert", "prepare", "samples", "gather", "boost"],
        ...["score 0", "refine 0", "score 1", "refine 1", "export"],
        ...[
          "synapses 0",
          "join synapses 0",
          "synapse labels 0",
          "synapses 1",
          "join synapses 1",
          "synapse labels 1",
        ],
      ],
    );
    assert.equal(alone.stages[0]?.bytesRead, 3 * 200 ** 3);
    assert.equal(alone.stages.find(({ stage }) => stage === "export")?.files, 2);
    for (const [i, { hours, threadHours }] of jobs.stages.entries()) {
      const same = alone.stages[i];
      assert.ok(same && same.hours < hours && same.threadHours === threadHours);
    }

    const single = { ...settings, crossFitFolds: 1 };
    const [first, second] = [alone, estimateRun(single, costs, MACHINE, { scored, learned })].map((
      estimate,
    ) => new Map(estimate.stages.map(({ stage, threadHours }) => [stage.split(",")[0], threadHours])));
    assert.equal(second?.has("refine 0"), false);
    assert.ok(
      (first?.get("boost") ?? 0) > (second?.get("boost") ?? Infinity),
      "four models and a second stage",
    );

    const longer = { ...settings, numStumps: 1000 * settings.numStumps };
    const training = estimateRun(longer, costs, MACHINE, { scored: [], learned });
    assert.equal(training.stages.length, 5);
    assert.ok((training.stages[4]?.hours ?? 0) > (alone.stages[4]?.hours ?? Infinity));
  }));

Deno.test("estimateRun() counts the samples of each training volume, and boosting once", () =>
  inTempFolder(async (folder) => {
    await writeTiny(folder);
    const settings = await settingsOf(folder, ["crossFitFolds=4"]);
    const [train] = settings.train;
    assert.ok(train);
    const costs: Costs = {
      ...COSTS,
      samples: { read: 2e-7, write: 2e-7 },
      gather: { read: 3e-7, write: 1e-4 },
      components: 4e-8,
    };
    const volume = (name: string, shape: Zyx) => ({ name, shape, volume: train });
    const half: Zyx = [200, 200, 200];
    const stagesOf = (learned: readonly ReturnType<typeof volume>[], given = settings) =>
      new Map(
        estimateRun(given, costs, MACHINE, { scored: [], learned }).stages.map((stage) =>
          [stage.stage.split(",")[0] ?? "", stage] as const
        ),
      );
    const one = stagesOf([volume("train", half)]);
    const two = stagesOf([volume("train", half), volume("train 1", half)]);
    assert.deepEqual([...two.keys()], [
      ...["convert", "prepare", "samples", "samples 1", "gather", "gather 1", "boost"],
    ]);
    const hours = (stages: typeof one, stage: string) => stages.get(stage)?.threadHours ?? NaN;
    assert.equal(hours(two, "samples 1"), hours(one, "samples"));
    assert.equal(hours(two, "prepare"), 2 * hours(one, "prepare"));
    assert.equal(hours(two, "gather"), hours(two, "gather 1"));
    assert.ok(hours(two, "gather") < hours(one, "gather"), "half of the samples are in each");
    assert.ok(
      hours(two, "boost") < 1.5 * hours(one, "boost"),
      "as many samples are boosted, and as many voxels scored, as of one large volume",
    );
    const single = { ...settings, crossFitFolds: 1 };
    const boosted = [1, 2].map((count) =>
      hours(stagesOf(Array.from({ length: count }, (_, i) => volume(`train ${i}`, half)), single), "boost")
    );
    assert.ok((boosted[1] ?? NaN) < 1.5 * (boosted[0] ?? NaN), "parts of both are scored for the threshold");
    const small: Zyx = [64, 64, 64];
    const [alone, both] = [[volume("train", small)], [volume("train", small), volume("train 1", small)]];
    const costOfAll = (learned: typeof alone) => hours(stagesOf(learned, single), "boost");
    assert.ok(costOfAll(both) > costOfAll(alone), "small volumes are scored whole");
  }));

Deno.test("ccboost cluster plan measures blocks here and leaves nothing behind", () =>
  inTempFolder(async (folder) => {
    const short = ["numStumps=5", "candidatePoses=4", "test[0].otherFeatures=[]"].flatMap((
      key,
    ) => ["--set", key]);
    const size = ["--shape", "900,900,900", "--nodes", "3", "--cpus", "2"];
    const finished = await ccboost("cluster", "plan", ...size, ...short, "--work", folder, "--json");
    assert.equal(finished.code, 0, finished.err + finished.out);
    const { hours, costs, stages } = resultOf(finished) as {
      hours: number;
      costs: { score: { read: number; write: number } };
      stages: { stage: string; blocks: number; hours: number }[];
    };
    const { read, write } = costs.score;
    assert.ok(read >= 0 && write >= 0 && read + write > 0, `${read} ${write}`);
    assert.ok(hours > 0 && stages.some(({ stage, blocks }) => stage === "score 0" && blocks > 3));
    assert.deepEqual(Array.from(Deno.readDirSync(folder)), []);
    const missing = await ccboost("cluster", "plan");
    assert.equal(missing.code, 2);
    assert.match(missing.err, /a configuration or a --shape/);
  }));

Deno.test("estimateHere() takes longer for more columns and larger volumes, and never more samples than there are places", () =>
  inTempFolder(async (folder) => {
    await writeTiny(folder);
    const settings = await settingsOf(folder, ["crossFitFolds=4"]);
    const { train: [train], test: [test] } = settings;
    assert.ok(train && test);
    const secondsOf = (shape: Zyx, workers: number, given = settings) =>
      3600 * estimateHere(given, { memory: 2 ** 31, workers }, {
        scored: [{ name: "0", shape, volume: given.test[0] ?? test }],
        learned: [{ name: "train", shape, volume: given.train[0] ?? train }],
      }).hours;
    const small = secondsOf([64, 64, 64], 2), large = secondsOf([512, 512, 512], 2);
    assert.ok(small > 0.1 && small < 60, `${small} s`);
    assert.ok(large > 50 * small / 10, `${large} s`);
    assert.ok(secondsOf([512, 512, 512], 8) < large);
    const [channel] = test.otherFeatures;
    assert.ok(channel);
    const otherFeatures = Array.from({ length: 8 }, () => channel);
    const more = { ...settings, train: [{ ...train, otherFeatures }], test: [{ ...test, otherFeatures }] };
    assert.ok(secondsOf([512, 512, 512], 2, more) > 1.1 * large);
    const many = { ...settings, maxTrainingSamples: 10_000_000 };
    assert.equal(
      secondsOf([64, 64, 64], 2, many),
      secondsOf([64, 64, 64], 2, { ...settings, maxTrainingSamples: 26_215 }),
    );
  }));
