/** A person who proofreads a table by keys and clicks: what is done with which synapse, on any folder. */
import assert from "node:assert/strict";
import type { Locator, Page } from "playwright-core";
import type { ReviewItem, ReviewState } from "../../src/dashboard/api.ts";
import type { Zyx } from "../../src/volume/region.ts";
import { ask, type Running } from "../helpers/serving.ts";

/** A synapse as its table has it. */
export interface Listed {
  readonly id: number;
  readonly voxels: number;
  /** Its middle, voxels; not rounded. */
  readonly at: Zyx;
}

/** Which synapses are decided about, by their numbers, and the voxels that are clicked. */
export interface Roles {
  readonly listed: readonly Listed[];
  readonly accepted: number;
  readonly rejected: number;
  readonly flipped: number;
  readonly split: { readonly id: number; readonly parts: readonly [Zyx, Zyx] };
  readonly comment: string;
  /** The second is clicked while the first is shown. */
  readonly merged: { readonly ids: readonly [number, number]; readonly at: Zyx };
  readonly unsure: number;
  /** Decided while the server is away. */
  readonly waiting: number;
  /** Seen while the synapse `near` is shown; the brush paints `BRUSHED` voxels of x. */
  readonly missed: { readonly near: number; readonly click: Zyx; readonly brush: Zyx };
}

/** Where a person sits. */
export interface Seat {
  readonly page: Page;
  readonly url: string;
  readonly roles: Roles;
  /** Called after every action. */
  readonly acted: () => Promise<void>;
}

export const BRUSHED = 9;
const ASK_MS = 100;

function planeOf(page: Page): Locator {
  return page.locator('canvas[data-plane="xy"]');
}

function listed({ roles }: Seat, id: number): Listed {
  const found = roles.listed.find((one) => one.id === id);
  assert.ok(found, `synapse ${id}`);
  return found;
}

/** Shows a synapse, as its link does. */
export async function show({ page, url }: Pick<Seat, "page" | "url">, id: number): Promise<void> {
  await page.goto("about:blank");
  await page.goto(`${url}#/review?volume=0&id=${id}`);
  await page.getByRole("heading", { name: `Synapse ${id}: is it one?` }).waitFor();
}

/** Steps to the slice of a voxel while a synapse is shown, and tells where in the page it is, and how many pixels a voxel has. */
async function pixelOf(seat: Seat, id: number, [z, y, x]: Zyx) {
  const { page } = seat;
  const { at, voxels } = listed(seat, id);
  const plane = planeOf(page), middle = at.map(Math.round) as unknown as Zyx;
  const slice = Number(/at z (\d+)/.exec(await plane.getAttribute("aria-label") ?? "")?.[1]);
  for (let step = slice; step !== z; step += Math.sign(z - slice)) {
    await plane.press(z > slice ? "PageDown" : "PageUp");
  }
  await page.locator(`canvas[aria-label="Plane x y at z ${z}"]`).waitFor();
  const box = await plane.boundingBox();
  assert.ok(box);
  // as ReviewPlanes has it: the least extent, 100 voxels and more, in the smaller side of a plane
  const scale = Math.min(box.width, box.height) / Math.max(100, 2 * Math.cbrt(voxels) * 1.5 + 80);
  const across = box.width / 2 + (x - middle[2]) * scale, down = box.height / 2 + (y - middle[1]) * scale;
  assert.ok(
    across > 0 && across < box.width && down > 0 && down < box.height,
    `${[z, y, x]} is out of sight`,
  );
  return { x: box.x + across, y: box.y + down, scale };
}

/** Begins to split, merge or add by its key; the hint for that moves the planes down. */
export async function begins(page: Page, key: "s" | "m" | "i"): Promise<void> {
  await page.keyboard.press(key);
  await page.locator(".question [role=status]").waitFor();
}

/** Clicks a voxel while a synapse is shown. */
async function click(seat: Seat, id: number, voxel: Zyx): Promise<void> {
  const { x, y } = await pixelOf(seat, id, voxel);
  await seat.page.mouse.click(x, y);
}

/** Waits until the line about the synapse that is shown has a text. */
export async function said(page: Page, id: number, text: RegExp): Promise<void> {
  await page.getByRole("heading", { name: `Synapse ${id}: is it one?` }).waitFor();
  await page.getByTestId("review-item").filter({ hasText: text }).waitFor();
}

/** Waits until the server has what was said of a synapse. */
async function saved(seat: Seat, id: number, is: (item: ReviewItem) => boolean): Promise<void> {
  while (!(await itemsOf(seat)).some((item) => item.id === id && is(item))) {
    await seat.page.waitForTimeout(ASK_MS);
  }
}

/** Accepts one, rejects another; the page counts them and goes on. */
export async function playVerdicts(seat: Seat): Promise<void> {
  const { page, roles: { accepted, rejected, listed: { length } } } = seat;
  const progress = (text: string) => page.getByTestId("review-progress").filter({ hasText: text }).waitFor();
  await show(seat, accepted);
  await page.keyboard.press("a");
  await progress(`1 of ${length} looked at, 100 % right`);
  await seat.acted();
  await show(seat, rejected);
  await page.keyboard.press("x");
  await progress(`2 of ${length} looked at, 50 % right`);
  await seat.acted();
}

/** Flips, takes it back, and flips again. */
export async function playFlip(seat: Seat): Promise<void> {
  const { page, roles: { flipped } } = seat;
  await show(seat, flipped);
  for (
    const [key, text] of [["f", /accepted, direction flipped/], ["u", /not looked at/], [
      "r",
      /direction flipped/,
    ]] as const
  ) {
    await page.keyboard.press(key);
    await said(page, flipped, text);
    await seat.acted();
  }
}

/** Splits one in two, and writes why. */
export async function playSplit(seat: Seat): Promise<void> {
  const { page, roles: { split: { id, parts }, comment } } = seat;
  await show(seat, id);
  await begins(page, "s");
  for (const part of parts) await click(seat, id, part);
  await page.keyboard.press("Enter");
  await said(page, id, /split into 2/);
  await seat.acted();
  await page.keyboard.press("c");
  await page.keyboard.type(comment);
  await page.keyboard.press("Enter");
  await saved(seat, id, (item) => item.comment === comment);
  await seat.acted();
}

/** Merges two, and says of another that it cannot be told. */
export async function playMerge(seat: Seat): Promise<void> {
  const { page, roles: { merged: { ids: [one, other], at }, unsure } } = seat;
  await show(seat, one);
  await begins(page, "m");
  await click(seat, one, at);
  await said(page, one, new RegExp(`accepted, merged with ${other}`));
  await seat.acted();
  await show(seat, unsure);
  await page.keyboard.press("t");
  await page.getByRole("heading", { name: `Synapse ${unsure}: is it one?` }).waitFor({ state: "detached" });
  await saved(seat, unsure, (item) => item.verdict === "unsure"); // the page goes on before it is
  await seat.acted();
}

/** Adds one by a click and one with the brush. */
export async function playMissed(seat: Seat): Promise<void> {
  const { page, roles: { missed: { near, click: place, brush } } } = seat;
  await show(seat, near);
  await begins(page, "i");
  await click(seat, near, place);
  await page.getByText(/Added synapse 1, \d+ voxels/).waitFor();
  await page.keyboard.press("Enter");
  await seat.acted();
  await begins(page, "i");
  const { x, y, scale } = await pixelOf(seat, near, brush);
  await page.mouse.move(x, y);
  await page.mouse.down();
  await page.mouse.move(x + BRUSHED * scale, y, { steps: 5 });
  await page.mouse.up();
  await page.getByText(/Added synapse 2, \d+ voxels/).waitFor();
  await page.keyboard.press("Enter");
  await seat.acted();
}

/** Rejects while the server is away: that waits on the page, and is saved when the server is back. */
export async function playAway(
  seat: Seat,
  kill: () => Promise<void>,
  back: () => Promise<void>,
): Promise<void> {
  const { page, roles: { waiting } } = seat;
  const before = await itemsOf(seat);
  await show(seat, waiting);
  await kill();
  await page.keyboard.press("x");
  await page.getByRole("alert").filter({ hasText: "Not saved yet: 1" }).waitFor();
  await back();
  await page.getByRole("alert").filter({ hasText: "Not saved yet" }).waitFor({ state: "detached" });
  const after = await itemsOf(seat);
  const of = (items: ReviewState["items"]) => items.filter(({ id }) => id !== waiting);
  assert.deepEqual(of(after), of(before));
  assert.equal(after.find(({ id }) => id === waiting)?.verdict, "rejected");
}

/** Everything that is said, by the server. */
export async function itemsOf({ url }: Pick<Seat, "url">): Promise<ReviewState["items"]> {
  return (await ask<ReviewState>(url, "/api/review/0")).items;
}

/** The program is away at once, as after a crash. */
export async function killed({ process }: Running): Promise<void> {
  process.kill("SIGKILL");
  await process.status;
}
