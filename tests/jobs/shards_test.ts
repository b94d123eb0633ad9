/** A run whose blocks are dealt to many processes leaves the same files as a run in one. */
import assert from "node:assert/strict";
import { join } from "node:path";
import {
  createOwnJournal,
  createReporter,
  readJournal,
  type Reporter,
  sealJson,
} from "../../src/engine/mod.ts";
import { UserError } from "../../src/user_error.ts";
import { attemptPath } from "../../src/stages/shards/attempts.ts";
import { runShard, type ShardReport } from "../../src/stages/shards/run_shard.ts";
import { readPlan } from "../../src/stages/shards/stage_plan.ts";
import { type Prepared, prepareShards, runStep, type StepReport } from "../../src/stages/shards/step.ts";
import type { Zyx } from "../../src/volume/region.ts";
import { filesBelow } from "../helpers/damage.ts";
import { digests, removeResults, results, runJob, settingsOf, writeGenerated } from "../helpers/run_job.ts";
import { seededRandom } from "../helpers/seeded_random.ts";
import { inTempFolder } from "../helpers/temp_folder.ts";

const SETTINGS = `outFileName = "out"; numStumps = 12; numWLToExplorePerIter = 60; candidatePoses = 12;
borderMinDist = 4; NegSampleProportion = 5.0; outputFirstStage = true;`;

const SHAPE: Zyx = [34, 70, 140];
/** The smallest blocks of this shape with anisotropy 2.5, 2 x 2 x 2 of them. */
const CHUNKS: Zyx = [32, 64, 128];

const RESOURCES = { memory: 2 ** 30 };
/** More than there are blocks. */
const SHARDS = 24;
const quiet = createReporter({ mode: "lines", write: () => {} });

async function writeJob(folder: string): Promise<void> {
  await writeGenerated(folder, { shape: SHAPE, anisotropy: 2.5, text: SETTINGS });
}

async function prepare(folder: string, set: readonly string[] = []): Promise<Prepared> {
  return await prepareShards({
    settings: await settingsOf(folder, set),
    polarity: "config",
    leastScore: undefined,
    ...RESOURCES,
    workers: 1,
    processes: SHARDS,
    blockShape: CHUNKS,
    workFolder: `${folder}/out-work`,
  });
}

function step(folder: string): Promise<StepReport> {
  const resources = { inMainThread: true };
  return runStep({ workFolder: `${folder}/out-work`, resources, reporter: quiet, command: "test" });
}

function work(
  folder: string,
  stage: string,
  index: number,
  count: number,
  reporter: Reporter = quiet,
): Promise<ShardReport> {
  const shard = { index, count };
  const resources = { inMainThread: index % 8 !== 0 }; // the others by workers, which take longer to start than to compute
  return runShard({ workFolder: `${folder}/out-work`, stage, shard, resources, reporter, job: "" });
}

/** The numbers below `count` in any order. */
function shuffled(count: number, random: () => number): number[] {
  const keyed = Array.from({ length: count }, (_, index) => ({ index, key: random() }));
  return keyed.sort((a, b) => a.key - b.key).map(({ index }) => index);
}

Deno.test("runShard() and runStep() write what runCcboost() writes, in 24 shards in any order, eight at a time, some twice", () =>
  inTempFolder(async (folder) => {
    await writeJob(folder);
    await runJob(folder, { work: `${folder}/whole`, resources: RESOURCES });
    const labels = `${folder}/out-0-synapses.zarr`;
    const expected = [...await results(folder), ...await digests(filesBelow(labels).sort())];
    await removeResults(folder, { more: ["0-ab-first.nrrd"] });

    let waiting: readonly string[] = (await prepare(folder)).waiting.map(({ stage }) => stage);
    const seen: string[] = [];
    const random = seededRandom(1);
    for (let isDone = false; !isDone;) {
      for (const stage of waiting) {
        seen.push(stage);
        const order = shuffled(SHARDS, random).flatMap((index) => index % 3 === 0 ? [index, index] : [index]);
        for (let at = 0; at < order.length; at += 8) {
          await Promise.all(order.slice(at, at + 8).map((index) => work(folder, stage, index, SHARDS)));
        }
      }
      ({ isDone, waiting } = await step(folder));
    }
    assert.deepEqual(seen, [
      "convert",
      "samples",
      "gather",
      "score-0",
      "refine-0",
      "synapse-parts-0",
      "synapse-labels-0",
    ]);
    assert.deepEqual([...await results(folder), ...await digests(filesBelow(labels).sort())], expected);
    const journal = await readJournal(`${folder}/out-work`);
    assert.equal(journal.at(-1)?.event, "run-done");
    const again = await runJob(folder, { resources: { ...RESOURCES, blockShape: CHUNKS } });
    const last = again.journal.findLastIndex(({ event }) => event === "run-started");
    assert.deepEqual(again.journal.slice(last + 1), [{ event: "run-done" }]);
  }));

Deno.test("runStep() misses what shards have not done, and runCcboost() takes up what they did", () =>
  inTempFolder(async (folder) => {
    await writeJob(folder);
    await prepare(folder);
    assert.deepEqual(await work(folder, "convert", 0, 1).then(({ before }) => before), 0);
    assert.deepEqual((await step(folder)).waiting, ["samples"]);
    await work(folder, "samples", 1, 2);
    await assert.rejects(step(folder), /samples: 4 blocks are not done; see ccboost cluster status/);
    const { journal } = await runJob(folder, { resources: { ...RESOURCES, blockShape: CHUNKS } });
    const blocks = journal.filter((event) => event.event === "block-done" && event.stage === "samples");
    assert.equal(blocks.length, 8, "each block once");
    assert.equal((await work(folder, "samples", 0, 2)).computed, 0, "nothing is left for shards");
  }));

Deno.test("prepareShards() has computed again what a shard found damaged, after three failures of the shard", () =>
  inTempFolder(async (folder) => {
    await writeJob(folder);
    await prepare(folder);
    await work(folder, "convert", 0, 1);
    await step(folder);
    const volumes = `${folder}/out-work/volumes`;
    const name = Array.from(Deno.readDirSync(volumes), (entry) => entry.name).find((entry) =>
      entry.startsWith("raw")
    );
    const chunk = `${volumes}/${name}/c/0/0/0`;
    const bytes = await Deno.readFile(chunk);
    bytes[100] = (bytes[100] ?? 0) ^ 1;
    await Deno.writeFile(chunk, bytes);
    for (let attempt = 0; attempt < 3; attempt++) {
      await assert.rejects(work(folder, "samples", 0, 1), /raw-.*damaged: its checksum is/);
    }
    await assert.rejects(
      work(folder, "samples", 0, 1),
      (error) =>
        error instanceof UserError &&
        /shard 0\/1 failed 3 times and is not tried again .*checksum.*not done: .*submit the run again/.test(
          error.message,
        ),
    );
    const { waiting } = await prepare(folder);
    assert.deepEqual(waiting.map(({ stage }) => stage), ["convert"], "the damaged copy is made again");
    await work(folder, "convert", 0, 1);
    await step(folder);
    assert.equal((await work(folder, "samples", 0, 1)).computed, 8);
  }));

Deno.test("runCcboost() refuses a folder in which a shard is at work, not one whose process died", () =>
  inTempFolder(async (folder) => {
    await writeJob(folder);
    await prepare(folder);
    const workFolder = `${folder}/out-work`;
    const plan = await readPlan(workFolder, "convert");
    if (plan === undefined) throw new Error("nothing to convert");
    const path = attemptPath(workFolder, plan, { index: 3, count: 8 });
    const journal = await createOwnJournal(path);
    await journal.append({
      event: "shard-started",
      stage: "convert",
      shard: 3,
      shards: 8,
      host: "node7",
      pid: 12,
      job: "",
      blocks: 1,
      time: new Date().toISOString(),
    });
    await journal.close();
    await assert.rejects(
      runJob(folder),
      /in use: process 12 on host node7 works on shard 3\/8 of convert; wait for it/,
    );
    await Deno.utime(path, new Date(0), new Date(0));
    await prepare(folder);
  }));

Deno.test("runShard() ends when its run is planned anew, and does nothing in a stage that is not planned", () =>
  inTempFolder(async (folder) => {
    await writeJob(folder);
    await assert.rejects(
      work(folder, "samples", 0, 1),
      /nothing was submitted.*ccboost cluster submit/,
    );
    await prepare(folder);
    assert.deepEqual(await work(folder, "score-0", 0, 1).then(({ computed }) => computed), 0);
    await work(folder, "convert", 0, 1);
    await step(folder);
    const current = join(folder, "out-work", "shards", "samples", "current.json");
    const replacing: Reporter = {
      ...quiet,
      stage: () => ({
        advance: () => Deno.writeTextFileSync(current, sealJson({ id: "another", isOpen: true })),
        done: () => {},
      }),
    };
    await assert.rejects(
      work(folder, "samples", 0, 1, replacing),
      /out of date.* was planned again/,
    );
  }));
