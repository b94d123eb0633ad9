/** `deno task ccboost` asks on a terminal before it uses the network or Slurm, and says what to do where nobody can answer. */
import assert from "node:assert/strict";
import { stripVTControlCharacters } from "node:util";
import { namesIn } from "./helpers/cli_process.ts";
import { pythonWith } from "./helpers/other_programs.ts";
import { ROOT } from "./helpers/project.ts";
import { writeTiny } from "./helpers/run_tiny.ts";
import { serveFolder } from "./helpers/serve_folder.ts";
import { inTempFolder } from "./helpers/temp_folder.ts";
import { createZarr } from "../src/volume/zarr/mod.ts";

const TASK = ["task", "--quiet", "--config", `${ROOT}deno.json`, "ccboost"];
const PYTHON = Deno.build.os === "windows" ? undefined : pythonWith("pty");

interface Played {
  readonly out: string;
  readonly asked: number;
  readonly code: number;
}

/** Runs the task on a terminal where every question has the same answer. */
async function onTerminal(answer: "y" | "n", ...args: readonly string[]): Promise<Played> {
  const script = `${ROOT}tests/helpers/on_terminal.py`;
  const { stdout, stderr } = await new Deno.Command(PYTHON ?? "", {
    args: [script, answer, Deno.execPath(), ...TASK, ...args],
  }).output();
  assert.equal(new TextDecoder().decode(stderr), "");
  const played = JSON.parse(new TextDecoder().decode(stdout)) as Played;
  return { ...played, out: stripVTControlCharacters(played.out).replaceAll(/\s+/g, " ") };
}

function testOnTerminal(name: string, fn: () => Promise<void>): void {
  const isThere = PYTHON !== undefined;
  Deno.test({ name: isThere ? name : `${name} (skipped: no Python)`, ignore: !isThere, fn });
}

testOnTerminal(
  "deno task ccboost asks nothing of who needs nothing more",
  () =>
    inTempFolder(async (folder) => {
      await writeTiny(folder);
      const { out, asked, code } = await onTerminal("n", "run", `${folder}/job.cfg`, "--workers", "2");
      assert.deepEqual([asked, code], [0, 0], out);
      assert.ok(namesIn(folder).some((name) => name.endsWith("-0-ab-max.nrrd")));
    }),
);

testOnTerminal(
  "deno task ccboost asks before it reads an address, and goes on or says what to do",
  () =>
    inTempFolder(async (folder) => {
      await createZarr(`${folder}/v.zarr`, { shape: [3, 10, 12], dtype: "uint8" });
      await using server = serveFolder(folder);
      const allowed = await onTerminal("y", "info", `${server.address}/v.zarr`);
      assert.deepEqual([allowed.asked, allowed.code], [1, 0], allowed.out);
      assert.match(allowed.out, /12 x 10 x 3/);
      const asked = server.asked.length;
      const denied = await onTerminal("n", "info", `${server.address}/v.zarr`);
      assert.equal(denied.code, 2);
      assert.match(denied.out, /network; start it as .*ccboost, .*--allow-net=127\.0\.0\.1/);
      assert.equal(server.asked.length, asked);
    }),
);

testOnTerminal(
  "deno task ccboost asks before it shows a page or starts a command of Slurm",
  () =>
    inTempFolder(async (folder) => {
      await Deno.writeTextFile(`${folder}/journal.jsonl`, "");
      const shown = await onTerminal("y", "serve", folder, "--port", "0");
      assert.equal(shown.asked, 1, shown.out);
      assert.match(shown.out, /requests net access to "127\.0\.0\.1"/);
      assert.match(shown.out, /open http:\/\/127\.0\.0\.1:\d+/);
      const hidden = await onTerminal("n", "serve", folder);
      assert.equal(hidden.code, 2);
      assert.match(hidden.out, /permission to listen on 127\.0\.0\.1; start .*--allow-net/);

      await writeTiny(folder);
      const submitted = await onTerminal("n", "cluster", "submit", `${folder}/job.cfg`);
      assert.equal(submitted.code, 2);
      assert.match(submitted.out, /requests run access to "scontrol"/);
      assert.match(submitted.out, /may not run scontrol; start it as .*ccboost, .*--allow-run=sbatch,squeue/);
    }),
);

Deno.test("deno task ccboost says what to do where nobody can be asked", () =>
  inTempFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/journal.jsonl`, "");
    await writeTiny(folder);
    const lines: readonly (readonly [args: readonly string[], message: RegExp])[] = [
      [["info", "http://127.0.0.1:8999/v.zarr"], /network; start it as .*ccboost/],
      [["serve", folder], /permission to listen on 127\.0\.0\.1; start .*ccboost/],
      [["cluster", "submit", `${folder}/job.cfg`], /may not run scontrol; start it as .*ccboost/],
    ];
    for (const [args, message] of lines) {
      const { code, stderr } = await new Deno.Command(Deno.execPath(), {
        args: [...TASK, ...args],
        stdin: "null",
      }).output();
      assert.equal(code, 2, args.join(" "));
      assert.match(new TextDecoder().decode(stderr).replaceAll(/\s+/g, " "), message);
    }
  }));
