/** Tests in a real browser, which play in processes of their own. */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { works } from "./other_programs.ts";
import { inTempFolder } from "./temp_folder.ts";

const CHROMIUM = "/usr/bin/chromium";

/** Whether it starts and shows a page; asked in a process of its own, which may run it. */
function hasChromium(): boolean {
  const script = `const { success, stdout } = await new Deno.Command(${JSON.stringify(CHROMIUM)}, {
    args: ["--headless", "--no-sandbox", "--disable-gpu", "--dump-dom", "data:text/html,<p>here</p>"],
    stderr: "null",
  }).output();
  Deno.exit(success && new TextDecoder().decode(stdout).includes("here") ? 0 : 1);`;
  return works(Deno.execPath(), "eval", script);
}

const isThere = hasChromium();

/** Lets a user play in a new folder, in a process that may do everything; the last line of what it writes is its report. */
export async function play(module: URL): Promise<unknown> {
  return await inTempFolder(async (folder) => {
    const path = fileURLToPath(module);
    const args = ["run", "--no-check", "--allow-all", path, folder];
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), { args }).output();
    const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
    assert.equal(code, 0, `${text(stdout)}\n${text(stderr)}`);
    return JSON.parse(text(stdout).trim().split("\n").at(-1) ?? "");
  });
}

/** The same where the report names the scenes that were played: checks that they are these. Returns what else it tells. */
export async function playScenes(module: URL, expected: readonly string[]): Promise<object> {
  const { scenes, ...others } = await play(module) as { readonly scenes: readonly string[] };
  assert.deepEqual(scenes, expected);
  return others;
}

/** Times are told and not judged: they say more of the machine than of the program. */
export async function report(measured: unknown): Promise<void> {
  await Deno.stderr.write(new TextEncoder().encode(`${JSON.stringify(measured)}\n`));
}

/** A test that needs a browser, skipped where there is none. */
export function inChromium(name: string, test: () => Promise<void>): void {
  const full = isThere ? name : `${name} (skipped: no ${CHROMIUM} that works; apt-get install chromium)`;
  Deno.test({ name: full, ignore: !isThere, fn: test });
}
