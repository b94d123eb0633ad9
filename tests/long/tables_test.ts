/** Tables of synapses in a real browser: a minute or two. */
import assert from "node:assert/strict";
import { inChromium, play, report } from "../helpers/chromium.ts";
import { referencePath } from "../helpers/project.ts";

inChromium(
  "dashboard: sliders count as the command does, make its table, and pictures and map open and filter",
  async () => {
    const { scenes } = await play(new URL("../dashboard/tables_browser.ts", import.meta.url)) as {
      scenes: readonly string[];
    };
    assert.deepEqual(scenes, ["sliders", "pictures", "map"]);
  },
);

inChromium("dashboard: sliders count on vnc as the command does, and the table equals the CSV", async () => {
  if (await Deno.stat(referencePath("vnc")).catch(() => undefined) === undefined) {
    // deno-lint-ignore no-console -- says why a test did not run
    return console.log(`skipped: no reference data in ${referencePath("")}`);
  }
  const { scenes } = await play(new URL("../dashboard/tables_vnc_browser.ts", import.meta.url)) as {
    scenes: readonly string[];
  };
  assert.deepEqual(scenes, ["sliders", "map"]);
});

inChromium("dashboard: a table of a million synapses is shown, sorted and filtered", async () => {
  await report(await play(new URL("../dashboard/million_browser.ts", import.meta.url)));
});
