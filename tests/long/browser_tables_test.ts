/** Tables of synapses in a real browser: some minutes. */
import assert from "node:assert/strict";
import { fileState } from "../../src/volume/file.ts";
import { inChromium, play, playScenes, report } from "../helpers/chromium.ts";
import { referencePath } from "../helpers/project.ts";

inChromium(
  "dashboard: sliders count as the command does, make its table, and pictures and map open and filter",
  async () => {
    await playScenes(new URL("../dashboard/tables_browser.ts", import.meta.url), [
      "sliders",
      "columns",
      "doubts",
      "pictures",
      "map",
    ]);
  },
);

inChromium(
  "dashboard: on the demo the table equals the CSV, sliders count as the command does, and every decision outlives a kill",
  async () => {
    checkProofread(await play(new URL("../dashboard/tables_demo_browser.ts", import.meta.url)));
  },
);

inChromium(
  "dashboard: on vnc the table equals the CSV, sliders count as the command does, and every decision outlives a kill",
  async () => {
    if (fileState(referencePath("vnc")) === undefined) {
      // deno-lint-ignore no-console -- says why a test did not run
      return console.log(`skipped: no reference data in ${referencePath("")}`);
    }
    checkProofread(await play(new URL("../dashboard/tables_vnc_browser.ts", import.meta.url)));
  },
);

function checkProofread(told: unknown): void {
  const { scenes, kills, isParquetRead } = told as {
    scenes: readonly string[];
    kills: number;
    isParquetRead: boolean;
  };
  assert.deepEqual(scenes, ["sliders", "columns", "map", "proofread"]);
  assert.equal(kills, 12);
  if (!isParquetRead) {
    // deno-lint-ignore no-console -- says what was not read
    console.log("Parquet was not read: deno cache npm:parquet-wasm@0.8.0 npm:apache-arrow@21.2.0");
  }
}

inChromium("dashboard: a table of a million synapses is shown, sorted and filtered", async () => {
  await report(await play(new URL("../dashboard/million_browser.ts", import.meta.url)));
});

inChromium(
  "dashboard: a table is proofread by keys and clicks, and the server is killed meanwhile",
  async () => {
    await playScenes(new URL("../dashboard/review_browser.ts", import.meta.url), [
      "small",
      "decided",
      "missed",
      "killed",
      "applied",
    ]);
  },
);
