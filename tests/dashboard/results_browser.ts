/** Plays a user who looks at what a comparison found wrong, opens the reports, and takes meshes and a table away. */
import assert from "node:assert/strict";
import type { Browser } from "playwright-core";
import { wholeRegion } from "../../src/volume/region.ts";
import { createZarr, writeRegion } from "../../src/volume/zarr/mod.ts";
import { ccboostHere as ccboost, writeTiffFile } from "../helpers/cli_process.ts";
import { openBrowser, openPage, tell } from "../helpers/browser_play.ts";
import { startServing, stop } from "../helpers/serving.ts";
import { SHAPE, type TestFolder, writeTestFolder } from "./folder.ts";

/** Scores with one right and one wrong synapse, their table, and a comparison with ground truth. */
async function finishRun({ root, work }: TestFolder): Promise<void> {
  const [, height, width] = SHAPE;
  const values = Float32Array.from({ length: SHAPE.reduce((a, b) => a * b) }, (_, i) => {
    const [z, y, x] = [Math.floor(i / height / width), Math.floor(i / width) % height, i % width];
    const isIn = (from: number) => z > 5 && z < 9 && y > from && y < from + 6 && x > 10 && x < 20;
    return isIn(3) ? 5 : isIn(20) ? 3 : -1;
  });
  const attributes = { threshold: 2, anisotropy: 2 };
  const array = { shape: SHAPE, chunk: [8, 16, 16], dtype: "float32", attributes } as const;
  await writeRegion(await createZarr(`${work}/scores/0-max.zarr`, array), wholeRegion(SHAPE), values);
  await writeTiffFile(`${root}/truth.tif`, Uint8Array.from(values, (value) => value === 5 ? 255 : 0), SHAPE);
  await Deno.remove(`${root}/job-stumps.cfg`); // it is none
  const commands = [
    ["synapses", work],
    ["evaluate", work, `${root}/truth.tif`, "--html", `${root}/report.html`, "--threshold", "2"],
  ] as const;
  for (const [name, ...args] of commands) {
    const { code, err } = await ccboost(name, ...args);
    assert.equal(code, 0, err);
  }
}

async function playResults(browser: Browser, folder: TestFolder, faults: string[]): Promise<void> {
  const served = await startServing("serve", folder.work, "--port", "0");
  try {
    const page = await openPage(browser, `${served.url}#/results`, faults);
    const exports = page.getByTestId("exports");
    for (const [title, begin] of [["STL", "surfaces of labels"], ["Parquet", "PAR1"]] as const) {
      const [download] = await Promise.all([
        page.waitForEvent("download"),
        exports.getByRole("button", { name: title }).click(),
      ]);
      assert.match(download.suggestedFilename(), /^job-0-synapses\.(stl|parquet)$/);
      const contents = await Deno.readFile(await download.path());
      assert.equal(new TextDecoder("latin1").decode(contents.subarray(0, begin.length)), begin);
    }
    for (
      const [link, text] of [["Report of this run", "How sure"], [
        "Open the report",
        "False positives",
      ]] as const
    ) {
      const [report] = await Promise.all([
        page.waitForEvent("popup"),
        page.getByRole("link", { name: link }).click(),
      ]);
      await report.getByRole("heading", { name: text }).first().waitFor();
      await report.close();
    }
    const card = page.getByTestId("evaluation");
    await card.getByText("1 of 1").waitFor();
    await card.getByRole("img").click(); // the one that is wrong, in its middle
    await page.waitForFunction(() => location.hash.includes("at=15.5,23.5,7.5"));
    await page.getByText("· z 7").waitFor();
    await page.close();
  } finally {
    await stop(served);
  }
}

async function play(folder: string): Promise<void> {
  const faults: string[] = [];
  const files = await writeTestFolder(await Deno.realPath(folder));
  await finishRun(files);
  const browser = await openBrowser();
  try {
    await playResults(browser, files, faults);
    assert.deepEqual(faults, []);
    await tell({ scenes: ["exported", "reported", "opened"] });
  } finally {
    await browser.close();
  }
}

if (import.meta.main) await play(Deno.args[0] ?? "");
