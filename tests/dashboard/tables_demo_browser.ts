/** As `tables_browser.ts`, on the demo, whose table is then proofread: `tables_demo_browser.ts <folder>`. */
import assert from "node:assert/strict";
import { ccboost } from "../helpers/cli_process.ts";
import { playToEnd } from "./proofread_play.ts";
import type { Place } from "./tables_browser.ts";

async function demo(folder: string): Promise<Place> {
  const root = await Deno.realPath(folder);
  const { code, err } = await ccboost("demo", root, "--memory", "1GiB", "--workers", "2");
  assert.equal(code, 0, err);
  return { work: `${root}/demo-work`, prefix: `${root}/demo-0` };
}

if (import.meta.main) await playToEnd(await demo(Deno.args[0] ?? ""));
