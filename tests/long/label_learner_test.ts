/** Learning from labels of several stacks, and from what is out of sight: a quarter of a minute of a core each. */
import assert from "node:assert/strict";
import { startLearner } from "../../src/label/learner.ts";
import type { LabelStack } from "../../src/label/stack.ts";
import { voxelCount, wholeRegion, type Zyx } from "../../src/volume/region.ts";
import { openZarr, readRegion } from "../../src/volume/zarr/mod.ts";
import { inTempFolder } from "../helpers/temp_folder.ts";
import { addFurther, FURTHER_SHAPE, labelled, labelSome, SHAPE } from "../label/labelled.ts";
import { strokeOf, untilModel, withProject } from "../label/project.ts";

const RESOURCES = { memory: 2 ** 30, workers: 2 };

async function scoresOf(stack: LabelStack, shape: Zyx): Promise<Float32Array> {
  const voxels = new Float32Array(voxelCount(shape));
  const { model } = stack.state();
  await readRegion(await openZarr(`${stack.served.root}/${model?.scores}`), wholeRegion(shape), voxels);
  return voxels;
}

const look = (shape: Zyx) => ({ at: [20, 40, 60], box: wholeRegion(shape) } as const);

Deno.test("a learner learns one model of all stacks, and scores the one that is looked at without learning anew", () =>
  inTempFolder(async (folder) => {
    await labelled(folder);
    await withProject(folder, async (project) => {
      const further = await addFurther(project);
      const { stack } = further;
      const learner = startLearner(project, RESOURCES);
      try {
        learner.look(look(SHAPE));
        const alone = await untilModel(project, ({ state }) => state === "ready");
        const before = await scoresOf(project, SHAPE);
        learner.look(look(FURTHER_SHAPE), stack);
        const seen = await untilModel(stack, ({ state }) => state === "ready" && stack.scored().length > 0);
        assert.equal(seen.version, alone.version, "nothing was learned for that");
        assert.equal(stack.scored().length, 3);
        assert.equal(seen.threshold, alone.threshold, "of the labels in the other stack");
        assert.ok((await scoresOf(stack, FURTHER_SHAPE)).some((score) => score > 1));

        await labelSome(stack, further, FURTHER_SHAPE, 3);
        const { seq } = stack.state();
        const both = await untilModel(stack, ({ state, strokes }) => state === "ready" && strokes === seq);
        assert.ok(both.version > alone.version);
        for (const { line } of stack.state().objects) assert.ok(line, "lines of the further stack");
        for (const { line } of project.state().objects) assert.ok(line, "lines of the first stack");
        learner.look(look(SHAPE));
        await untilModel(project, ({ state }) => state === "ready" && project.scored().length > 0);
        assert.equal(project.state().model?.version, both.version);
        assert.notDeepEqual(await scoresOf(project, SHAPE), before, "labels of one teach about the other");

        const [open] = stack.state().objects;
        await stack.store.changeObject(open?.id ?? 0, { polarity: null });
        // the first stack was looked at last, but a page shows the further one, too
        const isScored = () => stack.scored().length > 0;
        const { version } = await untilModel(
          stack,
          ({ state, version }) => version > both.version && state === "ready" && isScored(),
        );
        assert.ok(stack.state().objects[0]?.believed, "by the sides that were told in both");
        assert.equal(project.state().model?.version, version);
        assert.ok(project.scored().length > 0);

        // now no page does
        await project.store.stroke(strokeOf(1, [2, 2, 2, 50], "unpainted"));
        await untilModel(project, (model) => model.version > version && model.state === "ready");
        assert.deepEqual([stack.state().model?.state, stack.scored()], ["ready", []]);
      } finally {
        await learner.close();
      }
    });
  }));

Deno.test("a learner scores labels that are out of sight as well, so that the threshold is of all of them", () =>
  inTempFolder(async (folder) => {
    await labelled(folder);
    await withProject(folder, async (project) => {
      const { store } = project;
      const learner = startLearner(project, RESOURCES);
      const away = { at: [39, 95, 159], box: { start: [39, 95, 159], shape: [1, 1, 1] } } as const;
      try {
        learner.look(away);
        const seen = await untilModel(project, ({ state }) => state === "ready");
        assert.ok(seen.labelsScored < 1);
        assert.ok(seen.threshold !== null, "of a synapse out of sight, scored at once");
        const first = project.scored().length;
        const all = await untilModel(project, ({ labelsScored }) => labelsScored === 1);
        assert.deepEqual([first, all.state, all.version], [2, "ready", seen.version]);
        const painted = store.chunks.painted().map(({ at }) => at.join());
        const scored = project.scored().map((at) => at.join());
        assert.ok(painted.length > 1 && painted.every((at) => scored.includes(at)));
        assert.ok(all.threshold !== null);
        learner.look(look(SHAPE));
        const whole = await untilModel(project, ({ state }) => state === "ready");
        assert.ok(Math.abs((whole.threshold ?? 0) - all.threshold) < 0.5, "nearly the same from anywhere");
        await store.stroke(strokeOf(1, [39, 0, 0, 50], "unpainted"));
        const next = await untilModel(
          project,
          ({ version, state }) => version > all.version && state === "ready",
        );
        await store.changeObject(2, { name: "the first" }); // stops what is out of sight
        await untilModel(project, ({ strokes }) => strokes > next.strokes);
        await untilModel(
          project,
          ({ labelsScored, version }) => labelsScored === 1 && version === next.version,
        );
      } finally {
        await learner.close();
      }
    });
  }));

Deno.test("a learner waits while a search needs all memory, refuses pictures then, and learns again after it", () =>
  inTempFolder(async (folder) => {
    await labelled(folder);
    await withProject(folder, async (project) => {
      const learner = startLearner(project, RESOURCES);
      const picture = () => learner.picture(look(SHAPE).at, { kind: "directions", sigma: 5 });
      try {
        const lost = assert.rejects(picture(), /the memory is divided anew/);
        learner.share(undefined);
        await lost;
        await assert.rejects(picture(), /a search needs all of --memory; pictures/);
        assert.match(project.state().model?.error ?? "", /a search needs all of --memory; learning/);
        await project.set({ anisotropy: 1 }); // is learned from afterwards
        learner.share(RESOURCES);
        const { version } = await untilModel(
          project,
          ({ state, error }) => state === "ready" && error === null,
        );
        assert.ok((await picture()).values.length > 0);
        learner.share({ ...RESOURCES, memory: RESOURCES.memory / 2 });
        const less = await untilModel(project, (model) => model.version > version && model.state === "ready");
        learner.share(RESOURCES); // a search has ended
        await project.store.changeObject(2, { name: "the first" });
        const same = await untilModel(project, ({ strokes }) => strokes === project.state().seq);
        assert.deepEqual([same.version, same.state], [less.version, "ready"], "nothing was to be learned");
        await project.store.stroke(strokeOf(1, [2, 2, 2, 50], "unpainted"));
        await untilModel(project, (model) => model.version > less.version && model.state === "ready");
        assert.ok((await picture()).values.length > 0);
      } finally {
        await learner.close();
      }
    });
  }));
