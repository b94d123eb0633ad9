/** `ccboost label` killed at any moment: every stroke that was answered is there, and every label is one of the strokes'. */
import assert from "node:assert/strict";
import { encodeTiff } from "../../fixtures/tiff.ts";
import { voxelCount, type Zyx } from "../../src/volume/region.ts";
import type { LabelState, LabelStroke } from "../../src/label/state.ts";
import { ask, send, startServing, stop } from "../helpers/serving.ts";
import { inTempFolder } from "../helpers/temp_folder.ts";
import { labelsOnDisk, paintPlain, strokeOf } from "../label/project.ts";

const SHAPE: Zyx = [20, 40, 150];
const KILLS = 8;

/** The n-th stroke: each differs from the others, and all overlap. */
function nthStroke(n: number): LabelStroke {
  const rows = Array.from({ length: 12 }, (_, row) => [(n * 7 + row) % 20, n * 3 % 40, n * 5 % 40, 90]);
  return strokeOf(n % 3, rows.flat());
}

Deno.test("ccboost label, killed at any moment, loses no stroke that it answered", () =>
  inTempFolder(async (folder) => {
    const stack = `${folder}/stack.tif`;
    await Deno.writeFile(stack, encodeTiff(new Uint8Array(voxelCount(SHAPE)).map((_, i) => i % 251), SHAPE));
    const kept = new Uint32Array(voxelCount(SHAPE));
    let serving = await startServing("label", stack, "--port", "0");
    try {
      await send(serving.url, "POST", "api/label/objects", {});
      let n = 0;
      let unanswered: LabelStroke | undefined;
      for (let kill = 0; kill < KILLS; kill++) {
        // sent again, as a page does: painted once, whether the kill came before it was saved or after
        if (unanswered) await send(serving.url, "POST", "api/label/strokes", unanswered);
        if (unanswered) paintPlain(kept, SHAPE, unanswered);
        for (let more = kill % 3; more > 0; more--) {
          const stroke = nthStroke(n++);
          await send(serving.url, "POST", "api/label/strokes", stroke);
          paintPlain(kept, SHAPE, stroke);
        }
        unanswered = nthStroke(n++);
        const sent = send(serving.url, "POST", "api/label/strokes", unanswered);
        const answered = sent.then(() => true, () => false);
        await new Promise((resolve) => setTimeout(resolve, kill * 3));
        serving.process.kill("SIGKILL");
        await serving.process.status;
        if (await answered) {
          paintPlain(kept, SHAPE, unanswered);
          unanswered = undefined;
        }
        serving = await startServing("label", `${folder}/stack-ccboost`, "--port", "0");
        const state = await ask<LabelState>(serving.url, "api/label");
        const found = await labelsOnDisk(`${folder}/stack-ccboost`);
        const withLast = kept.slice();
        if (unanswered) paintPlain(withLast, SHAPE, unanswered);
        const isWhole = [kept, withLast].some((one) => one.every((value, i) => value === found[i]));
        assert.ok(isWhole, `kill ${kill}`);
        assert.equal(state.objects[0]?.voxels, found.filter((value) => value === 2).length);
      }
      // and everything can still be undone
      for (;;) {
        const state = await ask<LabelState>(serving.url, "api/label");
        if (!state.canUndo) break;
        await send(serving.url, "POST", "api/label/undo", {});
      }
      assert.ok((await labelsOnDisk(`${folder}/stack-ccboost`)).every((value) => value === 0));
    } finally {
      await stop(serving);
    }
  }));
