import assert from "node:assert/strict";
import { inChromium, play } from "../helpers/chromium.ts";

inChromium(
  "ccboost evaluate --html writes a page that opens as a file, loads nothing, and shows the right pixels",
  async () =>
    assert.deepEqual(await play(new URL("evaluation_page_browser.ts", import.meta.url)), { pictures: 4 }),
);
