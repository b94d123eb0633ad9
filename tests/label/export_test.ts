/** What a project exports is what it learns from: the same model to the bit, elsewhere and from labels of any form. */
import assert from "node:assert/strict";
import { readStumpFile } from "../../src/boosting/mod.ts";
import { loadSettings, type Settings } from "../../src/config/settings.ts";
import { parseChannelName } from "../../src/channels/mod.ts";
import { createReporter, openJournal } from "../../src/engine/mod.ts";
import { exportProject } from "../../src/label/export.ts";
import { loadKernels } from "../../src/kernels/mod.ts";
import { learnStumps, openStack } from "../../src/label/learn.ts";
import { regionsAround } from "../../src/label/known_samples.ts";
import { createLearnMemory } from "../../src/label/learn_memory.ts";
import { openProject } from "../../src/label/project.ts";
import { makeTruth } from "../../src/label/truth.ts";
import type { Resources } from "../../src/run/plan_stage.ts";
import { modelPath } from "../../src/stages/model.ts";
import { runCcboost } from "../../src/stages/run.ts";
import { WORKER_MODULES } from "../../src/stages/worker_modules.ts";
import { voxelCount } from "../../src/volume/region.ts";
import { openZarr } from "../../src/volume/zarr/mod.ts";
import { writeTiffFile } from "../helpers/cli_process.ts";
import { inTempFolder } from "../helpers/temp_folder.ts";
import { labelled, SHAPE } from "./labelled.ts";
import { labelsOnDisk } from "./project.ts";

const OVERRIDES = [
  "numStumps=12",
  "candidatePoses=12",
  "numWLToExplorePerIter=60",
  "crossFitFolds=1",
  'train.otherFeatures=["gradient-magnitude-s1.0"]',
  "borderMinDist=2",
];
/** By workers elsewhere, and in this thread here. */
const [THERE, HERE] = [{ memory: 2 ** 30, workers: 2 }, { memory: 2 ** 30, workers: 1, inMainThread: true }];
const ignore = () => {};
const QUIET = createReporter({ mode: "quiet", write: ignore });

function load(path: string, ...overrides: string[]): Promise<Settings> {
  return loadSettings(path, { overrides, isKnownChannel: (stem) => parseChannelName(stem) !== undefined });
}

function run(settings: Settings, workFolder: string, resources: Resources) {
  return runCcboost({
    settings,
    polarity: "config",
    resources,
    workFolder,
    reporter: QUIET,
    command: "test",
  });
}

Deno.test("an exported project: run elsewhere learns the same model, to the bit, from its Zarr, from a TIFF, and as labels are learned live", () =>
  inTempFolder(async (folder) => {
    const [own, elsewhere] = [`${folder}/own`, `${folder}/elsewhere`];
    await Deno.mkdir(own);
    const { raw } = await labelled(own);
    const project = await openProject(own);
    const { files: [config, labels], command, clusterCommand } = await exportProject(project);
    assert.match(command, /run .*export\/config\.cfg$/);
    assert.match(clusterCommand, /cluster submit .*export\/config\.cfg$/);
    const text = await Deno.readTextFile(config);
    assert.match(text, /labels = "1\/2,3,4";/);
    assert.match(text, /voxelSize = \[8\.0, 8\.0, 8\.0\];/);

    // elsewhere: nothing but the stack and what was exported
    await Deno.mkdir(`${elsewhere}/export`, { recursive: true });
    await copyFolder(`${own}/raw.zarr`, `${elsewhere}/raw.zarr`);
    await copyFolder(labels, `${elsewhere}/export/labels.zarr`);
    await Deno.copyFile(config, `${elsewhere}/export/config.cfg`);
    const there = await load(`${elsewhere}/export/config.cfg`, ...OVERRIDES, "test=()");
    await run(there, `${elsewhere}/work`, THERE);
    const model = await Deno.readTextFile(modelPath(there));
    const here = await load(config, ...OVERRIDES, "test=()");
    await run(here, `${folder}/work`, HERE);
    assert.equal(await Deno.readTextFile(modelPath(here)), model);

    // as other programs have labels: 0 no synapse, 255 synapses, 128 unknown
    const plain = Uint8Array.from(
      await labelsOnDisk(own),
      (value) => value === 0 ? 128 : value === 1 ? 0 : 255,
    );
    await writeTiffFile(`${folder}/labels.tif`, plain, SHAPE);
    await writeTiffFile(`${folder}/raw.tif`, raw, SHAPE);
    const tiff = await load(
      config,
      ...OVERRIDES,
      "test=()",
      `train.groundTruth=${folder}/labels.tif`,
      "train.labels=0/255",
      `train.rawVolume=${folder}/raw.tif`,
      `outFileName=${folder}/tiff`,
    );
    await run(tiff, `${folder}/tiff-work`, HERE);
    assert.equal(await Deno.readTextFile(modelPath(tiff)), model);

    // live: only where something is labelled
    const { train: [train] } = here;
    assert.ok(train);
    await Deno.mkdir(`${folder}/live`);
    const journal = await openJournal(`${folder}/live`);
    const context = {
      settings: here,
      polarity: "config",
      resources: HERE,
      workerModules: WORKER_MODULES,
      workFolder: `${folder}/live`,
      journal,
      reporter: QUIET,
    } as const;
    const volume = openStack(context, train, project.raw);
    const painted = project.store.chunks.painted();
    const truth = await makeTruth({
      labels: await openZarr(`${own}/labels.zarr`),
      painted,
      used: new Set([2, 3, 4]),
      minSize: here.minPosRegionSize,
      folder: `${folder}/live`,
    });
    const parts = regionsAround(volume, painted.map(({ box }) => box));
    const looked = parts.reduce((sum, { shape }) => sum + voxelCount(shape), 0);
    assert.ok(looked < voxelCount(SHAPE), `${looked}`);
    const memory = await createLearnMemory(`${folder}/live/memory`);
    const live = await learnStumps(
      context,
      [{ volume, truth: { ...truth, labelled: parts }, settings: train, memory }],
      await loadKernels(),
    );
    await journal.close();
    await project.close();
    const { threshold: _threshold, ...learned } = await readStumpFile(modelPath(here), { anisotropy: 1 });
    assert.deepEqual(live.model.stumps, learned.stumps);
    assert.equal(live.normals.size, 3);
  }));

Deno.test("an exported project: polarity counts once every synapse has an answer, and the ones that cannot be told are left out then", () =>
  inTempFolder(async (folder) => {
    await labelled(folder);
    const project = await openProject(folder);
    try {
      await project.store.changeObject(3, { polarity: null, name: 'one\nof } "many"' });
      const open = await exportProject(project);
      assert.match(open.command, /--polarity none$/);
      const text = await Deno.readTextFile(open.files[0]);
      assert.match(text, /labels = "1\/2,3,4";/);
      assert.doesNotMatch(text, /ccPolarity/);
      await load(open.files[0]);
      await project.store.changeObject(3, { polarity: "cannot tell" });
      const answered = await exportProject(project);
      assert.doesNotMatch(answered.command, /--polarity/);
      const settings = await load(answered.files[0]);
      assert.equal(settings.train[0]?.labels, "1/2,4");
      assert.equal(settings.train[0]?.ccPolarity.length, 2);
      for (const id of [2, 3, 4]) await project.store.removeObject(id);
      await assert.rejects(exportProject(project), /paint a synapse, to learn from/);
    } finally {
      await project.close();
    }
  }));

async function copyFolder(from: string, to: string): Promise<void> {
  await Deno.mkdir(to, { recursive: true });
  for await (const { name, isDirectory } of Deno.readDir(from)) {
    if (isDirectory) await copyFolder(`${from}/${name}`, `${to}/${name}`);
    else await Deno.copyFile(`${from}/${name}`, `${to}/${name}`);
  }
}
