/** What the dashboard makes of several models and of a second stage. */
import assert from "node:assert/strict";
import { loadSettings } from "../../src/config/settings.ts";
import type { ArrayInfo, RunSnapshot } from "../../src/dashboard/api.ts";
import { expectedStages } from "../../src/dashboard/server/expected_stages.ts";
import { createZarr } from "../../src/volume/zarr/mod.ts";
import { appendLines, askerOf, SHAPE, type TestFolder, withTestFolder } from "./folder.ts";

/** Tells of so many synapses in the ground truth, as the search for components does. */
async function countSynapses({ work }: TestFolder, count: number): Promise<void> {
  const components = Array.from({ length: count }, (_, i) => ({ id: i + 1, voxels: 1, position: [i, 0, 0] }));
  const result = { made: [], value: { components, dropped: 0 } };
  await appendLines(`${work}/journal.jsonl`, [
    { event: "stage-done", stage: "components", fingerprint: "d", seconds: 1, result },
  ]);
}

Deno.test("GET /api/run lists no stage of cross-fitting where there are too few synapses, or as soon as the run says so", () =>
  withTestFolder(async (folder) => {
    const ask = askerOf(folder);
    const learning = async () => {
      const { run } = await (await ask("/api/run")).json() as RunSnapshot;
      const titles = run.stages.map(({ title }) => title);
      return titles.slice(titles.indexOf("boost") + 1, titles.indexOf("score 0"));
    };
    const divided = ["cross-fit", "cells", "second stage"];
    const simple = ["training scores", "cells", "second stage"];
    assert.deepEqual(await learning(), simple, "three synapses");
    await countSynapses(folder, 5);
    assert.deepEqual(await learning(), simple);
    await countSynapses(folder, 6);
    assert.deepEqual(await learning(), divided);
    await appendLines(`${folder.work}/telemetry.jsonl`, [{ kind: "undivided", at: Date.now() }]);
    assert.deepEqual(await learning(), simple, "too few of them have samples");
    await appendLines(`${folder.work}/telemetry.jsonl`, [
      { kind: "begin", at: Date.now(), memory: 2 ** 30, workers: 2 },
    ]);
    assert.deepEqual(await learning(), divided, "of another run nothing is known");
  }));

Deno.test("GET /api/run leaves out stages that did not come, and lists one that came instead", () =>
  withTestFolder(async (folder) => {
    const ask = askerOf(folder);
    await countSynapses(folder, 6);
    const begin = (title: string) =>
      appendLines(`${folder.work}/telemetry.jsonl`, [
        { kind: "stage", at: Date.now(), title, total: 8, unit: "voxels", done: 0 },
      ]);
    const later = async () => {
      const { run } = await (await ask("/api/run")).json() as RunSnapshot;
      const from = run.stages.findIndex(({ title }) => title === "boost");
      return run.stages.slice(from + 1).map(({ title, state }) => `${title}: ${state}`);
    };
    const files = ["write job-0-ab-max.nrrd: pending"];
    await begin("threshold");
    assert.deepEqual(await later(), [
      "threshold: running",
      ...["score 0: pending", "refine 0: pending", ...files],
      ...["synapses 0: pending", "synapse labels 0: pending"],
    ]);
    await begin("write job-0-ab-max.nrrd");
    assert.deepEqual(await later(), [
      ...["threshold: running", "score 0: skipped"],
      ...["write job-0-ab-max.nrrd: running", "synapses 0: pending", "synapse labels 0: pending"],
    ]);
  }));

Deno.test("expectedStages() follows what the settings say of models and of what comes after them", () =>
  withTestFolder(async ({ root }) => {
    const settings = await loadSettings(`${root}/job.cfg`, { isKnownChannel: () => true });
    const titles = (more: Partial<typeof settings>) =>
      expectedStages({ ...settings, ...more }).filter(({ doubt }) => doubt !== "unlikely").map(({ title }) =>
        title
      );
    const single = titles({ crossFitFolds: 1 });
    assert.ok(single.includes("threshold") && !single.includes("cross-fit") && !single.includes("refine 0"));
    assert.ok(titles({ crossFitFolds: 1, smoothing: [2, 0] }).includes("refine 0"));
    const plain = titles({ autoContext: false, smoothing: [0, 0] });
    assert.ok(plain.includes("cells") && !plain.includes("second stage") && !plain.includes("refine 0"));
    assert.ok(titles({ outputFirstStage: true }).includes("write job-0-ab-first.nrrd"));
  }));

Deno.test("GET /api/arrays tells the scores of both stages, and the threshold of the final ones", () =>
  withTestFolder(async (folder) => {
    await Deno.mkdir(`${folder.work}/scores`);
    for (const [name, attributes] of [["max", { threshold: 2.5 }], ["first", {}], ["min", {}]] as const) {
      await createZarr(`${folder.work}/scores/0-${name}.zarr`, {
        shape: SHAPE,
        chunk: [8, 16, 16],
        dtype: "float32",
        attributes,
      });
    }
    const arrays = await (await askerOf(folder)("/api/arrays")).json() as ArrayInfo[];
    const scores = arrays.filter(({ role }) => role === "score");
    assert.deepEqual(scores.map(({ name, volumes, threshold }) => [name, ...volumes, threshold]), [
      ["0-first.zarr", "test 0", null],
      ["0-max.zarr", "test 0", 2.5],
      ["0-min.zarr", "test 0", null],
    ]);
  }));
