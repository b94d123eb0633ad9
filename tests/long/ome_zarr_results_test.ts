/** Results as OME-Zarr in shards: what blocks write is the same whoever computes them, and what the export of the scores would be. */
import assert from "node:assert/strict";
import { createReporter } from "../../src/engine/mod.ts";
import { exportVolume } from "../../src/stages/export/export.ts";
import { runShard } from "../../src/stages/shards/run_shard.ts";
import { prepareShards, runStep } from "../../src/stages/shards/step.ts";
import { allocateVoxels, type Voxels } from "../../src/volume/dtype.ts";
import { voxelCount, wholeRegion, type Zyx } from "../../src/volume/region.ts";
import { openZarr, readRegion } from "../../src/volume/zarr/mod.ts";
import { blocksOf, runJob, settingsOf } from "../helpers/run_job.ts";
import { inTempFolder } from "../helpers/temp_folder.ts";
import { converted } from "../helpers/volume_files.ts";
import { checkOmeZarr } from "../stages/export/ome_zarr_rules.ts";
import { filesOf, LEVELS, RESULTS, scoring, writeScoringJob } from "./ome_zarr_job.ts";

/** Four shards of [64, 128, 256]. */
const SHAPE: Zyx = [34, 136, 264];
const quiet = createReporter({ mode: "lines", write: () => {} });

async function voxelsOf(path: string): Promise<Voxels> {
  const volume = await openZarr(path, "any");
  const voxels = allocateVoxels(volume.dtype, voxelCount(volume.shape));
  await readRegion(volume, wholeRegion(volume.shape), voxels);
  return voxels;
}

async function scoreInShards(folder: string, set: readonly string[]): Promise<string[]> {
  const workFolder = `${folder}/shared-work`;
  const resources = { memory: 2 ** 30, workers: 1 };
  const prepared = await prepareShards({
    settings: await settingsOf(folder, set),
    polarity: "config",
    leastScore: undefined,
    ...resources,
    processes: 8,
    blockShape: undefined,
    workFolder,
  });
  let waiting: readonly string[] = prepared.waiting.map(({ stage }) => stage);
  const seen: string[] = [];
  for (let isDone = false; !isDone;) {
    for (const stage of waiting) {
      seen.push(stage);
      const shards = Array.from({ length: 8 }, (_, i) => ({ index: 7 - i, count: 8 }));
      await Promise.all(
        shards.map((shard) =>
          runShard({ workFolder, stage, shard, resources: {}, reporter: quiet, job: "" })
        ),
      );
    }
    ({ isDone, waiting } = await runStep({ workFolder, resources: {}, reporter: quiet, command: "test" }));
  }
  return seen;
}

Deno.test("runCcboost() writes scores as OME-Zarr in shards", (test) =>
  inTempFolder(async (folder) => {
    await writeScoringJob(folder, SHAPE);
    const set = scoring("one");
    const one = await runJob(folder, { set, resources: { memory: 2 ** 31 } });
    const expected = await filesOf(folder, "one");
    Deno.mkdirSync(`${folder}/plain`);

    await test.step("with the voxels and metadata that an export of the scores has", async () => {
      assert.deepEqual(
        one.report.files.map(({ path }) => path),
        RESULTS.map((name) => `${folder}/one-${name}`),
      );
      for (const result of RESULTS) {
        const path = `${folder}/one-${result}`;
        checkOmeZarr({ read: (name) => JSON.parse(Deno.readTextFileSync(`${path}/${name}/zarr.json`)) });
        const scores = await openZarr(`${folder}/one-work/scores/0-${/ab-(\w+)/.exec(result)?.[1]}.zarr`);
        await exportVolume(scores, `${folder}/plain/one-${result}`, { anisotropy: 2.5 });
        const metadata = (place: string) =>
          Deno.readTextFileSync(`${folder}/${place}one-${result}/zarr.json`);
        assert.equal(metadata(""), metadata("plain/"));
        for (const level of LEVELS) {
          assert.deepEqual(
            await voxelsOf(`${path}/${level}`),
            await voxelsOf(`${folder}/plain/one-${result}/${level}`),
            `${result} ${level}`,
          );
        }
      }
    });

    await test.step("the same for any blocks and workers, and for eight processes at once", async () => {
      const blockShape: Zyx = [1, 1, 1]; // rounded up to shards
      const many = await runJob(folder, { set: scoring("many"), resources: { workers: 3, blockShape } });
      const count = (of: typeof one) => blocksOf(of.journal, "score-0").values().next().value?.length ?? 0;
      assert.deepEqual([count(one) < count(many), count(many)], [true, 4]);
      assert.deepEqual(await filesOf(folder, "many"), expected);
      assert.deepEqual(await scoreInShards(folder, scoring("shared")), ["convert", "score-0", "refine-0"]);
      assert.deepEqual(await filesOf(folder, "shared"), expected);
    });

    await test.step("and does nothing when it is run again", async () => {
      const { journal } = await runJob(folder, { set });
      const last = journal.findLastIndex(({ event }) => event === "run-started");
      assert.deepEqual(journal.slice(last + 1), [{ event: "run-done" }]);
    });

    await test.step("without computing a score again when the format changes", async () => {
      const isKept = ({ journal }: typeof one) =>
        ["score-0", "refine-0"].every((stage) => blocksOf(journal, stage).size === 1);
      await runJob(folder, { set: [...set, "outputFormat=file"] });
      Deno.removeSync(`${folder}/one-0-ab-max.ome.zarr`, { recursive: true });
      assert.ok(isKept(await runJob(folder, { set })));
      assert.deepEqual(await filesOf(folder, "one"), expected);

      await runJob(folder, { set: scoring("two", "outputFormat=file") });
      assert.ok(isKept(await runJob(folder, { set: scoring("two") })));
      for (const level of LEVELS) {
        assert.deepEqual(
          await voxelsOf(`${folder}/two-0-ab-max.ome.zarr/${level}`),
          await voxelsOf(`${folder}/one-0-ab-max.ome.zarr/${level}`),
        );
      }
    });

    await test.step("and makes anew what is lost or damaged of a level", async () => {
      const level = `${folder}/one-work/scores/levels/0-max_1.zarr/c/0/0`;
      Deno.removeSync(`${folder}/one-0-ab-max.ome.zarr/1`, { recursive: true });
      Deno.removeSync(`${level}/1`);
      const { said } = await runJob(folder, { set });
      assert.match(said, /0-max_1\.zarr.*is missing; its contents are computed again/);
      assert.deepEqual(await filesOf(folder, "one"), expected);
    });

    await test.step("as probabilities of 8 bits", async () => {
      await runJob(folder, { set: [...set, "outputFirstStage=false", "outputPlattScaling=true"] });
      const voxels = await voxelsOf(`${folder}/one-0-ab-max.ome.zarr/0`);
      await runJob(folder, {
        set: [...set, "outputFirstStage=false", "outputPlattScaling=true", "outputFormat=file"],
      });
      await converted(`${folder}/one-0-ab-max.tif`, `${folder}/tif.zarr`);
      assert.deepEqual(await voxelsOf(`${folder}/tif.zarr`), voxels);
    });
  }));
