/** Finding all synapses of a project: begun, stopped, gone on with, planned. That it finds what a run finds is in `tests/long`. */
import assert from "node:assert/strict";
import { openJournal } from "../../src/engine/mod.ts";
import { openFindAll } from "../../src/label/find_all.ts";
import { sharesOf } from "../../src/label/memory_shares.ts";
import { openProject } from "../../src/label/project.ts";
import { inTempFolder } from "../helpers/temp_folder.ts";
import { ended, FIND_RESOURCES as RESOURCES, notingLearner } from "./find_helpers.ts";
import { addFurther, labelled } from "./labelled.ts";
import { makeProject, strokeOf } from "./project.ts";

const MIB = 2 ** 20;

Deno.test("openFindAll(): a search that was stopped goes on in a server that was started anew, and knows from which labels", () =>
  inTempFolder(async (folder) => {
    await labelled(folder);
    const project = await openProject(folder);
    const learner = notingLearner();
    const first = await openFindAll(project, learner, RESOURCES);
    const { seq } = project.state();
    assert.equal((await first.start()).begun?.seq, seq);
    await assert.rejects(first.start(), /under way/);
    await first.close();
    await project.store.stroke(strokeOf(1, [0, 0, 0, 1]));
    const { anisotropy, voxelSize, learning: before } = project.state();
    await project.set({ learning: { ...before, sigma: 5 } });
    const text = await Deno.readTextFile(`${folder}/run/config.cfg`);
    const find = await openFindAll(project, learner, RESOURCES);
    assert.deepEqual(find.state(), first.state());
    const { isRunning, begun, error } = find.resume();
    assert.deepEqual([isRunning, begun?.seq, begun?.polarity, error], [true, seq, "config", null]);
    assert.deepEqual(
      begun?.settings,
      { anisotropy, voxelSize, learning: before },
      "those that it learns with",
    );
    assert.throws(() => find.resume(), /under way/);
    find.stop();
    await ended(find);
    assert.equal(await Deno.readTextFile(`${folder}/run/config.cfg`), text);
    assert.equal(find.state().error, null);
    const other = await openJournal(find.workFolder); // as a run that was started by hand
    await assert.rejects(find.start(), /works on the search before; stop it first/);
    await other.close();

    // what was proofread is kept beside what is found anew
    await Deno.mkdir(`${find.workFolder}/review`);
    await find.start();
    find.stop();
    await ended(find);
    const kept = Array.from(Deno.readDirSync(folder), ({ name }) => name).find((name) =>
      /^run-\d/.test(name)
    );
    assert.ok(kept);
    assert.ok((await Deno.stat(`${folder}/${kept}/out-work/review`)).isDirectory);
    await assert.rejects(Deno.stat(`${find.workFolder}/review`), Deno.errors.NotFound);
    const { learning } = sharesOf(RESOURCES);
    const [less, all] = [learning?.memory, RESOURCES.memory];
    assert.deepEqual(learner.shared, [less, all, less, all, less, all]);
    await project.close();
  }));

Deno.test("openFindAll() plans a search of the stack, of a part, which has no voxels then, or of another volume", () =>
  inTempFolder(async (folder) => {
    await labelled(folder);
    const project = await openProject(folder);
    const find = await openFindAll(project, notingLearner(), RESOURCES);
    const [whole, part] = [
      await find.plan(),
      await find.plan({ region: { start: [4, 16, 32], shape: [30, 64, 100] } }),
    ];
    assert.ok(part.disk < whole.disk && part.seconds < whole.seconds);
    assert.deepEqual([part.synapses, part.learnsMeanwhile], [3, true]);
    const other = await find.plan({ volume: "raw.zarr" }); // from the folder of the stack
    assert.deepEqual([other.disk, other.seconds], [whole.disk, whole.seconds]);
    await assert.rejects(find.start({ volume: "none.tif" }), /none\.tif/);
    assert.equal(find.state().begun, null);
    const names = Array.from(Deno.readDirSync(folder), ({ name }) => name);
    assert.ok(!names.includes("export") && !names.includes("run.next"), `nothing is left of plans: ${names}`);
    await project.close();
  }));

Deno.test("openFindAll() plans with painted synapses, not with their pieces, and leaves out those that are too small", () =>
  inTempFolder(async (folder) => {
    await labelled(folder);
    const project = await openProject(folder);
    const { store } = project;
    const { id } = await store.addObject();
    await store.changeObject(id, { polarity: "cannot tell" });
    await store.stroke(strokeOf(id, [0, 0, 0, 1]));
    const find = await openFindAll(project, notingLearner(), RESOURCES);
    const before = await find.plan();
    // as many pieces more as with which enough synapses would be there
    const least = before.leastSynapses ?? assert.fail();
    const block = (y: number) => [0, 1, 2, 3, 4, 5, 6, 7].flatMap((z) => [z, y, 0, 40, z, y + 1, 0, 40]);
    for (let i = 0; i < least; i++) await store.stroke(strokeOf(2, block(4 * i)));
    const after = await find.plan();
    assert.deepEqual([before.synapses, after.synapses, after.leastSynapses], [3, 3, null]);
    await store.changeObject(id, { polarity: null }); // now it is used, but it has one voxel
    assert.equal((await find.plan()).synapses, 3);
    await project.close();
  }));

Deno.test("openFindAll() searches one stack of several or all, and tells each what has changed since", () =>
  inTempFolder(async (folder) => {
    await labelled(folder);
    const project = await openProject(folder);
    const { stack } = await addFurther(project);
    const find = await openFindAll(project, notingLearner(), RESOURCES);
    const [first, further, all] = [
      await find.plan(),
      await find.plan({ stack: "further" }),
      await find.plan({ all: true }),
    ];
    assert.equal(all.synapses, 3);
    assert.ok(all.seconds > first.seconds && all.seconds > further.seconds);
    await assert.rejects(find.plan({ stack: "gone" }), /the project has no stack "gone"/);
    await find.start({ stack: "further", region: { start: [0, 0, 0], shape: [20, 64, 64] } });
    find.stop();
    await ended(find);
    const { seq } = project.state();
    assert.deepEqual(
      [find.state().begun?.stack, find.state().begun?.seq, find.state("further").begun?.seq],
      ["further", seq, 0],
    );
    await stack.store.stroke(strokeOf(1, [0, 0, 0, 1]));
    assert.deepEqual([find.state().otherChanges, find.state("further").otherChanges], [1, 0]);
    const again = await openFindAll(project, notingLearner(), RESOURCES);
    assert.deepEqual(again.state("further"), find.state("further"));
    assert.ok(find.inPlace().includes(stack.raw.path));
    await find.start({ all: true });
    find.stop();
    await ended(find);
    assert.equal(find.state().begun?.stack, null);
    assert.match(
      await Deno.readTextFile(`${folder}/run/config.cfg`),
      /test = \(\n.*"\.\.\/raw\.zarr".*\n.*"\.\.\/further\.zarr".*\n\);/,
    );
    await project.close();
  }));

Deno.test("openFindAll() begins nothing without labels or memory, and keeps what was found", () =>
  inTempFolder(async (folder) => {
    await makeProject(folder);
    const project = await openProject(folder);
    const learner = notingLearner();
    const find = await openFindAll(project, learner, RESOURCES);
    await assert.rejects(find.start(), /paint a synapse and what is none/);
    await assert.rejects(find.plan(), /paint a synapse and what is none/);
    assert.throws(() => find.resume(), /nothing was begun/);
    assert.throws(() => find.stop(), /no search under way/);
    assert.deepEqual(find.state(), { isRunning: false, begun: null, error: null, otherChanges: 0 });
    assert.deepEqual(learner.shared, []);
    // of a version that did not note settings
    const plain = {
      format: 1,
      at: "2026-01-02T03:04:05.000Z",
      seq: 3,
      box: null,
      volume: null,
      polarity: "none",
    };
    await Deno.writeTextFile(`${folder}/run/find.json`, JSON.stringify(plain));
    assert.equal((await openFindAll(project, learner, RESOURCES)).state().begun?.settings, null);
    await Deno.writeTextFile(`${folder}/run/find.json`, JSON.stringify({ ...plain, settings: { sigma: 3 } }));
    await assert.rejects(openFindAll(project, learner, RESOURCES), /find\.json is damaged/);
    await Deno.writeTextFile(`${folder}/run/find.json`, '{"format":1,"at":"x"}');
    await assert.rejects(openFindAll(project, learner, RESOURCES), /find\.json is damaged/);
    await project.close();
  }));

Deno.test("sharesOf() divides the memory, and gives all to the run where there is too little for both", () => {
  for (
    const [memory, run, learning] of [[352, 352, undefined], [863, 863, undefined], [864, 512, 352], [
      4096,
      3072,
      1024,
    ], [16384, 15360, 1024]] as const
  ) {
    const shares = sharesOf({ memory: memory * MIB, workers: 3 });
    assert.deepEqual(
      [shares.run.memory / MIB, shares.learning && shares.learning.memory / MIB],
      [run, learning],
    );
  }
});
