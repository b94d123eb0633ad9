/** What a project of several stacks exports is what it learns from: the same model to the bit. */
import assert from "node:assert/strict";
import { readStumpFile } from "../../src/boosting/mod.ts";
import { parseChannelName } from "../../src/channels/mod.ts";
import { loadSettings, type Settings } from "../../src/config/settings.ts";
import { createReporter, openJournal } from "../../src/engine/mod.ts";
import { loadKernels } from "../../src/kernels/mod.ts";
import { exportProject } from "../../src/label/export.ts";
import { regionsAround } from "../../src/label/known_samples.ts";
import { type LearnStack, learnStumps, openStack } from "../../src/label/learn.ts";
import { createLearnMemory } from "../../src/label/learn_memory.ts";
import { type LabelProject, openProject } from "../../src/label/project.ts";
import type { LabelStack } from "../../src/label/stack.ts";
import { makeTruth } from "../../src/label/truth.ts";
import type { RunContext } from "../../src/run/run_context.ts";
import { modelPath } from "../../src/stages/model.ts";
import { runCcboost } from "../../src/stages/run.ts";
import { WORKER_MODULES } from "../../src/stages/worker_modules.ts";
import { inTempFolder } from "../helpers/temp_folder.ts";
import { addFurther, FURTHER_SHAPE, labelled, labelSome } from "./labelled.ts";
import { strokeOf } from "./project.ts";

const OVERRIDES = [
  "numStumps=12",
  "candidatePoses=12",
  "numWLToExplorePerIter=60",
  "crossFitFolds=1",
  "borderMinDist=2",
  "test=()",
];
const HERE = { memory: 2 ** 30, workers: 1, inMainThread: true };
const QUIET = createReporter({ mode: "quiet", write: () => {} });

function load(path: string): Promise<Settings> {
  const isKnownChannel = (stem: string) => parseChannelName(stem) !== undefined;
  return loadSettings(path, { overrides: OVERRIDES, isKnownChannel });
}

/** Stacks with synapses, with nothing, with what is no synapse alone, and with a synapse alone. */
async function labelAll(project: LabelProject): Promise<void> {
  const learning = { sigma: 3.5, supervoxel: 2, channels: ["gradient-magnitude-s1.0"] };
  await project.set({ learning });
  await addFurther(project, "empty");
  const further = await addFurther(project);
  await labelSome(further.stack, further, FURTHER_SHAPE, 2);
  const negative = (await addFurther(project, "negative")).stack;
  await negative.store.stroke(strokeOf(1, block([10, 40, 40])));
  const positive = (await addFurther(project, "positive")).stack;
  const { id } = await positive.store.addObject();
  await positive.store.stroke(strokeOf(id, block([12, 50, 60])));
  await positive.store.changeObject(id, { polarity: [0, 0, 1] });
}

/** Runs of a block of voxels. */
function block([z0, y0, x0]: readonly [number, number, number]): number[] {
  return Array.from({ length: 8 * 12 }, (_, i) => [z0 + Math.floor(i / 12), y0 + i % 12, x0, 12]).flat();
}

/** As the page learns from a stack. */
async function learnStack(
  context: RunContext,
  { raw, store }: LabelStack,
  place: number,
): Promise<LearnStack> {
  const settings = context.settings.train[place] ?? assert.fail();
  const volume = openStack(context, settings, raw);
  const painted = store.chunks.painted();
  const folder = `${context.workFolder}/${place}`;
  await Deno.mkdir(folder);
  const truth = await makeTruth({
    labels: store.chunks.volume,
    painted,
    used: new Set(store.summary().objects.map(({ id }) => id)),
    minSize: context.settings.minPosRegionSize,
    mayLackSynapses: true,
    folder,
  });
  const labelled = regionsAround(volume, painted.map(({ box }) => box));
  const memory = await createLearnMemory(`${folder}/memory`);
  return { volume, truth: { ...truth, labelled }, settings, memory };
}

Deno.test("an exported project of several stacks: a run learns the same model, to the bit, as labels are learned live", () =>
  inTempFolder(async (folder) => {
    const own = `${folder}/own`, live = `${folder}/live`;
    await Deno.mkdir(own);
    await Deno.mkdir(live);
    await labelled(own);
    const project = await openProject(own);
    await labelAll(project);
    const { files: [config, ...labels], seqs, synapses } = await exportProject(project);
    assert.deepEqual(
      labels.map((path) => path.slice(own.length)),
      ["", "-further", "-negative", "-positive"].map((name) => `/export/labels${name}.zarr`),
    );
    assert.deepEqual(seqs, Object.fromEntries(project.stacks().map(({ id, store }) => [id, store.seq()])));
    assert.equal(synapses, 3 + 2 + 1);
    const settings = await load(config);
    assert.deepEqual(settings.train.map(({ labels }) => labels), ["1/2,3,4", "1/2,3", "1/3", "1/2"]);
    assert.deepEqual(settings.train.map(({ ccPolarity }) => ccPolarity.length), [3, 2, 0, 1]);
    const command = "test";
    const options = { settings, polarity: "config", resources: HERE, reporter: QUIET, command } as const;
    await runCcboost({ ...options, workFolder: `${folder}/work` });

    const journal = await openJournal(live);
    const context: RunContext = { ...options, workerModules: WORKER_MODULES, workFolder: live, journal };
    const stacks: LearnStack[] = [];
    const from = project.stacks().filter(({ store }) => store.chunks.painted().length > 0);
    for (const [place, stack] of from.entries()) stacks.push(await learnStack(context, stack, place));
    const { model, normals } = await learnStumps(context, stacks, await loadKernels());
    await journal.close();
    await project.close();
    const { threshold: _threshold, ...learned } = await readStumpFile(modelPath(settings), { anisotropy: 1 });
    assert.deepEqual(model.stumps, learned.stumps);
    assert.equal(normals.size, synapses);
  }));

Deno.test("an exported project of several stacks: sides count once all stacks have theirs; voxel sizes are each stack's own", () =>
  inTempFolder(async (folder) => {
    await labelled(folder);
    const project = await openProject(folder);
    const further = await addFurther(project, "further", [6, 6, 6]);
    await labelSome(further.stack, further, FURTHER_SHAPE, 2);
    await further.stack.store.changeObject(2, { polarity: null });
    const open = await exportProject(project);
    assert.deepEqual([open.polarity, open.synapses], ["none", 5]);
    const settings = await load(open.files[0]);
    assert.deepEqual(settings.train.map(({ voxelSize }) => voxelSize), [[8, 8, 8], [6, 6, 6]]);
    const { test } = await loadSettings(open.files[0], { isKnownChannel: () => true });
    assert.deepEqual(test.map(({ voxelSize }) => voxelSize), [[8, 8, 8], [6, 6, 6]]);
    await further.stack.store.changeObject(2, { polarity: "cannot tell" });
    const answered = await exportProject(project);
    assert.deepEqual([answered.polarity, answered.synapses], ["config", 4]);
    assert.equal((await load(answered.files[0])).train[1]?.labels, "1/3");
    await project.close();
  }));
