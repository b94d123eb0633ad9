import assert from "node:assert/strict";
import fc from "fast-check";
import { openProject } from "../../src/label/project.ts";
import type { LabelStroke } from "../../src/label/state.ts";
import { voxelCount, type Zyx } from "../../src/volume/region.ts";
import { inFileSystem, whyNoMount } from "../helpers/mount.ts";
import { inTempFolder } from "../helpers/temp_folder.ts";
import { labelsOnDisk, makeProject, paintPlain, SHAPE, strokeOf, withProject } from "./project.ts";

const why = await whyNoMount();

Deno.test("labels: any strokes, undone and done again, leave what they leave in plain voxels, also opened again", () =>
  inTempFolder(async (folder) => {
    let made = 0;
    const shape: Zyx = [18, 30, 140]; // chunks meet in z and x
    const run = fc.tuple(fc.nat(17), fc.nat(29), fc.nat(139), fc.integer({ min: 1, max: 60 }))
      .map(([z, y, x, length]) => [z, y, x, Math.min(length, 140 - x)]);
    const over = fc.constantFrom<LabelStroke["over"]>("all", "unpainted", [0, 2], [1, 3]);
    const stroke = fc.record({
      value: fc.nat(3),
      over,
      runs: fc.array(run, { minLength: 1, maxLength: 6 }).map((runs) => runs.flat()),
    });
    const step = fc.oneof(
      { weight: 4, arbitrary: stroke },
      fc.constantFrom("undo" as const, "redo" as const, "open again" as const),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
        const own = `${folder}/${made++}`;
        await Deno.mkdir(own);
        await makeProject(own, shape);
        let project = await openProject(own);
        await project.store.addObject();
        await project.store.addObject();
        const states = [new Uint32Array(voxelCount(shape))];
        let at = 0;
        for (const step of steps) {
          const { canUndo, canRedo } = project.state();
          if (step === "open again") {
            await project.close();
            project = await openProject(own);
          } else if (step === "undo") {
            assert.equal(canUndo, at > 0);
            if (!canUndo) await assert.rejects(project.store.undo(), /nothing to undo/);
            else await project.store.undo(), at--;
          } else if (step === "redo") {
            assert.equal(canRedo, at < states.length - 1);
            if (!canRedo) await assert.rejects(project.store.redo(), /nothing to do again/);
            else await project.store.redo(), at++;
          } else {
            const next = states[at]?.slice() ?? new Uint32Array(0);
            paintPlain(next, shape, strokeOf(step.value, step.runs, step.over));
            await project.store.stroke(strokeOf(step.value, step.runs, step.over));
            if (next.every((value, i) => value === states[at]?.[i])) continue; // nothing to undo
            states.splice(++at);
            states.push(next);
          }
          const present = states[at] ?? new Uint32Array(0);
          assert.deepEqual(await labelsOnDisk(own), present);
          const { objects, notVoxels } = project.state();
          for (const [value, voxels] of [[1, notVoxels], [2, objects[0]?.voxels], [3, objects[1]?.voxels]]) {
            assert.equal(voxels, present.filter((voxel) => voxel === value).length);
          }
        }
        await project.close();
      }),
      { numRuns: 25 },
    );
  }));

Deno.test("labels: a stroke that is sent again changes nothing, also after the project was opened again", () =>
  inTempFolder(async (folder) => {
    await makeProject(folder);
    const first = strokeOf(1, [3, 4, 5, 6]);
    await withProject(folder, async ({ store }) => {
      const { seq, chunks } = await store.stroke(first);
      assert.deepEqual(chunks, ["0/0/0"]);
      await store.stroke(strokeOf(0, [3, 4, 5, 3]));
      assert.deepEqual(await store.stroke(first), { seq, chunks: [] });
      assert.equal(store.summary().notVoxels, 3);
    });
    await withProject(folder, async ({ store }) => {
      await store.stroke(first);
      assert.equal(store.summary().notVoxels, 3);
    });
  }));

Deno.test("labels: a synapse has a name, a polarity and a place, and comes back when its deletion is undone", () =>
  inTempFolder(async (folder) => {
    await makeProject(folder);
    await withProject(folder, async ({ store }) => {
      const { id, name } = await store.addObject();
      assert.deepEqual([id, name], [2, "synapse 1"]);
      await store.stroke(strokeOf(2, [3, 10, 120, 20, 5, 10, 120, 20]));
      await store.changeObject(2, { name: " of interest ", polarity: [0, -1, 0] });
      const whole = {
        id: 2,
        name: "of interest",
        polarity: [0, -1, 0],
        voxels: 40,
        centre: [4, 10, 130],
        box: { begin: [3, 10, 120], end: [6, 11, 140] },
        slices: [3, 5],
        line: null,
        believed: null,
      };
      assert.deepEqual(store.summary().objects, [whole]);
      assert.deepEqual((await store.removeObject(2)).chunks, ["0/0/0", "0/0/1"]);
      assert.deepEqual(store.summary().objects, []);
      await assert.rejects(store.stroke(strokeOf(2, [0, 0, 0, 1])), /no synapse with the id 2/);
      await store.undo();
      assert.deepEqual(store.summary().objects, [whole]);
      await store.redo();
      assert.equal((await store.addObject()).id, 3, "an id is never used again");
    });
    await withProject(folder, async ({ store }) => {
      assert.deepEqual(store.summary().objects.map((object) => object.id), [3]);
      await store.undo();
      assert.deepEqual(store.summary().objects.map(({ id, voxels }) => [id, voxels]), [[2, 40], [3, 0]]);
    });
  }));

Deno.test("labels: a record that a kill cut off is dropped, and one that a kill kept from the array is in it", () =>
  inTempFolder(async (folder) => {
    await makeProject(folder);
    const log = `${folder}/strokes.log`;
    await withProject(folder, async ({ store }) => {
      await store.stroke(strokeOf(1, [1, 1, 1, 9]));
    });
    const before = await labelsOnDisk(folder);
    const [first] = [await Deno.readFile(log)];
    await withProject(folder, async ({ store }) => {
      await store.stroke(strokeOf(1, [17, 140, 130, 9]));
    });
    const after = await labelsOnDisk(folder);
    const whole = await Deno.readFile(log);
    // as if the kill came between the log and the array
    await Deno.remove(`${folder}/labels.zarr/c/1`, { recursive: true });
    assert.deepEqual(await labelsOnDisk(folder), before);
    await withProject(folder, ({ store }) => Promise.resolve(assert.equal(store.summary().notVoxels, 18)));
    assert.deepEqual(await labelsOnDisk(folder), after);
    // as if it came in the middle of the record; the array was not touched then
    for (const length of [first.length + 1, whole.length - 1]) {
      await Deno.writeFile(log, whole.subarray(0, length));
      await Deno.remove(`${folder}/labels.zarr/c/1`, { recursive: true }).catch(() => {});
      await withProject(folder, ({ store }) => Promise.resolve(assert.equal(store.summary().notVoxels, 9)));
      assert.deepEqual(await Deno.readFile(log), first);
    }
    const damaged = whole.slice();
    damaged[20] = (damaged[20] ?? 0) ^ 1;
    await Deno.writeFile(log, damaged);
    await assert.rejects(openProject(folder), /strokes\.log, line 1 is damaged or was edited/);
  }));

Deno.test("labels: one process has a project at a time", () =>
  inTempFolder(async (folder) => {
    await makeProject(folder);
    await withProject(folder, async () => {
      await assert.rejects(openProject(folder), /is in use by process .*; close that one, or open its page/);
    });
    await withProject(folder, () => Promise.resolve());
  }));

Deno.test("labels: what cannot be is refused, and leaves the log as it was", () =>
  inTempFolder(async (folder) => {
    await makeProject(folder);
    await withProject(folder, async ({ store }) => {
      const [depth, height, width] = SHAPE;
      const refused = [
        strokeOf(1, [depth, 0, 0, 1]),
        strokeOf(1, [0, height, 0, 1]),
        strokeOf(1, [0, 0, width - 1, 2]),
        strokeOf(2, [0, 0, 0, 1]),
        strokeOf(1, Array.from({ length: 250_000 }, () => [0, 0, 0, width]).flat()),
      ];
      for (const stroke of refused) await assert.rejects(store.stroke(stroke), { name: "UserError" });
      await assert.rejects(store.addObject(""), /a name has from 1 to 200 characters/);
      await assert.rejects(store.changeObject(1, { name: "x" }), /no synapse with the id 1/);
      await assert.rejects(store.removeObject(7), /no synapse with the id 7/);
      assert.equal(store.summary().seq, 0);
    });
    assert.equal((await Deno.stat(`${folder}/strokes.log`)).size, 0);
  }));

Deno.test({
  name: "labels: a full disk refuses strokes until there is room, and none that was answered is lost" +
    (why === undefined ? "" : ` (skipped: ${why})`),
  ignore: why !== undefined,
  fn: () =>
    inFileSystem("3m", async (folder) => {
      await makeProject(folder, [18, 40, 140]);
      const kept = new Uint32Array(voxelCount([18, 40, 140]));
      const filler = `${folder}/filler`;
      let refused = 0;
      await withProject(folder, async ({ store }) => {
        for (let n = 0; n < 60; n++) {
          const stroke = strokeOf(1, [n % 18, n % 40, 0, 140]);
          if (n % 20 === 10) fill(filler, n / 10);
          try {
            await store.stroke(stroke);
          } catch (cause) {
            assert.match(String(cause), /no space left/);
            refused++;
            await Deno.remove(filler);
            await store.stroke(stroke);
          }
          paintPlain(kept, [18, 40, 140], stroke);
        }
      });
      assert.ok(refused > 0);
      assert.deepEqual(await labelsOnDisk(folder), kept);
      await withProject(folder, () => Promise.resolve());
      assert.deepEqual(await labelsOnDisk(folder), kept);
    }),
});

/** Leaves so many pages free. */
function fill(path: string, pages: number): void {
  using file = Deno.openSync(path, { write: true, create: true, truncate: true });
  let size = 0;
  try {
    for (;;) size += file.writeSync(new Uint8Array(4096));
  } catch (cause) {
    if (!(cause instanceof Error) || !("code" in cause) || cause.code !== "ENOSPC") throw cause;
  }
  file.truncateSync(Math.max(0, size - pages * 4096));
}
