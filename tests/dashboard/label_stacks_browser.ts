/** Plays a person who labels two stacks in one project, while the server is killed: `label_stacks_browser.ts <folder>`. */
import assert from "node:assert/strict";
import type { Browser, Page } from "playwright-core";
import type { Fixture } from "../../fixtures/fixture.ts";
import { writeDemo } from "../../fixtures/generate.ts";
import type { LabelState } from "../../src/dashboard/api.ts";
import type { Point } from "../../src/dashboard/page/geometry.ts";
import { openBrowser, openPage, tell, WAIT } from "../helpers/browser_play.ts";
import { ask, type Running, startServing, stop } from "../helpers/serving.ts";
import { labelsOnDisk } from "../label/project.ts";
import { goToSlice, largePlane, paintAlong, paintSynapses, saved } from "./label_play.ts";

/** Of the two stacks. */
const FIRST: Point = [40, 120, 160], SECOND: Point = [36, 130, 150];
/** Synapses that are painted in each. */
const COUNT = 2;

/** The routes of the stacks. */
const PATHS = ["/api/label", "/api/label/stacks/second"] as const;

/** Waits until the state of a stack is so. Returns it. */
async function until(
  url: string,
  path: string,
  isSo: (state: LabelState) => boolean,
): Promise<LabelState> {
  for (const end = Date.now() + WAIT;;) {
    const state = await ask<LabelState>(url, path);
    if (isSo(state)) return state;
    if (Date.now() > end) throw new Error(`it stays ${JSON.stringify(state).slice(0, 500)}`);
    await new Promise((done) => setTimeout(done, 50));
  }
}

const isReady = ({ model, seq }: LabelState) => model?.state === "ready" && model.strokes === seq;

async function shown(page: Page): Promise<void> {
  await page.locator(".label-large canvas").waitFor();
  await page.getByRole("button", { name: "Go to synapse 1" }).waitFor();
  await page.waitForTimeout(500); // the picture fits the window once the fonts are there
}

/** Paints synapses where they are, and some of what is none. */
async function paints(page: Page, fixture: Fixture, shape: Point): Promise<void> {
  const plane = await largePlane(page, shape, 1);
  const some = fixture.synapses.slice(0, COUNT);
  await page.keyboard.press("s");
  await paintSynapses(page, plane, fixture, some);
  await page.keyboard.press("x");
  for (let i = 0; i < 4; i++) await page.keyboard.press("]");
  const [z, y] = [Math.floor(shape[0] / 2), 20];
  await goToSlice(page, z);
  await page.keyboard.down("Shift"); // several slices at once
  await paintAlong(page, plane, [[z, y, 20], [z, y, shape[2] - 20]]);
  await page.keyboard.up("Shift");
  await saved(page);
}

/** Adds the second stack by its name, after one that is not there. */
async function adds(page: Page): Promise<void> {
  const dialog = page.getByRole("dialog");
  assert.equal(await page.getByRole("navigation", { name: "Stacks of the project" }).count(), 0);
  await page.getByRole("button", { name: "Add a stack" }).click();
  await dialog.getByRole("combobox").fill("none.tif");
  await dialog.getByRole("button", { name: "Add" }).click();
  await dialog.getByRole("alert").getByText(/none\.tif/).waitFor();
  await dialog.getByRole("combobox").fill("second.tif");
  await dialog.getByRole("button", { name: "Add" }).click();
  await page.locator('nav [aria-current="page"]').getByText("second").waitFor();
  assert.match(page.url(), /#\/label\?stack=second$/);
}

/** Each stack is scored by the one model, and undo is of the stack in sight. */
async function switches(page: Page, url: string, folder: string): Promise<void> {
  const nav = page.getByRole("navigation", { name: "Stacks of the project" });
  const second = await until(url, PATHS[1], isReady);
  await page.keyboard.press("v");
  await nav.locator('[aria-current="page"]').getByText("train").waitFor();
  await shown(page);
  const first = await until(url, PATHS[0], isReady);
  assert.equal(first.model?.version, second.model?.version, "nothing is learned for a switch");
  await page.getByTestId("found").waitFor();
  const before = await labelsOnDisk(folder);
  await page.keyboard.press("v");
  await nav.locator('[aria-current="page"]').getByText("second").waitFor();
  await shown(page);
  await page.getByTestId("found").waitFor();
  await page.keyboard.press("u");
  await until(url, PATHS[1], ({ seq }) => seq > second.seq);
  await saved(page);
  assert.deepEqual(await labelsOnDisk(folder), before);
  await page.keyboard.press("r");
  await until(url, PATHS[1], ({ seq }) => seq > second.seq + 1);
  await saved(page);
  await page.goBack();
  await nav.locator('[aria-current="page"]').getByText("train").waitFor();
  await nav.getByRole("link", { name: /^second/ }).click();
  await shown(page);
}

async function exports(page: Page, folder: string): Promise<void> {
  await page.getByRole("button", { name: "Export" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByText("scores all stacks").waitFor();
  for (const name of ["config.cfg", "labels.zarr", "labels-second.zarr"]) {
    await dialog.getByText(`export/${name}`, { exact: false }).first().waitFor();
  }
  await page.keyboard.press("Escape");
  const text = await Deno.readTextFile(`${folder}/export/config.cfg`);
  assert.match(
    text,
    /train = \(\n {2}\{[^]*groundTruth = "labels\.zarr"[^]*\},\n {2}\{[^]*labels-second\.zarr/,
  );
  assert.match(text, /test = \(\n.*raw\.zarr[^]*stacks\/second\/raw\.zarr/);
}

/** The server is killed and started anew: all of both stacks is there. */
async function killed(page: Page, run: Running, folder: string): Promise<Running> {
  const before = await Promise.all(PATHS.map((path) => ask<LabelState>(run.url, path)));
  const voxels = await Promise.all([folder, `${folder}/stacks/second`].map(labelsOnDisk));
  run.process.kill("SIGKILL");
  await run.process.status;
  await page.getByText("Connection lost").first().waitFor();
  const again = await startServing("label", folder, "--port", new URL(run.url).port);
  for (const [i, path] of PATHS.entries()) {
    const { objects, seq, stacks } = await ask<LabelState>(again.url, path);
    const own = (all: LabelState["objects"] = []) => all.map(({ name, voxels }) => [name, voxels]);
    assert.deepEqual([own(objects), seq], [own(before[i]?.objects), before[i]?.seq]);
    assert.deepEqual(stacks.map(({ synapses }) => synapses), [COUNT, COUNT]);
  }
  assert.deepEqual(await Promise.all([folder, `${folder}/stacks/second`].map(labelsOnDisk)), voxels);
  await until(again.url, PATHS[1], ({ model }) => model?.state === "ready"); // the page tells what is in sight
  return again;
}

async function onPhone(browser: Browser, url: string, faults: string[]): Promise<void> {
  const page = await openPage(browser, url, faults);
  await page.setViewportSize({ width: 390, height: 844 });
  await page.getByRole("link", { name: /^second 2 synapses/ }).click();
  await page.locator('nav [aria-current="page"]').getByText("second").waitFor();
  await page.getByText("Here you can look.").waitFor();
  const width = await page.evaluate(() => document.documentElement.scrollWidth);
  assert.ok(width <= 390, `nothing is wider than a phone: ${width}`);
  await page.close();
}

async function play(root: string): Promise<void> {
  const options = { anisotropy: 1 };
  const { train } = await writeDemo(root, { ...options, shape: FIRST, seed: 4 });
  const { train: further } = await writeDemo(`${root}/other`, { ...options, shape: SECOND, seed: 9 });
  await Deno.rename(`${root}/other/train.tif`, `${root}/second.tif`);
  const folder = `${root}/train-ccboost`;
  let run = await startServing("label", `${root}/train.tif`, "--anisotropy", "1", "--port", "0");
  const browser = await openBrowser();
  const faults: string[] = [];
  try {
    const page = await openPage(browser, run.url, faults);
    await shown(page);
    await paints(page, train, FIRST);
    await adds(page);
    await shown(page);
    await paints(page, further, SECOND);
    const [first, second] = await Promise.all(PATHS.map((path) => ask<LabelState>(run.url, path)));
    assert.deepEqual([first?.objects.length, second?.objects.length], [COUNT, COUNT]);
    assert.deepEqual(second?.shape, SECOND);
    await switches(page, run.url, folder);
    await exports(page, folder);
    run = await killed(page, run, folder);
    await onPhone(browser, run.url, faults);
    assert.deepEqual(faults, []);
  } finally {
    await browser.close();
    await stop(run);
  }
  await tell({ scenes: ["painted", "added", "switched", "exported", "killed", "on a phone"] });
}

if (import.meta.main) await play(Deno.args[0] ?? "");
