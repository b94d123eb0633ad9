/** Settings of learning: what is exported and learned of them, and pictures of what they do. */
import assert from "node:assert/strict";
import { exportProject, loadExported } from "../../src/label/export.ts";
import { supervoxelAt } from "../../src/label/grow.ts";
import { isLearnSettings, USUAL_LEARNING } from "../../src/label/learn_settings.ts";
import { startLearner } from "../../src/label/learner.ts";
import { loadKernels } from "../../src/kernels/mod.ts";
import { pictureOf } from "../../src/label/picture.ts";
import { openProject } from "../../src/label/project.ts";
import type { LabelModel, LearnSettings, PictureSubject } from "../../src/label/state.ts";
import { type Region, voxelCount, wholeRegion, type Zyx } from "../../src/volume/region.ts";
import { openZarr, readRegion } from "../../src/volume/zarr/mod.ts";
import { inTempFolder } from "../helpers/temp_folder.ts";
import { labelled } from "./labelled.ts";
import { makeProject, withProject } from "./project.ts";

const OTHER: LearnSettings = {
  sigma: 3.5,
  supervoxel: 3,
  channels: ["gauss-s1.0", "gradient-magnitude-s1.6"],
};
const MEMORY = 2 ** 28;

Deno.test("learning settings: kept, and in the exported configuration where they are unusual", () =>
  inTempFolder(async (folder) => {
    await labelled(folder);
    await withProject(folder, async (project) => {
      const { files: [config] } = await exportProject(project);
      assert.doesNotMatch(await Deno.readTextFile(config), /orientEstimate|otherFeatures|svox/);
      await project.set({ learning: OTHER });
    });
    await withProject(folder, async (project) => {
      assert.deepEqual(project.state().learning, OTHER);
      assert.deepEqual(project.state().anisotropy, 1);
      const { files: [config] } = await exportProject(project);
      const { train: [train], test: [first], svox } = await loadExported(config);
      for (const volume of [train, first]) {
        assert.deepEqual(volume?.orientEstimate, { kind: "computed", sigma: 3.5 });
        assert.deepEqual(
          volume?.otherFeatures,
          OTHER.channels.map((stem) => ({ kind: "computed", stem })),
        );
      }
      assert.equal(svox.seed, 3);
    });
  }));

Deno.test("learning settings: what cannot be is none", () => {
  assert.ok(isLearnSettings(USUAL_LEARNING));
  assert.ok(isLearnSettings({ ...OTHER, channels: [] }));
  for (
    const wrong of [
      null,
      [],
      {},
      { ...OTHER, sigma: 0 },
      { ...OTHER, sigma: NaN },
      { ...OTHER, sigma: "5" },
      { ...OTHER, supervoxel: 1.5 },
      { ...OTHER, supervoxel: 50 },
      { ...OTHER, channels: ["raw"] },
      { ...OTHER, channels: ["gauss-s40.0"] },
      { ...OTHER, channels: ["stensor-s1.0-r40.0"] },
      { ...OTHER, channels: ["../file"] },
      { ...OTHER, channels: ["gauss-s1.0", "gauss-s1.0"] },
      { ...OTHER, more: 1 },
    ]
  ) assert.ok(!isLearnSettings(wrong), JSON.stringify(wrong));
});

Deno.test("pictureOf() shows supervoxels, channels and directions as a run has them", () =>
  inTempFolder(async (folder) => {
    await makeProject(folder, [40, 200, 180]);
    const raw = await openZarr(`${folder}/raw.zarr`);
    const kernels = await loadKernels();
    const mark = kernels.arena.mark();
    const show = async (subject: PictureSubject, memory = MEMORY) => {
      const { values, ...place } = await pictureOf(raw, {
        at: [20, 100, 90],
        anisotropy: 1,
        subject,
        memory,
      }, kernels);
      assert.equal(kernels.arena.mark(), mark, "nothing of it is left");
      return { ...place, values: new Float32Array(Uint8Array.fromBase64(values).buffer) };
    };
    const borders = await show({ kind: "supervoxels", supervoxel: 2 });
    assert.deepEqual([borders.start, borders.height, borders.width], [[20, 68, 58], 64, 64]);
    let found = 0;
    for (const [y, x] of [[7, 9], [20, 31], [33, 12], [51, 40]] as const) {
      const runs = await supervoxelAt(raw, 1, 2, [20, 68 + y, 58 + x]);
      const isIn = (oy: number, ox: number) => {
        for (let i = 0; i < runs.length; i += 4) {
          const [z, row, from = 0, length = 0] = runs.slice(i, i + 4);
          if (z === 20 && row === 68 + oy && 58 + ox >= from && 58 + ox < from + length) return true;
        }
        return false;
      };
      const border = (isIn(y, x + 1) ? 0 : 1) + (isIn(y + 1, x) ? 0 : 2);
      assert.equal(borders.values[y * 64 + x], border, `${y} ${x}`);
      found += border;
    }
    assert.ok(found > 0 && borders.values.includes(0));
    const smooth = await show({ kind: "channel", name: "gauss-s0.2" });
    const region: Region = { start: [20, 20, 10], shape: [1, 160, 160] };
    const own = new Uint8Array(voxelCount(region.shape));
    await readRegion(raw, region, own);
    // so narrow a Gaussian changes nothing
    for (const [i, value] of own.entries()) {
      assert.ok(Math.abs((smooth.values[i] ?? NaN) - value) < 1, `${i}`);
    }
    assert.equal((await show({ kind: "channel", name: "stensor-s0.5-r1.0" })).values.length, 160 * 160);
    const { values } = await show({ kind: "directions", sigma: 3.5 });
    for (const i of [0, 777, 160 * 160 - 1]) {
      const [x = 0, y = 0, z = 0] = [values[i], values[160 * 160 + i], values[2 * 160 * 160 + i]];
      assert.ok(Math.abs(Math.hypot(x, y, z) - 1) < 1e-4);
    }
    const small = await show({ kind: "supervoxels", supervoxel: 1 }, 2 ** 23);
    assert.ok(small.width < 64 && small.height === small.width, `${small.width}`);
    await assert.rejects(
      show({ kind: "supervoxels", supervoxel: 4 }, 2 ** 16),
      /too little memory to show this/,
    );
  }));

Deno.test("a learner learns anew with other settings, and shows what they do", () =>
  inTempFolder(async (folder) => {
    await labelled(folder);
    const project = await openProject(folder);
    const learner = startLearner(project, { memory: 2 ** 30, workers: 2 });
    const ready = async (version: number): Promise<LabelModel> => {
      for (;;) {
        const { model } = project.state();
        if (model?.state === "failed") throw new Error(model.error ?? "");
        if (model?.state === "ready" && model.version !== version) return model;
        await new Promise((done) => setTimeout(done, 50));
      }
    };
    const scoresOf = async ({ scores }: LabelModel) => {
      const volume = await openZarr(`${project.served.root}/${scores}`);
      const values = new Float32Array(voxelCount(volume.shape));
      await readRegion(volume, wholeRegion(volume.shape), values);
      return values.filter((value) => value !== 0);
    };
    try {
      const at: Zyx = [20, 48, 80];
      learner.look({ at, box: { start: [16, 0, 0], shape: [16, 96, 128] } });
      const first = await ready(0);
      const before = await scoresOf(first);
      const picture = await learner.picture(at, { kind: "directions", sigma: 5 });
      assert.deepEqual([picture.height, picture.width], [96, 160]);
      await project.set({ learning: OTHER });
      const second = await ready(first.version);
      const after = await scoresOf(second);
      assert.equal(second.strokes, first.strokes);
      assert.ok(before.length > 0 && after.length === before.length);
      assert.notDeepEqual(after, before);
    } finally {
      await learner.close();
      await project.close();
    }
  }));
