/**
 * Neuroglancer itself, in Chromium, shows results of a run: what is drawn is compared with the scores, voxel by voxel, and the folder of
 * `ccboost neuroglancer` is opened by its link. Argument: an empty folder.
 */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import type { Browser, Page } from "playwright-core";
import { allocateVoxels } from "../../../src/volume/dtype.ts";
import { voxelCount, type Zyx } from "../../../src/volume/region.ts";
import { openZarr, readRegion } from "../../../src/volume/zarr/mod.ts";
import { openBrowser, tell } from "../../helpers/browser_play.ts";
import { ccboost } from "../../helpers/cli_process.ts";
import { runJob } from "../../helpers/run_job.ts";
import { serveFolder } from "../../helpers/serve_folder.ts";
import { scoring, writeScoringJob } from "../ome_zarr_job.ts";
import { buildNeuroglancer } from "./build.ts";

/** Four shards of [64, 128, 256]. */
const SHAPE: Zyx = [34, 136, 264];
const SLICE = 20;
/** Pixels that are one voxel. */
const ZOOM = 4;
const VIEWPORT = { width: 1200, height: 800 };
const PACKAGES = fileURLToPath(new URL("../../../work/neuroglancer", import.meta.url));
/** Such as `R`: what a pixel is. */
const RED = "R", BLUE = "B";

const [folder = ""] = Deno.args;
await buildNeuroglancer(PACKAGES, `${folder}/viewer/page`);
await writeScoringJob(folder, SHAPE);
for (const format of ["ome-zarr", "precomputed"]) {
  const set = scoring("out", "voxelSize=[4, 4, 10]", `outputFormat=${format}`, "outputSynapses=true");
  await runJob(folder, { set, resources: { memory: 2 ** 31 } });
}
const expected = await sliceOf(`${folder}/out-work/scores/0-max.zarr`);
/** Half of the slice scores higher. */
const least = expected.toSorted()[expected.length >> 1] ?? 0;

await using server = serveFolder(folder);
const browser = await openBrowser(["--use-angle=swiftshader", "--enable-unsafe-swiftshader"]);
try {
  const page = await openViewer(browser);
  // the centre of the first voxel is the origin in OME-Zarr, its corner elsewhere
  const drawn = {
    omeZarr: await compare(page, `zarr://${server.address}/out-0-ab-max.ome.zarr`, -0.5),
    precomputed: await compare(page, `precomputed://${server.address}/out-0-ab-max.precomputed`, 0),
  };
  await tell({ ...drawn, together: await openLink(page) });
} finally {
  await browser.close();
}

async function sliceOf(path: string): Promise<Float32Array> {
  const shape: Zyx = [1, SHAPE[1], SHAPE[2]];
  const voxels = allocateVoxels("float32", voxelCount(shape)) as Float32Array;
  await readRegion(await openZarr(path), { start: [SLICE, 0, 0], shape }, voxels);
  return voxels;
}

/** A page that fails on errors and on requests to elsewhere. */
async function openViewer(browser: Browser): Promise<Page> {
  const page = await browser.newPage({ viewport: VIEWPORT });
  page.on("pageerror", (error) => {
    throw error;
  });
  await page.route(
    (url) => !url.href.startsWith(server.address),
    (route) => /^(data|blob):/.test(route.request().url()) ? route.continue() : route.abort(),
  );
  return page;
}

/** Opens a state, and waits until all of it is drawn. @param state JSON, or its address */
async function open(page: Page, state: string): Promise<void> {
  await page.goto("about:blank"); // so that what was shown before is gone
  await page.goto(`${server.address}/viewer/page/index.html#!${state}`);
  const isReady = `globalThis.viewer?.layerManager.managedLayers.length > 0 && globalThis.viewer.isReady()`;
  await page.waitForFunction(isReady, undefined, { timeout: 120_000 });
  await page.evaluate("new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))");
}

/**
 * Shows a slice of scores alone, and compares each of its voxels with what it must be.
 * @param corner of the first voxel, from the origin on, in voxels
 * @returns voxels of either colour
 */
async function compare(page: Page, source: string, corner: number) {
  const [, height, width] = SHAPE;
  const state = {
    dimensions: { x: [4e-9, "m"], y: [4e-9, "m"], z: [1e-8, "m"] },
    position: [width / 2 + corner, height / 2 + corner, SLICE + 0.5 + corner],
    crossSectionScale: 1 / ZOOM,
    showAxisLines: false,
    showDefaultAnnotations: false,
    layout: "xy",
    layers: [{
      type: "image",
      name: "scores",
      source,
      opacity: 1,
      shader: `void main() {
  emitRGB(getDataValue() >= ${least.toFixed(9)} ? vec3(1.0, 0.0, 0.0) : vec3(0.0, 0.0, 1.0));
}`,
    }],
  };
  await open(page, encodeURIComponent(JSON.stringify(state)));
  const centres: (readonly [x: number, y: number])[] = [];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      centres.push([ZOOM * (x + 0.5 - width / 2), ZOOM * (y + 0.5 - height / 2)]);
    }
  }
  const colours = await coloursAt(page, centres);
  const must = Array.from(expected, (score) => score >= least ? RED : BLUE);
  const wrong = must.filter((colour, i) => colours[i] !== colour).length;
  assert.equal(wrong, 0, `${source}: ${wrong} of ${must.length} voxels are drawn otherwise`);
  return { red: must.filter((colour) => colour === RED).length, all: must.length };
}

/** What pixels of the page's first picture are. @param places from its middle on */
async function coloursAt(page: Page, places: readonly (readonly [x: number, y: number])[]): Promise<string> {
  const box = await page.locator(".neuroglancer-rendered-data-panel").first().boundingBox();
  if (box === null) throw new Error("nothing is drawn");
  const png = `data:image/png;base64,${(await page.screenshot()).toString("base64")}`;
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
  return await page.evaluate(coloursOf, { png, places: places.map(([dx, dy]) => [x + dx, y + dy]) });
}

/** Runs in the page: R, G, B of pixels where they are pure, C of other colours, - of greys. */
async function coloursOf({ png, places }: { png: string; places: number[][] }): Promise<string> {
  const image = await createImageBitmap(await (await fetch(png)).blob());
  const context = new OffscreenCanvas(image.width, image.height).getContext("2d");
  if (context === null) throw new Error("no canvas");
  context.drawImage(image, 0, 0);
  const { data } = context.getImageData(0, 0, image.width, image.height);
  return places.map(([x = 0, y = 0]) => {
    const at = 4 * (Math.floor(y) * image.width + Math.floor(x));
    const [r = 0, g = 0, b = 0] = data.subarray(at, at + 3);
    const pure = ["R", "G", "B"].filter((_, i) =>
      [r, g, b].every((value, j) => value === (i === j ? 255 : 0))
    );
    return pure[0] ?? (Math.max(r, g, b) - Math.min(r, g, b) > 40 ? "C" : "-");
  }).join("");
}

/** Opens the link of `ccboost neuroglancer`. @returns its layers, and how much of the screen is coloured with and without scores and synapses */
async function openLink(page: Page) {
  // the model has learned little: a tenth of the slice is called a synapse, so that there is something to see
  const high = expected.toSorted()[Math.floor(0.9 * expected.length)] ?? 0;
  await call("synapses", `${folder}/out-work`, "--threshold", `${high}`, "--out", `${folder}/more`);
  await call(
    ...["neuroglancer", `${folder}/out-work`, `${folder}/shown`, "--table", `${folder}/more-synapses.csv`],
    ...["--url", `${server.address}/shown`, "--viewer", `${server.address}/viewer/page/index.html`],
  );
  await open(page, `${server.address}/shown/state.json`);
  const layers = await page.evaluate(
    `globalThis.viewer.layerManager.managedLayers.map(({ name, layer }) => name + ": " + layer.dataSources.map(
      ({ loadState }) => loadState?.error?.message ?? (loadState === undefined ? "not loaded" : "loaded")))`,
  );
  const coloured = await shareOfColour(page);
  await Deno.writeFile(`${folder}/together.png`, await page.screenshot());
  await page.evaluate(
    `for (const one of globalThis.viewer.layerManager.managedLayers) if (one.name !== "stack") one.setVisible(false);`,
  );
  await page.waitForFunction("globalThis.viewer.isReady()");
  await page.evaluate("new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))");
  await Deno.writeFile(`${folder}/stack.png`, await page.screenshot());
  return { layers, coloured, stackAlone: await shareOfColour(page) };
}

async function call(...args: readonly string[]): Promise<void> {
  const { code, err } = await ccboost(...args);
  assert.equal(code, 0, err);
}

/** Share of the first picture's pixels, every fourth in both directions, that are no greys. */
async function shareOfColour(page: Page): Promise<number> {
  const places: [number, number][] = [];
  for (let y = -120; y < 120; y += 4) for (let x = -200; x < 200; x += 4) places.push([x, y]);
  const colours = await coloursAt(page, places);
  return [...colours].filter((colour) => colour !== "-").length / places.length;
}
