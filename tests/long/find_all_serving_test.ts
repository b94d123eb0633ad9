/** A server that is killed while it finds all synapses: the search goes on, labels are kept, and the memory is what it may be. */
import assert from "node:assert/strict";
import type { RunResults } from "../../src/dashboard/api.ts";
import type { FoundSoFar } from "../../src/dashboard/found.ts";
import type { FindPlan, LabelState } from "../../src/label/state.ts";
import { ask, peakOf, type Running, send, startServing, stop } from "../helpers/serving.ts";
import { inTempFolder } from "../helpers/temp_folder.ts";
import { labelled } from "../label/labelled.ts";
import { strokeOf } from "../label/project.ts";

const MEMORY = 1120;

function serve(folder: string): Promise<Running> {
  return startServing("label", folder, "--port", "0", "--memory", `${MEMORY}MiB`, "--workers", "2");
}

async function until(serving: Running, isSo: (found: FoundSoFar) => boolean): Promise<FoundSoFar> {
  for (;;) {
    const found = await ask<FoundSoFar>(serving.url, "/api/label/find");
    assert.equal(found.error, null);
    assert.notEqual(found.run, "failed");
    if (isSo(found)) return found;
    await new Promise((done) => setTimeout(done, 100));
  }
}

Deno.test("ccboost label finds all synapses while strokes are learned, in its memory, and after a kill in between", () =>
  inTempFolder(async (folder) => {
    await labelled(folder);
    const first = await serve(folder);
    const { memory, learnsMeanwhile } = await send<FindPlan>(first.url, "POST", "/api/label/find/plan", {});
    assert.deepEqual([memory / 2 ** 20, learnsMeanwhile], [512, true]);
    await send(first.url, "POST", "/api/label/find", {});
    await until(first, ({ run, fraction }) => run === "running" && fraction > 0.1);
    await send(first.url, "POST", "/api/label/strokes", strokeOf(1, [0, 0, 0, 9]));
    const { seq } = await ask<LabelState>(first.url, "/api/label");
    first.process.kill("SIGKILL");
    await first.process.status;

    const second = await serve(folder);
    try {
      const killed = await until(second, ({ run }) => run === "killed");
      assert.deepEqual([killed.isRunning, killed.begun?.box], [false, null]);
      assert.ok(seq > (killed.begun?.seq ?? NaN), "it tells that labels have changed");
      assert.equal((await ask<LabelState>(second.url, "/api/label")).seq, seq);
      await send(second.url, "POST", "/api/label/find/resume", {});
      await send(second.url, "POST", "/api/label/strokes", strokeOf(1, [1, 0, 0, 9]));
      await until(second, ({ run, isRunning }) => run === "done" && !isRunning);
      const { files } = await ask<RunResults>(second.url, "/run/api/results");
      const table = files.find(({ name }) => name === "out-0-synapses.csv") ?? assert.fail();
      const text = await (await fetch(new URL(`/run${table.url}`, second.url))).text();
      assert.ok(text.trim().split("\n").length > 3, text);
      const { model } = await ask<LabelState>(second.url, "/api/label");
      assert.notEqual(model?.state, "failed", model?.error ?? "");
      const peak = await peakOf(second);
      assert.ok(peak === undefined || peak < MEMORY, `${peak} MiB`);
    } finally {
      await stop(second);
    }
  }));
