/** A run that learns from several volumes: what it learns is of all of them. `tests/long/several_volumes_test.ts` has the same bytes however it is computed. */
import assert from "node:assert/strict";
import { encodeTiff } from "../../fixtures/tiff.ts";
import { expectedStages } from "../../src/dashboard/server/expected_stages.ts";
import { readJournal } from "../../src/engine/mod.ts";
import { planCcboost } from "../../src/stages/run.ts";
import { ENOUGH_VOXELS } from "../../src/stages/training/best_threshold.ts";
import { readDirections } from "../../src/stages/training/directions.ts";
import { writeAnswers } from "../../src/stages/training/polarity_answers.ts";
import type { Zyx } from "../../src/volume/region.ts";
import { createZarr } from "../../src/volume/zarr/mod.ts";
import { blocksOf, runJob, settingsOf } from "../helpers/run_job.ts";
import { SHAPES, writeTwoVolumes, writeVolume } from "../helpers/two_volumes.ts";
import { inTempFolder } from "../helpers/temp_folder.ts";

Deno.test("runCcboost() learns from the samples of both volumes", () =>
  inTempFolder(async (folder) => {
    await writeTwoVolumes(folder);
    const samplesOf = async (set: readonly string[]) => {
      const { said } = await runJob(folder, { set: [...set, "crossFitFolds=1", "numStumps=2"] });
      return Number(/training on (\d+) positives/.exec(said)?.[1]);
    };
    const both = await samplesOf([]);
    let alone = 0;
    for (const index of [0, 1]) {
      const { group, polarity } = await writeVolume(folder, index);
      alone += await samplesOf([
        `train={ ${group} ccPolarity = (${polarity}); }`,
        `outFileName=alone${index}`,
      ]);
    }
    assert.equal(both, alone);
  }));

Deno.test("runCcboost() asks for polarities of a further volume, and leaves out what answers leave out", () =>
  inTempFolder(async (folder) => {
    await writeTwoVolumes(folder, { asked: true });
    await assert.rejects(
      runJob(folder),
      /train\[1\]\.ccPolarity has no entry for 3 of the 3 labelled synapses/,
    );
    const journal = await readJournal(`${folder}/out-work`);
    const found = journal.findLast((event) => event.event === "stage-done" && event.stage === "components-1");
    assert.ok(found?.event === "stage-done");
    const { components } =
      (found.result as { value: { components: { id: number; voxels: number; position: Zyx }[] } })
        .value;
    assert.equal((await readDirections(`${folder}/out-work`, components, 1)).size, 3);
    const places = components.map(({ position: [z, y, x] }) => [x, y, z] as const);
    const [first = [0, 0, 0] as const, ...others] = places;
    const answers = others.map((pos) => ({ pos, polarity: [0, 1, 0] as const }));
    await writeAnswers(`${folder}/out-work`, answers, [{ pos: first, reason: "cannot tell" }], 1);
    const { settings, said } = await runJob(folder);
    assert.match(said, /training on \d+ positives/);
    assert.equal(settings.train[1]?.ccPolarity.length, 0, "the configuration has none");
  }));

Deno.test("runCcboost() learns from a volume with synapses alone and one with none", () =>
  inTempFolder(async (folder) => {
    await writeTwoVolumes(folder);
    const shape = SHAPES[1] ?? [1, 1, 1];
    const voxels = shape[0] * shape[1] * shape[2];
    await Deno.writeFile(`${folder}/labels-1.tif`, encodeTiff(new Uint8Array(voxels), shape));
    const set = ["train[1].ccPolarity=()", "crossFitFolds=2"];
    const { said } = await runJob(folder, { set });
    assert.match(said, /training on/);
    await Deno.writeFile(`${folder}/labels-1.tif`, encodeTiff(new Uint8Array(voxels).fill(128), shape));
    await assert.rejects(
      runJob(folder, { set: [...set, "outFileName=unlabelled"] }),
      /labels-1\.tif has no voxel of 255/,
    );
  }));

Deno.test("runCcboost() warns where it takes no synapse of a volume, and refuses labels that may be others", () =>
  inTempFolder(async (folder) => {
    await writeTwoVolumes(folder);
    const shape = SHAPES[1] ?? [1, 1, 1];
    const { labels } = await writeVolume(folder, 1);
    await Deno.writeFile(
      `${folder}/binary.tif`,
      encodeTiff(labels.map((label) => label === 255 ? 1 : 0), shape),
    );
    const thin = new Uint8Array(labels.length).fill(255, labels.length / 2, labels.length / 2 + 12);
    await Deno.writeFile(`${folder}/thin.tif`, encodeTiff(thin, shape));
    const run = (keys: readonly string[], name: string) =>
      runJob(folder, { set: [...keys, "test=()", "numStumps=2", "crossFitFolds=1", `outFileName=${name}`] });
    const only = "background of train\\[1\\] \\(.*raw-1\\.tif\\) is learned from";
    const cases: [keys: string[], warning: RegExp][] = [
      [
        ["train[1].useSynapses=[1, 7]"],
        /train\[1\]\.useSynapses: there is no synapse 7 in .*labels-1\.tif, which has 3/,
      ],
      [["train[1].groundTruthErodeRadius=9"], new RegExp(`${only}: no synapse is left .* eroded by 9`)],
      [["train[1].groundTruth=thin.tif"], new RegExp(`${only}: its synapse has no positive sample`)],
      [
        ["train[1].groundTruth=thin.tif", "minPosRegionSize=13"],
        new RegExp(`${only}: no synapse has 13 voxels or more`),
      ],
    ];
    for (const [place, [keys, warning]] of cases.entries()) {
      assert.match((await run(keys, `out${place}`)).said, warning, keys.join());
    }
    await assert.rejects(run(["train[1].groundTruth=binary.tif"], "binary"), {
      message: /binary\.tif: its labels are 0 .* and 1 .*; expected 0 .* and 255 .* labels = "binary"/,
    });
    const { said } = await run(["train[1].groundTruth=binary.tif", "train[1].labels=binary"], "said");
    assert.doesNotMatch(said, /warning/);
  }));

Deno.test("runCcboost() does not call blocks done that are empty", () =>
  inTempFolder(async (folder) => {
    await writeTwoVolumes(folder);
    const shape = SHAPES[1] ?? [1, 1, 1];
    const write = (labels: Uint8Array) => Deno.writeFile(`${folder}/labels-1.tif`, encodeTiff(labels, shape));
    const { labels } = await writeVolume(folder, 1);
    const run = async (name: string) => {
      const set = ["test=()", "numStumps=2", "crossFitFolds=1", `outFileName=${name}`];
      const { said } = await runJob(folder, { set, resources: { blockShape: [32, 64, 64] } });
      return said.split("\n").filter((line) => line.startsWith("gather 1: "));
    };
    await write(labels.map((label, i) => i % shape[2] < 60 && i / shape[2] % shape[1] < 60 ? label : 128));
    const [begun, ended] = await run("some");
    assert.doesNotMatch(begun ?? "", /already done/);
    assert.match(ended ?? "", /blocks, \d empty/);
    await write(labels.fill(128).fill(255, 60, 72));
    assert.deepEqual(await run("none"), ["gather 1: all blocks are empty"]);
  }));

Deno.test("runCcboost() finds a threshold of both volumes where one model learns from everything", () =>
  inTempFolder(async (folder) => {
    await writeTwoVolumes(folder);
    // as a killed run on more volumes leaves it
    await Deno.mkdir(`${folder}/out-work/gather-2`, { recursive: true });
    const { journal } = await runJob(folder, { set: ["crossFitFolds=1"] });
    await assert.rejects(Deno.stat(`${folder}/out-work/gather-2`), Deno.errors.NotFound);
    for (const stage of ["threshold", "threshold-1"]) assert.equal(blocksOf(journal, stage).size, 1, stage);
    assert.match(await Deno.readTextFile(`${folder}/out-stumps.cfg`), /bestThreshold = /);
    // too few synapses for cross-fitting
    const few = await runJob(folder, { set: ["crossFitFolds=6", "outFileName=few"] });
    assert.match(few.said, /no cross-fitting/);
    for (const stage of ["training scores", "training scores-1", "cells-1"]) {
      assert.equal(blocksOf(few.journal, stage).size, 1, stage);
    }
  }));

Deno.test("runCcboost() and the page name volumes of the same file name by their folders", () =>
  inTempFolder(async (folder) => {
    await writeTwoVolumes(folder);
    const kinds = ["raw", "labels"];
    const places = kinds.flatMap((kind) => [0, 1].map((index) => ({ index, kind })));
    for (const { index, kind } of places) {
      await Deno.mkdir(`${folder}/cell${index}`, { recursive: true });
      await Deno.rename(`${folder}/${kind}-${index}.tif`, `${folder}/cell${index}/${kind}.tif`);
    }
    const keys = { raw: "rawVolume", labels: "groundTruth" } as Record<string, string>;
    const set = [
      ...places.map(({ index, kind }) => `train[${index}].${keys[kind]}=cell${index}/${kind}.tif`),
      ...["test=()", "crossFitFolds=2", "numStumps=2", "autoContext=false"],
    ];
    const { said, settings } = await runJob(folder, { set });
    const titles = places.map(({ index, kind }) => `convert cell${index}/${kind}.tif`);
    for (const title of titles) assert.match(said, new RegExp(`^${title}: `, "m"));
    assert.match(said, /train\[0\] \(cell0\/raw\.tif\) is .*; train\[1\] \(cell1\/raw\.tif\) is/);
    const expected = expectedStages(settings);
    assert.deepEqual(
      expected.map(({ title }) => title).filter((title) => title.startsWith("convert")).sort(),
      titles.sort(),
    );
    assert.match(expected.find(({ title }) => title === "samples 1")?.about ?? "", /\(cell1\/raw\.tif\)/);
  }));

Deno.test("planCcboost() plans the stages that a run on two volumes goes through", () =>
  inTempFolder(async (folder) => {
    await writeTwoVolumes(folder);
    const settings = await settingsOf(folder);
    const plan = await planCcboost({ settings, resources: { memory: 2 ** 30, workers: 1 } });
    const names = plan.stages.map(({ name }) => name);
    for (const stage of ["samples", "gather", "cross-fit", "cells"]) {
      assert.ok(names.includes(stage) && names.includes(`${stage} 1`), `${stage}: ${names}`);
    }
    assert.equal(plan.training?.synapses, 6);
  }));

Deno.test("planCcboost() counts for each of two volumes what is there at the same time", () =>
  inTempFolder(async (folder) => {
    await writeTwoVolumes(folder);
    const planned = async (set: readonly string[]) => {
      const settings = await settingsOf(folder, [
        "test=()",
        "crossFitFolds=1",
        "NegSampleProportion=0",
        ...set,
      ]);
      const { stages } = await planCcboost({ settings, resources: { memory: 2 ** 30, workers: 1 } });
      return (name: string) => stages.find((stage) => stage.name === name) ?? assert.fail(name);
    };
    const { group, polarity, labels } = await writeVolume(folder, 1);
    const few = labels.fill(128, labels.length / 4);
    await Deno.writeFile(`${folder}/labels-1.tif`, encodeTiff(few, SHAPES[1] ?? [1, 1, 1]));
    const both = await planned([]);
    const alone = await planned([`train={ ${group} ccPolarity = (${polarity}); }`]);
    assert.equal(both("gather 1").bytesPerWorker, alone("gather").bytesPerWorker, "its own samples");
    const shape: Zyx = [128, 256, 160];
    for (const name of ["raw", "labels-0", "labels-1"]) {
      await createZarr(`${folder}/${name}.zarr`, { shape, chunk: [64, 64, 64], dtype: "uint8" });
    }
    const large = await planned(
      [0, 1].flatMap((i) => [`train[${i}].rawVolume=raw.zarr`, `train[${i}].groundTruth=labels-${i}.zarr`]),
    );
    assert.equal(large("threshold").voxels + large("threshold 1").voxels, ENOUGH_VOXELS);
  }));
