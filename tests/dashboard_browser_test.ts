/** The dashboard in a real browser. `dashboard_browser.ts` is the user; it runs as a process of its own with the permissions for that. */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";

const SCENES = fileURLToPath(new URL("dashboard_browser.ts", import.meta.url));
const CHROMIUM = "/usr/bin/chromium";

function hasChromium(): boolean {
  try {
    return Deno.statSync(CHROMIUM).isFile;
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound) return false;
    throw cause;
  }
}

const name =
  "dashboard in Chromium: a run watched from 0 to 100 %, its polarity answered, its values looked at";

Deno.test({
  name: hasChromium() ? name : `${name} (skipped: there is no ${CHROMIUM}; apt-get install chromium)`,
  ignore: !hasChromium(),
  async fn() {
    const folder = await Deno.makeTempDir({ prefix: "dashboard-browser-" });
    try {
      const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
        // Playwright looks at /proc when it is loaded, for which Deno has no smaller permission.
        args: ["run", "--no-check", "--allow-all", SCENES, folder],
      }).output();
      const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
      assert.equal(code, 0, `${text(stdout)}\n${text(stderr)}`);
      const { scenes } = JSON.parse(text(stdout).trim().split("\n").at(-1) ?? "");
      assert.deepEqual(scenes, ["watched", "asked", "restarted", "looked", "trained"]);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});
