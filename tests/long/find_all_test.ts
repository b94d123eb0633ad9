/** Finding all synapses of a project to the end: some 20 seconds of two cores. How it is begun, stopped and planned is in `tests/label`. */
import assert from "node:assert/strict";
import { createReporter } from "../../src/engine/mod.ts";
import { exportProject, loadExported } from "../../src/label/export.ts";
import { type FindAll, openFindAll } from "../../src/label/find_all.ts";
import { sharesOf } from "../../src/label/memory_shares.ts";
import { type LabelProject, openProject } from "../../src/label/project.ts";
import { runCcboost } from "../../src/stages/run.ts";
import { openZarr } from "../../src/volume/zarr/mod.ts";
import { inTempFolder } from "../helpers/temp_folder.ts";
import { ended, FIND_RESOURCES as RESOURCES, notingLearner } from "../label/find_helpers.ts";
import { labelled } from "../label/labelled.ts";
import { strokeOf } from "../label/project.ts";

/** Makes the run of a configuration a short one. */
async function shorten(config: string): Promise<void> {
  const text = await Deno.readTextFile(config);
  const short = "numStumps = 12; candidatePoses = 12; numWLToExplorePerIter = 60; borderMinDist = 2;";
  const channels = 'otherFeatures = ["gradient-magnitude-s1.0"];';
  await Deno.writeTextFile(
    config,
    text.replace("\ntrain: {", `\n${short}\ntrain: {\n  ${channels}`).replace(
      "test = ( {",
      `test = ( { ${channels}`,
    ),
  );
}

/** Begins a search, stops it at once, and goes on with fewer rounds in a server that was started anew. */
async function shortSearch(
  project: LabelProject,
  learner: ReturnType<typeof notingLearner>,
  ...where: Parameters<FindAll["start"]>
): Promise<FindAll> {
  const first = await openFindAll(project, learner, RESOURCES);
  await first.start(...where);
  await first.close();
  assert.equal(first.state().isRunning, false);
  await shorten(`${project.folder}/run/config.cfg`);
  const find = await openFindAll(project, learner, RESOURCES);
  assert.deepEqual(find.state(), first.state());
  assert.equal(find.resume().isRunning, true);
  assert.throws(() => find.resume(), /under way/);
  await assert.rejects(find.start(), /under way/);
  await ended(find);
  assert.equal(find.state().error, null);
  return find;
}

Deno.test("openFindAll(): what it finds has the same bits as a run of the exported configuration, with other threads and memory", () =>
  inTempFolder(async (given) => {
    const folder = await Deno.realPath(given);
    await labelled(folder);
    const project = await openProject(folder);
    const learner = notingLearner();
    const find = await shortSearch(project, learner);
    const { learning } = sharesOf(RESOURCES);
    assert.deepEqual(learner.shared, [
      learning?.memory,
      RESOURCES.memory,
      learning?.memory,
      RESOURCES.memory,
    ]);

    const { files: [config], polarity, seqs: { "": seq } } = await exportProject(project);
    assert.equal(find.state().begun?.seq, seq);
    await shorten(config);
    assert.equal(
      await Deno.readTextFile(config),
      await Deno.readTextFile(`${folder}/run/config.cfg`),
    );
    await runCcboost({
      settings: await loadExported(config),
      polarity,
      resources: { memory: 2 ** 29, workers: 1 },
      workFolder: `${folder}/export/out-work`,
      reporter: createReporter({ mode: "quiet", write: () => {} }),
      command: "test",
    });
    for (const name of ["out-stumps.cfg", "out-0-ab-max.nrrd", "out-0-synapses.csv"]) {
      const [here, there] = [`${folder}/run/${name}`, `${folder}/export/${name}`].map(Deno.readFileSync);
      assert.ok(here && here.length > 50, name);
      assert.deepEqual(here, there, name);
    }

    // labels that changed since are told, and what was found stays until a new search begins
    await project.store.stroke(strokeOf(1, [0, 0, 0, 1]));
    assert.ok(project.state().seq > (find.state().begun?.seq ?? NaN));
    await find.start();
    find.stop();
    await ended(find);
    assert.equal(find.state().begun?.seq, project.state().seq);
    await assert.rejects(Deno.stat(`${folder}/run/out-0-synapses.csv`), Deno.errors.NotFound);
    await project.close();
  }));

Deno.test("openFindAll() searches a part of the stack with the scores of that part", () =>
  inTempFolder(async (folder) => {
    await labelled(folder);
    const project = await openProject(folder);
    const region = { start: [4, 16, 32], shape: [30, 64, 100] } as const;
    const find = await shortSearch(project, notingLearner(), { region });
    assert.deepEqual(find.state().begun?.box, { begin: [4, 16, 32], end: [34, 80, 132] });
    const scores = await openZarr(`${find.workFolder}/scores/0-max.zarr`);
    assert.deepEqual(scores.shape, region.shape);
    const { test } = await loadExported(`${folder}/run/config.cfg`);
    assert.ok(find.inPlace().includes(test[0]?.rawVolume ?? ""));
    await project.close();
  }));
