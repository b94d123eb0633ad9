/** Several stacks in one project: what is kept, and that one model is learned of all. */
import assert from "node:assert/strict";
import { startLearner } from "../../src/label/learner.ts";
import { createJudge } from "../../src/label/judge.ts";
import { openProject } from "../../src/label/project.ts";
import { wholeRegion, type Zyx } from "../../src/volume/region.ts";
import { inTempFolder } from "../helpers/temp_folder.ts";
import { addFurther, FURTHER_SHAPE, labelled } from "./labelled.ts";
import { makeProject, strokeOf, untilModel, withProject } from "./project.ts";

const RESOURCES = { memory: 2 ** 30, workers: 2 };

Deno.test("a project keeps further stacks with labels of their own; a version before refuses it rather than lose them", () =>
  inTempFolder(async (folder) => {
    await makeProject(folder, [20, 64, 64], { voxelSize: [8, 8, 8], anisotropy: 1 });
    const text = () => Deno.readTextFile(`${folder}/project.json`);
    const plain = await text();
    await withProject(folder, async (project) => {
      assert.deepEqual(project.state().stacks.map(({ id, name }) => [id, name]), [["", "raw"]]);
      await project.set({ anisotropy: 1 });
      assert.equal(await text(), plain, "one stack: as before");
      const { stack } = await addFurther(project);
      assert.equal(stack.id, "further");
      const object = await stack.store.addObject("there");
      await stack.store.stroke(strokeOf(object.id, [1, 2, 3, 20]));
      await project.store.stroke(strokeOf(1, [4, 5, 6, 7]));
      const counts = () => project.state().stacks.map(({ synapses, open }) => [synapses, open]);
      assert.deepEqual(counts(), [[0, 0], [1, 1]]);
      await stack.store.changeObject(object.id, { polarity: "cannot tell" });
      assert.deepEqual(counts(), [[0, 0], [1, 0]]);
      assert.equal(project.state().notVoxels, 7);
      assert.equal(stack.state().notVoxels, 0);
    });
    const { format, stacks } = JSON.parse(await text());
    assert.deepEqual([format, stacks], [2, ["stacks/further"]]);
    await withProject(folder, (project) => {
      const [first, further] = project.stacks();
      assert.deepEqual(further?.state().objects.map(({ name, voxels }) => [name, voxels]), [["there", 20]]);
      assert.deepEqual(further?.state().shape, FURTHER_SHAPE);
      assert.deepEqual(first?.state().objects, []);
      return Promise.resolve();
    });
    await assert.rejects(
      openProject(`${folder}/stacks/further`),
      /stacks\/further is a further stack of the project .*; open that one/,
    );
  }));

Deno.test("stacks of a project have one anisotropy and one way to learn, whichever of them is told", () =>
  inTempFolder(async (folder) => {
    await makeProject(folder, [20, 64, 64], { voxelSize: [8, 8, 8], anisotropy: 1 });
    await withProject(folder, async (project) => {
      const { stack } = await addFurther(project, "further", [6.02, 6, 6]);
      assert.deepEqual([stack.state().anisotropy, stack.state().voxelSize], [1, [6.02, 6, 6]]);
      await assert.rejects(
        addFurther(project, "thick", [40, 4, 4]),
        /voxels of 4 x 4 x 40 nm .* are 10 times as long in z .* other stacks 1 times/,
      );
      assert.deepEqual(project.stacks().length, 2);
      await assert.rejects(
        stack.set({ voxelSize: [40, 4, 4] }),
        /all stacks of a project have the same ratio/,
      );
      const learning = { sigma: 5, supervoxel: 3, channels: ["gauss-s1.0"] };
      await stack.set({ learning, anisotropy: 2 });
      assert.deepEqual([project.state().anisotropy, project.state().learning], [2, learning]);
      await assert.rejects(addFurther(project), /is a stack of this project already: further/);
    });
    await withProject(folder, (project) => {
      assert.deepEqual(project.stacks().map((one) => one.state().anisotropy), [2, 2]);
      assert.equal(project.stacks()[1]?.state().learning.sigma, 5);
      return Promise.resolve();
    });
  }));

Deno.test("a stack that a kill kept from the list is begun anew, and labels of one that is not listed stay", () =>
  inTempFolder(async (folder) => {
    await makeProject(folder, [20, 64, 64], { voxelSize: [8, 8, 8], anisotropy: 1 });
    const alone = await Deno.readTextFile(`${folder}/project.json`);
    await withProject(folder, async (project) => void await addFurther(project));
    await Deno.writeTextFile(`${folder}/project.json`, alone); // as before it was listed
    await withProject(folder, async (project) => {
      assert.equal(project.stacks().length, 1);
      await Deno.remove(`${folder}/further.zarr`, { recursive: true });
      const { stack } = await addFurther(project);
      assert.equal(stack.id, "further");
      await stack.store.stroke(strokeOf(1, [1, 2, 3, 4]));
    });
    await Deno.writeTextFile(`${folder}/project.json`, alone); // somebody took it out
    const log = await Deno.readTextFile(`${folder}/stacks/further/strokes.log`);
    await withProject(folder, async (project) => {
      await Deno.remove(`${folder}/further.zarr`, { recursive: true });
      assert.equal((await addFurther(project)).stack.id, "further-2");
    });
    assert.equal(await Deno.readTextFile(`${folder}/stacks/further/strokes.log`), log);
  }));

Deno.test("a project whose file names no folders of stacks is damaged, and one of a later version is told so", () =>
  inTempFolder(async (folder) => {
    await makeProject(folder, [20, 64, 64]);
    const known = JSON.parse(await Deno.readTextFile(`${folder}/project.json`));
    for (
      const stacks of [["../b"], ["stacks/.."], ["stacks/a/b"], ["stacks/b", "stacks/b"], "stacks/b", [1]]
    ) {
      await Deno.writeTextFile(`${folder}/project.json`, JSON.stringify({ ...known, format: 2, stacks }));
      await assert.rejects(openProject(folder), /is damaged or was edited: expected .* stacks, such as/);
    }
    await Deno.writeTextFile(`${folder}/project.json`, JSON.stringify({ ...known, format: 3 }));
    await assert.rejects(openProject(folder), /of format 3, from a later version/);
  }));

const look = (shape: Zyx) => ({ at: [20, 40, 60], box: wholeRegion(shape) } as const);

Deno.test("createJudge() counts checks of all stacks, since they are of one model", () =>
  inTempFolder(async (folder) => {
    await labelled(folder);
    await withProject(folder, async (project) => {
      const { stack } = await addFurther(project);
      const learner = startLearner(project, RESOURCES);
      try {
        learner.look(look(FURTHER_SHAPE), stack);
        const { threshold } = await untilModel(stack, ({ state }) => state === "ready");
        const judged = { box: wholeRegion([1, 1, 1]), verdict: "no", isFound: false } as const;
        for (let i = 0; i < 4; i++) await project.store.noteJudged({ ...judged, isCheck: false });
        const judge = createJudge(stack, project.stacks);
        const { candidates: [first], check } = await judge.candidates(threshold ?? 1, 20);
        assert.equal(check.of, 0);
        assert.ok(first);
        const answer = await judge.judge(first.id, "no");
        assert.deepEqual([answer.isCheck, answer.change, answer.check.of], [true, null, 1], "the fifth one");
        await project.store.noteJudged({ ...judged, isCheck: true });
        assert.equal((await judge.candidates(threshold ?? 1, 20)).check.of, 2);
      } finally {
        await learner.close();
      }
    });
  }));
