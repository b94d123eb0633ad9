/** Plays a person who is asked where to look next. */
import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import type { Fixture } from "../../fixtures/fixture.ts";
import type { Candidates } from "../../src/dashboard/api.ts";
import { type LargePlane, paintAlong, saved, stateOf } from "./label_play.ts";

/** Waits until the shape that is asked about is drawn on all three planes. */
async function outlined(page: Page): Promise<void> {
  await page.waitForFunction(() => {
    const planes = [...document.querySelectorAll(".label-planes canvas[data-plane]")];
    return planes.length === 3 && planes.every((canvas) => {
      if (!(canvas instanceof HTMLCanvasElement) || canvas.width === 0) return false;
      const { data } = canvas.getContext("2d")?.getImageData(0, 0, canvas.width, canvas.height) ??
        { data: [] };
      for (let i = 0; i < data.length; i += 4) {
        if (data[i] === 0x5e && data[i + 1] === 0xf2 && data[i + 2] === 0xff) return true;
      }
      return false;
    });
  });
}

/** Whether all buttons that answer, ask or close can be seen whole in small windows. */
async function fitsSmallWindows(page: Page): Promise<void> {
  for (const [width, height] of [[1024, 700], [720, 700], [1280, 720]] as const) {
    await page.setViewportSize({ width, height });
    for (const name of [/^Cannot tell/, /^Look again/, /^Close/, /^Find all/, /^Where to look next/]) {
      const isWhole = await page.getByRole("button", { name }).evaluate((element) => {
        const { left, right, top, bottom } = element.getBoundingClientRect();
        const [x, y] = [(left + right) / 2, (top + bottom) / 2];
        return [[left + 1, y], [right - 1, y], [x, top + 1], [x, bottom - 1]].every(([u = 0, v = 0]) =>
          element.contains(document.elementFromPoint(u, v))
        );
      });
      assert.ok(isWhole, `${name} is in sight at ${width} x ${height}`);
    }
  }
}

/**
 * Says yes or no of candidates, by the truth; every fifth is a check.
 * @param z the slice that is shown, on which a last stroke is painted
 * @returns what was asked first: of a model that knows the stroke
 */
export async function judges(
  page: Page,
  plane: LargePlane,
  { url, z, fixture: { labels, shape } }: {
    readonly url: string;
    readonly z: number;
    readonly fixture: Fixture;
  },
): Promise<Candidates> {
  const { objects, model } = await stateOf(url);
  const before = objects.length;
  await page.keyboard.press("x");
  await paintAlong(page, plane, [[z, 2, 2], [z, 2, 10]]);
  await saved(page);
  const [answer] = await Promise.all([
    page.waitForResponse((response) => response.url().includes("/api/label/candidates")),
    page.keyboard.press("k"),
  ]);
  const asked = await answer.json() as Candidates;
  const { candidates, version } = asked;
  assert.ok(version > (model?.version ?? 0), "nothing is asked of the model before the stroke");
  assert.ok(candidates.length > 5, `${candidates.length} candidates`);
  await page.getByText(/found, \S+ per µm³/).waitFor();
  let yes = 0;
  for (const [i, { at: [slice, y, x] }] of candidates.slice(0, 5).entries()) {
    await page.getByText("Is this a synapse?").waitFor();
    await page.getByLabel(`Plane x y at z ${slice}`, { exact: true }).waitFor();
    await outlined(page);
    const isSynapse = labels[(slice * shape[1] + y) * shape[2] + x] !== 0;
    await page.keyboard.press(isSynapse ? "y" : "n");
    if (isSynapse && i !== 4) {
      yes++;
      await page.getByText(`On which side of synapse ${before + yes} are the vesicles?`).waitFor();
      await page.keyboard.press("Escape");
    }
    await page.getByRole("button", { name: `Candidate ${candidates.length - i}` }).waitFor({
      state: "detached",
    });
  }
  await saved(page);
  assert.equal((await stateOf(url)).objects.length, before + yes);
  await page.getByText(/right in [01] of 1 checks/).waitFor();
  await fitsSmallWindows(page);
  await page.keyboard.press("k");
  return asked;
}
