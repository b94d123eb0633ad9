/** What is submitted to a cluster, and how it is shown while it goes. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { chainOf, wholeChain } from "../../src/cluster/chain.ts";
import { quote, scriptsOf, shellScript } from "../../src/cluster/script.ts";
import { createOwnJournal } from "../../src/engine/mod.ts";
import { watchRun } from "../../src/dashboard/server/watch.ts";
import { attemptPath } from "../../src/stages/shards/attempts.ts";
import { readPlan } from "../../src/stages/shards/stage_plan.ts";
import { prepareShards } from "../../src/stages/shards/step.ts";
import { ccboostHere } from "../helpers/cli_process.ts";
import { settingsOf } from "../helpers/run_job.ts";
import { writeTiny } from "../helpers/run_tiny.ts";
import { inTempFolder } from "../helpers/temp_folder.ts";

/** The tiny job with a second training volume. */
const SECOND_VOLUME = [
  "train[1].rawVolume=raw.tif",
  "train[1].groundTruth=raw.tif",
  'train[1].otherFeatures=["gradient-magnitude-s1.0"]',
  "train[1].orientEstimate=hessOrient-s1.5-repolarized",
];
const OPTIONS = { cpus: 2, memory: 2 ** 31, further: ["--qos=a b"] };

Deno.test("scriptsOf() gives every shard to one task, within the arrays that a cluster allows", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 500 }), fc.integer({ min: 2, max: 90 }), (shards, mostTasks) => {
      const how = { program: ["ccboost"], workFolder: "/data/out-work", options: OPTIONS, mostTasks };
      const scripts = scriptsOf({ stage: "gather", shards }, how);
      const found = scripts.flatMap(({ text }) => {
        const [, last = "-1"] = /--array=0-(\d+)/.exec(text) ?? [];
        const [, from = "-1", of] = /\$\(\((\d+) \+ SLURM_ARRAY_TASK_ID\)\)\/(\d+)"/.exec(text) ?? [];
        assert.equal(of, String(shards));
        assert.ok(Number(last) < mostTasks);
        return Array.from({ length: Number(last) + 1 }, (_, task) => Number(from) + task);
      });
      assert.deepEqual(found, Array.from({ length: shards }, (_, shard) => shard));
      assert.equal(new Set(scripts.map(({ name }) => name)).size, scripts.length);
    }),
  );
});

Deno.test("scriptsOf() writes what was asked for as options of sbatch", () => {
  const options = { ...OPTIONS, time: "1:00:00", partition: "cpu", account: "lab", maxRunning: 5 };
  const how = { program: ["/opt/my tools/ccboost"], workFolder: "/data/out-work", options, mostTasks: 4 };
  const [first, second] = scriptsOf({ stage: "score-0", shards: 8 }, how);
  for (
    const line of [
      "--time=1:00:00",
      "--partition=cpu",
      "--account=lab",
      "--cpus-per-task=2",
      "--mem=2048M",
      "'--qos=a b'",
    ]
  ) {
    assert.ok(first?.text.includes(`\n#SBATCH ${line}\n`), `${line} is missing in\n${first?.text}`);
  }
  assert.ok(
    first?.text.includes("#SBATCH --array=0-3%2\n") && second?.text.includes("#SBATCH --array=0-3%2\n"),
  );
  assert.ok(first?.text.includes("'/opt/my tools/ccboost' cluster work /data/out-work --stage score-0 "));
  const [alone] = scriptsOf({ stage: "boost", shards: 0 }, how);
  assert.ok(!/--array|--shard/.test(alone?.text ?? "--array"));
});

Deno.test("scriptsOf() gives every job and task a log of its own, also where arrays are divided", () =>
  inTempFolder(async (folder) => {
    await writeTiny(folder);
    const settings = await settingsOf(folder, [...SECOND_VOLUME, "crossFitFolds=4"]);
    const how = { program: ["ccboost"], workFolder: "/data/out-work", options: OPTIONS, mostTasks: 3 };
    const scripts = wholeChain(settings, 8).flat().flatMap((link) => scriptsOf(link, how));
    const logs = scripts.map(({ text }) => /--output=(.*)/.exec(text)?.[1]);
    assert.equal(new Set(logs).size, scripts.length);
    const tasks = scripts.flatMap(({ text, tasks }) =>
      Array.from(
        { length: Math.max(1, tasks) },
        (_, task) => /--output=(.*)/.exec(text)?.[1]?.replace("%a", String(task)),
      )
    );
    assert.equal(new Set(tasks).size, tasks.length);
  }));

Deno.test("wholeChain() has the samples of every training volume in one step, and boosts once", () =>
  inTempFolder(async (folder) => {
    await writeTiny(folder);
    const settings = await settingsOf(folder, [...SECOND_VOLUME, "crossFitFolds=4"]);
    const steps = wholeChain(settings, 6).map((links) => links.map(({ stage }) => stage).join(" "));
    assert.deepEqual(steps.slice(0, 7), [
      "convert",
      "prepare",
      "samples samples-1",
      "select",
      "gather gather-1",
      "boost",
      "score-0",
    ]);
    const left = { waiting: [{ stage: "gather-1", title: "gather 1", items: 2 }], passed: [], isDone: false };
    const [first, second] = chainOf(settings, left, 6);
    assert.deepEqual([first, second], [[{ stage: "gather-1", shards: 2 }], [{ stage: "boost", shards: 0 }]]);
    const passed = chainOf(settings, { waiting: [], passed: ["samples", "samples-1"], isDone: false }, 6);
    assert.equal(passed[0]?.[0]?.stage, "select");
  }));

Deno.test("quote() makes one word of a shell of any text", () => {
  assert.equal(quote("/data/out-work"), "/data/out-work");
  assert.equal(quote("it's $HOME"), "'it'\\''s $HOME'");
});

Deno.test("chainOf() begins where something is missing", () =>
  inTempFolder(async (folder) => {
    await writeTiny(folder);
    const settings = await settingsOf(folder, ["crossFitFolds=4"]);
    const stages = (waiting: readonly [string, number][], passed: readonly string[] = []) => {
      const left = waiting.map(([stage, items]) => ({ stage, title: stage, items }));
      return chainOf(settings, { waiting: left, passed, isDone: false }, 6)
        .flat().map(({ stage, shards }) => `${stage}${shards > 0 ? `/${shards}` : ""}`);
    };
    const listing = ["synapse-parts-0/6", "join", "synapse-labels-0/6", "finish"];
    const last = ["collect", "refine-0/6", "export", ...listing];
    const rest = ["select", "gather/6", "boost", "score-0/6", ...last];
    assert.deepEqual(stages([]), ["prepare", "samples/6", ...rest]);
    assert.deepEqual(stages([["convert", 4]]), ["convert/4", "prepare", "samples/6", ...rest]);
    assert.deepEqual(stages([["samples", 40]]), ["samples/6", ...rest]);
    assert.deepEqual(stages([], ["samples"]), rest);
    assert.deepEqual(stages([["score-0", 2]]), ["score-0/2", ...last]);
    assert.deepEqual(stages([], ["score-0"]), last);
    assert.deepEqual(stages([["refine-0", 9]]), ["refine-0/6", "export", ...listing]);
    assert.deepEqual(stages([], ["refine-0"]), ["export", ...listing]);
    assert.deepEqual(stages([["synapse-labels-0", 9]]), listing.slice(2));
    assert.deepEqual(chainOf(settings, { waiting: [], passed: [], isDone: true }, 6), []);
    const [test] = settings.test;
    if (test === undefined) throw new Error("nothing is scored");
    const of = (more: Partial<typeof settings>) =>
      wholeChain({ ...settings, ...more }, 6).flat().map(({ stage }) => stage);
    assert.deepEqual(of({ test: [test, test], outputSynapses: false }).slice(-6), [
      ...["score-0", "score-1", "collect", "refine-0", "refine-1", "export"],
    ]);
    assert.deepEqual(of({ crossFitFolds: 1 }).slice(-7, -4), ["boost", "score-0", "export"]);
    assert.ok(of({ crossFitFolds: 1, smoothing: [2, 0] }).includes("refine-0"));
    assert.ok(!of({ autoContext: false, smoothing: [0, 0] }).includes("refine-0"));
    const beside = {
      waiting: [{ stage: "refine-0", title: "", items: 2 }, { stage: "score-1", title: "", items: 1 }],
    };
    const mixed = chainOf({ ...settings, test: [test, test], outputSynapses: false }, {
      ...beside,
      passed: [],
      isDone: false,
    }, 6);
    assert.deepEqual(mixed.flat().map(({ stage, shards }) => `${stage}/${shards}`), [
      ...["score-1/1", "collect/0", "refine-0/6", "refine-1/6", "export/0"],
    ]);
    const script = shellScript(chainOf(settings, { waiting: [], passed: ["gather"], isDone: false }, 6), {
      program: ["ccboost"],
      workFolder: "/data/w",
      options: OPTIONS,
    });
    assert.match(
      script,
      /\nccboost cluster work \/data\/w --stage boost .*\nfor shard in \$\(seq 0 5\); do ccboost cluster work .*--shard "\$shard\/6"/,
    );
  }));

Deno.test("watchRun() shows shards at work between the steps of a run", () =>
  inTempFolder(async (folder) => {
    await writeTiny(folder);
    const workFolder = `${folder}/out-work`;
    const settings = await settingsOf(folder, ["crossFitFolds=4"]);
    const resources = { memory: 2 ** 30, workers: 1, processes: 2, blockShape: undefined };
    await prepareShards({ settings, polarity: "config", leastScore: undefined, ...resources, workFolder });
    const plan = await readPlan(workFolder, "convert");
    if (plan?.work.kind !== "bands") throw new Error("nothing to convert");
    const journal = await createOwnJournal(attemptPath(workFolder, plan, { index: 1, count: 2 }));
    try {
      const of = { stage: "convert", fingerprint: plan.fingerprint };
      const started = {
        shard: 1,
        shards: 2,
        host: "node7",
        pid: 1,
        job: "",
        blocks: 1,
        time: new Date().toISOString(),
      };
      await journal.append({ event: "shard-started", stage: "convert", ...started });
      const [band] = plan.work.bands;
      if (band === undefined) throw new Error("no band");
      await journal.append({
        event: "block-done",
        ...of,
        write: band.write,
        seconds: 1,
        result: { input: 0 },
      });
      const { run, log } = await watchRun(workFolder).snapshot();
      assert.equal(run.state, "running");
      const stage = run.stages.find(({ title }) => title === "convert");
      assert.ok(stage && stage.done > 0 && stage.done < stage.total, JSON.stringify(stage));
      assert.ok(log.some(({ text }) => text === "convert: shard 1/2 started on node7, 1 blocks"));
    } finally {
      await journal.close();
    }
  }));

Deno.test("ccboost cluster work knows every stage of the chain", () =>
  inTempFolder(async (folder) => {
    await writeTiny(folder);
    const settings = await settingsOf(folder, [...SECOND_VOLUME, "crossFitFolds=4"]);
    for (const { stage, shards } of wholeChain(settings, 2).flat()) {
      const shard = shards > 0 ? ["--shard", `0/${shards}`] : [];
      const { code, err } = await ccboostHere("cluster", "work", folder, "--stage", stage, ...shard);
      assert.equal(code, 2);
      assert.match(err, /submit/, `${stage}: nothing was submitted here`);
      assert.doesNotMatch(err, /expected one of/);
    }
  }));
