/** A run whose blocks are dealt to many processes leaves the same files as a run in one. */
import assert from "node:assert/strict";
import { createReporter, readJournal } from "../src/engine/mod.ts";
import { runShard } from "../src/stages/shards/run_shard.ts";
import { prepareShards, runStep } from "../src/stages/shards/step.ts";
import type { Zyx } from "../src/volume/region.ts";
import { digests, inFolder, runJob, settingsOf, writeGenerated } from "./run_job.ts";
import { seededRandom } from "./seeded_random.ts";

const SETTINGS = `outFileName = "out"; numStumps = 30; numWLToExplorePerIter = 60; candidatePoses = 20;
borderMinDist = 4; NegSampleProportion = 5.0;`;

/** The smallest blocks of a volume of [40, 90, 140] with anisotropy 2.5. */
const CHUNKS: Zyx = [32, 64, 128];

const RESOURCES = { memory: 2 ** 30, workers: 1 };
const quiet = createReporter({ mode: "lines", write: () => {} });

async function outputsOf(folder: string, name: string): Promise<string[]> {
  const outputs = ["stumps.cfg", "0-ab-max.nrrd", "0-ab-min.nrrd"];
  const found = await digests(outputs.map((output) => `${folder}/${name}-${output}`));
  return found.map((text) => text.replace(`${name}-`, ""));
}

Deno.test("runShard() and runStep() write what runCcboost() writes, in 64 shards in any order, eight at a time", () =>
  inFolder(async (folder) => {
    await writeGenerated(folder, { shape: [40, 90, 140], anisotropy: 2.5, text: SETTINGS });
    await runJob(folder, { set: ["outFileName=whole"], resources: RESOURCES });
    const expected = await outputsOf(folder, "whole");

    const workFolder = `${folder}/out-work`;
    const settings = await settingsOf(folder);
    const submission = { settings, polarity: "config", leastScore: undefined, ...RESOURCES } as const;
    let { waiting } = await prepareShards({ ...submission, workFolder, processes: 64, blockShape: CHUNKS })
      .then((prepared) => ({ waiting: prepared.waiting.map(({ stage }) => stage) }));
    const seen: string[] = [];
    const random = seededRandom(1);
    for (let steps = 0; steps < 5; steps++) {
      for (const stage of waiting) {
        seen.push(stage);
        const order = Array.from({ length: 64 }, (_, index) => index).sort(() => random() - 0.5);
        for (let at = 0; at < 64; at += 8) {
          await Promise.all(
            order.slice(at, at + 8).map((index) =>
              runShard({
                workFolder,
                stage,
                shard: { index, count: 64 },
                resources: {},
                reporter: quiet,
                job: "",
              })
            ),
          );
        }
      }
      const step = await runStep({ workFolder, resources: {}, reporter: quiet, command: "test" });
      if (step.isDone) break;
      waiting = [...step.waiting];
    }
    assert.deepEqual(seen, ["convert", "samples", "gather", "score-0"]);
    assert.deepEqual(await outputsOf(folder, "out"), expected);
    const journal = await readJournal(workFolder);
    assert.equal(journal.at(-1)?.event, "run-done");
  }));
