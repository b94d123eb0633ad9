/** Plays a user who leaves a tab open while another folder is served at the same address, and who comes back to an answer. */
import assert from "node:assert/strict";
import type { Browser, Page } from "playwright-core";
import type { PolarityState } from "../../src/dashboard/api.ts";
import { readDirections, writeDirections } from "../../src/stages/training/directions.ts";
import { createZarr, writeRegion } from "../../src/volume/zarr/mod.ts";
import { SHAPE, type TestFolder, writeTestFolder } from "./folder.ts";
import { openBrowser, openPage, tell } from "../helpers/browser_play.ts";
import { ask, startServing, stop } from "../helpers/serving.ts";

const MIDDLE = Math.floor(SHAPE[0] / 2);

async function makeFolder(root: string): Promise<TestFolder> {
  await Deno.mkdir(root);
  return await writeTestFolder(root);
}

/** The view of a folder is forgotten where another one is served, with and without loading again, and found again with its own. */
async function otherFolder(browser: Browser, a: TestFolder, b: TestFolder, faults: string[]): Promise<void> {
  let served = await startServing("serve", a.work, "--port", "0");
  const { port } = new URL(served.url);
  const serve = async (work: string) => {
    await stop(served);
    served = await startServing("serve", work, "--port", port);
  };
  try {
    const page = await openPage(browser, `${served.url}#/view`, faults);
    await page.getByRole("slider", { name: "Slice along z" }).fill("3");
    await page.waitForFunction(() => location.hash.includes(",3.5"));
    await serve(b.work);
    await page.getByText(`· z ${MIDDLE}`).waitFor();
    await page.waitForFunction(() => location.hash.includes("at=") && !location.hash.includes(",3.5"));
    await page.getByRole("slider", { name: "Slice along z" }).fill("5");
    await page.waitForFunction(() => location.hash.includes(",5.5"));
    await page.goto("about:blank");
    await serve(a.work);
    await page.goBack();
    await page.getByText("· z 3").waitFor();
    await page.close();
  } finally {
    await stop(served);
  }
}

/** Which of the sides is pressed, and what the planes show. */
async function shownAnswer(page: Page) {
  const canvas = page.locator("canvas[data-plane=xy]");
  await page.getByRole("button", { name: "Side A" }).and(page.locator("[aria-pressed=true]")).waitFor();
  await page.waitForTimeout(500); // chunks are painted
  return await canvas.evaluate((element) => (element as HTMLCanvasElement).toDataURL());
}

/** An answer is shown with the line that it was given with, though training found the opposite sign since. */
async function lineStays(browser: Browser, { work }: TestFolder, faults: string[]): Promise<void> {
  const served = await startServing("serve", work, "--port", "0");
  try {
    const { components } = await ask<PolarityState>(served.url, "/api/polarity");
    const named = components.map(({ id, voxels, pos: [x, y, z] }) => ({
      id,
      voxels,
      position: [z, y, x] as const,
    }));
    const id = components.find(({ configured }) => configured === null)?.id ?? assert.fail();
    const direct = (sign: 1 | -1) =>
      writeDirections(work, named, new Map([[id, { normal: [0.8 * sign, 0.6 * sign, 0], agreement: 1 }]]));
    await direct(1);
    const page = await openPage(browser, `${served.url}#/polarity`, faults);
    await page.getByText("the direction across the cleft that training uses").waitFor();
    await page.keyboard.press("a");
    await page.waitForFunction(
      (id) => document.querySelector(`.dots button[aria-label^="Synapse ${id},"]`)?.className === "answered",
      id,
    );
    await page.getByRole("button", { name: `Synapse ${id},` }).click();
    const before = await shownAnswer(page);
    await direct(-1);
    assert.deepEqual((await readDirections(work, named)).get(id)?.normal, [-0.8, -0.6, 0]);
    await page.reload();
    await page.getByRole("button", { name: `Synapse ${id},` }).click();
    assert.equal(await shownAnswer(page), before);
    await page.close();
  } finally {
    await stop(served);
  }
}

/** Whether the first plane has a colour to the left of its middle and none to the right; runs in the page. */
function isLeftColoured(): boolean {
  const canvas = document.querySelector<HTMLCanvasElement>("canvas[data-plane=xy]");
  const isColoured = (right: number) => {
    const [x, y] = [(canvas?.width ?? 0) / 2 + right, (canvas?.height ?? 0) / 2 + 30];
    const pixel = canvas?.getContext("2d")?.getImageData(x, y, 1, 1).data ?? [];
    return new Set([...pixel].slice(0, 3)).size > 1;
  };
  return isColoured(-40) && !isColoured(40);
}

/** Numbered synapses are painted over the stack of their run. */
async function synapsesOverStack(browser: Browser, { root }: TestFolder, faults: string[]): Promise<void> {
  const path = `${root}/job-0-synapses.zarr`;
  const array = await createZarr(path, { shape: SHAPE, chunk: [20, 30, 20], dtype: "uint32" });
  const [, ny, nx] = SHAPE;
  const half = { start: [0, 0, 0], shape: [SHAPE[0], ny, nx / 2] } as const;
  await writeRegion(array, half, new Uint32Array(SHAPE[0] * ny * nx / 2).fill(7));
  const served = await startServing("serve", path, "--port", "0");
  try {
    const page = await openPage(browser, served.url, faults);
    await page.waitForFunction(() =>
      document.querySelector("[data-testid=over-value]")?.textContent === "0" &&
      /^\d+$/.test(document.querySelector("[data-testid=raw-value]")?.textContent ?? "")
    );
    await page.waitForFunction(isLeftColoured); // its chunks may come later than the one in the middle
    await page.close();
  } finally {
    await stop(served);
  }
}

async function play(folder: string): Promise<void> {
  const faults: string[] = [];
  const root = await Deno.realPath(folder);
  const [a, b] = [await makeFolder(`${root}/a`), await makeFolder(`${root}/b`)];
  const browser = await openBrowser();
  try {
    await otherFolder(browser, a, b, faults);
    await lineStays(browser, a, faults);
    await synapsesOverStack(browser, a, faults);
    assert.deepEqual(faults, []);
  } finally {
    await browser.close();
  }
  await tell({ scenes: ["another folder", "line", "synapses"] });
}

if (import.meta.main) await play(Deno.args[0] ?? "");
