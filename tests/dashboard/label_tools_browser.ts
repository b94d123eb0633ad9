/** Plays every tool and every way to move of the labelling page, in a stack of flat voxels: `label_tools_browser.ts <folder>`. */
import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import type { Point } from "../../src/dashboard/page/geometry.ts";
import { createZarr, writeRegion } from "../../src/volume/zarr/mod.ts";
import { voxelCount, wholeRegion } from "../../src/volume/region.ts";
import { openBrowser, openPage, tell } from "../helpers/browser_play.ts";
import { startServing, stop } from "../helpers/serving.ts";
import { labelsOnDisk } from "../label/project.ts";
import { goToSlice, type LargePlane, largePlane, paintAlong, saved } from "./label_play.ts";

const SHAPE: Point = [30, 120, 160];
/** A voxel is so many times longer in z. */
const ANISOTROPY = 4;

async function writeStack(path: string): Promise<void> {
  const volume = await createZarr(path, {
    shape: SHAPE,
    chunk: [16, 64, 64],
    dtype: "uint8",
    storesAll: true,
  });
  const voxels = Uint8Array.from({ length: voxelCount(SHAPE) }, (_, i) => 90 + (i * 2654435761 >>> 16) % 80);
  await writeRegion(volume, wholeRegion(SHAPE), voxels);
}

/** One user, and the labels of the project that the user sees. */
interface User {
  readonly page: Page;
  readonly plane: LargePlane;
  readonly folder: string;
}

async function labelAt(
  { page, folder }: User,
): Promise<(z: number, y: number, x: number) => number | undefined> {
  await saved(page);
  const labels = await labelsOnDisk(folder);
  return (z, y, x) => labels[(z * SHAPE[1] + y) * SHAPE[2] + x];
}

/** A disc stays in its slice; a ball reaches as far in z, counted in nanometres. */
async function brushes(user: User): Promise<void> {
  const { page, plane } = user;
  await goToSlice(page, 15);
  await paintAlong(page, plane, [[15, 30, 30]]);
  for (let i = 0; i < 2; i++) await page.keyboard.press("]"); // 12 voxels wide
  await page.keyboard.down("Shift");
  await paintAlong(page, plane, [[15, 30, 80]]);
  await page.keyboard.up("Shift");
  for (let i = 0; i < 2; i++) await page.keyboard.press("[");
  const label = await labelAt(user);
  assert.deepEqual([-5, -3, 0, 3, 5].map((d) => label(15, 30 + d, 30)), [0, 2, 2, 2, 0]);
  assert.deepEqual([14, 15, 16].map((z) => label(z, 30, 30)), [0, 2, 0]);
  assert.deepEqual(
    [13, 14, 15, 16, 17].map((z) => label(z, 30, 80)),
    [0, 2, 2, 2, 0],
  );
}

/** The eraser takes away; what is painted is kept where that is wished; an outline is filled. */
async function erasesAndFills(user: User): Promise<void> {
  const { page, plane } = user;
  await page.keyboard.press("x");
  await page.getByLabel("Keep what is painted").check();
  await paintAlong(page, plane, [[15, 30, 30], [15, 30, 50]]);
  await page.getByLabel("Keep what is painted").uncheck();
  await page.keyboard.press("f");
  await paintAlong(page, plane, [[15, 60, 60], [15, 60, 90], [15, 80, 90], [15, 80, 60]]);
  await page.keyboard.press("f");
  await page.keyboard.press("e");
  await paintAlong(page, plane, [[15, 70, 75]]);
  const label = await labelAt(user);
  assert.deepEqual([label(15, 30, 30), label(15, 30, 50)], [2, 1], "the synapse is kept");
  assert.deepEqual([label(15, 62, 62), label(15, 78, 88), label(15, 58, 75)], [1, 1, 0]);
  assert.deepEqual([label(15, 70, 75), label(15, 70, 69), label(14, 70, 69)], [0, 1, 0]);
}

/** Middle button and Space move the picture, the right button the cross-hair, a finger paints nothing, a pen does. */
async function pointers(user: User): Promise<void> {
  const { page, plane, folder } = user;
  const before = await labelsOnDisk(folder);
  await page.keyboard.press("x");
  const canvas = page.locator(".label-large canvas");
  const picture = () => canvas.evaluate((element) => (element as HTMLCanvasElement).toDataURL());
  const [x, y] = [plane.left + 200, plane.top + 200];
  const dragged = async (button: "left" | "middle" | "right") => {
    const seen = await picture();
    await page.mouse.move(x, y);
    await page.mouse.down({ button });
    await page.mouse.move(x + 60, y + 20, { steps: 3 });
    await page.mouse.up({ button });
    await page.waitForTimeout(200);
    assert.notEqual(await picture(), seen, `${button} does something`);
  };
  await dragged("middle");
  await page.keyboard.down(" ");
  await dragged("left");
  await page.keyboard.up(" ");
  await dragged("right");
  const pressed = (pointerType: string) =>
    canvas.evaluate((element, type) => {
      const box = element.getBoundingClientRect();
      const at = (name: string, moved: number) =>
        element.dispatchEvent(
          new PointerEvent(name, {
            pointerId: 1,
            pointerType: type,
            isPrimary: true,
            button: name === "pointermove" ? -1 : 0,
            clientX: box.left + 400 + moved,
            clientY: box.top + 160,
            bubbles: true,
          }),
        );
      element.setPointerCapture = () => {}; // there is no such pointer
      at("pointerdown", 0);
      at("pointermove", 30);
      at("pointerup", 30);
    }, pointerType);
  await pressed("touch");
  await saved(page);
  assert.deepEqual(await labelsOnDisk(folder), before);
  await pressed("pen");
  await page.waitForTimeout(200);
  await saved(page);
  assert.notDeepEqual(await labelsOnDisk(folder), before);
}

/** The wheel steps slices, Ctrl with it zooms, P turns; what is hidden comes back where somebody paints. */
async function moves({ page, plane }: User): Promise<void> {
  await page.mouse.move(plane.left + 200, plane.top + 200);
  const at = (text: string) => page.getByLabel(text, { exact: true }).waitFor();
  await goToSlice(page, 10);
  await page.mouse.wheel(0, 60);
  await at("Plane x y at z 11");
  await page.keyboard.down("Shift");
  await page.mouse.wheel(0, 60);
  await page.keyboard.up("Shift");
  await at("Plane x y at z 21");
  await page.keyboard.press("h");
  await page.getByRole("button", { name: "Hide" }).and(page.locator("[aria-pressed=true]")).waitFor();
  await page.mouse.down();
  await page.mouse.up();
  await page.getByRole("button", { name: "Hide" }).and(page.locator("[aria-pressed=false]")).waitFor();
  for (const name of ["zy", "xz", "xy"]) {
    await page.keyboard.press("p");
    await page.locator(`.label-large canvas[data-plane=${name}]`).waitFor();
  }
}

async function play(root: string): Promise<void> {
  await writeStack(`${root}/stack.zarr`);
  const server = await startServing(
    "label",
    `${root}/stack.zarr`,
    "--anisotropy",
    String(ANISOTROPY),
    "--port",
    "0",
  );
  const browser = await openBrowser();
  const faults: string[] = [];
  try {
    const page = await openPage(browser, server.url, faults);
    await page.getByRole("button", { name: "Go to synapse 1" }).waitFor();
    await page.waitForTimeout(500);
    const plane = await largePlane(page, SHAPE, ANISOTROPY);
    const user = { page, plane, folder: `${root}/stack-ccboost` };
    await brushes(user);
    await erasesAndFills(user);
    await pointers(user);
    await moves(user);
    assert.deepEqual(faults, []);
  } finally {
    await browser.close();
    await stop(server);
  }
  await tell({ scenes: ["brushes", "eraser", "pointers", "moves"] });
}

if (import.meta.main) await play(Deno.args[0] ?? "");
