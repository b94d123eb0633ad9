/** Plays a person who looks for the right threshold: sliders, the table for it, pictures and the map: `tables_browser.ts <folder>`. */
import assert from "node:assert/strict";
import { basename, dirname, join } from "node:path";
import type { Browser, Locator, Page } from "playwright-core";
import { csvRows } from "../../src/stages/export/table/csv_rows.ts";
import { openBrowser, openPage, tell } from "../helpers/browser_play.ts";
import { ccboost } from "../helpers/cli_process.ts";
import { startServing, stop } from "../helpers/serving.ts";
import { compareTable, playColumns, tableChoice } from "./columns_play.ts";
import { hills, writeScoredFolder } from "./scored_folder.ts";

/** A run that has scored a volume. */
export interface Place {
  readonly work: string;
  /** How names of its table begin: `<folder>/job-0`. */
  readonly prefix: string;
}

/** The command that the page shows for where its sliders are, as the words behind `ccboost synapses <scores> --out <prefix>`. */
async function shownChoice(page: Page) {
  const text = await page.locator("pre.command", { hasText: "--threshold" }).textContent() ?? "";
  const [, threshold = "", minSize = ""] = /--threshold (\S+) --min-size (\d+)$/.exec(text) ?? [];
  return { threshold, minSize };
}

/** Lists the synapses by the command, in a process of its own. @returns the table */
async function listByCommand(
  { work, prefix }: Place,
  { threshold, minSize }: { readonly threshold: string; readonly minSize: string },
): Promise<string> {
  const out = join(dirname(prefix), "by-command");
  const given = [`--threshold=${threshold}`, "--min-size", minSize, "--out", out, "--overwrite"];
  const { code, err } = await ccboost("synapses", work, ...given);
  assert.equal(code, 0, err);
  return `${out}-synapses.csv`;
}

/** Moves a slider, and reads the count that follows. */
async function countAt(page: Page, slider: Locator, value: number): Promise<number> {
  await slider.fill(String(value));
  return Number((await page.getByTestId("level-count").textContent())?.replace(/\D/g, ""));
}

/** Ten thresholds from the lowest to the highest, each with the counts of the command for it, at four sizes. */
async function compareCounts(page: Page, place: Place): Promise<void> {
  const threshold = page.getByLabel(/^Threshold/), size = page.getByLabel(/^Least size/);
  const last = Number(await threshold.getAttribute("max"));
  assert.ok(last >= 20, `${last} thresholds`);
  for (let i = 0; i < 10; i++) {
    await countAt(page, threshold, Math.round(i * last / 9));
    await countAt(page, size, 0);
    const chosen = await shownChoice(page);
    assert.equal(chosen.minSize, "1");
    const [names = [], ...rows] = csvRows(await listByCommand(place, chosen));
    const sizes = rows.map((row) => Number(row[names.indexOf("voxels")]));
    for (const step of [0, 9, 17, 22]) {
      const found = await countAt(page, size, Math.min(step, Number(await size.getAttribute("max"))));
      const { minSize } = await shownChoice(page);
      const expected = sizes.filter((voxels) => voxels >= Number(minSize)).length;
      assert.equal(found, expected, `${chosen.threshold}, ${minSize}`);
    }
  }
}

/** The sliders begin at the run's own table, count as the command does, and make its table. */
export async function playSliders(page: Page, place: Place): Promise<void> {
  const { prefix } = place, name = basename(prefix);
  const begin = page.getByRole("button", { name: "Count the synapses" });
  await begin.or(page.getByTestId("level-count")).waitFor();
  if (await begin.isVisible()) await begin.click(); // a run has counted them already
  await page.getByTestId("level-count").waitFor();
  const count = page.getByTestId("synapse-count");
  const all = Number(/of (\d+)/.exec(await count.textContent() ?? "")?.[1]);
  const own = Number((await page.getByTestId("level-count").textContent())?.replace(/\D/g, ""));
  assert.equal(own, all, "the sliders begin at the table's own threshold");
  await compareTable(page, `${prefix}-synapses.csv`);
  await compareCounts(page, place);

  const threshold = page.getByLabel(/^Threshold/);
  await countAt(page, threshold, Math.round(Number(await threshold.getAttribute("max")) / 3));
  const chosen = await countAt(page, page.getByLabel(/^Least size/), 9);
  const choice = await shownChoice(page);
  await page.getByRole("button", { name: "Make this table" }).click();
  // the count may be as before
  await page.waitForFunction(
    (table) => [...document.querySelectorAll("select")].some(({ value }) => value === table),
    `${name}-chosen-synapses.csv`,
  );
  await count.getByText(`${chosen} of ${chosen} synapses`).waitFor();
  const made = `${prefix}-chosen-synapses.csv`;
  const same = await listByCommand(place, choice);
  assert.equal(await Deno.readTextFile(made), await Deno.readTextFile(same));
  await compareTable(page, made);
  await openChosen(page, choice.threshold);
}

/** A row of the chosen table opens the viewer with the chosen threshold, and the way back is there. */
async function openChosen(page: Page, threshold: string): Promise<void> {
  await page.locator(".synapse-table").evaluate((element) => element.scrollTo({ top: 0 }));
  await page.locator(".synapse-table tbody a").first().click();
  await page.waitForFunction(
    (threshold) => new URLSearchParams(location.hash.split("?")[1]).get("threshold") === threshold,
    threshold,
  );
  const shown = page.getByLabel("Show scores from");
  assert.ok(Math.abs(Number(await shown.inputValue()) / Number(threshold) - 1) < 0.01);
  await page.goBack();
  await page.getByTestId("synapse-count").waitFor();
}

/** Makes the table of the highest threshold but some, which has fragments alone, and of the highest size, which has nothing. */
async function playDoubts(page: Page): Promise<void> {
  const threshold = page.getByLabel(/^Threshold/), size = page.getByLabel(/^Least size/);
  const doubt = page.getByRole("note").filter({ hasText: "This table may be wrong" });
  const make = page.getByRole("button", { name: "Make this table" });
  const last = Number(await threshold.getAttribute("max"));
  assert.equal(await doubt.count(), 0, "the table of the run is as its labels are");
  await countAt(page, threshold, Math.round(last * 0.7));
  await countAt(page, size, 0);
  await make.click();
  await doubt.getByText(/the median size is \d+ voxels, labelled synapses 400 .*fragments/).waitFor();
  await doubt.getByText(/lower threshold.*Another threshold.*make this table/).waitFor();
  await countAt(page, threshold, last);
  await countAt(page, size, Number(await size.getAttribute("max")));
  await make.click();
  await doubt.getByText("no synapse was found").waitFor();
  await tableChoice(page).selectOption("job-0-synapses.csv");
  await page.getByTestId("synapse-count").waitFor();
  await page.waitForTimeout(300); // it comes after the table
  assert.equal(await doubt.count(), 0);
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
  const [, low = "", high = ""] = /^Only x (\d+) – (\d+)/.exec(await only.textContent() ?? "") ?? [];
  await only.click();
  await count.getByText(all ?? "").waitFor();

  // the same, by keys alone
  const keys = page.getByRole("group", { name: "Region, voxels" });
  await keys.getByLabel("x, first voxel").focus();
  await page.keyboard.type(low);
  await page.keyboard.press("Tab");
  await page.keyboard.type(high);
  await only.filter({ hasText: `Only x ${low} – ${high}` }).waitFor();
  const [, typed = ""] = /(\d+) of (\d+)/.exec(await count.textContent() ?? "") ?? [];
  assert.ok(Math.abs(Number(typed) - Number(kept)) <= Number(of) / 10, `${typed} by keys, ${kept} by a drag`);
  await only.press("Enter");
  await count.getByText(all ?? "").waitFor();
}

type Part = (page: Page, place: Place) => Promise<void>;

/** Shows Results of a folder, and plays parts of what a person does there. */
export async function playPlace(
  browser: Browser,
  place: Place,
  faults: string[],
  parts: readonly Part[],
): Promise<void> {
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
  const { root, work } = await writeScoredFolder(await Deno.realPath(folder), hills([24, 96, 120], 40));
  const browser = await openBrowser();
  try {
    await playPlace(browser, { work, prefix: `${root}/job-0` }, faults, [
      playSliders,
      playColumns,
      playDoubts,
      playPictures,
      playMap,
    ]);
    assert.deepEqual(faults, []);
    await tell({ scenes: ["sliders", "columns", "doubts", "pictures", "map"] });
  } finally {
    await browser.close();
  }
}

if (import.meta.main) await play(Deno.args[0] ?? "");
