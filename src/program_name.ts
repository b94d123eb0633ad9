/** What the user types to start the program, so that lines that it prints can be pasted. */
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const NAME = "ccboost";

/** The launcher in the project's root; a bundled program has none beside it. */
const LAUNCHER = /\.ts$/.test(import.meta.url)
  ? join(dirname(fileURLToPath(import.meta.url)), "..", NAME)
  : "";

/** The program as a shell takes it: `./ccboost` in the project's folder, the launcher's path elsewhere, or its bare name. */
export function programName(): string {
  const path = Deno.build.standalone ? Deno.execPath() : LAUNCHER;
  if (path === "") return NAME;
  return dirname(path) === presentFolder() ? `./${relative(dirname(path), path)}` : shellQuoted(path);
}

/** A word as a POSIX shell takes it. */
export function shellQuoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

/** A path as people write it: from the present folder on where it lies in it. */
export function typedPath(path: string): string {
  const folder = presentFolder();
  const short = folder === undefined ? path : relative(folder, path);
  return shellQuoted(short === "" ? "." : short.startsWith("..") ? path : short);
}

/** A line to type. */
export function commandLine(words: readonly string[]): string {
  return [programName(), ...words.map(shellQuoted)].join(" ");
}

/** A text in which `ccboost <command>` is what the user types. */
export function asTyped(text: string, commands: readonly string[]): string {
  const command = [...commands, "help"].join("|");
  return text.replace(
    new RegExp(`(?<![\\w./-])${NAME} (?=(?:${command})\\b|<)`, "g"),
    () => `${programName()} `,
  );
}

/** Undefined where the permissions do not tell it. */
function presentFolder(): string | undefined {
  if (Deno.permissions.querySync({ name: "read", path: "." }).state !== "granted") return undefined;
  return join(Deno.cwd());
}
