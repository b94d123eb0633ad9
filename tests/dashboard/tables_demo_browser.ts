/** As `tables_browser.ts`, on the demo, whose table is then proofread: `tables_demo_browser.ts <folder>`. */
import assert from "node:assert/strict";
import { openBrowser, tell } from "../helpers/browser_play.ts";
import { ccboost } from "../helpers/cli_process.ts";
import { playProofread } from "./proofread_play.ts";
import { playMap, playPlace, playSliders } from "./tables_browser.ts";

async function play(folder: string): Promise<void> {
  const faults: string[] = [];
  const root = await Deno.realPath(folder);
  const { code, err } = await ccboost("demo", root, "--memory", "1GiB", "--workers", "2");
  assert.equal(code, 0, err);
  const place = { work: `${root}/demo-work`, prefix: `${root}/demo-0` };
  const browser = await openBrowser();
  try {
    await playPlace(browser, place, faults, [playSliders, playMap]);
    const proofread = await playProofread(browser, place, faults);
    assert.deepEqual(faults, []);
    await tell({ scenes: ["sliders", "map", "proofread"], ...proofread });
  } finally {
    await browser.close();
  }
}

if (import.meta.main) await play(Deno.args[0] ?? "");
