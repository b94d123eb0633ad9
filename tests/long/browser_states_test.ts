/** What the page says of runs that wait, are killed, damaged and stopped, and of other folders, in a real browser: most of a minute of a core. */
import { inChromium, playScenes } from "../helpers/chromium.ts";

inChromium(
  "dashboard: a run waits, is answered in two tabs among eight, killed, damaged and stopped, and the page says so",
  async () => {
    await playScenes(new URL("../dashboard/states_browser.ts", import.meta.url), [
      "waiting",
      "answered",
      "dragged",
      "tabs",
      "killed",
      "damaged",
      "found",
      "stopped",
    ]);
  },
);

inChromium(
  "dashboard: a tab left open forgets the view of another folder, an answer keeps its line, synapses lie over their stack",
  async () => {
    await playScenes(new URL("../dashboard/folders_browser.ts", import.meta.url), [
      "another folder",
      "line",
      "synapses",
    ]);
  },
);
