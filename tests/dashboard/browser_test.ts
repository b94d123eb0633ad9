/**
 * The dashboard in a real browser. The users are processes of their own: Playwright looks at /proc when it is loaded, for which Deno
 * has no smaller permission than all.
 */
import assert from "node:assert/strict";
import { inChromium, play, report } from "../helpers/chromium.ts";

inChromium(
  "dashboard: a run is watched from 0 to 100 %, its polarity answered, its values looked at",
  async () => {
    const { scenes, ...measured } = await play(new URL("run_browser.ts", import.meta.url)) as {
      scenes: readonly string[];
    };
    assert.deepEqual(scenes, ["waiting", "asked", "watched", "looked", "trained"]);
    await report(measured);
  },
);

inChromium(
  "dashboard: a volume of 4096 x 4096 x 2048 voxels opens, and shows the right values slice by slice",
  async () => {
    await report(await play(new URL("large_volume_browser.ts", import.meta.url)));
  },
);

inChromium(
  "dashboard: a table of 20,000 synapses is sorted, filtered and scrolled, and a row opens the viewer there",
  async () => {
    const { scenes, ...measured } = await play(new URL("synapses_browser.ts", import.meta.url)) as {
      scenes: readonly string[];
    };
    assert.deepEqual(scenes, ["sorted", "filtered", "scrolled", "opened"]);
    await report(measured);
  },
);

inChromium(
  "dashboard: meshes and a table are taken away, reports opened, and a mistake opens the viewer there",
  async () => {
    const { scenes } = await play(new URL("results_browser.ts", import.meta.url)) as {
      scenes: readonly string[];
    };
    assert.deepEqual(scenes, ["exported", "reported", "opened"]);
  },
);

inChromium(
  "dashboard: synapses are painted by mouse and keys, on two pages at once, and the server is killed meanwhile",
  async () => {
    const { scenes, ...measured } = await play(new URL("label_browser.ts", import.meta.url)) as {
      scenes: readonly string[];
    };
    assert.deepEqual(scenes, [
      "painted",
      "undone",
      "killed",
      "together",
      "listed",
      "answered",
      "by keys",
      "on a phone",
    ]);
    await report(measured);
  },
);
