/** Results and Proofread of a run's own table: every decision, the server killed after each, and what it leaves behind. */
import assert from "node:assert/strict";
import { basename } from "node:path";
import type { Browser } from "playwright-core";
import { csvRows } from "../../src/stages/export/table/csv_rows.ts";
import { openBrowser, openPage, tell } from "../helpers/browser_play.ts";
import { startServing, stop } from "../helpers/serving.ts";
import {
  itemsOf,
  killed,
  playAway,
  playFlip,
  playMerge,
  playMissed,
  playSplit,
  playVerdicts,
  type Roles,
} from "./review_play.ts";
import { checkParquet, checkReviewed } from "./reviewed_outputs.ts";
import { compareTable, playColumns, tableChoice } from "./columns_play.ts";
import { chooseRoles } from "./review_roles.ts";
import { type Place, playMap, playPlace, playSliders } from "./tables_browser.ts";

/** Looks for the right threshold, looks at the map, and proofreads the table; tells the scenes. */
export async function playToEnd(place: Place): Promise<void> {
  const faults: string[] = [];
  const browser = await openBrowser();
  try {
    await playPlace(browser, place, faults, [playSliders, playColumns, playMap]);
    const proofread = await playProofread(browser, place, faults);
    assert.deepEqual(faults, []);
    await tell({ scenes: ["sliders", "columns", "map", "proofread"], ...proofread });
  } finally {
    await browser.close();
  }
}

/** @returns how often the server was killed, and whether the Parquet was read */
async function playProofread(browser: Browser, place: Place, faults: string[]) {
  const roles = await chooseRoles(place.prefix);
  let served = await startServing("serve", place.work, "--port", "0"), kills = 0;
  const { url } = served, { port } = new URL(url);
  const back = async () => void (served = await startServing("serve", place.work, "--port", port));
  const kill = async () => {
    kills++;
    await killed(served);
  };
  try {
    const page = await openPage(browser, url, faults);
    const acted = async () => {
      const before = await itemsOf({ url });
      await kill();
      await back();
      assert.deepEqual(await itemsOf({ url }), before);
    };
    const seat = { page, url, roles, acted };
    await playVerdicts(seat);
    await playFlip(seat);
    await playSplit(seat);
    await playMerge(seat);
    await playMissed(seat);
    await playAway(seat, kill, back);
    await checkReviewed(place, roles);
    await page.goto("about:blank");
    await page.goto(`${url}#/results`);
    // the column comes after the table
    const review = page.locator(".synapse-filter select"), count = page.getByTestId("synapse-count");
    await review.selectOption({ label: "unsure" });
    await count.getByText(`1 of ${roles.listed.length} synapses`).waitFor();
    await review.selectOption({ label: "all" });
    await compareTable(page, `${place.prefix}-synapses.csv`, reviewsOf(roles));
    const reviewed = `${place.prefix}-reviewed-synapses.csv`, listed = [...csvRows(reviewed)].length - 1;
    await tableChoice(page).selectOption(basename(reviewed));
    await count.getByText(`${listed} of ${listed} synapses`).waitFor();
    await compareTable(page, reviewed);
    const isParquetRead = await checkParquet(page, place);
    await page.close();
    return { kills, isParquetRead };
  } finally {
    await stop(served);
  }
}

/** What the page says of each in the column Review. */
function reviewsOf(roles: Roles): Map<string, string> {
  const { accepted, flipped, split, merged, rejected, waiting, unsure } = roles;
  return new Map([
    ...[accepted, flipped, split.id, ...merged.ids].map((id) => [`${id}`, "accepted"] as const),
    ...[rejected, waiting].map((id) => [`${id}`, "rejected"] as const),
    [`${unsure}`, "unsure"],
  ]);
}
