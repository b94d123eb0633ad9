/** Dense labels of another program, learned anew again and again with little memory: all of it stays below `--memory`. */
import assert from "node:assert/strict";
import { generateFixture } from "../../fixtures/fixture.ts";
import type { LabelModel, LabelState } from "../../src/label/state.ts";
import { wholeRegion, type Zyx } from "../../src/volume/region.ts";
import { createZarr, writeRegion } from "../../src/volume/zarr/mod.ts";
import { ask, peakOf, send, startServing, stop } from "../helpers/serving.ts";
import { inTempFolder } from "../helpers/temp_folder.ts";

const SHAPE: Zyx = [128, 320, 320];
/** The least that `label` takes, MiB. */
const MEMORY = 608;

/** Longest wait for a model, milliseconds; on two cores it takes a few seconds. */
const PATIENCE = 300_000;

/** A stack of which every voxel is labelled. */
async function writeDense(folder: string): Promise<void> {
  const { raw, labels } = generateFixture({ shape: SHAPE, seed: 5, synapses: 40 });
  const volumes = { stack: raw, labels: Uint8Array.from(labels, (label) => label > 0 ? 255 : 0) };
  for (const [name, voxels] of Object.entries(volumes)) {
    const volume = await createZarr(`${folder}/${name}.zarr`, {
      shape: SHAPE,
      chunk: [64, 64, 64],
      dtype: "uint8",
    });
    await writeRegion(volume, wholeRegion(SHAPE), voxels);
  }
}

Deno.test("ccboost label learns from dense labels within its memory, however often", () =>
  inTempFolder(async (folder) => {
    await writeDense(folder);
    const serving = await startServing(
      "label",
      `${folder}/stack.zarr`,
      ...["--import", `${folder}/labels.zarr`],
      ...["--voxel-size", "8,8,8", "--port", "0", "--memory", `${MEMORY}MiB`, "--workers", "2"],
    );
    const post = <T>(path: string, body: unknown) => send<T>(serving.url, "POST", `api/label/${path}`, body);
    const state = () => ask<LabelState>(serving.url, "api/label");
    /** Waits for scores of another model, of all that is in sight. */
    const learned = async (before: number): Promise<LabelModel> => {
      for (const end = Date.now() + PATIENCE;;) {
        const { model } = await state();
        assert.ok(Date.now() < end, "nothing more was learned");
        assert.ok(model?.state !== "failed" && !model?.error, model?.error ?? "");
        if (model?.state === "ready" && model.version !== before) return model;
        await new Promise((done) => setTimeout(done, 200));
      }
    };
    try {
      await post("look", { at: [32, 96, 96], box: { begin: [0, 0, 0], end: [64, 192, 192] } });
      let { version } = await learned(0);
      const { learning } = await state();
      for (const other of [{ sigma: 5, supervoxel: 3 }, { sigma: 4 }]) {
        await post("settings", { learning: { ...learning, ...other } });
        ({ version } = await learned(version));
      }
      const peak = await peakOf(serving);
      assert.ok(peak === undefined || peak < MEMORY, `${peak} MiB`);
    } finally {
      await stop(serving);
    }
  }));
