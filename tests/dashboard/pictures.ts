/** Takes the pictures of the dashboard and of a report for the documents: `deno task pictures`. Everything in them is generated. */
import type { Browser, Page } from "playwright-core";
import { writeDemo } from "../../fixtures/generate.ts";
import type { PolarityState, RunSnapshot } from "../../src/dashboard/api.ts";
import { openBrowser } from "../helpers/browser_play.ts";
import { ask, startServing, stop } from "../helpers/serving.ts";
import { takeLabelPictures } from "./label_pictures.ts";
import { CLI } from "../helpers/project.ts";
import { inTempFolder } from "../helpers/temp_folder.ts";

const LOOKS = [
  { name: "light", scheme: "light", width: 1280, height: 720 },
  { name: "dark", scheme: "dark", width: 1280, height: 720 },
  { name: "phone", scheme: "light", width: 390, height: 844 },
] as const;

/** Rounds that take long enough to be watched. */
const ROUNDS = 300;

/** Shoots one part of the page in every look. */
async function shoot(
  pages: readonly Page[],
  paint: Page,
  url: string,
  hash: string,
  out: string,
): Promise<void> {
  for (const [i, { name }] of LOOKS.entries()) {
    const page = pages[i];
    if (!page) throw new RangeError("a page for every look");
    await page.goto(`${url}${hash}`);
    await page.waitForTimeout(1000);
    if (hash === "#/view") await page.getByText(/^zoom/).waitFor();
    await keepPicture(page, paint, `${out}-${name}.webp`);
  }
}

async function keepPicture(page: Page, paint: Page, path: string): Promise<void> {
  const png = await page.screenshot();
  await Deno.writeFile(path, await toWebp(paint, png.toString("base64")));
}

/** The browser makes smaller files of its own pictures. */
async function toWebp(page: Page, png: string): Promise<Uint8Array> {
  const text = await page.evaluate(async (data) => {
    const image = new Image();
    image.src = `data:image/png;base64,${data}`;
    await image.decode();
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [image.naturalWidth, image.naturalHeight];
    canvas.getContext("2d")?.drawImage(image, 0, 0);
    return canvas.toDataURL("image/webp", 0.8).split(",")[1] ?? "";
  }, png);
  return Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
}

async function openLooks(browser: Browser): Promise<Page[]> {
  return await Promise.all(
    LOOKS.map(async ({ scheme, width, height }) => {
      const page = await browser.newPage({
        viewport: { width, height },
        colorScheme: scheme,
        locale: "en-GB",
      });
      await page.addInitScript(() => localStorage.setItem("ccboost open details", "yes"));
      return page;
    }),
  );
}

async function answer(url: string, id: number, polarity: readonly number[]): Promise<void> {
  const body = JSON.stringify({ id, polarity });
  const headers = { "content-type": "application/json" };
  await (await fetch(`${url}api/polarity`, { method: "POST", body, headers })).body?.cancel();
}

/** The page of `evaluate`. */
async function writeReport(folder: string): Promise<void> {
  const files = [`${folder}/demo-0-ab-max.nrrd`, `${folder}/test-labels.tif`];
  const flags = ["--html", `${folder}/report.html`, "--raw", `${folder}/test.tif`, "--min-size", "100"];
  const args = ["run", "--allow-read", "--allow-write", "--allow-sys", CLI, "evaluate", ...files, ...flags];
  const { success, stderr } = await new Deno.Command(Deno.execPath(), { args }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
}

async function takePictures(folder: string, out: string): Promise<void> {
  const { train } = await writeDemo(folder, { shape: [96, 128, 160], anisotropy: 1, seed: 4 });
  const text = await Deno.readTextFile(`${folder}/demo.cfg`);
  await Deno.writeTextFile(
    `${folder}/demo.cfg`,
    text.replace("numStumps = 300", `numStumps = ${ROUNDS}`).replace(
      /ccPolarity = \([^)]*\)/,
      "ccPolarity = ()",
    ),
  );
  const run = await startServing(
    "run",
    `${folder}/demo.cfg`,
    "--serve",
    "--port",
    "0",
    "--block",
    "32,32,32",
  );
  const browser = await openBrowser();
  try {
    const pages = await openLooks(browser);
    const paint = await browser.newPage();
    const state = () => ask<RunSnapshot>(run.url, "/api/run");
    while ((await state()).run.state !== "waiting") await paint.waitForTimeout(200);
    const { components } = await ask<PolarityState>(run.url, "/api/polarity");
    const truth = components.map(({ id, pos }) => {
      const away = ({ position: [z, y, x] }: typeof train.synapses[number]) =>
        Math.hypot(x - pos[0], y - pos[1], z - pos[2]);
      const nearest = [...train.synapses].sort((a, b) => away(a) - away(b))[0];
      return { id, polarity: nearest?.polarity ?? [1, 0, 0] };
    });
    const asked = Math.floor(truth.length / 2);
    for (const { id, polarity } of truth.slice(0, asked)) await answer(run.url, id, polarity);
    await shoot(pages, paint, run.url, "#/polarity", `${out}/polarity`);
    for (const { id, polarity } of truth.slice(asked)) await answer(run.url, id, polarity);
    const isScoring = async () =>
      (await state()).run.stages.some(({ title, done, total }) => title === "score 0" && done > total / 3);
    while (!await isScoring()) await paint.waitForTimeout(100);
    await shoot(pages, paint, run.url, "#/", `${out}/progress`);
    while ((await state()).run.state !== "done") await paint.waitForTimeout(200);
    await shoot(pages, paint, run.url, "#/view", `${out}/viewer`);
    await shoot(pages, paint, run.url, "#/results", `${out}/results`);
    await writeReport(folder);
    await shoot(pages, paint, `file://${folder}/report.html`, "", `${out}/report`);
  } finally {
    await browser.close();
    await stop(run);
  }
}

/** The labelling page, with what is found meanwhile. */
export async function showLabelling(folder: string, out: string): Promise<void> {
  const browser = await openBrowser();
  try {
    const paint = await browser.newPage();
    const pages = await openLooks(browser);
    await takeLabelPictures(folder, pages, async (page) => {
      const name = LOOKS[pages.indexOf(page)]?.name ?? "";
      await keepPicture(page, paint, `${out}/label-${name}.webp`);
    });
  } finally {
    await browser.close();
  }
}

if (import.meta.main) {
  const out = Deno.args[0] ?? "docs/images";
  await Deno.mkdir(out, { recursive: true });
  await inTempFolder((folder) => takePictures(folder, out));
  await inTempFolder((folder) => showLabelling(folder, out));
}
