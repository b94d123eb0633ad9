import assert from "node:assert/strict";
import { inChromium, play } from "./chromium.ts";

inChromium(
  "ccboost evaluate --html writes a page that opens as a file, loads nothing, and shows the right pixels",
  async () => assert.deepEqual(await play("evaluation_page_browser.ts"), { pictures: 4 }),
);
