/** Answers on polarity follow their labels when the list of training volumes changes. */
import assert from "node:assert/strict";
import { encodeTiff } from "../../../fixtures/tiff.ts";
import { createReporter, openJournal } from "../../../src/engine/mod.ts";
import { verifyWorkFolder } from "../../../src/run/verify.ts";
import { openGroundTruth } from "../../../src/stages/training/ground_truth.ts";
import { readAnswers, readLeftOut, writeAnswers } from "../../../src/stages/training/polarity_answers.ts";
import { WORKER_MODULES } from "../../../src/stages/worker_modules.ts";
import { voxelCount, wholeRegion } from "../../../src/volume/region.ts";
import { createZarr, writeRegion } from "../../../src/volume/zarr/mod.ts";
import { settingsOf } from "../../helpers/run_job.ts";
import { inTempFolder } from "../../helpers/temp_folder.ts";
import { SHAPES, writeTwoVolumes } from "../../helpers/two_volumes.ts";

const ANSWERS = [{ pos: [3, 4, 5], polarity: [0, 1, 0] }] as const;
const LEFT_OUT = [{ pos: [9, 8, 7], reason: "cannot tell" }] as const;

/** Numbers the synapses of the volumes in this order, as the beginning of a run does. @returns the files of answers */
async function numbered(
  folder: string,
  order: readonly number[],
  name = "work",
  set: readonly string[] = [],
): Promise<string[]> {
  const workFolder = `${folder}/${name}`;
  const all = await settingsOf(folder, set);
  const settings = { ...all, train: order.flatMap((index) => all.train[index] ?? []) };
  await Deno.mkdir(workFolder, { recursive: true });
  const journal = await openJournal(workFolder);
  try {
    for (const [index, train] of settings.train.entries()) {
      const context = {
        settings,
        polarity: "config",
        resources: { memory: 2 ** 30, workers: 1 },
        workerModules: WORKER_MODULES,
        workFolder,
        journal,
        reporter: createReporter({ mode: "lines", write: () => {} }),
      } as const;
      await openGroundTruth(context, train, SHAPES[order[index] ?? 0] ?? [0, 0, 0], index);
    }
  } finally {
    await journal.close();
  }
  const names = Array.from(Deno.readDirSync(workFolder), ({ name }) => name);
  return names.filter((name) => name.startsWith("polarity")).sort();
}

Deno.test("openGroundTruth() takes answers for those of their own volume when the list changes, and loses none", () =>
  inTempFolder(async (folder) => {
    const work = `${folder}/work`;
    await writeTwoVolumes(folder);
    assert.deepEqual(await numbered(folder, [0, 1]), []);
    await writeAnswers(work, ANSWERS, [], 0);
    await writeAnswers(work, [], LEFT_OUT, 1);
    assert.deepEqual(await numbered(folder, [0, 1]), ["polarity-1.json", "polarity.json"]);

    assert.deepEqual(await numbered(folder, [1, 0]), ["polarity-1.json", "polarity.json"]);
    assert.deepEqual(await readLeftOut(work, 0), LEFT_OUT);
    assert.deepEqual(await readAnswers(work, 1), ANSWERS);

    const [waiting = "", ...own] = await numbered(folder, [0]);
    assert.match(waiting, /^polarity-of-[0-9a-f]{8}\.json$/);
    assert.deepEqual(own, ["polarity.json"]);
    assert.deepEqual(await readAnswers(work, 0), ANSWERS);
    assert.deepEqual((await verifyWorkFolder(work)).faults, []);

    assert.deepEqual(await numbered(folder, [0, 1]), ["polarity-1.json", "polarity.json"]);
    assert.deepEqual(await readAnswers(work, 0), ANSWERS);
    assert.deepEqual(await readLeftOut(work, 1), LEFT_OUT);
  }));

Deno.test("openGroundTruth() tells labels of the same name apart, which are used where they are", () =>
  inTempFolder(async (folder) => {
    const work = `${folder}/work`;
    await writeTwoVolumes(folder);
    const set: string[] = [];
    for (const [index, shape] of SHAPES.entries()) {
      const path = `${folder}/${index}/labels.zarr`;
      const array = await createZarr(path, { shape, chunk: shape, dtype: "uint8" });
      await writeRegion(array, wholeRegion(shape), new Uint8Array(voxelCount(shape)).fill(255, 0, 9));
      set.push(`train[${index}].groundTruth=${path}`);
    }
    await numbered(folder, [0, 1], "work", set);
    await writeAnswers(work, ANSWERS, [], 0);
    assert.deepEqual(await numbered(folder, [1, 0], "work", set), ["polarity-1.json"]);
    assert.deepEqual(await readAnswers(work, 1), ANSWERS);
  }));

Deno.test("openGroundTruth() leaves answers where labels were edited, or the only volume is another one", () =>
  inTempFolder(async (folder) => {
    const work = `${folder}/work`;
    await writeTwoVolumes(folder);
    await numbered(folder, [0, 1]);
    await writeAnswers(work, [], LEFT_OUT, 1);
    const shape = SHAPES[1] ?? [0, 0, 0];
    await Deno.writeFile(`${folder}/labels-1.tif`, encodeTiff(new Uint8Array(voxelCount(shape)), shape));
    await numbered(folder, [0, 1]);
    assert.deepEqual(await readLeftOut(work, 1), LEFT_OUT, "edited");

    await numbered(folder, [0], "alone");
    await writeAnswers(`${folder}/alone`, ANSWERS);
    assert.deepEqual(await numbered(folder, [1], "alone"), ["polarity.json"], "another one");
  }));
