/** Plays a user who looks through a table of thousands of synapses: sorts, filters, scrolls, and opens one in the viewer. */
import assert from "node:assert/strict";
import type { Browser, Page } from "playwright-core";
import { SHAPE, type TestFolder, writeTestFolder } from "./folder.ts";
import { openBrowser, openPage, tell } from "../helpers/browser_play.ts";
import { startServing, stop } from "../helpers/serving.ts";

const COUNT = 20_000;

/** A table as runs write it. Synapse i has 100 + i voxels and a score that goes up and down. */
function tableText(): string {
  const [nz, ny, nx] = SHAPE;
  const rows = Array.from({ length: COUNT }, (_, i) => {
    const place = [i % nx, i % ny, i % nz];
    const shape = [100 + i, 20, 10, 5];
    return [i + 1, ...place, ...shape, (i * 7919 % COUNT) / 1000, 25, 0.5, "xy-voxels", i % 4 === 0].join();
  });
  const names = "id,x,y,z,voxels,length,width,thickness,mean_score,peak_score,agreement,unit,touches_border";
  return `${[names, ...rows].join("\n")}\n`;
}

/** The numbers of the synapses whose rows are in the page. */
function shownIds(page: Page): Promise<number[]> {
  return page.locator(".synapse-table tbody a").evaluateAll((links) =>
    links.map((link) => Number(link.textContent))
  );
}

async function playTable(browser: Browser, { work, root }: TestFolder, faults: string[]): Promise<number> {
  await Deno.remove(`${root}/job-stumps.cfg`); // it is none
  await Deno.writeTextFile(`${root}/job-0-synapses.csv`, tableText());
  const served = await startServing("serve", work, "--port", "0");
  try {
    const begin = performance.now();
    const page = await openPage(browser, `${served.url}#/results`, faults);
    const count = page.getByTestId("synapse-count");
    await count.getByText("20,000 of 20,000 synapses").waitFor();
    await page.locator(".synapse-table tbody a").nth(5).waitFor(); // the rows follow once the list knows its height
    const msToShow = Math.round(performance.now() - begin);
    const first = await shownIds(page);
    assert.ok(first.length > 5 && first.length < 60, `${first.length} rows are in the page`);

    await page.getByRole("button", { name: "Voxels" }).click();
    await page.waitForFunction(
      (id) => document.querySelector(".synapse-table tbody a")?.textContent === `${id}`,
      COUNT,
    );
    await page.getByRole("button", { name: "Voxels" }).click();
    await page.waitForFunction(() => document.querySelector(".synapse-table tbody a")?.textContent === "1");

    await page.getByLabel("Least voxels").fill(`${100 + COUNT - 1000}`);
    await count.getByText("1,000 of 20,000 synapses").waitFor();
    await page.getByLabel("Without those at the border").check();
    await count.getByText("750 of 20,000 synapses").waitFor();
    await page.getByLabel("Without those at the border").uncheck();

    await page.locator(".synapse-table").evaluate((element) => element.scrollTo({ top: 1e9 }));
    await page.getByRole("link", { name: `${COUNT}`, exact: true }).waitFor();
    assert.ok((await shownIds(page)).length < 60);

    const last = COUNT - 1;
    await page.getByRole("row").filter({ has: page.getByRole("link", { name: `${COUNT}`, exact: true }) })
      .locator("td").nth(4).click();
    const [nz, ny, nx] = SHAPE;
    const at = [last % nx, last % ny, last % nz].map((n) => n + 0.5).join();
    await page.waitForFunction(
      (at) => location.hash.startsWith("#/view?") && location.hash.includes(`at=${at}`),
      at,
    );
    await page.getByText(`· z ${last % nz}`).waitFor();
    await page.close();
    return msToShow;
  } finally {
    await stop(served);
  }
}

async function play(folder: string): Promise<void> {
  const faults: string[] = [];
  const files = await writeTestFolder(await Deno.realPath(folder));
  const browser = await openBrowser();
  try {
    const msToShow = await playTable(browser, files, faults);
    assert.deepEqual(faults, []);
    await tell({ scenes: ["sorted", "filtered", "scrolled", "opened"], msToShow });
  } finally {
    await browser.close();
  }
}

if (import.meta.main) await play(Deno.args[0] ?? "");
