/** What a run started again in the same work folder does, and does not do again. */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { blocksOf, digests, results, runJob, smallBudget } from "../helpers/run_job.ts";
import { WRITE_EVERYTHING, writeTiny } from "../helpers/run_tiny.ts";
import { inTempFolder } from "../helpers/temp_folder.ts";

const WORK = "work";

/** Runs the tiny job in one work folder, whatever the settings. */
function run(folder: string, ...set: string[]) {
  return runJob(folder, { set, work: `${folder}/${WORK}` });
}

/** A folder in which one run comes after the other, each with another setting, and the first again in between. */
let shared = "";
let first: readonly string[] = [];

Deno.test.beforeAll(async () => {
  shared = await Deno.makeTempDir({ prefix: "ccboost-resume-" });
  await writeTiny(shared);
  await run(shared);
  first = await results(shared);
});

Deno.test.afterAll(() => Deno.remove(shared, { recursive: true }));

for (
  const [what, key] of [
    ["another number of stumps", "numStumps=5"],
    ["another least size of components", "minPosRegionSize=60"],
    ["an eroded ground truth", "train.groundTruthErodeRadius=1"],
    ["Platt scaling", "outputPlattScaling=true"],
    ["another seed", "seed=9"],
    ["fewer synapses", "useSynapses=[1, 3]"],
  ] as const
) {
  Deno.test(`runCcboost() gives the first result again after a run with ${what} in the same folder`, async () => {
    await run(shared, key);
    assert.notDeepEqual((await results(shared, ["stumps.cfg"]))[0], first[0]);
    await run(shared);
    assert.deepEqual(await results(shared), first);
  });
}

Deno.test("runCcboost() does nothing the second time, whatever it writes", () =>
  inTempFolder(async (folder) => {
    await writeTiny(folder);
    const { report, journal } = await run(folder, ...WRITE_EVERYTHING);
    const times = await Promise.all(report.files.map(async ({ path }) => (await Deno.stat(path)).mtime));
    const again = await run(folder, ...WRITE_EVERYTHING);
    assert.deepEqual(again.journal.slice(journal.length).map(({ event }) => event), [
      "run-started",
      "run-done",
    ]);
    assert.deepEqual(
      await Promise.all(again.report.files.map(async ({ path }) => (await Deno.stat(path)).mtime)),
      times,
    );
    assert.equal(report.files.length, 13);
    assert.deepEqual(again.report.files, report.files);
  }));

Deno.test("runCcboost() writes a file that was removed again, without computing blocks", () =>
  inTempFolder(async (folder) => {
    await writeTiny(folder);
    await run(folder);
    const first = await results(folder);
    await Deno.remove(`${folder}/out-0-ab-max.nrrd`);
    const { journal } = await run(folder);
    assert.deepEqual(await results(folder), first);
    for (const stage of ["samples", "gather", "score-0"]) {
      assert.equal([...blocksOf(journal, stage).values()].flat().length, 1, stage);
    }
  }));

Deno.test("runCcboost() writes weights and features of this model, not of one before that left such files", () =>
  inTempFolder(async (folder) => {
    await writeTiny(folder);
    const extra = ["saveTrainingWeights=true", "extra.saveTrainingFeatures=true"];
    const names = [
      "trainingWeightsPos.nrrd",
      "trainingWeightsNeg.nrrd",
      "trainPosFeats.bin",
      "trainNegFeats.bin",
    ];
    await run(folder, "outFileName=out", ...extra);
    const expected = await results(folder, names);
    await run(folder, "seed=5", ...extra);
    assert.notDeepEqual(await results(folder, names), expected);
    await run(folder);
    await run(folder, ...extra);
    assert.deepEqual(await results(folder, names), expected);
  }));

Deno.test({
  name:
    "runCcboost() assembles the features of one plan of blocks where a run with another plan came between",
  ignore: Deno.build.os === "windows",
  fn: () =>
    inTempFolder(async (folder) => {
      await writeTiny(folder, [16, 300, 50]);
      const set = ["extra.saveTestingFeatures=true", "numStumps=3"];
      const names = ["0--testFeaturesA.bin", "0--testFeaturesB.bin", "0-testFeatures-max.bin"];
      await runJob(folder, { set: [...set, "outFileName=whole"] });
      const script = fileURLToPath(new URL("./run_killed.ts", import.meta.url));
      const killed = async (memory: number) => {
        const { signal } = await new Deno.Command(Deno.execPath(), {
          args: [
            ...["run", "--no-prompt", "--allow-read", "--allow-write", "--allow-run", script],
            ...[folder, `${folder}/${WORK}`, "score 0", "1", "1", `${memory}`, ...set],
          ],
        }).output();
        assert.equal(signal, "SIGKILL");
      };
      const memory = await smallBudget(folder, { set, workers: 1, most: Infinity });
      await killed(memory);
      await killed(2 ** 30);
      const { journal } = await runJob(folder, { set, work: `${folder}/${WORK}`, resources: { memory } });
      const plans = [...blocksOf(journal, "score-0").values()].map((blocks) => blocks.length);
      assert.deepEqual(plans.slice(0, 2), [1, 1]);
      assert.ok((plans[2] ?? 0) > 1, `${plans} blocks`); // what the first plan left was not mixed with the second one's
      const whole = await digests(names.map((name) => `${folder}/whole-${name}`));
      assert.deepEqual(await results(folder, names), whole.map((text) => text.replace("whole", "out")));
    }),
});
