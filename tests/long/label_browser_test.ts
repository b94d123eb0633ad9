/** Labelling in a real browser: minutes of a core. The play of every change is in `tests/dashboard/browser_test.ts`. */
import { inChromium, play, playScenes, report } from "../helpers/chromium.ts";

inChromium("dashboard: strokes are shown at once in a volume of 4096 x 4096 x 2048 voxels", async () => {
  await report(await play(new URL("../dashboard/label_large_browser.ts", import.meta.url)));
});

inChromium(
  "dashboard: three synapses are painted, what is found is corrected, sides are told, the labels are exported, and all synapses are found and listed",
  async () => {
    await report(await play(new URL("../dashboard/label_learn_browser.ts", import.meta.url)));
  },
);

inChromium(
  "dashboard: every tool of the labelling page paints what it says, and moving paints nothing",
  async () => {
    await playScenes(new URL("../dashboard/label_tools_browser.ts", import.meta.url), [
      "brushes",
      "eraser",
      "pointers",
      "moves",
    ]);
  },
);

inChromium(
  "dashboard: labels are imported after a preview, settings show what they do, and a reload keeps the tools",
  async () => {
    await playScenes(new URL("../dashboard/label_settings_browser.ts", import.meta.url), [
      "imports",
      "settings",
      "reload",
    ]);
  },
);

inChromium(
  "dashboard: a second stack is added and painted, one model scores both, and all of both is there after a kill",
  async () => {
    await playScenes(new URL("../dashboard/label_stacks_browser.ts", import.meta.url), [
      "painted",
      "added",
      "switched",
      "exported",
      "killed",
      "on a phone",
    ]);
  },
);
