/** `deno task compile`: one file that runs without Deno and without packages (docs/portable.md). */
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { bundleProgram } from "./bundle.ts";
import { DenoError, runDeno } from "./deno.ts";
import { packProgram } from "./pack.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

const USAGE = "usage: deno task compile [--portable] [--output FILE]";

/** What to build. */
export interface BuildOptions {
  readonly isPortable: boolean;
  /** The file to write. */
  readonly output: string;
  /** Of gzip, 1 to 9, for a portable file. */
  readonly level?: number;
}

/**
 * Builds the file and returns its size in bytes. The page must be built.
 * @throws {DenoError} where Deno cannot bundle or compile
 */
export async function buildProgram({ isPortable, output, level = 9 }: BuildOptions): Promise<number> {
  await Deno.mkdir(dirname(output), { recursive: true });
  const folder = await Deno.makeTempDir({ prefix: "build-", dir: dirname(output) });
  try {
    const [bundle, entries] = [join(folder, "bundle"), join(folder, "entries")];
    await Deno.mkdir(bundle);
    await Deno.mkdir(entries);
    await bundleProgram(bundle, entries);
    const made = join(folder, "ccboost");
    if (isPortable) {
      const permissions = await permissionsOf("ccboost");
      await packProgram({ bundle, deno: Deno.execPath(), permissions, output: made, level });
    } else {
      const permissions = [...await permissionsOf("ccboost"), "--allow-net=127.0.0.1"];
      const flags = ["--no-config", "--no-check", "--no-prompt", ...permissions, "--include", bundle];
      await runDeno(["compile", ...flags, "--output", made, join(bundle, "cli.js")]);
    }
    await Deno.rename(made, output);
    return (await Deno.stat(output)).size;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** The permissions of a task of `deno.json`, so that the file has no others. */
async function permissionsOf(task: string): Promise<string[]> {
  const project = JSON.parse(await Deno.readTextFile(join(ROOT, "deno.json"))) as {
    readonly tasks: Readonly<Record<string, { readonly command: string }>>;
  };
  const flags = project.tasks[task]?.command.split(" ").filter((word) => word.startsWith("--allow-")) ?? [];
  if (flags.length === 0) throw new Error(`deno.json has no task ${task} with permissions`);
  return flags;
}

/** What to tell where a build failed. */
export function explainFailure(error: DenoError, isPortable: boolean): string {
  if (isPortable || !/base binary|denort/i.test(error.message)) return error.message;
  return "deno compile needs a base binary, which Deno downloads from dl.deno.land and could not get; on a machine " +
    "without internet access, build a self-extracting file instead: deno task compile --portable";
}

/** Builds as the arguments say. @returns the exit code */
async function main(args: readonly string[]): Promise<number> {
  const say = (text: string) => Deno.stderr.writeSync(new TextEncoder().encode(`${text}\n`));
  let options: BuildOptions;
  try {
    const { values } = parseArgs({
      args: [...args],
      options: { portable: { type: "boolean" }, output: { type: "string" } },
    });
    const output = resolve(values.output ?? join(ROOT, "work", "ccboost"));
    options = { isPortable: values.portable ?? false, output };
  } catch (cause) {
    say(`${cause instanceof Error ? cause.message : String(cause)}; ${USAGE}`);
    return 2;
  }
  try {
    const bytes = await buildProgram(options);
    say(`wrote ${options.output}, ${(bytes / 1e6).toFixed(0)} MB`);
    return 0;
  } catch (error) {
    if (!(error instanceof DenoError)) throw error;
    say(explainFailure(error, options.isPortable));
    return 1;
  }
}

if (import.meta.main) Deno.exit(await main(Deno.args));
