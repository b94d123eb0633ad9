/** What is remembered from training to training changes no bit of a model, and spares work. */
import assert from "node:assert/strict";
import { createReporter, openJournal } from "../../src/engine/mod.ts";
import { loadKernels } from "../../src/kernels/mod.ts";
import { learnStumps, openStack } from "../../src/label/learn.ts";
import { regionsAround } from "../../src/label/known_samples.ts";
import { createLearnMemory, type LearnMemory } from "../../src/label/learn_memory.ts";
import type { LabelProject } from "../../src/label/project.ts";
import { labelValues, polarityEntries, settingsOf, usedInStacks } from "../../src/label/project_settings.ts";
import { makeTruth } from "../../src/label/truth.ts";
import type { RunContext } from "../../src/run/run_context.ts";
import { WORKER_MODULES } from "../../src/stages/worker_modules.ts";
import { inTempFolder } from "../helpers/temp_folder.ts";
import { labelled } from "./labelled.ts";
import { strokeOf, withProject } from "./project.ts";

/** Learns from the labels as they are. @returns the stumps, and how many voxels were searched and gathered */
async function learn({ state, store, raw }: LabelProject, work: string, memory: LearnMemory) {
  await Deno.mkdir(work);
  const { objects, notVoxels } = state();
  const { used: [used = []], polarity } = usedInStacks([{ objects, notVoxels }]);
  const labels = store.chunks.volume;
  const settings = settingsOf({
    outFileName: "live",
    numStumps: 10,
    candidatePoses: 10,
    numWLToExplorePerIter: 50,
    crossFitFolds: 1,
    borderMinDist: 2,
    train: {
      rawVolume: raw.path,
      groundTruth: labels.path,
      labels: labelValues(used, objects),
      otherFeatures: ["gradient-magnitude-s1.0"],
    },
  }, work);
  const { train: [train] } = settings;
  assert.ok(train);
  const stages = { samples: 0, gather: 0 };
  const reporter = createReporter({ mode: "quiet", write: () => {} });
  const journal = await openJournal(work);
  try {
    const context: RunContext = {
      settings,
      polarity,
      resources: { memory: 2 ** 30, workers: 1, inMainThread: true },
      workerModules: WORKER_MODULES,
      workFolder: work,
      journal,
      reporter: {
        ...reporter,
        stage(name, amount) {
          if (name === "samples" || name === "gather") stages[name] += amount.total;
          return reporter.stage(name, amount);
        },
      },
    };
    const painted = store.chunks.painted();
    const truth = await makeTruth({
      before: memory.samples.before(),
      labels,
      painted,
      used: new Set(used),
      minSize: settings.minPosRegionSize,
      folder: work,
    });
    const volume = openStack(context, train, raw);
    const parts = regionsAround(volume, painted.map(({ box }) => box));
    const ccPolarity = await polarityEntries(truth, labels, objects);
    const all = { ...truth, labelled: parts };
    const { model, normals } = await learnStumps(
      context,
      [{ volume, truth: all, settings: { ...train, ccPolarity }, memory }],
      await loadKernels(),
    );
    return { stumps: model.stumps, normals, ...stages };
  } finally {
    await journal.close();
  }
}

Deno.test("createLearnMemory() changes no bit, whatever was learned before, and computes nothing twice", () =>
  inTempFolder(async (folder) => {
    await labelled(folder);
    await withProject(folder, async (project) => {
      const { store } = project;
      const memory = await createLearnMemory(`${folder}/memory`);
      let n = 0;
      const both = async () => {
        n++;
        const known = await learn(project, `${folder}/known-${n}`, memory);
        const fresh = await learn(
          project,
          `${folder}/fresh-${n}`,
          await createLearnMemory(`${folder}/fresh`),
        );
        assert.deepEqual(known.stumps, fresh.stumps);
        assert.deepEqual(known.normals, fresh.normals);
        return { known, fresh };
      };
      await both();
      const { known: again } = await both();
      assert.deepEqual([again.samples, again.gather], [0, 0], "nothing is new");

      // far from the others, and before them in raster order: all components have other numbers then
      const { id } = await store.addObject();
      const block = [2, 3, 4, 5].flatMap((z) => [80, 81, 82, 83, 84, 85].flatMap((y) => [z, y, 140, 12]));
      await store.stroke(strokeOf(id, block));
      await store.changeObject(id, { polarity: [1, 0, 0] });
      const { known, fresh } = await both();
      assert.ok(known.samples > 0 && known.samples < fresh.samples, `${known.samples} ${fresh.samples}`);

      // the other polarity turns the frames of one synapse
      await store.changeObject(2, { polarity: [-1, -1, -1] });
      const { known: turned } = await both();
      assert.equal(turned.samples, 0);

      // without polarity the frames are as they were found
      await store.changeObject(2, { polarity: null });
      await both();
      await store.changeObject(2, { polarity: [1, 1, 1] });

      // one piece more, joined to the other by a bridge, and apart again; then too small for a component
      const piece = [2, 3, 4, 5].flatMap((z) => [60, 61, 62, 63].flatMap((y) => [z, y, 140, 12]));
      await store.stroke(strokeOf(id, piece));
      await both();
      const bridge = Array.from({ length: 16 }, (_, i) => [3, 64 + i, 145, 1]).flat();
      await store.stroke(strokeOf(id, bridge));
      await both();
      await store.undo();
      await both();
      await store.stroke(strokeOf(0, piece.slice(4)));
      await store.stroke(strokeOf(0, [2, 60, 143, 9]));
      await both();
      await store.stroke(strokeOf(1, [2, 60, 100, 40, 3, 60, 100, 40, 2, 61, 100, 40, 3, 61, 100, 40]));
      await both();

      await store.undo();
      await both();
      await store.removeObject(3);
      await both();
      const files = Array.from(Deno.readDirSync(`${folder}/memory`), ({ name }) => name);
      assert.ok(files.length > 0 && files.length < 20, files.join(" "));
    });
  }));
