/** The scores that an operand means: a volume, or a work folder that holds one. */
import { join } from "node:path";
import { UserError } from "../user_error.ts";
import { commandLine } from "../program_name.ts";
import { exists } from "../run/work_folder.ts";
import { fileState } from "../volume/file.ts";

/** Whether a folder is the work folder of a run. */
export async function isWorkFolder(path: string): Promise<boolean> {
  return fileState(path)?.isDirectory === true && await exists(join(path, "journal.jsonl"));
}

/**
 * The scores in a work folder; any other path as it is.
 * @param command the one that takes them, for messages
 * @throws {UserError} where a work folder has none yet, or those of several volumes
 */
export async function scoresOf(path: string, command: string): Promise<string> {
  if (!await isWorkFolder(path)) return path;
  const folder = join(path, "scores");
  const names = await exists(folder) ? Array.from(Deno.readDirSync(folder), ({ name }) => name) : [];
  const found = names.filter((name) => /^\d+-max\.zarr$/.test(name)).sort((a, b) =>
    parseInt(a) - parseInt(b)
  );
  const [first, ...others] = found;
  if (first === undefined) {
    throw new UserError(`${path} has no scores yet; let the run end first, then try again`);
  }
  if (others.length === 0) return join(folder, first);
  const lines = found.map((name) => `  ${commandLine([command, join(folder, name)])}`);
  throw new UserError(
    `${path} has the scores of ${found.length} volumes; name one of them:\n${lines.join("\n")}`,
  );
}
