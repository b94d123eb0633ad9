/** Plays a person who looks at a table of a million synapses, and measures: `million_browser.ts <folder>`. */
import assert from "node:assert/strict";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { countText } from "../../src/dashboard/page/text.ts";
import { levelsPath } from "../../src/stages/synapses/level_file.ts";
import { LEVEL_SIZES } from "../../src/stages/synapses/levels.ts";
import { columnsPath, makeColumns } from "../../src/stages/synapses/table_columns.ts";
import { sealJson } from "../../src/engine/mod.ts";
import { openBrowser, openPage, tell } from "../helpers/browser_play.ts";
import { type Running, startServing, stop } from "../helpers/serving.ts";
import { hills, writeScoredFolder } from "./scored_folder.ts";

const COUNT = 1_000_000;
const LEVELS = 150;
/** What the server may take more than before it was asked for anything: its share beside a run (`src/commands/serve.ts`). */
const SERVER_SHARE = 128 * 2 ** 20;

/** A table as a run leaves it, with all of its columns; synapse i has 100 + i voxels. */
async function writeTable(path: string): Promise<void> {
  const names = "id,x,y,z,x_nm,y_nm,z_nm,x_from,y_from,z_from,x_to,y_to,z_to,voxels,volume_um3,mean_score," +
    "peak_score,dx,dy,dz,agreement,length,width,thickness,elongation,unit,touches_border\n";
  using file = await Deno.open(path, { write: true, create: true, truncate: true });
  const write = async (text: string) => {
    const bytes = new TextEncoder().encode(text);
    for (let at = 0; at < bytes.length;) at += await file.write(bytes.subarray(at));
  };
  await write(names);
  for (let begin = 0; begin < COUNT; begin += 10_000) {
    const lines = Array.from({ length: 10_000 }, (_, k) => {
      const i = begin + k, part = (factor: number) => i * factor % 1000003 / 1000003;
      const round = (value: number) => Number(value.toPrecision(7));
      const [x, y, z] = [round(119 * part(7919)), round(95 * part(104729)), round(23 * part(1299709))];
      const angle = 2 * Math.PI * part(15485863), dz = round(2 * part(32452843) - 1);
      const flat = Math.sqrt(1 - dz * dz);
      const low = [x, y, z].map((place) => Math.max(0, Math.round(place) - 2));
      const box = [...low, ...low.map((place) => place + 4)];
      const direction = [round(flat * Math.cos(angle)), round(flat * Math.sin(angle)), dz];
      const measures = [round(part(49979687)), round(40 * part(67867967)), 12.34567, 5.678901, 1.234567];
      return [i + 1, x, y, z, x * 4, y * 4, z * 40, ...box, 100 + i, 0.0123, round(10 * part(86028121)), 12.5]
        .concat(direction, measures).join() + `,nm,${i % 4 === 0}\n`;
    });
    await write(lines.join(""));
  }
}

export async function writeMillion(root: string): Promise<string> {
  const { work } = await writeScoredFolder(root, hills([24, 96, 120], 5));
  const csv = join(root, "job-0-synapses.csv");
  await writeTable(csv);
  await makeColumns(csv, columnsPath(work, "job-0-synapses.csv"));
  const thresholds = Array.from({ length: LEVELS }, (_, i) => i / 10);
  const levels = {
    of: "made-up 1.23456789",
    thresholds,
    sizes: LEVEL_SIZES,
    counts: thresholds.map((_, i) => LEVEL_SIZES.map((_, j) => Math.round(COUNT / (1 + i) / (1 + j)))),
    largest: thresholds.map((_, i) => 5e6 - i),
    voxels: thresholds.map((_, i) => 1e9 - i),
  };
  await Deno.writeTextFile(levelsPath(work, 0), sealJson(levels));
  return work;
}

/** Bytes that the server has, and had at most. */
async function memoryOf({ process }: Running): Promise<{ now: number; most: number }> {
  const status = await Deno.readTextFile(`/proc/${process.pid}/status`);
  const bytes = (name: string) => 1024 * Number(new RegExp(`${name}:\\s*(\\d+)`).exec(status)?.[1]);
  return { now: bytes("VmRSS"), most: bytes("VmHWM") };
}

/** Milliseconds from a change until what follows is painted, in the page. */
async function stepOf(page: Page, selector: string, value: string): Promise<number> {
  return await page.evaluate(async ([selector, value]) => {
    const input = document.querySelector<HTMLInputElement>(selector ?? "");
    if (!input) throw new Error(`no ${selector}`);
    const begin = performance.now();
    input.value = value ?? "";
    input.dispatchEvent(new Event("input", { bubbles: true }));
    await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
    return performance.now() - begin;
  }, [selector, value]);
}

async function playMillion(browser: Browser, work: string, faults: string[]) {
  const served = await startServing("serve", work, "--port", "0");
  try {
    const before = (await memoryOf(served)).now;
    const opened = [];
    for (let time = 0; time < 3; time++) {
      const begin = performance.now();
      const page = await openPage(browser, `${served.url}#/results`, faults);
      await page.getByTestId("synapse-count").getByText(`${countText(COUNT)} of ${countText(COUNT)} synapses`)
        .waitFor();
      await page.locator(".synapse-table tbody a").nth(5).waitFor();
      opened.push(Math.round(performance.now() - begin));
      if (time < 2) await page.close();
      else {
        const measured = await look(page);
        const after = await memoryOf(served);
        const serverMiB = Math.round((after.most - before) / 2 ** 20);
        assert.ok(after.most - before < SERVER_SHARE, `the server took ${serverMiB} MiB more`);
        return { msToOpen: opened.sort((a, b) => a - b)[1], ...measured, serverMiB };
      }
    }
    throw new Error("the page was not opened");
  } finally {
    await stop(served);
  }
}

/** Milliseconds that the first columns took to come, and bytes of the file that came for them. */
async function fetchTime(page: Page): Promise<{ msToFetch: number; mbFetched: number }> {
  return await page.evaluate(() => {
    const entries = performance.getEntriesByType("resource") as PerformanceResourceTiming[];
    const parts = entries.filter(({ name }) => name.includes("/columns/"));
    return {
      msToFetch: Math.round(parts.reduce((sum, { duration }) => sum + duration, 0)),
      mbFetched: Math.round(parts.reduce((sum, { encodedBodySize }) => sum + encodedBodySize, 0) / 1e6),
    };
  });
}

/** Milliseconds until the cells of a column that was not fetched yet are there, until it has sorted, and until it has filtered. */
async function playColumn(page: Page) {
  await page.locator(".column-choice summary").click();
  const begin = performance.now();
  await page.getByRole("checkbox", { name: /^x, nm/ }).check();
  const header = page.locator(".synapse-table").getByRole("button", { name: "x, nm" });
  await header.waitFor();
  const place = await page.locator(".synapse-table thead button").evaluateAll((all) =>
    all.findIndex(({ textContent }) => textContent?.startsWith("x, nm"))
  );
  const cell = `.synapse-table tbody tr:not(.space) td:nth-child(${place + 1})`;
  await page.waitForFunction((cell) => /\d/.test(document.querySelector(cell)?.textContent ?? ""), cell);
  const msToShowColumn = Math.round(performance.now() - begin);
  const sortBegin = performance.now();
  await header.click();
  await page.waitForFunction(
    (cell) => Number(document.querySelector(cell)?.textContent) > 4 * 119 - 1,
    cell,
  );
  const msToSortByIt = Math.round(performance.now() - sortBegin);
  const msToFilterByIt = Math.round(
    await stepOf(page, '.column-choice input[aria-label="x, nm, least"]', "238"),
  );
  await page.waitForFunction(() =>
    /^(49|50)\d,\d{3} of/.test(document.querySelector("[data-testid=synapse-count]")?.textContent ?? "")
  );
  await page.getByRole("button", { name: /^Only x, nm from 238/ }).click();
  await page.getByRole("button", { name: "Usual columns" }).click();
  return { msToShowColumn, msToSortByIt, msToFilterByIt };
}

async function look(page: Page) {
  await page.getByTestId("level-count").waitFor();
  const steps: number[] = [];
  for (let i = 0; i < 40; i++) {
    steps.push(await stepOf(page, ".sliders input", String((7 * i + 3) % LEVELS)));
    const expected = Math.round(COUNT / (1 + (7 * i + 3) % LEVELS) / (1 + LEVEL_SIZES.indexOf(100)));
    assert.equal(await page.getByTestId("level-count").textContent(), `${countText(expected)} synapses`);
  }
  const filter = await stepOf(page, ".synapse-filter input", String(100 + COUNT / 2));
  await page.getByTestId("synapse-count").getByText(`${countText(COUNT / 2)} of ${countText(COUNT)} synapses`)
    .waitFor();
  await stepOf(page, ".synapse-filter input", "");
  const sorted = page.waitForFunction(
    (id) => document.querySelector(".synapse-table tbody a")?.textContent === id,
    `${COUNT}`,
  );
  const begin = performance.now();
  await page.getByRole("button", { name: "Voxels" }).click();
  await sorted;
  const msToSort = Math.round(performance.now() - begin);
  await page.locator(".synapse-table").evaluate((element) => element.scrollTo({ top: 1e9 }));
  await page.getByRole("link", { name: "1", exact: true }).first().waitFor();
  assert.ok(await page.locator(".synapse-table tbody a").count() < 60);
  steps.sort((a, b) => a - b);
  const ms = (value: number | undefined) => Math.round(value ?? NaN);
  const fetched = await fetchTime(page);
  assert.ok(fetched.mbFetched < 121, `the first columns come once, not ${fetched.mbFetched} MB`);
  return {
    ...fetched,
    msSliderStep: ms(steps[20]),
    msSlowestStep: ms(steps.at(-1)),
    msToFilter: ms(filter),
    msToSort,
    ...await playColumn(page),
  };
}

async function play(folder: string): Promise<void> {
  const faults: string[] = [];
  const work = await writeMillion(await Deno.realPath(folder));
  const browser = await openBrowser();
  try {
    const measured = await playMillion(browser, work, faults);
    assert.deepEqual(faults, []);
    await tell(measured);
  } finally {
    await browser.close();
  }
}

if (import.meta.main) await play(Deno.args[0] ?? "");
