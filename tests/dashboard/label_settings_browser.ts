/** Plays import with its preview, settings with their pictures, and a reload: `label_settings_browser.ts <folder> [<folder for pictures>]`. */
import assert from "node:assert/strict";
import type { Locator, Page } from "playwright-core";
import { writeDemo } from "../../fixtures/generate.ts";
import { encodeTiff } from "../../fixtures/tiff.ts";
import type { Point } from "../../src/dashboard/page/geometry.ts";
import { usualMinSize } from "../../src/label/candidate_shape.ts";
import { openBrowser, openPage, tell } from "../helpers/browser_play.ts";
import { startServing, stop } from "../helpers/serving.ts";
import { stateOf, until } from "./label_play.ts";

const SHAPE: Point = [48, 120, 160];

/** Keeps a picture of what is shown, where pictures are wanted. */
type Keep = (page: Page, name: string) => Promise<void>;

/** Keys and nothing else: looks at labels, changes what a value means, takes them, and takes that back. */
async function imports(page: Page, url: string, keep: Keep): Promise<void> {
  await page.getByRole("button", { name: "Import …" }).focus();
  await page.keyboard.press("Enter");
  const dialog = page.getByRole("dialog", { name: "Import labels" });
  await keep(page, "import-empty");
  await dialog.getByLabel(/File with labels/).and(page.locator(":focus")).waitFor();
  await page.keyboard.type("train-labels.tif");
  await page.keyboard.press("Enter");
  const meanings = dialog.getByRole("combobox", { name: /Meaning of/ });
  await meanings.first().waitFor();
  assert.deepEqual(
    await meanings.evaluateAll((all) => all.map((one) => (one as HTMLSelectElement).value)),
    ["not", "unsure", "synapse"],
  );
  const { objects } = await stateOf(url);
  assert.ok(objects.every(({ voxels }) => voxels === 0));
  await coloured(page, ".import-picture canvas");
  await keep(page, "import");
  await meanings.first().selectOption("unsure");
  await dialog.getByText(/\. 0 voxels not a synapse/).waitFor();
  await meanings.first().selectOption("not");
  await dialog.getByText(/\. \d+ k voxels not a synapse/).waitFor();
  await dialog.getByLabel(/File with labels/).fill("small.tif");
  await page.keyboard.press("Enter");
  await dialog.getByText("both must have the same size").waitFor();
  await keep(page, "import-refused");
  await dialog.getByLabel(/File with labels/).fill("train-labels.tif");
  await page.keyboard.press("Enter");
  await meanings.first().waitFor();
  await dialog.getByRole("button", { name: "Take these labels" }).press("Enter");
  const taken = await until(url, ({ notVoxels }) => notVoxels > 0);
  assert.ok(taken.objects.filter(({ voxels }) => voxels > 0).length > 3);
  await page.getByRole("button", { name: "Go to synapse 3" }).waitFor();
  await page.keyboard.press("u");
  await until(
    url,
    ({ notVoxels, objects }) => notVoxels === 0 && objects.every(({ voxels }) => voxels === 0),
  );
  await page.getByRole("button", { name: "Redo", disabled: false }).waitFor(); // the page knows
  await page.keyboard.press("r");
  await until(url, ({ notVoxels }) => notVoxels === taken.notVoxels);
}

/** Every setting shows what it does; those that are used are learned with. */
async function settings(page: Page, url: string, keep: Keep): Promise<void> {
  const before = await until(url, ({ model }) => model?.state === "ready");
  await page.getByRole("button", { name: "Settings" }).click();
  const dialog = page.getByRole("dialog", { name: "Settings of learning" });
  const shows = (name: string) => dialog.locator(".setting-picture:not(.fades)").getByText(name).waitFor();
  await shows("Directions across clefts");
  await coloured(page, ".setting-picture canvas");
  await keep(page, "settings-directions");
  await dialog.getByRole("slider", { name: /Half the thickness/ }).press("ArrowLeft");
  await dialog.getByText("Half the thickness of a cleft: 3.5 voxels").waitFor();
  await dialog.getByRole("slider", { name: /Supervoxels/ }).press("ArrowRight");
  await shows("Supervoxels");
  await keep(page, "settings-supervoxels");
  await dialog.getByRole("checkbox", { name: "Smoothed, 1 voxel" }).press(" ");
  await shows("gauss-s1.0");
  await keep(page, "settings-channel");
  await dialog.getByRole("button", { name: "Use these" }).click();
  const { learning } = await until(
    url,
    ({ model }) => model?.state === "ready" && model.version !== before.model?.version,
  );
  assert.deepEqual([learning.sigma, learning.supervoxel], [3.5, 3]);
  assert.ok(learning.channels.includes("gauss-s1.0") && learning.channels.length === 9);
}

/** What is found is counted as the sliders go. Tool, brush, threshold, least size and place are as they were after a reload. */
async function reload(page: Page, url: string): Promise<void> {
  await page.keyboard.press("x");
  for (let i = 0; i < 3; i++) await page.keyboard.press("]");
  const found = page.getByTestId("found");
  await page.getByText(/\d+ found, \S+ per µm³/).waitFor();
  const usual = usualMinSize((await stateOf(url)).objects);
  assert.ok(usual > 50);
  await page.getByText(`Least size ${usual} voxels`).waitFor();
  await page.getByRole("slider", { name: "Least size" }).fill("10"); // what is small goes first
  await page.getByRole("slider", { name: "Scores from" }).fill("0");
  const many = await counted(found);
  await page.getByRole("slider", { name: "Scores from" }).fill("4");
  await page.waitForFunction(
    (before) => Number.parseInt(document.querySelector("[data-testid=found]")?.textContent ?? "") !== before,
    many,
  );
  await page.locator(".label-large").getByRole("slider", { name: "Slice along z" }).fill("7");
  await page.getByLabel("Plane x y at z 7", { exact: true }).waitFor();
  await page.getByRole("slider", { name: "Opacity" }).fill("70");
  await page.getByRole("slider", { name: "Least size" }).fill("120");
  await page.reload();
  await page.getByLabel("Plane x y at z 7", { exact: true }).waitFor();
  await page.getByRole("button", { name: /Not a synapse/ }).and(page.locator("[aria-pressed=true]"))
    .waitFor();
  await page.getByText("Brush 16 voxels wide").waitFor();
  await page.getByText("Scores from 4").waitFor();
  await page.getByText("Opacity 70").waitFor();
  await page.getByText("Least size 120 voxels").waitFor();
}

/** The number that is told, once it stays. */
async function counted(found: Locator): Promise<number> {
  for (let before = NaN;;) {
    await new Promise((done) => setTimeout(done, 1000));
    const now = Number.parseInt(await found.innerText());
    if (now === before) return now;
    before = now;
  }
}

/** Waits until a picture has colours, which lie over the grey of the stack. */
async function coloured(page: Page, selector: string): Promise<void> {
  await page.waitForFunction((where) => {
    const canvas = document.querySelector(where);
    if (!(canvas instanceof HTMLCanvasElement) || canvas.width === 0) return false;
    const { data } = canvas.getContext("2d")?.getImageData(0, 0, canvas.width, canvas.height) ?? { data: [] };
    for (let i = 0; i < data.length; i += 4) {
      if (Math.abs((data[i] ?? 0) - (data[i + 2] ?? 0)) > 40) return true;
    }
    return false;
  }, selector);
}

async function play(root: string, pictures: string | undefined): Promise<void> {
  await writeDemo(root, { shape: SHAPE, anisotropy: 1, seed: 4 });
  await Deno.writeFile(`${root}/small.tif`, encodeTiff(new Uint8Array(200), [1, 10, 20]));
  const server = await startServing("label", `${root}/train.tif`, "--voxel-size", "8,8,8", "--port", "0");
  const browser = await openBrowser();
  const faults: string[] = [];
  const keep: Keep = async (page, name) => {
    if (pictures === undefined) return;
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme });
      await page.screenshot({ path: `${pictures}/${name}-${colorScheme}.png` });
    }
  };
  try {
    const page = await openPage(browser, server.url, faults);
    await page.getByRole("button", { name: "Go to synapse 1" }).waitFor();
    await imports(page, server.url, keep);
    await settings(page, server.url, keep);
    await reload(page, server.url);
    await keep(page, "kept");
    assert.deepEqual(faults, []);
  } finally {
    await browser.close();
    await stop(server);
  }
  await tell({ scenes: ["imports", "settings", "reload"] });
}

if (import.meta.main) await play(Deno.args[0] ?? "", Deno.args[1]);
