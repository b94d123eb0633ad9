/** A result depends on inputs and settings alone: not on blocks, workers, memory, their order, nor on a kill. */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { readJournal } from "../../src/engine/mod.ts";
import type { Zyx } from "../../src/volume/region.ts";
import type { Resources } from "../../src/run/plan_stage.ts";
import { filesBelow } from "../helpers/damage.ts";
import {
  blocksOf,
  digests,
  type FinishedRun,
  runJob,
  smallBudget,
  writeGenerated,
} from "../helpers/run_job.ts";
import { writeTiny } from "../helpers/run_tiny.ts";
import { inTempFolder } from "../helpers/temp_folder.ts";

const SETTINGS = `outFileName = "out"; numStumps = 30; numWLToExplorePerIter = 60; candidatePoses = 20;
borderMinDist = 4; NegSampleProportion = 5.0; crossFitFolds = 2; outputFirstStage = true; seed = 1;`;

const SHAPE: Zyx = [34, 84, 60];
/**
 * The smallest blocks there are in a volume of this shape with anisotropy 2.5: its chunks, 2 x 2 x 1 of them. Borders along x are in the
 * test of features below, and in `shards_test.ts` for the stages that follow the first.
 */
const CHUNKS: Zyx = [32, 64, 64];

const OUTPUTS = [
  "stumps.cfg",
  "0-ab-max.nrrd",
  "0-ab-min.nrrd",
  "0-ab-first.nrrd",
  "0-synapses.csv",
  "0-synapses.json",
];

async function outputsOf(folder: string, name: string, outputs = OUTPUTS): Promise<string[]> {
  const directions = filesBelow(`${folder}/${name}-work/scores/0-direction.zarr/c`).sort();
  assert.ok(directions.length > 0);
  const found = await digests([...outputs.map((output) => `${folder}/${name}-${output}`), ...directions]);
  return found.map((text) => text.replace(`${name}-`, ""));
}

/** Number of blocks of a stage, which must be of one fingerprint. */
function countBlocks({ journal }: FinishedRun, stage: string): number {
  const stages = [...blocksOf(journal, stage).values()];
  assert.equal(stages.length, 1, `${stage} ran with ${stages.length} different dependencies`);
  return stages[0]?.length ?? 0;
}

/** Runs in a process that kills itself after some blocks of a stage. */
async function runKilled(
  folder: string,
  name: string,
  stage: string,
  { blocks, workers, blockShape }: { blocks: number; workers: number; blockShape: Zyx },
): Promise<void> {
  const script = fileURLToPath(new URL("./run_killed.ts", import.meta.url));
  const { signal, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "--no-prompt", "--allow-read", "--allow-write", "--allow-run", script],
      ...[folder, `${folder}/${name}-work`, stage, `${blocks}`, `${workers}`, blockShape.join(",")],
      `outFileName=${name}`,
    ],
    stdin: "null",
    stdout: "null",
  }).output();
  assert.equal(signal, "SIGKILL", new TextDecoder().decode(stderr));
  const events = (await readJournal(`${folder}/${name}-work`)).filter((event) => "stage" in event);
  assert.equal(events.at(-1)?.event, "block-done", `the kill came after ${stage}`);
}

Deno.test({
  name:
    "runCcboost() writes the same bytes for all blocks, workers, teams and budgets, and when it was killed and resumed",
  ignore: Deno.build.os === "windows", // which has no SIGKILL
  fn: () =>
    inTempFolder(async (folder) => {
      const isUnknown = (y: number) => y % 16 >= 9; // less than half, which would be another case (tests/long/sparse_labels_test.ts)
      await writeGenerated(folder, { shape: SHAPE, anisotropy: 2.5, text: SETTINGS, isUnknown });
      const run = (name: string, resources: Partial<Resources>) =>
        runJob(folder, { set: [`outFileName=${name}`], resources });

      const whole = await run("whole", { memory: 2 ** 31 });
      assert.equal(countBlocks(whole, "score-0"), 1);
      assert.equal(countBlocks(whole, "refine-0"), 1);
      const expected = await outputsOf(folder, "whole");

      const plans: readonly (readonly [Partial<Resources>, blocks: number])[] = [
        [{ workers: 3, teams: 2, memory: 2 ** 31, blockShape: CHUNKS }, 4],
        [{ workers: 2, teams: 1, memory: 2 ** 31, blockShape: [64, 64, 256] }, 2],
      ];
      for (const [i, [resources, blocks]] of plans.entries()) {
        const finished = await run(`plan${i}`, resources);
        assert.equal(countBlocks(finished, "score-0"), blocks);
        assert.deepEqual(await outputsOf(folder, `plan${i}`), expected, JSON.stringify(resources));
      }

      const memory = await smallBudget(folder, { set: [], workers: 1, most: 8 });
      const small = await run("small", { memory });
      assert.ok(countBlocks(small, "score-0") > 1);
      assert.deepEqual(await outputsOf(folder, "small"), expected, `${memory} bytes`);

      const kill = { blocks: 3, workers: 2, blockShape: CHUNKS };
      await runKilled(folder, "killed", "gather", { ...kill, blocks: 2 }); // which hold samples
      await assert.rejects(Deno.stat(`${folder}/killed-stumps.cfg`));
      // the stages that learn what follows: two folds, of two blocks each at these blocks
      await runKilled(folder, "killed", "cross-fit", { ...kill, workers: 0, blocks: 1 });
      await runKilled(folder, "killed", "cells", { ...kill, workers: 0, blocks: 1 });
      await runKilled(folder, "killed", "score 0", kill);
      await runKilled(folder, "killed", "refine 0", kill);
      await assert.rejects(Deno.stat(`${folder}/killed-0-ab-max.nrrd`));
      const resumed = await run("killed", { workers: 2, blockShape: CHUNKS });
      assert.deepEqual(await outputsOf(folder, "killed"), expected, "killed and resumed");
      assert.equal(resumed.journal.filter(({ event }) => event === "run-started").length, 6);
      for (const [stage, most] of [["samples", 4], ["gather", 4], ["score-0", 4], ["refine-0", 4]] as const) {
        const [blocks = []] = blocksOf(resumed.journal, stage).values();
        const names = blocks.map(({ start }) => start.join(","));
        assert.equal(
          new Set(names).size,
          names.length,
          `${stage} computed a block twice: ${names.join(" ")}`,
        );
        assert.ok(countBlocks(resumed, stage) <= most);
      }

      await runKilled(folder, "other", "gather", { ...kill, workers: 0, blocks: 2 });
      await runKilled(folder, "other", "score 0", { ...kill, blockShape: [64, 64, 256], blocks: 1 });
      await run("other", { workers: 1, blockShape: [32, 128, 128], inMainThread: true });
      assert.deepEqual(await outputsOf(folder, "other"), expected, "killed and resumed with other blocks");

      const again = await run("killed", {});
      const last = again.journal.findLastIndex(({ event }) => event === "run-started");
      assert.deepEqual(again.journal.slice(last + 1), [{ event: "run-done" }]);
    }),
});

Deno.test("runCcboost() writes the same features, weights and orientation for all blocks and teams", () =>
  inTempFolder(async (folder) => {
    const set = [
      "train.zAnisotropyFactor=2.5",
      "saveTrainingWeights=true",
      "outputOrientationEstimate=true",
      "extra.saveTrainingFeatures=true",
      "extra.saveTestingFeatures=true",
    ];
    await writeTiny(folder, [20, 68, 132]);
    const names = [
      ...["stumps.cfg", "0-ab-max.nrrd", "0-ab-min.nrrd"],
      "0--predOrient.nrrd",
      "trainingWeightsPos.nrrd",
      "trainingWeightsNeg.nrrd",
      "trainPosFeats.bin",
      "trainNegFeats.bin",
      "0--testFeaturesA.bin",
      "0--testFeaturesB.bin",
      "0-testFeatures-max.bin",
    ];
    await runJob(folder, { set });
    const expected = await outputsOf(folder, "out", names);
    const parts = await runJob(folder, {
      set: [...set, "outFileName=parts"],
      resources: { workers: 2, blockShape: CHUNKS },
    });
    assert.equal(countBlocks(parts, "score-0"), 4);
    assert.deepEqual(await outputsOf(folder, "parts", names), expected, "blocks of a chunk");
    await runJob(folder, { set: [...set, "outFileName=team"], resources: { workers: 3, teams: 1 } });
    assert.deepEqual(await outputsOf(folder, "team", names), expected, "three threads on one block");
  }));
