/** Opens a volume of 3.4 * 10^10 voxels, nearly all of them fill value, in the viewer and steps through it: `large_volume_browser.ts <folder>`. */
import assert from "node:assert/strict";
import { formatSettings, loadSettings } from "../../src/config/settings.ts";
import { inputArrayName } from "../../src/stages/inputs.ts";
import { createZarr, writeRegion } from "../../src/volume/zarr/mod.ts";
import { appendLines } from "./folder.ts";
import { openBrowser, openPage, tell, WAIT } from "../helpers/browser_play.ts";
import { ask, startServing, stop } from "../helpers/serving.ts";
import type { Page } from "playwright-core";

const SHAPE = [2048, 4096, 4096] as const;
const CHUNK = 64;
const STEPS = 40;
/** Chunks that are written lie in the middle, on this many layers of 3 x 3. */
const LAYERS = 3;
const FIRST = [15, 31, 31] as const;

/** A work folder with the volume as the raw one of a test. */
async function writeSparse(root: string): Promise<{ work: string; path: string }> {
  const work = `${root}/big-work`;
  await Deno.mkdir(`${work}/volumes`, { recursive: true });
  await Deno.writeTextFile(`${root}/big.tif`, "");
  await Deno.writeTextFile(`${root}/model.cfg`, "");
  const config =
    `outFileName = "big"; savedStumpsPath = "model.cfg"; usedSavedStumpsPathOnlyForTesting = true; test = ( { rawVolume = "big.tif"; } );`;
  await Deno.writeTextFile(`${root}/big.cfg`, config);
  const settings = await loadSettings(`${root}/big.cfg`, { isKnownChannel: () => true });
  const started = {
    command: "",
    version: "",
    settings: formatSettings(settings),
    time: new Date().toISOString(),
  };
  await appendLines(`${work}/journal.jsonl`, [{ event: "run-started", ...started }, { event: "run-done" }]);
  const path = `volumes/${await inputArrayName(`${root}/big.tif`, "raw")}`;
  const volume = await createZarr(`${work}/${path}`, {
    shape: SHAPE,
    chunk: [CHUNK, CHUNK, CHUNK],
    dtype: "uint8",
  });
  const voxels = new Uint8Array(CHUNK ** 3);
  for (let i = 0; i < LAYERS * 9; i++) {
    const at = [FIRST[0] + Math.floor(i / 9), FIRST[1] + Math.floor(i / 3) % 3, FIRST[2] + i % 3] as const;
    voxels.fill(valueOf(at[0]));
    const start = [at[0] * CHUNK, at[1] * CHUNK, at[2] * CHUNK] as const;
    await writeRegion(volume, { start, shape: [CHUNK, CHUNK, CHUNK] }, voxels);
  }
  return { work, path };
}

/** Intensity of a written layer. */
function valueOf(layer: number): number {
  return 100 + layer - FIRST[0];
}

/** Waits until nothing is on its way and the picture is drawn. Returns milliseconds since `begin`. */
async function settled(page: Page, begin: number): Promise<number> {
  await page.waitForFunction(
    () => {
      const text = document.querySelector("[data-testid=pending]")?.textContent ?? "";
      return text.startsWith("zoom");
    },
    undefined,
    { timeout: WAIT, polling: "raf" },
  );
  return Math.round(performance.now() - begin);
}

async function play(root: string): Promise<void> {
  const { work, path } = await writeSparse(root);
  const server = await startServing("serve", work, "--port", "0");
  const browser = await openBrowser();
  const faults: string[] = [];
  try {
    const [array] = await ask<{ path: string; shape: number[] }[]>(server.url, "/api/arrays");
    assert.deepEqual([array?.path, array?.shape], [path, [...SHAPE]]);
    const page = await openPage(browser, server.url, faults);
    await page.goto(`${server.url}#/view`);
    const opening = performance.now();
    await page.reload();
    await page.getByTestId("pending").waitFor();
    const opened = await settled(page, opening);
    const read = async () => {
      await page.waitForFunction(
        () => document.querySelector("[data-testid=raw-value]")?.textContent !== "…",
        undefined,
        { timeout: WAIT },
      );
      return await page.getByTestId("raw-value").textContent();
    };
    const canvas = page.locator("canvas[data-plane=xy]").first();
    const middle = SHAPE[0] / 2;
    assert.equal(await read(), String(valueOf(middle / CHUNK)));
    await canvas.focus();
    const steps: number[] = [];
    for (let i = 0; i < STEPS; i++) {
      const begin = performance.now();
      // Ten slices a step, so that borders of chunks are crossed.
      await page.keyboard.press("Shift+PageUp");
      await page.getByText(`z = ${middle - 10 * (i + 1)}`).or(page.getByText(`z ${middle - 10 * (i + 1)}`))
        .first().waitFor();
      steps.push(await settled(page, begin));
      const layer = Math.floor((middle - 10 * (i + 1)) / CHUNK);
      assert.equal(await read(), String(layer >= FIRST[0] ? valueOf(layer) : 0));
    }
    assert.deepEqual(faults, []);
    steps.sort((a, b) => a - b);
    await tell({ opened, steps: { median: steps[STEPS / 2], slowest: steps.at(-1) } });
  } finally {
    await browser.close();
    await stop(server);
  }
}

if (import.meta.main) await play(Deno.args[0] ?? "");
