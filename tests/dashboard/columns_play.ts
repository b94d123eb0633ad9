/** A person at the table of Results: every cell, which columns are shown, and what they filter and sort by. */
import assert from "node:assert/strict";
import type { Locator, Page } from "playwright-core";
import { csvRows } from "../../src/stages/export/table/csv_rows.ts";
import type { Place } from "./tables_browser.ts";

/** Titles of columns on the page, their names in the CSV, and digits behind the point. */
const COLUMNS: readonly (readonly [title: string, name: string, digits: number])[] = [
  ["Synapse", "id", 0],
  ["x", "x", 1],
  ["y", "y", 1],
  ["z", "z", 1],
  ["x, nm", "x_nm", 1],
  ["y, nm", "y_nm", 1],
  ["z, nm", "z_nm", 1],
  ["x from", "x_from", 0],
  ["y from", "y_from", 0],
  ["z from", "z_from", 0],
  ["x to", "x_to", 0],
  ["y to", "y_to", 0],
  ["z to", "z_to", 0],
  ["Voxels", "voxels", 0],
  ["Volume, µm³", "volume_um3", 6],
  ["Mean score", "mean_score", 2],
  ["Peak score", "peak_score", 2],
  ["Direction x", "dx", 2],
  ["Direction y", "dy", 2],
  ["Direction z", "dz", 2],
  ["Agreement", "agreement", 2],
  ["Length", "length", 1],
  ["Width", "width", 1],
  ["Thickness", "thickness", 1],
  ["Elongation", "elongation", 2],
];

const USUAL = "Synapse,x,y,z,Voxels,Mean score,Peak score,Agreement,Length,Width,Thickness,At the border";

/** The cell of a CSV's row as the page should show it. */
function expectedCell(title: string, cell: (name: string) => string, review: string): string {
  if (title === "Review") return review;
  if (title === "At the border") return cell("touches_border") === "true" ? "yes" : "";
  if (title === "Unit") return cell("unit");
  const [, name, digits] = COLUMNS.find(([one]) => one === title) ?? [];
  if (name === undefined) throw new Error(`the page has a column ${title}, which the CSV has not`);
  return cell(name) && Number(cell(name)).toFixed(digits);
}

/** The field that says which table is shown, where there are several. */
export function tableChoice(page: Page): Locator {
  return page.locator("label", { hasText: /^Table/ }).locator("select");
}

/** Titles of the columns that are shown. */
async function shownTitles(page: Page): Promise<string[]> {
  const titles = await page.locator(".synapse-table thead button").allTextContents();
  return titles.map((title) => title.replace(/ [↑↓]$/, ""));
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
      rows.map((row) => [...row.querySelectorAll("td")].map((cell) => cell.textContent ?? ""))
    );
    for (const row of rows) found.set(row[0] ?? "", row);
  }
  return [...found.values()].sort((a, b) => Number(a[0]) - Number(b[0]));
}

/** The page shows what the CSV says, in every column that is shown. @param reviews what was said of synapses, by their numbers */
export async function compareTable(
  page: Page,
  csv: string,
  reviews: ReadonlyMap<string, string> = new Map(),
): Promise<void> {
  const titles = await shownTitles(page);
  const [names = [], ...lines] = csvRows(csv);
  const expected = lines.map((cells) => {
    const cell = (name: string) => cells[names.indexOf(name)] ?? "";
    const said = reviews.get(cell("id")) ?? cell("review");
    return titles.map((title) => expectedCell(title, cell, said === "not looked at" ? "" : said));
  });
  assert.deepEqual(await shownRows(page), expected);
}

async function openChoice(page: Page): Promise<void> {
  const summary = page.locator(".column-choice summary");
  await summary.focus();
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "Usual columns" }).waitFor();
}

/** Every column is shown, compared, sorted and filtered by; the choice outlives the page, and is taken back: by keys alone. */
export async function playColumns(page: Page, { prefix }: Place): Promise<void> {
  const csv = `${prefix}-synapses.csv`;
  const table = tableChoice(page);
  if (await table.isVisible()) await table.selectOption(csv.split("/").at(-1) ?? "");
  const count = page.getByTestId("synapse-count");
  await page.locator(".synapse-table").getByRole("button", { name: "Review" }).waitFor();
  assert.deepEqual(await shownTitles(page), [...USUAL.split(","), "Review"]);
  await openChoice(page);
  const boxes = page.locator(".column-choice input[type=checkbox]");
  for (let i = 0; i < await boxes.count(); i++) {
    const box = boxes.nth(i);
    if (await box.isChecked()) continue;
    await box.focus();
    await page.keyboard.press("Space");
  }
  await page.getByText("Columns: 28 of 28").waitFor();
  const [names = [], ...lines] = csvRows(csv);
  assert.equal(names.length, 27);
  const titles = await shownTitles(page);
  assert.equal(titles.length, 28, "those of the CSV, and the review");
  await page.waitForFunction(() => !document.querySelector(".synapse-table")?.textContent?.includes("…"));
  await compareTable(page, csv);

  await playSortAndLimits(page, lines.map((cells) => Number(cells[names.indexOf("elongation")])));

  await page.reload();
  await count.waitFor();
  await page.waitForFunction(() => document.querySelectorAll(".synapse-table thead button").length === 28);
  await openChoice(page);
  await page.getByRole("button", { name: "Usual columns" }).focus();
  await page.keyboard.press("Enter");
  assert.deepEqual(await shownTitles(page), [...USUAL.split(","), "Review"]);
  await page.reload();
  await count.waitFor();
  assert.deepEqual(await shownTitles(page), [...USUAL.split(","), "Review"]);
}

/** A column that the page does not need at first sorts the rows and keeps some of them. */
async function playSortAndLimits(page: Page, elongations: readonly number[]): Promise<void> {
  const count = page.getByTestId("synapse-count"), all = elongations.length;
  const sorted = elongations.toSorted((a, b) => b - a);
  await page.locator(".synapse-table").getByRole("button", { name: "Elongation" }).press("Enter");
  const place = (await shownTitles(page)).indexOf("Elongation");
  await page.waitForFunction(
    ([place, most]) =>
      document.querySelector(`.synapse-table tbody tr:not(.space) td:nth-child(${place})`)?.textContent ===
        most,
    [place + 1, (sorted[0] ?? 0).toFixed(2)] as const,
  );
  const least = sorted[Math.floor(all / 2)] ?? 0;
  await page.getByLabel("Elongation, least").focus();
  await page.keyboard.type(String(least));
  const kept = elongations.filter((value) => value >= least).length;
  await count.getByText(`${kept} of ${all} synapses`).waitFor();
  const only = page.getByRole("button", { name: `Only Elongation from ${least}` });
  await only.press("Enter");
  await count.getByText(`${all} of ${all} synapses`).waitFor();
}
