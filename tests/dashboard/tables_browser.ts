/** Plays a person who looks for the right threshold: sliders, the table for it, pictures and the map: `tables_browser.ts <folder>`. */
import assert from "node:assert/strict";
import { join } from "node:path";
import type { Browser, Locator, Page } from "playwright-core";
import { zarrScores } from "../../src/analysis/voxel_source.ts";
import { findSynapses } from "../../src/stages/synapses/synapses.ts";
import { openZarr } from "../../src/volume/zarr/mod.ts";
import { openBrowser, openPage, tell } from "../helpers/browser_play.ts";
import { startServing, stop } from "../helpers/serving.ts";
import { hills, listIn, type Scored, writeScoredFolder } from "./scored_folder.ts";

interface Place {
  readonly work: string;
  readonly root: string;
}

/** The rows of a CSV as the page should show them, by their columns' places in the page. */
async function expectedRows(csv: string): Promise<string[][]> {
  const [names = [], ...lines] = (await Deno.readTextFile(csv)).trim().split("\n").map((line) =>
    line.split(",")
  );
  const digits = [["x", 1], ["y", 1], ["z", 1], ["voxels", 0], ["mean_score", 2], ["peak_score", 2], [
    "length",
    1,
  ]] as const;
  return lines.map((cells) => [
    cells[0] ?? "",
    ...digits.map(([name, count]) => Number(cells[names.indexOf(name)]).toFixed(count)),
  ]);
}

/** All rows that the page shows, by scrolling through it, in the order of their numbers. */
async function shownRows(page: Page): Promise<string[][]> {
  await page.getByRole("button", { name: /^Synapse/ }).click();
  const found = new Map<string, string[]>();
  const table = page.locator(".synapse-table");
  for (let top = 0, end = 1; top < end; top += 400) {
    end = await table.evaluate((element, top) => {
      element.scrollTo({ top });
      return element.scrollHeight;
    }, top);
    await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => setTimeout(done, 30))));
    const rows = await table.locator("tbody tr:not(.space)").evaluateAll((rows) =>
      rows.map((row) => [...row.querySelectorAll("td")].slice(0, 8).map((cell) => cell.textContent ?? ""))
    );
    for (const row of rows) found.set(row[0] ?? "", row);
  }
  return [...found.values()].sort((a, b) => Number(a[0]) - Number(b[0]));
}

/** Moves a slider, and reads the count that follows. */
async function countAt(page: Page, slider: Locator, value: number): Promise<number> {
  await slider.fill(String(value));
  return Number((await page.getByTestId("level-count").textContent())?.replace(/\D/g, ""));
}

/** Ten thresholds from the lowest to the highest, each with the counts of the command for it. */
async function compareCounts(page: Page, { work }: Place): Promise<void> {
  const scores = zarrScores(await openZarr(join(work, "scores/0-max.zarr")));
  const threshold = page.getByLabel(/^Threshold/), size = page.getByLabel(/^Least size/);
  const last = Number(await threshold.getAttribute("max"));
  assert.ok(last >= 20, `${last} thresholds`);
  for (let i = 0; i < 10; i++) {
    const level = Math.round(i * last / 9);
    await countAt(page, threshold, level);
    const chosen = /--threshold (\S+) /.exec(await page.locator("pre.command").textContent() ?? "")?.[1];
    const { synapses } = await findSynapses(scores, { threshold: Number(chosen), minSize: 1 });
    for (const step of [0, 9, 17, 22]) {
      const found = await countAt(page, size, step);
      const least = Number(
        /--min-size (\d+)/.exec(await page.locator("pre.command").textContent() ?? "")?.[1],
      );
      assert.equal(found, synapses.filter(({ voxels }) => voxels >= least).length, `${chosen}, ${least}`);
    }
  }
}

export async function playSliders(page: Page, place: Place): Promise<void> {
  await page.getByRole("button", { name: "Count the synapses" }).click();
  await page.getByTestId("level-count").waitFor();
  const count = page.getByTestId("synapse-count");
  const all = Number(/of (\d+)/.exec(await count.textContent() ?? "")?.[1]);
  const own = Number((await page.getByTestId("level-count").textContent())?.replace(/\D/g, ""));
  assert.equal(own, all, "the sliders begin at the table's own threshold");
  assert.deepEqual(await shownRows(page), await expectedRows(`${place.root}/job-0-synapses.csv`));
  await compareCounts(page, place);

  const threshold = page.getByLabel(/^Threshold/);
  await countAt(page, threshold, Math.round(Number(await threshold.getAttribute("max")) / 3));
  const chosen = await countAt(page, page.getByLabel(/^Least size/), 9);
  const command = await page.locator("pre.command").textContent() ?? "";
  const [, score = "", least = ""] = /--threshold (\S+) --min-size (\d+)$/.exec(command) ?? [];
  await page.getByRole("button", { name: "Make this table" }).click();
  await count.getByText(`${chosen} of ${chosen} synapses`).waitFor();
  const made = `${place.root}/job-0-chosen-synapses.csv`;
  const same = await listIn(place.work, `${place.root}/same`, Number(score), Number(least));
  assert.equal(await Deno.readTextFile(made), await Deno.readTextFile(same));
  assert.deepEqual(await shownRows(page), await expectedRows(made));
  assert.equal(await page.getByLabel("Table").inputValue(), "job-0-chosen-synapses.csv");
}

/** The pictures have the vesicles' side up: there grey values rise. */
async function playPictures(page: Page): Promise<void> {
  const picture = page.locator(".synapse-gallery canvas[data-drawn=true]").first();
  await picture.waitFor();
  const [above = 0, below = 0] = await picture.evaluate((canvas: HTMLCanvasElement) => {
    const mean = (y: number) => {
      const pixels = [...canvas.getContext("2d")?.getImageData(36, y, 8, 8).data ?? []];
      return pixels.reduce((sum, value, i) => sum + (i % 4 === 0 ? value : 0), 0) / 64;
    };
    return [mean(28), mean(44)];
  });
  assert.ok(above > below + 20, `${above} above, ${below} below`);
  await picture.click();
  await page.waitForFunction(() => location.hash.startsWith("#/view?"));
  await page.goBack();
}

export async function playMap(page: Page): Promise<void> {
  const map = page.locator(".place-map canvas").first();
  await map.scrollIntoViewIfNeeded();
  const box = await map.boundingBox();
  if (box === null) throw new Error("the map is not in the page");
  const count = page.getByTestId("synapse-count");
  const all = await count.textContent();
  await page.mouse.move(box.x + 4, box.y + 4);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width / 2, box.y + box.height - 4, { steps: 4 });
  await page.mouse.up();
  const only = page.getByRole("button", { name: /^Only x/ });
  await only.waitFor();
  const [, kept = "", of = ""] = /(\d+) of (\d+)/.exec(await count.textContent() ?? "") ?? [];
  assert.ok(Number(kept) > 0 && Number(kept) < Number(of), `${kept} of ${of} lie in half of the stack`);
  await only.click();
  await count.getByText(all ?? "").waitFor();
}

type Part = (page: Page, place: Place) => Promise<void>;

/** Shows a scored volume, and plays parts of what a person does with it. */
export async function playVolume(
  browser: Browser,
  scored: Scored,
  { folder, faults }: { readonly folder: string; readonly faults: string[] },
  parts: readonly Part[],
): Promise<void> {
  const place = await writeScoredFolder(await Deno.realPath(folder), scored);
  const served = await startServing("serve", place.work, "--port", "0");
  try {
    const page = await openPage(browser, `${served.url}#/results`, faults);
    await page.getByTestId("synapse-count").waitFor();
    for (const part of parts) await part(page, place);
    await page.close();
  } finally {
    await stop(served);
  }
}

async function play(folder: string): Promise<void> {
  const faults: string[] = [];
  const browser = await openBrowser();
  try {
    await playVolume(browser, hills([24, 96, 120], 40), { folder, faults }, [
      playSliders,
      playPictures,
      playMap,
    ]);
    assert.deepEqual(faults, []);
    await tell({ scenes: ["sliders", "pictures", "map"] });
  } finally {
    await browser.close();
  }
}

if (import.meta.main) await play(Deno.args[0] ?? "");
