/** A stack of 34 billion voxels, of which few chunks have a file: painting, undoing, learning and exporting touch only what is painted. */
import assert from "node:assert/strict";
import { generateFixture } from "../../fixtures/fixture.ts";
import type { LabelChange, LabelState } from "../../src/label/state.ts";
import { createZarr, writeRegion } from "../../src/volume/zarr/mod.ts";
import type { Zyx } from "../../src/volume/region.ts";
import { type Running, startServing, stop } from "../helpers/serving.ts";
import { inTempFolder } from "../helpers/temp_folder.ts";
import { strokeOf } from "../label/project.ts";

const SHAPE: Zyx = [2048, 4096, 4096];
const PART: Zyx = [64, 64, 128];
/** Where the part lies, far from each other and from the beginning. */
const PLACES: readonly Zyx[] = [[512, 1024, 1024], [1920, 3968, 3968]];
const MEMORY = 768;

async function post<T>({ url }: Running, path: string, body: unknown): Promise<T> {
  const answer = await fetch(new URL(`api/label${path}`, url), {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  const found = await answer.json();
  assert.equal(answer.status, 200, JSON.stringify(found));
  return found as T;
}

async function stateOf({ url }: Running): Promise<LabelState> {
  return await (await fetch(new URL("api/label", url))).json();
}

/** Peak resident MiB of a process; undefined where the system does not tell. */
async function peakOf({ process }: Running): Promise<number | undefined> {
  if (Deno.build.os !== "linux") return undefined;
  // Deno lets only who may do everything look at other processes
  const script = `Deno.stdout.writeSync(Deno.readFileSync("/proc/${process.pid}/status"))`;
  const { stdout } = await new Deno.Command(Deno.execPath(), { args: ["eval", script] }).output();
  const status = new TextDecoder().decode(stdout);
  return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1]) / 1024;
}

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
    try {
      for (const [z0, y0, x0] of PLACES) {
        const { id } = await post<{ id: number }>(serving, "/objects", {});
        const [cz, cy, cx] = synapses[0]?.position ?? [0, 0, 0];
        const painted: number[] = [], background: number[] = [];
        for (let z = Math.max(0, cz - 6); z < Math.min(PART[0], cz + 6); z++) {
          for (let y = Math.max(0, cy - 12); y < Math.min(PART[1], cy + 12); y++) {
            for (let x = Math.max(0, cx - 12); x < Math.min(PART[2], cx + 12); x++) {
              const label = labels[(z * PART[1] + y) * PART[2] + x];
              if (label === 255) painted.push(z0 + z, y0 + y, x0 + x, 1);
              else if (label === 0) background.push(z0 + z, y0 + y, x0 + x, 1);
            }
          }
        }
        await post<LabelChange>(serving, "/strokes", strokeOf(id, painted));
        await post<LabelChange>(serving, "/strokes", strokeOf(1, background, "unpainted"));
      }
      const { seq } = await stateOf(serving);
      await post(serving, "/undo", {});
      await post(serving, "/redo", {});
      const [z, y, x] = PLACES[1] ?? [0, 0, 0];
      await post(serving, "/look", {
        at: [z, y, x],
        box: { begin: [z, y, x], end: [z + 1, y + 64, x + 64] },
      });
      for (;;) {
        const { model } = await stateOf(serving);
        assert.ok(model?.state !== "failed", model?.error ?? "");
        if (model?.state === "ready" && model.strokes === seq + 2) break;
        await new Promise((resolve) => setTimeout(resolve, 200));
      }
      await post(serving, "/export", {});
      const peak = await peakOf(serving);
      assert.ok(peak === undefined || peak < MEMORY, `${peak} MiB`);
    } finally {
      await stop(serving);
    }
  }));
