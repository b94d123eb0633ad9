/** Whose the files beside a run are: a run neither replaces nor claims what a run with another work folder wrote. */
import { basename, dirname, join, relative, resolve } from "node:path";
import type { Settings } from "../config/settings.ts";
import { UserError } from "../user_error.ts";
import { type JournalEvent, openJson, sealJson } from "../engine/mod.ts";
import { fileState, writeFileAtomic } from "../volume/file.ts";

/** Names the run whose files are beside it. */
export function ownerFile({ outFileName }: Pick<Settings, "outFileName">): string {
  return join(dirname(outFileName), `.${basename(outFileName)}-run.json`);
}

/**
 * Notes beside the results that they are of the run in this work folder, before any of them is written.
 * @throws {UserError} where there are `outputs` of another run, or files that no run is known to have written
 */
export async function claimOutputs(
  settings: Pick<Settings, "outFileName">,
  outputs: readonly string[],
  workFolder: string,
  events: readonly JournalEvent[],
): Promise<void> {
  const path = ownerFile(settings), folder = dirname(path);
  const owner = await readOwner(path);
  const isOurs = owner !== undefined && realPath(resolve(folder, owner.workFolder)) === realPath(workFolder);
  if (isOurs) return;
  const found = outputs.filter((output) => fileState(output) !== undefined);
  // a run of an earlier version left no note, but its journal knows what it wrote
  const others = owner === undefined ? found.filter((output) => !isKnown(events, output, workFolder)) : found;
  if (others.length > 0) {
    const names = others.length === 1
      ? `${others[0]} was`
      : `${others[0]} and ${others.length - 1} more ${others.length === 2 ? "file" : "files"} were`;
    const whose = owner === undefined
      ? "not written by this run"
      : `written by another run, in the work folder ${resolve(folder, owner.workFolder)}`;
    throw new UserError(
      `${names} ${whose}; choose another outFileName (--set outFileName=NAME), or move the files away`,
    );
  }
  // From the folder of the note on, so that both can be moved together.
  const note = { workFolder: relative(realPath(folder), realPath(workFolder)) };
  await writeFileAtomic(path, sealJson(note));
}

async function readOwner(path: string): Promise<{ workFolder: string } | undefined> {
  if (fileState(path) === undefined) return undefined;
  const note: { workFolder?: unknown } = openJson(await Deno.readTextFile(path)) ?? {};
  const { workFolder } = note;
  if (typeof workFolder === "string") return { workFolder };
  throw new UserError(
    `${path}: damaged, so it is unknown which run wrote the files next to it; remove it if they do not belong to another run`,
  );
}

function realPath(path: string): string {
  return fileState(path) === undefined ? resolve(path) : Deno.realPathSync(path);
}

function isKnown(events: readonly JournalEvent[], path: string, workFolder: string): boolean {
  return events.some((event) => {
    if (event.event !== "stage-done" || event.result === undefined) return false;
    const { made } = event.result as { made?: unknown };
    return Array.isArray(made) && made.some((one) => resolve(workFolder, String(one)) === path);
  });
}
