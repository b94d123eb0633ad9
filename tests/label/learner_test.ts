/** Learning while labels are painted, in its thread. */
import assert from "node:assert/strict";
import { evaluate } from "../../src/analysis/evaluate.ts";
import { arraySource } from "../../src/analysis/voxel_source.ts";
import { startLearner } from "../../src/label/learner.ts";
import { type LabelProject, openProject } from "../../src/label/project.ts";
import type { LabelEvents, LabelModel } from "../../src/label/state.ts";
import { voxelCount, wholeRegion } from "../../src/volume/region.ts";
import { openZarr, readRegion } from "../../src/volume/zarr/mod.ts";
import { inTempFolder } from "../helpers/temp_folder.ts";
import { labelled, SHAPE } from "./labelled.ts";
import { makeProject, strokeOf, untilModel, withProject } from "./project.ts";

const RESOURCES = { memory: 2 ** 30, workers: 2 };
const LOOK = { at: [20, 40, 60], box: wholeRegion(SHAPE) } as const;

async function scoresOf(project: LabelProject, { scores }: LabelModel): Promise<Float32Array> {
  const voxels = new Float32Array(voxelCount(SHAPE));
  const volume = await openZarr(`${project.served.root}/${scores}`);
  await readRegion(volume, wholeRegion(SHAPE), voxels);
  return voxels;
}

Deno.test("a learner finds synapses like those that are labelled, tells which chunks are scored, and learns again after a stroke", () =>
  inTempFolder(async (folder) => {
    const { labels } = await labelled(folder);
    await withProject(folder, async (project) => {
      const told = new Set<string>();
      const unlisten = await project.listen("", ({ scores }: Partial<LabelEvents>) => {
        for (const chunk of scores?.chunks ?? []) told.add(chunk);
      });
      const learner = startLearner(project, RESOURCES);
      try {
        learner.look(LOOK);
        const model = await untilModel(project, ({ state }) => state === "ready");
        assert.equal(told.size, 3 * 1 * 2);
        assert.equal(model.strokes, project.state().seq);
        assert.ok(model.threshold !== null && model.threshold > 0);
        const scores = await scoresOf(project, model);
        const { averagePrecision } = await evaluate(
          arraySource("scores", scores, SHAPE),
          arraySource("labels", labels, SHAPE),
        );
        assert.ok(averagePrecision > 0.7, `${averagePrecision}`);
        for (const { line } of project.state().objects) {
          assert.ok(line && Math.abs(Math.hypot(...line) - 1) < 0.001);
        }
        await project.store.changeObject(2, { name: "the first" });
        const renamed = await untilModel(project, ({ strokes }) => strokes > model.strokes);
        assert.deepEqual(renamed, { ...model, strokes: project.state().seq }, "a name is not learned");
        await project.store.stroke(strokeOf(1, [2, 2, 2, 50], "unpainted"));
        const next = await untilModel(
          project,
          ({ version, state }) => version > model.version && state === "ready",
        );
        assert.equal(next.strokes, project.state().seq);
        await Deno.stat(`${project.served.root}/${model.scores}`); // still there, to be shown until then
        await project.store.undo();
        const again = await untilModel(
          project,
          ({ version, state }) => version > next.version && state === "ready",
        );
        assert.deepEqual(await scoresOf(project, again), scores, "the same labels give the same bits");
        await assert.rejects(Deno.stat(`${project.served.root}/${model.scores}`));
        await project.store.changeObject(2, { polarity: null });
        const open = await untilModel(project, ({ version }) => version > again.version);
        await project.store.changeObject(3, { polarity: null });
        const { version } = await untilModel(project, ({ strokes }) => strokes > open.strokes);
        assert.equal(version, open.version, "sides do not count as long as one is open");
      } finally {
        unlisten();
        await learner.close();
      }
    });
  }));

Deno.test("a learner says where the vesicles of a synapse seem to be, as soon as three sides are told", () =>
  inTempFolder(async (folder) => {
    const { synapses } = await labelled(folder, 6);
    await withProject(folder, async (project) => {
      const { store } = project;
      const ids = project.state().objects.map(({ id }) => id);
      for (const id of ids.slice(2)) await store.changeObject(id, { polarity: null });
      const learner = startLearner(project, RESOURCES);
      const believed = () => project.state().objects.map((object) => object.believed);
      try {
        const two = await untilModel(project, ({ state }) => state === "ready");
        assert.deepEqual(believed(), ids.map(() => null), "two told sides are too few");
        await store.changeObject(4, { polarity: synapses[2]?.polarity ?? null });
        const judges = () => project.state().objects.some((object) => object.believed);
        const three = await untilModel(project, judges);
        assert.equal(three.version, two.version, "the model is not learned anew");
        const judged = () => project.state().objects.filter((object) => object.believed).map(({ id }) => id);
        assert.ok(ids.length >= 5);
        assert.deepEqual(judged(), ids.slice(3));
        for (const [i, { line, believed }] of project.state().objects.entries()) {
          if (!believed || !line) continue;
          const along = believed.map((part, axis) => part * (line[axis] ?? 0));
          assert.ok(
            Math.abs(Math.abs(along.reduce((a, b) => a + b)) - 1) < 0.001,
            "it is a side of the line",
          );
          const { direction } = synapses[i] ?? assert.fail();
          assert.ok(believed.reduce((sum, part, k) => sum + part * (direction[k] ?? 0), 0) > 0, `${i}`);
        }
        await store.changeObject(5, { polarity: "cannot tell" });
        assert.deepEqual(judged(), ids.slice(4), "it is answered");
        const four = await untilModel(project, ({ strokes }) => strokes === project.state().seq);
        assert.deepEqual([four.version, four.state], [two.version, "ready"], "nor for who cannot tell");
        assert.deepEqual(judged(), ids.slice(4));
        await store.changeObject(2, { polarity: null });
        await untilModel(project, () => !judges());
        await store.changeObject(2, { polarity: synapses[0]?.polarity ?? null });
        const again = await untilModel(project, judges);
        assert.equal(again.version, two.version);
        assert.deepEqual(judged(), ids.slice(4), "the same as before");
      } finally {
        await learner.close();
      }
    });
  }));

Deno.test("a learner works without workers, as --workers 0 has it", () =>
  inTempFolder(async (folder) => {
    await labelled(folder);
    await withProject(folder, async (project) => {
      const learner = startLearner(project, { memory: 2 ** 30, workers: 1, inMainThread: true });
      try {
        learner.look({ at: [0, 0, 0], box: { start: [0, 0, 0], shape: [1, 1, 1] } });
        const { error } = await untilModel(project, ({ state }) => state === "ready" || state === "failed");
        assert.equal(error, null);
        assert.equal(project.scored().length, 1);
      } finally {
        await learner.close();
      }
    });
  }));

Deno.test("a learner says what it waits for", () =>
  inTempFolder(async (folder) => {
    await makeProject(folder);
    const project = await openProject(folder);
    const learner = startLearner(project, RESOURCES);
    try {
      const waits = async (reason: RegExp) => {
        const { error } = await untilModel(project, ({ state, error }) =>
          state === "waiting" && reason.test(error ?? ""));
        assert.match(error ?? "", reason);
      };
      await waits(/^say how large the voxels are/);
      await project.set({ anisotropy: 1 });
      await waits(/^paint a synapse and what is none/);
      await project.store.stroke(strokeOf(1, [0, 0, 0, 9]));
      await waits(/^paint a synapse, to/);
      const { id } = await project.store.addObject();
      await project.store.stroke(strokeOf(id, [10, 70, 70, 3]));
      await waits(/no synapse has a piece of at least 10 voxels/);
    } finally {
      await learner.close();
      await project.close();
    }
  }));
