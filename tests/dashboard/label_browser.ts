/** Plays a person who labels synapses by mouse and keys, while the server is killed: `label_browser.ts <folder>`. */
import assert from "node:assert/strict";
import type { Browser, Page } from "playwright-core";
import { type Fixture, generateFixture } from "../../fixtures/fixture.ts";
import { encodeTiff } from "../../fixtures/tiff.ts";
import { middleOfVoxel, type Point, toPixel } from "../../src/dashboard/page/geometry.ts";
import { labelsOnDisk } from "../label/project.ts";
import { openBrowser, openPage, tell } from "../helpers/browser_play.ts";
import { type Running, startServing, stop } from "../helpers/serving.ts";
import {
  goToSlice,
  type LargePlane,
  largePlane,
  paintAlong,
  paintSynapses,
  pathsOf,
  saved,
  stateOf,
} from "./label_play.ts";

const SHAPE: Point = [64, 160, 200];
/** Synapses that are painted. */
const COUNT = 3;

/** One user at the page. */
interface User {
  readonly page: Page;
  readonly plane: LargePlane;
}

async function sit(browser: Browser, url: string, faults: string[]): Promise<User> {
  const page = await openPage(browser, url, faults);
  await page.locator(".label-large canvas").waitFor();
  await page.getByRole("button", { name: "Go to synapse" }).first().waitFor();
  await page.waitForTimeout(500); // the picture fits the window once the fonts are there
  return { page, plane: await largePlane(page, SHAPE, 1) };
}

/** Paints synapses where they are, each in its slices, and some of what is none. */
async function paints({ page, plane }: User, fixture: Fixture, url: string, folder: string): Promise<void> {
  const truth = fixture.synapses.slice(0, COUNT);
  await paintSynapses(page, plane, fixture, truth);
  await page.keyboard.press("x");
  const [z] = truth[0]?.position ?? [0];
  await goToSlice(page, z);
  await paintAlong(page, plane, [[z, 4, 4], [z, 4, 190]]);
  await saved(page);
  const labels = await labelsOnDisk(folder);
  const at = ([z, y, x]: Point) => labels[(z * SHAPE[1] + y) * SHAPE[2] + x];
  const { objects, notVoxels } = await stateOf(url);
  assert.equal(objects.length, COUNT);
  for (const [i, { position }] of truth.entries()) {
    const object = objects[i] ?? assert.fail();
    const own = voxelsWhere(labels.length, (k) => labels[k] === object.id);
    assert.equal(own.length, object.voxels);
    const right = own.filter((k) => (fixture.labels[k] ?? 0) > 0).length / own.length;
    assert.ok(right > 0.8, `synapse ${i + 1} is painted where it is: ${right}`);
    const [, y, x] = pathsOf(fixture, position)[0]?.[0] ?? assert.fail();
    assert.equal(at([pathsOf(fixture, position)[0]?.[0]?.[0] ?? 0, y, x]), object.id);
  }
  assert.ok([4, 100, 190].every((x) => at([z, 4, x]) === 1) && at([z, 40, 4]) === 0);
  assert.equal(notVoxels, labels.filter((label) => label === 1).length);
}

/** Indices of voxels. */
function voxelsWhere(count: number, isSo: (index: number) => boolean): number[] {
  const found: number[] = [];
  for (let k = 0; k < count; k++) if (isSo(k)) found.push(k);
  return found;
}

/** Undo and redo by keys, also after the page is loaded again. */
async function undoes({ page, plane }: User, url: string, folder: string): Promise<void> {
  const before = await labelsOnDisk(folder);
  await paintAlong(page, plane, [[0, 80, 100], [0, 90, 120]]);
  await saved(page);
  const after = await labelsOnDisk(folder);
  assert.notDeepEqual(after, before);
  const { seq } = await stateOf(url);
  const turned = async (key: string, to: number) => {
    await page.keyboard.press(key);
    while ((await stateOf(url)).seq < to) await page.waitForTimeout(20);
    await saved(page);
  };
  await turned("u", seq + 1);
  assert.deepEqual(await labelsOnDisk(folder), before);
  await turned("r", seq + 2);
  assert.deepEqual(await labelsOnDisk(folder), after);
  await page.reload();
  await page.getByRole("button", { name: "Go to synapse 1" }).waitFor();
  await turned("Control+z", seq + 3);
  assert.deepEqual(await labelsOnDisk(folder), before);
}

/** The server is killed: a stroke that is painted meanwhile is not called saved, and is sent when it is there again. */
async function killed(
  user: User,
  run: Running,
  folder: string,
  restarted: (run: Running) => void,
): Promise<void> {
  const { page, plane } = user;
  await paintAlong(page, plane, [[0, 20, 30], [0, 20, 60]]);
  await saved(page);
  const before = await labelsOnDisk(folder);
  run.process.kill("SIGKILL");
  await run.process.status;
  await paintAlong(page, plane, [[0, 120, 30], [0, 120, 60]]);
  await page.getByText(/^not saved yet/).waitFor();
  await page.getByText("Connection lost").first().waitFor();
  assert.deepEqual(await labelsOnDisk(folder), before);
  restarted(await startServing("label", folder, "--port", new URL(run.url).port));
  await saved(page);
  const after = await labelsOnDisk(folder);
  const differ = voxelsWhere(after.length, (k) => after[k] !== before[k]);
  assert.ok(differ.length > 60, `${differ.length} voxels came with the stroke`);
  assert.ok(differ.every((k) => Math.abs(Math.floor(k / SHAPE[2]) % SHAPE[1] - 120) <= 4));
}

/** Colours of the large plane around a voxel, as far as they are no grey. */
async function coloured(user: User, [z, y, x]: Point): Promise<boolean> {
  const { page, plane: { view } } = user;
  const place = toPixel(view, middleOfVoxel([z, y, x]));
  return await page.locator(`.label-large canvas[aria-label="Plane x y at z ${z}"]`).evaluate(
    (element, [u, v]) => {
      const canvas = element as HTMLCanvasElement;
      const [r = 0, g = 0, b = 0] =
        canvas.getContext("2d")?.getImageData(Math.round(u ?? 0), Math.round(v ?? 0), 1, 1).data ?? [];
      return Math.max(r, g, b) - Math.min(r, g, b) > 25;
    },
    [...place],
  );
}

async function shows(user: User, at: Point): Promise<void> {
  const { page } = user;
  for (let i = 0; i < 200; i++) {
    if (await coloured(user, at)) return;
    await page.waitForTimeout(25);
  }
  assert.fail(`nothing is shown at ${at}`);
}

/** Two people on one project see each other's strokes, and none is lost. */
async function together(
  browser: Browser,
  user: User,
  url: string,
  folder: string,
  faults: string[],
): Promise<void> {
  const other = await sit(browser, url, faults);
  for (const { page } of [user, other]) {
    await goToSlice(page, 10);
    await page.keyboard.press("x");
  }
  const before = (await stateOf(url)).seq;
  await paintAlong(user.page, user.plane, [[10, 60, 20], [10, 60, 50]]);
  await shows(other, [10, 60, 30]);
  await Promise.all([
    paintAlong(user.page, user.plane, [[10, 70, 20], [10, 70, 50]]),
    paintAlong(other.page, other.plane, [[10, 74, 20], [10, 74, 50]]),
  ]);
  await Promise.all([saved(user.page), saved(other.page)]);
  assert.equal((await stateOf(url)).seq, before + 3);
  const labels = await labelsOnDisk(folder);
  for (const y of [60, 70, 74]) {
    assert.equal(labels[(10 * SHAPE[1] + y) * SHAPE[2] + 30], 1, `row ${y}`);
    await shows(user, [10, y, 30]);
    await shows(other, [10, y, 30]);
  }
  await other.page.close();
}

/** The list: rename, jump, delete and bring back. */
async function lists({ page }: User, url: string): Promise<void> {
  await page.getByRole("button", { name: "Rename synapse 2" }).click();
  await page.getByRole("textbox", { name: "Name of synapse 2" }).fill("on the spine");
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "Go to on the spine" }).click();
  const second = (await stateOf(url)).objects[1] ?? assert.fail();
  assert.equal(second.name, "on the spine");
  await page.getByLabel(`Plane x y at z ${second.centre?.[0]}`, { exact: true }).waitFor();
  await page.getByRole("button", { name: "Delete on the spine" }).click();
  await page.getByRole("button", { name: "Go to on the spine" }).waitFor({ state: "detached" });
  assert.equal((await stateOf(url)).objects.length, COUNT - 1);
  await page.locator(".label-large canvas").focus();
  await page.keyboard.press("u");
  await page.getByRole("button", { name: "Go to on the spine" }).waitFor();
  assert.deepEqual((await stateOf(url)).objects[1], second);
}

/** Who drags beside the end of a line wants to turn it, not to paint. */
async function missesEnd(page: Page, url: string): Promise<void> {
  await page.waitForTimeout(200); // the line is drawn
  const [x, y] = await page.locator(".label-large canvas").evaluate((element) => {
    const canvas = element as HTMLCanvasElement;
    const { width, height } = canvas;
    const { data } = canvas.getContext("2d")?.getImageData(0, 0, width, height) ?? { data: [] };
    const isBlue = (u: number, v: number) => {
      const i = 4 * (v * width + u);
      return data[i] === 0x5c && data[i + 1] === 0xb8 && data[i + 2] === 0xff;
    };
    for (let v = 9; v < height - 9; v++) {
      for (let u = 9; u < width - 9; u++) {
        if ([[-8, 0], [8, 0], [0, -8], [0, 8], [6, 6]].every(([du = 0, dv = 0]) => isBlue(u + du, v + dv))) {
          return [canvas.getBoundingClientRect().left + u, canvas.getBoundingClientRect().top + v];
        }
      }
    }
    return [NaN, NaN];
  });
  assert.ok(x !== undefined && y !== undefined && x > 0, "the end A is on the large plane");
  const before = (await stateOf(url)).seq;
  for (const [dx, dy] of [[26, 0], [0, 26], [-26, 0], [0, -26]] as const) {
    await page.mouse.move(x + dx, y + dy);
    await page.mouse.down();
    await page.mouse.move(x + dx + 8, y + dy + 8, { steps: 3 });
    await page.mouse.up();
  }
  await saved(page);
  assert.equal((await stateOf(url)).seq, before, "nothing is painted");
}

/** The sides of the vesicles by one key each. */
async function answers({ page }: User, url: string): Promise<void> {
  await page.getByRole("button", { name: `${COUNT} sides of vesicles to tell` }).click();
  await page.getByText("On which side of synapse 1 are the vesicles?").waitFor();
  await page.getByRole("button", { name: /^A\b/ }).and(page.locator(":enabled")).waitFor();
  await missesEnd(page, url);
  await page.keyboard.press("a");
  await page.getByRole("button", { name: `${COUNT - 1} sides of vesicles to tell` }).click();
  await page.getByRole("button", { name: /^B\b/ }).and(page.locator(":enabled")).waitFor();
  await page.keyboard.press("t");
  await page.getByText("1 side of vesicles to tell").waitFor();
  const told = (await stateOf(url)).objects.map(({ polarity }) => polarity);
  assert.ok(Array.isArray(told[0]) && told[1] === "cannot tell" && told[2] === null, JSON.stringify(told));
}

/** The keyboard alone paints. */
async function byKeys({ page }: User, url: string): Promise<void> {
  const before = (await stateOf(url)).notVoxels;
  await page.locator(".label-large canvas").focus();
  await page.keyboard.press("x");
  await page.keyboard.press("Shift+ArrowDown");
  await page.keyboard.press("Enter");
  for (let i = 0; i < 5; i++) await page.keyboard.press("ArrowRight");
  await page.keyboard.press("Enter");
  await saved(page);
  assert.ok((await stateOf(url)).notVoxels > before);
  await page.keyboard.press("?");
  await page.getByRole("heading", { name: "Keys and pointer" }).waitFor();
  await page.evaluate(() => { // a key before the page is told that the dialog was closed
    document.querySelector("dialog")?.close();
    dispatchEvent(new KeyboardEvent("keydown", { key: "l" }));
  });
  await page.getByRole("heading", { name: "Find all synapses" }).waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "detached" });
}

/** On a phone the page is looked at, and a finger paints nothing. */
async function onPhone(browser: Browser, url: string, faults: string[]): Promise<void> {
  const page = await openPage(browser, url, faults);
  await page.setViewportSize({ width: 390, height: 844 });
  await page.getByText("Here you can look.").waitFor();
  assert.equal(await page.getByRole("toolbar").count(), 0);
  const { seq } = await stateOf(url);
  const box = await page.locator(".label-large canvas").boundingBox() ?? assert.fail();
  await page.mouse.move(box.x + 80, box.y + 80);
  await page.mouse.down();
  await page.mouse.move(box.x + 120, box.y + 90, { steps: 4 });
  await page.mouse.up();
  await page.keyboard.press("u");
  await page.waitForTimeout(300);
  assert.equal((await stateOf(url)).seq, seq);
  const width = await page.evaluate(() => document.documentElement.scrollWidth);
  assert.ok(width <= 390, `nothing is wider than a phone: ${width}`);
  await page.close();
}

async function play(root: string): Promise<void> {
  const train = generateFixture({ shape: SHAPE, seed: 4 });
  await Deno.writeFile(`${root}/train.tif`, encodeTiff(train.raw, SHAPE));
  const folder = `${root}/train-ccboost`;
  let run = await startServing("label", `${root}/train.tif`, "--anisotropy", "1", "--port", "0");
  const browser = await openBrowser();
  const faults: string[] = [];
  try {
    const user = await sit(browser, run.url, faults);
    await paints(user, train, run.url, folder);
    await goToSlice(user.page, 0);
    await undoes(user, run.url, folder);
    await goToSlice(user.page, 0);
    await killed(user, run, folder, (again) => run = again);
    await together(browser, user, run.url, folder, faults);
    await lists(user, run.url);
    await answers(user, run.url);
    await byKeys(user, run.url);
    await onPhone(browser, run.url, faults);
    assert.deepEqual(faults, []);
  } finally {
    await browser.close();
    await stop(run);
  }
  await tell({
    scenes: ["painted", "undone", "killed", "together", "listed", "answered", "by keys", "on a phone"],
  });
}

if (import.meta.main) await play(Deno.args[0] ?? "");
