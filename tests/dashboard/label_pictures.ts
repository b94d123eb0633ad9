/** Paints a generated volume as a person would and shows the labelling page. */
import type { Page } from "playwright-core";
import type { Fixture } from "../../fixtures/fixture.ts";
import { writeDemo } from "../../fixtures/generate.ts";
import type { LabelObject } from "../../src/dashboard/api.ts";
import type { Point } from "../../src/dashboard/page/geometry.ts";
import { send, startServing, stop } from "../helpers/serving.ts";
import { runsAround } from "../label/labelled.ts";
import { strokeOf } from "../label/project.ts";
import { stateOf } from "./label_play.ts";

const SHAPE: Point = [72, 160, 240];
/** Voxels around a synapse of which the background is painted. */
const AROUND = [6, 13, 13] as const;

/** Some synapses, and what is around them. */
async function paint(url: string, { labels, synapses }: Fixture): Promise<void> {
  const inner = synapses.filter(({ position }) =>
    position.every((at, axis) => at > 14 && at < (SHAPE[axis] ?? 0) - 14)
  );
  for (const { position, polarity } of inner.slice(0, 5)) {
    const { id } = await send<LabelObject>(url, "POST", "/api/label/objects", {});
    const { painted, background } = runsAround(labels, SHAPE, position, AROUND);
    await send(url, "POST", "/api/label/strokes", strokeOf(id, painted, "unpainted"));
    await send(url, "POST", "/api/label/strokes", strokeOf(1, background, "unpainted"));
    await send(url, "PATCH", `/api/label/objects/${id}`, { polarity });
  }
}

/** Opens the page in every look, with scores over it. @param keep takes the picture of a page */
export async function takeLabelPictures(
  folder: string,
  pages: readonly Page[],
  keep: (page: Page) => Promise<void>,
): Promise<void> {
  const { train } = await writeDemo(folder, { shape: SHAPE, anisotropy: 1, seed: 4 });
  const run = await startServing("label", `${folder}/train.tif`, "--voxel-size", "8,8,8", "--port", "0");
  try {
    await paint(run.url, train);
    for (const page of pages) {
      await page.goto(run.url);
      await page.getByRole("button", { name: "Go to synapse 3" }).click();
      await page.mouse.move(0, 0);
      await page.waitForTimeout(1000);
      for (let isReady = false; !isReady; await page.waitForTimeout(200)) {
        const { model, seq } = await stateOf(run.url);
        if (model?.state === "failed") throw new Error(model.error ?? "it failed");
        isReady = model?.state === "ready" && model.strokes === seq;
      }
      await page.evaluate(() => scrollTo(0, 0));
      await page.waitForTimeout(1000);
      await keep(page);
    }
  } finally {
    await stop(run);
  }
}
