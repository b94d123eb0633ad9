/** Plays a user who proofreads a table: every decision by keys and clicks, while the server is killed and started again. */
import assert from "node:assert/strict";
import type { Browser } from "playwright-core";
import { type TestFolder, writeTestFolder } from "./folder.ts";
import {
  begins,
  itemsOf,
  killed,
  playAway,
  playFlip,
  playMerge,
  playMissed,
  playSplit,
  playVerdicts,
  type Roles,
  type Seat,
  show,
} from "./review_play.ts";
import { writeTable } from "./review_table.ts";
import { openBrowser, openPage, tell } from "../helpers/browser_play.ts";
import { CLI } from "../helpers/project.ts";
import { deno, startServing, stop } from "../helpers/serving.ts";

/** Of the table that `writeTable` makes: four synapses in a row, ten voxels apart. */
const ROLES: Roles = {
  listed: [1, 2, 3, 4].map((id) => ({ id, voxels: 4 * 6 * 6, at: [5.5, 6.5, 10 * id - 5.5] })),
  accepted: 1,
  rejected: 2,
  flipped: 3,
  split: { id: 3, parts: [[6, 7, 23], [6, 7, 27]] },
  comment: "two of them",
  merged: { ids: [1, 2], at: [6, 7, 15] },
  unsure: 1,
  waiting: 4,
  missed: { near: 1, click: [6, 18, 5], brush: [6, 22, 5] },
};

/** What is split is not merged; the message says why. */
async function playRefused(seat: Seat): Promise<void> {
  const { page } = seat;
  await show(seat, 3);
  await begins(page, "m");
  const box = await page.locator('canvas[data-plane="xy"]').boundingBox();
  assert.ok(box);
  await page.mouse.click(box.x + box.width / 2 - box.height / 10, box.y + box.height / 2);
  await page.getByRole("alert").filter({ hasText: "synapse 3 is split into parts" }).waitFor();
}

/** Takes back one that was added. */
async function playRemove({ page }: Seat): Promise<void> {
  await page.getByText(/Added synapse 1/).getByRole("button", { name: "Remove" }).click();
  await page.getByText(/Added synapse 1/).waitFor({ state: "detached" });
}

/** A window without height shows nothing, and the picture when it has one again. */
async function playSmall(seat: Seat, faults: readonly string[]): Promise<void> {
  const { page } = seat;
  await show(seat, 1);
  const isDrawn = () =>
    page.waitForFunction(() => {
      const canvas = document.querySelector<HTMLCanvasElement>('canvas[data-plane="xy"]');
      if (!canvas || canvas.height < 50) return false;
      const middle = [canvas.width / 2, canvas.height / 2 + 30] as const;
      const [red = 0, green = 0] = canvas.getContext("2d")?.getImageData(...middle, 1, 1).data ?? [];
      return red > 24 || green > 24;
    });
  await isDrawn();
  await page.setViewportSize({ width: 1280, height: 1 });
  await page.waitForFunction(() => document.querySelector(".plane")?.clientHeight === 0);
  await page.keyboard.press("h"); // draws it anew
  await page.setViewportSize({ width: 1280, height: 720 });
  await isDrawn();
  assert.deepEqual(faults, []);
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
    const seat = { page, url: served.url, roles: ROLES, acted: () => Promise.resolve() };
    await playSmall(seat, faults);
    await playVerdicts(seat);
    await playFlip(seat);
    await playSplit(seat);
    await playRefused(seat);
    await playMerge(seat);
    await playMissed(seat);
    await playRemove(seat);
    const told = await itemsOf(seat);
    await playAway(seat, () => killed(served), async () => {
      served = await startServing("serve", files.work, "--port", port);
    });
    assert.deepEqual(
      told.map((
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
    await tell({ scenes: ["small", "decided", "missed", "killed", "applied"] });
  } finally {
    await browser.close();
    await stop(served);
  }
}

if (import.meta.main) await play(Deno.args[0] ?? "");
