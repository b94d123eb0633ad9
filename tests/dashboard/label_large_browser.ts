/** Paints, undoes, does again and steps in a stack of 3.4 * 10^10 voxels, nearly all of them fill value: `label_large_browser.ts <folder>`. */
import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { createZarr, writeRegion } from "../../src/volume/zarr/mod.ts";
import { openBrowser, openPage, tell } from "../helpers/browser_play.ts";
import { startServing, stop } from "../helpers/serving.ts";

const SHAPE = [2048, 4096, 4096] as const;
const CHUNK = 64;
/** Chunks that are written: all that are in sight of the middle slice where a voxel is a pixel, and less. */
const ACROSS = 22;
const MOVES = 40;

/** Noise, so that pictures are as much work as those of a microscope. */
async function writeSparse(path: string): Promise<void> {
  const volume = await createZarr(path, { shape: SHAPE, chunk: [CHUNK, CHUNK, CHUNK], dtype: "uint8" });
  const voxels = Uint8Array.from({ length: CHUNK ** 3 }, (_, i) => 80 + (i * 2654435761 >>> 16) % 100);
  const [z, first] = [SHAPE[0] / 2 / CHUNK, SHAPE[1] / 2 / CHUNK - ACROSS / 2];
  for (let i = 0; i < ACROSS * ACROSS; i++) {
    const at = [z, first + Math.floor(i / ACROSS), first + i % ACROSS] as const;
    const start = [at[0] * CHUNK, at[1] * CHUNK, at[2] * CHUNK] as const;
    await writeRegion(volume, { start, shape: [CHUNK, CHUNK, CHUNK] }, voxels);
  }
}

/** Times of events of a kind on the large plane until the frame that shows them is drawn, as the browser has them. */
async function timed(page: Page, kind: string, act: () => Promise<void>): Promise<number[]> {
  await page.evaluate((name) => {
    const times: number[] = [];
    const over = new AbortController();
    Object.assign(globalThis, { times, endTimes: () => over.abort() });
    addEventListener(name, (event) => {
      const begun = event.timeStamp;
      // the frame of the event is drawn before the task that its own callback starts
      requestAnimationFrame(() => {
        const channel = new MessageChannel();
        channel.port1.onmessage = () => times.push(performance.now() - begun);
        channel.port2.postMessage(0);
      });
    }, { signal: over.signal, capture: true, passive: true });
  }, kind);
  await act();
  await page.waitForTimeout(300);
  return await page.evaluate(() => {
    const { times, endTimes } = globalThis as unknown as { times: number[]; endTimes: () => void };
    endTimes();
    return times;
  });
}

function summary(times: readonly number[]): { median: number; slowest: number; count: number } {
  const sorted = [...times].sort((a, b) => a - b);
  const at = (share: number) => Math.round(sorted[Math.floor(share * (sorted.length - 1))] ?? NaN);
  return { median: at(0.5), slowest: at(1), count: sorted.length };
}

/** Milliseconds from a key until a place of the canvas is grey, or is not any more, in a frame that is drawn. */
async function keyShown(
  page: Page,
  key: string,
  place: readonly [x: number, y: number],
  isGrey: boolean,
): Promise<number> {
  await page.evaluate(([left, top, wanted]) => {
    const canvas = document.querySelector<HTMLCanvasElement>(".label-large canvas");
    const shown = () => {
      const box = canvas?.getBoundingClientRect();
      const data = box && canvas?.getContext("2d")?.getImageData(left - box.left, top - box.top, 1, 1).data;
      const [r = 0, g = 0, b = 0] = data ?? [];
      return (Math.max(r, g, b) - Math.min(r, g, b) < 6) === wanted;
    };
    const time = new Promise<number>((done) =>
      addEventListener("keydown", ({ timeStamp }) => {
        const look = () =>
          shown() ? done(Math.round(performance.now() - timeStamp)) : requestAnimationFrame(look);
        requestAnimationFrame(look);
      }, { once: true, capture: true })
    );
    Object.assign(globalThis, { time });
  }, [...place, isGrey] as const);
  await page.keyboard.press(key);
  return await page.evaluate(() => (globalThis as unknown as { time: Promise<number> }).time);
}

/** The colour of the canvas at a place of the page. */
async function colourAt(page: Page, x: number, y: number): Promise<readonly number[]> {
  return await page.locator(".label-large canvas").evaluate((element, [left, top]) => {
    const canvas = element as HTMLCanvasElement;
    const box = canvas.getBoundingClientRect();
    const scale = canvas.width / box.width;
    const data = canvas.getContext("2d")?.getImageData(
      Math.round(((left ?? 0) - box.left) * scale),
      Math.round(((top ?? 0) - box.top) * scale),
      1,
      1,
    ).data;
    return Array.from(data ?? []);
  }, [x, y]);
}

function isGrey([r = 0, g = 0, b = 0]: readonly number[]): boolean {
  return Math.max(r, g, b) - Math.min(r, g, b) < 6;
}

async function play(root: string): Promise<void> {
  await writeSparse(`${root}/big.zarr`);
  const server = await startServing("label", `${root}/big.zarr`, "--anisotropy", "1", "--port", "0");
  const browser = await openBrowser();
  const faults: string[] = [];
  try {
    const page = await openPage(browser, server.url, faults);
    const canvas = page.locator(".label-large canvas");
    await canvas.waitFor();
    await page.getByText("synapse 1").first().waitFor();
    const box = await canvas.boundingBox() ?? assert.fail();
    const [x, y] = [box.x + box.width / 3, box.y + box.height / 3];
    await page.waitForFunction(([left, top]) => {
      const canvas = document.querySelector<HTMLCanvasElement>(".label-large canvas");
      const box = canvas?.getBoundingClientRect();
      const data = box &&
        canvas?.getContext("2d")?.getImageData((left ?? 0) - box.left, (top ?? 0) - box.top, 9, 9).data;
      return data && new Set(data.filter((_, i) => i % 4 === 0)).size > 4;
    }, [x, y]);
    await page.waitForTimeout(1000);
    await page.mouse.move(x - 20, y - 20);
    assert.ok(isGrey(await colourAt(page, x + 60, y + 30)), "nothing is painted yet");
    const drag = () =>
      timed(page, "pointermove", async () => {
        await page.mouse.move(x, y);
        await page.mouse.down();
        for (let i = 1; i <= MOVES; i++) await page.mouse.move(x + 3 * i, y + 1.5 * i);
      });
    const stroke = summary(await drag());
    assert.ok(!isGrey(await colourAt(page, x + 60, y + 30)), "a stroke is shown while it is drawn");
    await page.mouse.up();
    await page.getByText("saved just now").waitFor();
    const undo = await keyShown(page, "u", [x + 60, y + 30], true);
    const redo = await keyShown(page, "r", [x + 60, y + 30], false);
    const steps = await timed(page, "wheel", async () => {
      for (let i = 0; i < 20; i++) {
        await page.mouse.wheel(0, 60);
        await page.waitForTimeout(40);
      }
    });
    await page.getByText("z = 1044").or(page.getByLabel(/at z 1044/)).first().waitFor();
    await page.keyboard.down("Control");
    for (let i = 0; i < 2; i++) await page.mouse.wheel(0, 200);
    await page.keyboard.up("Control");
    for (let i = 0; i < 8; i++) await page.keyboard.press("]");
    await page.waitForTimeout(2000);
    const whole = summary(await drag());
    assert.ok(!isGrey(await colourAt(page, x + 60, y + 30)), "also where 4096 voxels are across");
    await page.mouse.up();
    await page.getByText("saved just now").waitFor();
    assert.deepEqual(faults, []);
    await tell({
      stroke,
      whole,
      undo,
      redo,
      step: summary(steps),
      size: [box.width, box.height].map(Math.round),
    });
  } finally {
    await browser.close();
    await stop(server);
  }
}

if (import.meta.main) await play(Deno.args[0] ?? "");
