/** Plays a person who has all synapses found while painting goes on, and looks at the table. */
import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import type { FoundSoFar } from "../../src/dashboard/found.ts";
import type { Point } from "../../src/dashboard/page/geometry.ts";
import { ask } from "../helpers/serving.ts";
import { goToSlice, type LargePlane, paintAlong, saved, stateOf } from "./label_play.ts";

/** What a search took and found. */
export interface Found {
  /** Milliseconds until the table was there, with a stop in between. */
  readonly milliseconds: number;
  readonly synapses: number;
}

/**
 * Begins at the labelling page and ends there.
 * @param folder of the project
 * @param stroke is painted as no synapse meanwhile
 */
export async function findsAll(
  page: Page,
  plane: LargePlane,
  { url, folder, stroke }: {
    readonly url: string;
    readonly folder: string;
    readonly stroke: readonly Point[];
  },
): Promise<Found> {
  const begin = performance.now();
  const found = () => ask<FoundSoFar>(url, "/api/label/find");
  const dialog = page.getByRole("dialog");
  await page.keyboard.press("l");
  await dialog.getByText(/^about .*, with .* threads?;/).waitFor();
  await dialog.getByLabel("A part of it").check();
  await dialog.getByLabel("x to").fill("100000");
  await dialog.getByRole("alert").getByText("This is no part of the stack").waitFor();
  assert.ok(await dialog.getByRole("button", { name: "Find all" }).isDisabled());
  await dialog.getByLabel("Another volume").check();
  await dialog.getByLabel("Path of the other volume").fill("none.tif");
  await dialog.getByRole("alert").getByText(/none\.tif/).waitFor();
  await dialog.getByLabel("The whole stack").check();
  await dialog.getByRole("button", { name: "Find all" }).and(page.locator(":enabled")).click();
  await dialog.getByText("Searching the whole stack").waitFor();
  await dialog.getByRole("button", { name: "Go on painting" }).click();

  await page.keyboard.press("x");
  await goToSlice(page, stroke[0]?.[0] ?? 0);
  await paintAlong(page, plane, stroke);
  await saved(page);
  const { isRunning, begun } = await found();
  assert.ok(isRunning, "it was painted while the search went on");
  assert.ok(begun && (await stateOf(url)).seq > begun.seq);

  await page.getByTestId("find").click();
  await dialog.getByRole("button", { name: "Stop" }).click();
  await dialog.getByText(/has stopped at \d+ %/).waitFor();
  assert.equal((await found()).run, "stopped");
  await dialog.getByRole("link", { name: "Progress" }).click();
  await page.getByRole("button", { name: "Go on", exact: true }).click();
  await page.getByText("Done. What next?").waitFor({ timeout: 240_000 });
  await page.getByRole("link", { name: "Results" }).click();
  const counted = await page.getByTestId("synapse-count").textContent();
  const rows = (await Deno.readTextFile(`${folder}/run/out-0-synapses.csv`)).trim().split("\n").length - 1;
  assert.ok(counted?.startsWith(`${rows} of ${rows} `), `${counted}, and the file has ${rows}`);
  const milliseconds = Math.round(performance.now() - begin);

  // a synapse of the table in the stack, which the run uses where it is
  await page.locator('a[href^="#/view?"]').first().click();
  await page.getByText(/^synapse score -?\d/).waitFor();
  await page.getByText(/^intensity \d/).waitFor();
  await page.getByRole("link", { name: "Label" }).click();
  await page.getByTestId("find").and(page.getByText("Found with older labels")).click();
  await dialog.getByText("The labels have changed since").waitFor();
  await dialog.getByText("What was found before is removed, unless it was proofread.").waitFor();
  await page.keyboard.press("Escape");
  return { milliseconds, synapses: rows };
}
