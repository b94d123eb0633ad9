/**
 * The dashboard in a real browser. The users are processes of their own: Playwright looks at /proc when it is loaded, for which Deno
 * has no smaller permission than all.
 */
import { inChromium, play, playScenes, report } from "../helpers/chromium.ts";

inChromium(
  "dashboard: a run is watched from 0 to 100 %, its polarity answered, its values looked at",
  async () => {
    await report(
      await playScenes(new URL("run_browser.ts", import.meta.url), [
        "waiting",
        "asked",
        "watched",
        "looked",
        "trained",
      ]),
    );
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
    await report(
      await playScenes(new URL("synapses_browser.ts", import.meta.url), [
        "sorted",
        "filtered",
        "scrolled",
        "opened",
      ]),
    );
  },
);

inChromium(
  "dashboard: meshes and a table are taken away, reports opened, and a mistake opens the viewer there",
  async () => {
    await playScenes(new URL("results_browser.ts", import.meta.url), ["exported", "reported", "opened"]);
  },
);

inChromium(
  "dashboard: synapses are painted by mouse and keys, on two pages at once, and the server is killed meanwhile",
  async () => {
    await report(
      await playScenes(new URL("label_browser.ts", import.meta.url), [
        "painted",
        "undone",
        "killed",
        "together",
        "listed",
        "answered",
        "by keys",
        "on a phone",
      ]),
    );
  },
);
