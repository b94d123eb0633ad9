/** Looks at the page of an evaluation in Chromium, opened as a file: `deno run ... evaluation_page_browser.ts <folder>`. */
import assert from "node:assert/strict";
import { pathToFileURL } from "node:url";
import { encodeTiff } from "../../fixtures/tiff.ts";
import type { Zyx } from "../../src/volume/region.ts";
import { ccboost, writeScores } from "../helpers/cli_process.ts";
import { openBrowser, openPage, tell } from "../helpers/browser_play.ts";

const SHAPE: Zyx = [2, 80, 90];

/** A micrograph of which every pixel is known, a synapse that is missed, and a false positive. */
function volumes() {
  const voxels = SHAPE[0] * SHAPE[1] * SHAPE[2];
  const isIn = (i: number, x: number, y: number) =>
    Math.abs(i % 90 - x) < 4 && Math.abs(Math.floor(i / 90) % 80 - y) < 3;
  return {
    raw: Uint8Array.from({ length: voxels }, (_, i) => (i * 7 + (i >> 6)) % 256),
    labels: Uint8Array.from({ length: voxels }, (_, i) => isIn(i, 30, 30) || isIn(i, 60, 30) ? 255 : 0),
    scores: Array.from(
      { length: voxels },
      (_, i) => isIn(i, 30, 30) ? 3 : isIn(i, 40, 60) ? 2 : -(i % 50) / 50,
    ),
  };
}

const [folder = "."] = Deno.args;
const { raw, labels, scores } = volumes();
await Deno.writeFile(`${folder}/raw.tif`, encodeTiff(raw, SHAPE));
await Deno.writeFile(`${folder}/labels.tif`, encodeTiff(labels, SHAPE));
await writeScores(`${folder}/scores.nrrd`, scores, SHAPE);
const done = await ccboost(
  ...["evaluate", `${folder}/scores.nrrd`, `${folder}/labels.tif`, "--threshold", "1"],
  ...["--html", `${folder}/report.html`, "--raw", `${folder}/raw.tif`],
);
assert.equal(done.code, 0, done.err);

const browser = await openBrowser();
const faults: string[] = [];
const url = pathToFileURL(`${folder}/report.html`).href;
const page = await openPage(browser, url, faults);

/** The pixels of every picture, as the browser decodes them. */
const pictures = await page.evaluate(`(async () => {
  const found = [];
  for (const element of document.querySelectorAll("svg image")) {
    const image = new Image();
    image.src = element.getAttribute("href");
    await image.decode();
    const canvas = new OffscreenCanvas(image.naturalWidth, image.naturalHeight);
    const context = canvas.getContext("2d");
    context.drawImage(image, 0, 0);
    const { data, width } = context.getImageData(0, 0, image.naturalWidth, image.naturalHeight);
    found.push({ width, pixels: Array.from(data.filter((_, i) => i % 4 === 0)) });
  }
  return found;
})()`) as { width: number; pixels: number[] }[];
// Micrograph and scores of the synapse that was missed, then of the false positive.
assert.deepEqual(pictures.map(({ width }) => width), [64, 64, 64, 64]);
for (const [place, [x0, y0]] of [[0, [26, 0]], [2, [8, 16]]] as const) {
  const expected = Array.from({ length: 64 * 64 }, (_, i) => raw[(y0 + (i >> 6)) * 90 + x0 + i % 64] ?? -1);
  assert.deepEqual(pictures[place]?.pixels, expected);
}

/** Contrast of text on what is behind it, in both schemes. */
const contrasts: number[] = [];
for (const colorScheme of ["light", "dark"] as const) {
  await page.emulateMedia({ colorScheme });
  const colours = await page.evaluate(`["h1", ".files", "dd", "dt", "td", "th", "figcaption"].map((name) => {
    const element = document.querySelector(name);
    let behind = element;
    while (getComputedStyle(behind).backgroundColor === "rgba(0, 0, 0, 0)") behind = behind.parentElement;
    return [getComputedStyle(element).color, getComputedStyle(behind).backgroundColor];
  })`) as [string, string][];
  for (const [text, ground] of colours) contrasts.push(contrast(text, ground));
}
assert.ok(Math.min(...contrasts) >= 4.5, contrasts.join(" "));

// Nothing is cut off on a phone.
await page.setViewportSize({ width: 360, height: 740 });
assert.equal(await page.evaluate("document.documentElement.scrollWidth"), 360);
assert.deepEqual(faults, []);
await browser.close();
await tell({ pictures: pictures.length });

function contrast(a: string, b: string): number {
  const [light = 0, dark = 0] = [luminance(a), luminance(b)].sort((p, q) => q - p);
  return (light + 0.05) / (dark + 0.05);
}

/** Relative luminance of `rgb(r, g, b)`, as WCAG 2 defines it. */
function luminance(colour: string): number {
  const [r = 0, g = 0, b = 0] = Array.from(colour.matchAll(/[\d.]+/g), ([value]) => {
    const share = Number(value) / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
