/** A stack of 34 billion voxels, of which few chunks have a file: painting, undoing, learning and exporting touch only what is painted. */
import assert from "node:assert/strict";
import { generateFixture } from "../../fixtures/fixture.ts";
import type { LabelState } from "../../src/label/state.ts";
import { createZarr, writeRegion } from "../../src/volume/zarr/mod.ts";
import type { Zyx } from "../../src/volume/region.ts";
import { ask, peakOf, send, startServing, stop } from "../helpers/serving.ts";
import { inTempFolder } from "../helpers/temp_folder.ts";
import { runsAround } from "../label/labelled.ts";
import { strokeOf } from "../label/project.ts";

const SHAPE: Zyx = [2048, 4096, 4096];
const PART: Zyx = [64, 64, 128];
/** Where the part is put, twice: far from each other and from the beginning. */
const PLACES: readonly Zyx[] = [[512, 1024, 1024], [1920, 3968, 3968]];
const MEMORY = 768;

Deno.test("ccboost label takes a stack of 4096 x 4096 x 2048 voxels within its memory, and learns from a few labels at once", () =>
  inTempFolder(async (folder) => {
    const path = `${folder}/stack.zarr`;
    const stack = await createZarr(path, { shape: SHAPE, chunk: [64, 64, 64], dtype: "uint8" });
    const { raw, labels, synapses } = generateFixture({ shape: PART, seed: 5, synapses: 3 });
    for (const start of PLACES) await writeRegion(stack, { start, shape: PART }, raw);
    const serving = await startServing(
      "label",
      path,
      "--anisotropy",
      "1",
      "--port",
      "0",
      "--memory",
      `${MEMORY}MiB`,
    );
    const post = <T>(path: string, body: unknown) => send<T>(serving.url, "POST", `api/label/${path}`, body);
    try {
      for (const start of PLACES) {
        const { id } = await post<{ id: number }>("objects", {});
        const at = synapses[0]?.position ?? [0, 0, 0];
        const { painted, background } = runsAround(labels, PART, at, [6, 12, 12], start);
        await post("strokes", strokeOf(id, painted));
        await post("strokes", strokeOf(1, background, "unpainted"));
      }
      const { seq } = await ask<LabelState>(serving.url, "api/label");
      await post("undo", {});
      await post("redo", {});
      const [z, y, x] = PLACES[1] ?? [0, 0, 0];
      await post("look", {
        at: [z, y, x],
        box: { begin: [z, y, x], end: [z + 1, y + 64, x + 64] },
      });
      for (;;) {
        const { model } = await ask<LabelState>(serving.url, "api/label");
        assert.ok(model?.state !== "failed", model?.error ?? "");
        if (model?.state === "ready" && model.strokes === seq + 2) break;
        await new Promise((resolve) => setTimeout(resolve, 200));
      }
      await post("export", {});
      const peak = await peakOf(serving);
      assert.ok(peak === undefined || peak < MEMORY, `${peak} MiB`);
    } finally {
      await stop(serving);
    }
  }));
