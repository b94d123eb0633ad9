/** Bundles the program: code with its packages, workers, kernels and page in one folder, which needs nothing but Deno. */
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { pluginFile, PLUGINS } from "../src/volume/hdf5/plugins.ts";
import { runDeno } from "./deno.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

/** Modules that are started, by their names in the bundle: the program and its workers. */
const ENTRIES: Readonly<Record<string, string>> = {
  "cli.ts": 'import { main } from "ROOT/src/commands/main.ts";\nDeno.exit(await main(Deno.args));\n',
  "worker.ts": 'import "ROOT/src/stages/worker.ts";\n',
  "team_worker.ts": 'import "ROOT/src/block/team_worker.ts";\n',
  "live_thread.ts": 'import "ROOT/src/label/live_thread.ts";\n',
  "find_thread.ts": 'import "ROOT/src/label/find_thread.ts";\n',
  "table_thread.ts": 'import "ROOT/src/dashboard/server/table_thread.ts";\n',
  "thread_worker.ts": 'import "ROOT/src/dashboard/server/thread_worker.ts";\n',
};

/** Files that the program reads, by their names in the bundle (`src/program_file.ts`). */
const FILES: Readonly<Record<string, string>> = {
  "kernels.wasm": "src/kernels/kernels.wasm",
  "kernels_shared.wasm": "src/kernels/kernels_shared.wasm",
  "page": "work/page",
  "LICENSE": "LICENSE",
};

/**
 * Writes the bundle into an empty folder; the page must be built (`deno task page`).
 * @param entries another empty folder, for files that are needed meanwhile
 * @throws Error where a file is missing or Deno cannot bundle
 */
export async function bundleProgram(folder: string, entries: string): Promise<void> {
  const paths: string[] = [];
  for (const [name, text] of Object.entries(ENTRIES)) {
    const path = join(entries, name);
    await Deno.writeTextFile(path, text.replaceAll("ROOT", ROOT.replaceAll("\\", "/").replace(/\/$/, "")));
    paths.push(path);
  }
  // Not made smaller: the archive is, and a stack can be read.
  const flags = ["--quiet", "--code-splitting", "--config", join(ROOT, "deno.json"), "--outdir", folder];
  await runDeno(["bundle", ...flags, ...paths]);
  for (const name of Object.keys(ENTRIES)) {
    await forgetFolder(join(folder, name.replace(/\.ts$/, ".js")), entries);
  }
  for (const [name, source] of Object.entries(FILES)) await copy(join(ROOT, source), join(folder, name));
  for (const name of PLUGINS.values()) {
    const file = fileURLToPath(pluginFile(name));
    await copy(file, join(folder, basename(file)));
  }
}

/** Removes the comment with the name of a folder that is another each time, so that the same sources give the same bytes. */
async function forgetFolder(path: string, folder: string): Promise<void> {
  const lines = (await Deno.readTextFile(path)).split("\n");
  const kept = lines.filter((line) => !(line.startsWith("//") && line.includes(basename(dirname(folder)))));
  await Deno.writeTextFile(path, kept.join("\n"));
}

async function copy(from: string, to: string): Promise<void> {
  if (!(await Deno.stat(from)).isDirectory) {
    await Deno.writeFile(to, await Deno.readFile(from));
    return;
  }
  await Deno.mkdir(to);
  for await (const { name } of Deno.readDir(from)) await copy(join(from, name), join(to, name));
}
