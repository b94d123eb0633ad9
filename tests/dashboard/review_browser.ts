/** Plays a user who proofreads a table: every decision by keys and clicks, while the server is killed and started again. */
import assert from "node:assert/strict";
import type { Browser, Locator, Page } from "playwright-core";
import type { ReviewState } from "../../src/dashboard/api.ts";
import { type TestFolder, writeTestFolder } from "./folder.ts";
import { writeTable } from "./review_table.ts";
import { openBrowser, openPage, tell } from "../helpers/browser_play.ts";
import { CLI } from "../helpers/project.ts";
import { ask, deno, type Running, startServing, stop } from "../helpers/serving.ts";

/** Clicks the plane x y so many voxels from its middle; a voxel is `scale` pixels. */
async function clickBeside(
  plane: Locator,
  [dx, dy]: readonly [number, number],
  scale: number,
): Promise<void> {
  const box = await plane.boundingBox();
  assert.ok(box);
  await plane.click({ position: { x: box.width / 2 + dx * scale, y: box.height / 2 + dy * scale } });
}

/** Waits until the line about the synapse that is shown has a text. */
function said(page: Page, id: number, text: RegExp): Promise<void> {
  return page.getByRole("heading", { name: `Synapse ${id}: is it one?` }).waitFor()
    .then(() => page.getByTestId("review-item").filter({ hasText: text }).waitFor());
}

async function show(page: Page, url: string, id: number): Promise<void> {
  await page.goto("about:blank");
  await page.goto(`${url}#/review?volume=0&id=${id}`);
  await page.getByRole("heading", { name: `Synapse ${id}: is it one?` }).waitFor();
}

async function playDecisions(page: Page, url: string): Promise<void> {
  const plane = page.locator('canvas[data-plane="xy"]');
  const progress = (text: RegExp) => page.getByTestId("review-progress").filter({ hasText: text }).waitFor();
  // as ReviewPlanes has it: the least extent, 100 voxels and more, in the smaller side of a plane
  const scaleOf = async () => {
    const box = await plane.boundingBox();
    const length = Math.cbrt(4 * 6 * 6) * 1.5;
    return Math.min(box?.width ?? 0, box?.height ?? 0) / Math.max(100, 2 * length + 80);
  };
  await show(page, url, 1);
  await page.keyboard.press("a");
  await progress(/1 of 4 looked at, 100 % right/);
  await show(page, url, 2);
  await page.keyboard.press("x");
  await progress(/2 of 4 looked at, 50 % right/);

  await show(page, url, 3);
  await page.keyboard.press("f");
  await said(page, 3, /accepted, direction flipped/);
  await page.keyboard.press("u");
  await said(page, 3, /not looked at/);
  await page.keyboard.press("r");
  await said(page, 3, /direction flipped/);
  await page.keyboard.press("s");
  const scale = await scaleOf();
  await clickBeside(plane, [-2, 0], scale);
  await clickBeside(plane, [2, 0], scale);
  await page.keyboard.press("Enter");
  await said(page, 3, /split into 2/);
  await page.keyboard.press("c");
  await page.keyboard.type("two of them");
  await page.keyboard.press("Enter");

  // What is split is not merged; the message says why, and after the undo it is.
  await page.keyboard.press("m");
  await clickBeside(plane, [-10, 0], scale);
  await page.getByRole("alert").filter({ hasText: "synapse 3 is split into parts" }).waitFor();
  await show(page, url, 1);
  await page.keyboard.press("m");
  await clickBeside(plane, [10, 0], scale);
  await said(page, 1, /accepted, merged with 2/);
  await page.keyboard.press("t");
  await page.getByRole("heading", { name: "Synapse 4: is it one?" }).waitFor();
}

async function playMissed(page: Page, url: string): Promise<void> {
  const plane = page.locator('canvas[data-plane="xy"]');
  await show(page, url, 1);
  await page.keyboard.press("i");
  await clickBeside(plane, [0, 12], 3);
  await page.getByText(/Added synapse 1, \d+ voxels/).waitFor();
  await page.keyboard.press("Enter");
  await page.keyboard.press("i");
  const box = await plane.boundingBox();
  assert.ok(box);
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2 + 50];
  await page.mouse.move(x, y);
  await page.mouse.down();
  await page.mouse.move(x + 30, y, { steps: 5 });
  await page.mouse.up();
  await page.getByText(/Added synapse 2, \d+ voxels/).waitFor();
  await page.getByText(/Added synapse 1/).getByRole("button", { name: "Remove" }).click();
  await page.getByText(/Added synapse 1/).waitFor({ state: "detached" });
}

async function killed({ process }: Running): Promise<void> {
  process.kill("SIGKILL");
  await process.status;
}

async function play(folder: string): Promise<void> {
  const faults: string[] = [];
  const files: TestFolder = await writeTestFolder(await Deno.realPath(folder));
  await writeTable(files);
  const browser: Browser = await openBrowser();
  let served = await startServing("serve", files.work, "--port", "0");
  const { port } = new URL(served.url);
  try {
    const page = await openPage(browser, served.url, faults);
    await playDecisions(page, served.url);
    await playMissed(page, served.url);
    const told = await ask<ReviewState>(served.url, "/api/review/0");

    // Killed: what is decided meanwhile waits on the page, and is saved when the server is back.
    await show(page, served.url, 4);
    await killed(served);
    await page.keyboard.press("x");
    await page.getByRole("alert").filter({ hasText: "Not saved yet: 1" }).waitFor();
    served = await startServing("serve", files.work, "--port", port);
    await page.getByRole("alert").filter({ hasText: "Not saved yet" }).waitFor({ state: "detached" });
    const after = await ask<ReviewState>(served.url, "/api/review/0");
    const of = (state: ReviewState) => state.items.filter(({ id }) => id !== 4);
    assert.deepEqual(of(after), of(told));
    assert.equal(after.items.find(({ id }) => id === 4)?.verdict, "rejected");
    assert.deepEqual(
      told.items.map((
        { id, verdict, seeds, mergedWith, isFlipped, comment },
      ) => [id, verdict, seeds.length, mergedWith.join(), isFlipped, comment]),
      [
        [1, "unsure", 0, "1,2", false, ""],
        [2, "unsure", 0, "1,2", false, ""],
        [3, "accepted", 2, "", true, "two of them"],
        [-1, "rejected", 0, "", false, ""],
        [-2, "accepted", 0, "", false, ""],
      ],
    );
    await page.close();
    // applied by the command, in another process
    const { code } = await deno(
      "run",
      "-A",
      "--no-check",
      CLI,
      "synapses",
      files.work,
      "--reviewed",
      "--min-size",
      "1",
    )
      .output();
    assert.equal(code, 0);
    const rows = (await Deno.readTextFile(`${files.root}/job-0-reviewed-synapses.csv`)).trimEnd().split("\n");
    assert.deepEqual(rows.slice(1).map((row) => row.split(",").slice(27).join(",")), [
      "unsure,merged,1+2,",
      "accepted,split+flipped,3,two of them",
      "accepted,split+flipped,3,two of them",
      "accepted,added,,",
    ]);
    assert.deepEqual(faults, []);
    await tell({ scenes: ["accepted", "rejected", "shaped", "missed", "killed", "applied"] });
  } finally {
    await browser.close();
    await stop(served);
  }
}

if (import.meta.main) await play(Deno.args[0] ?? "");
