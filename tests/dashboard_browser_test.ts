/**
 * The dashboard in a real browser. The users are processes of their own: Playwright looks at /proc when it is loaded, for which Deno
 * has no smaller permission than all.
 */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";

const CHROMIUM = "/usr/bin/chromium";

function hasChromium(): boolean {
  try {
    return Deno.statSync(CHROMIUM).isFile;
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound) return false;
    throw cause;
  }
}

/** Lets a user play in a new folder; the last line of what it writes is its report. */
async function play(module: string): Promise<unknown> {
  const folder = await Deno.makeTempDir({ prefix: "dashboard-browser-" });
  try {
    const path = fileURLToPath(new URL(module, import.meta.url));
    const args = ["run", "--no-check", "--allow-all", path, folder];
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), { args }).output();
    const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
    assert.equal(code, 0, `${text(stdout)}\n${text(stderr)}`);
    return JSON.parse(text(stdout).trim().split("\n").at(-1) ?? "");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Times are told and not judged: they say more of the machine than of the program. */
async function report(measured: unknown): Promise<void> {
  await Deno.stderr.write(new TextEncoder().encode(`${JSON.stringify(measured)}\n`));
}

function inChromium(name: string, test: () => Promise<void>): void {
  const full = hasChromium() ? name : `${name} (skipped: there is no ${CHROMIUM}; apt-get install chromium)`;
  Deno.test({ name: full, ignore: !hasChromium(), fn: test });
}

inChromium(
  "dashboard: a run is watched from 0 to 100 %, its polarity answered, its values looked at",
  async () => {
    const { scenes, ...measured } = await play("dashboard_browser.ts") as { scenes: readonly string[] };
    assert.deepEqual(scenes, ["failed", "asked", "watched", "looked", "trained"]);
    await report(measured);
  },
);

inChromium(
  "dashboard: a volume of 4096 x 4096 x 2048 voxels opens, and shows the right values slice by slice",
  async () => {
    await report(await play("dashboard_sparse.ts"));
  },
);
