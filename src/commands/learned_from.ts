/** Whether scores are compared with what their model learned from, which says nothing of other volumes. */
import { basename, dirname, join, resolve } from "node:path";
import type { Settings } from "../config/settings.ts";
import { settingsOfText } from "../dashboard/server/run_model.ts";
import { readTail } from "../engine/mod.ts";
import { exists } from "../run/work_folder.ts";
import { fileState, readFull } from "../volume/file.ts";
import { isWorkFolder } from "./scores_of.ts";

/** What is known to be seen: the labels themselves, or the volume that the scores are of. */
type Seen = "labels" | "volume";

/**
 * What of an evaluation the model has learned from, as far as the run that made the scores tells.
 * @param prediction scores beside the note of their run, or in its work folder; of others nothing is known
 */
export async function seenInTraining(prediction: string, labels: string): Promise<Seen | undefined> {
  const run = await runOf(prediction);
  if (run === undefined) return undefined;
  const loaded = run.train.length > 0 || run.savedStumpsPath === ""
    ? undefined
    : await runOf(run.savedStumpsPath);
  const { train } = loaded ?? run;
  for (const { groundTruth } of train) if (await isSameFile(labels, groundTruth)) return "labels";
  const place = /(?:^|-)(\d+)-(?:ab-)?(?:max|min|first)\.\w+$/.exec(basename(prediction))?.[1];
  const test = place === undefined ? undefined : run.test[Number(place)];
  if (!test) return undefined;
  for (const { rawVolume } of train) if (await isSameFile(test.rawVolume, rawVolume)) return "volume";
  return undefined;
}

/** What to tell. */
export function describeSeen(seen: Seen): string {
  return seen === "labels"
    ? "The model was trained on these labels, so these figures prove nothing: they are always close to 1. " +
      "Use the labels of a volume that the model has not seen."
    : "The model was trained on this volume. Where it was labelled, these figures prove nothing; " +
      "use a volume that the model has not seen.";
}

/** The settings of the run that wrote a file. */
async function runOf(path: string): Promise<Settings | undefined> {
  for (const folder of await workFoldersOf(resolve(path))) {
    const settings = await lastSettings(join(folder, "journal.jsonl"));
    if (settings) return settings;
  }
  return undefined;
}

async function workFoldersOf(path: string): Promise<string[]> {
  const above = dirname(dirname(path));
  if (await isWorkFolder(above)) return [above];
  const folder = dirname(path);
  if (!await exists(folder)) return [];
  const notes = Array.from(Deno.readDirSync(folder), ({ name }) => name).flatMap((name) => {
    const prefix = /^\.(.+)-run\.json$/.exec(name)?.[1];
    return prefix !== undefined && basename(path).startsWith(`${prefix}-`) ? [join(folder, name)] : [];
  });
  const found: string[] = [];
  for (const note of notes.sort((a, b) => b.length - a.length)) {
    const work = workFolderIn(await Deno.readTextFile(note));
    if (work !== undefined && await isWorkFolder(resolve(folder, work))) found.push(resolve(folder, work));
  }
  return found;
}

function workFolderIn(text: string): string | undefined {
  try {
    const { workFolder } = JSON.parse(text) as { readonly workFolder?: unknown };
    return typeof workFolder === "string" ? workFolder : undefined;
  } catch (cause) {
    if (cause instanceof SyntaxError) return undefined; // the next run tells that the note is damaged
    throw cause;
  }
}

async function lastSettings(journal: string): Promise<Settings | undefined> {
  let text: unknown;
  for (let offset = 0;;) {
    const tail = await readTail(journal, offset);
    for (const event of tail.values as readonly { readonly event?: unknown; readonly settings?: unknown }[]) {
      if (event.event === "run-started") text = event.settings;
    }
    offset = tail.offset;
    if (!tail.more) break;
  }
  return typeof text === "string" ? await settingsOfText(text) : undefined;
}

const PIECE = 1 << 20;

/** Whether two paths are one file, or files of the same bytes. */
async function isSameFile(a: string, b: string): Promise<boolean> {
  const [one, other] = [fileState(a), fileState(b)];
  if (!one || !other) return resolve(a) === resolve(b);
  if (await Deno.realPath(a) === await Deno.realPath(b)) return true;
  if (one.isDirectory || other.isDirectory || one.bytes !== other.bytes) return false;
  using first = await Deno.open(a);
  using second = await Deno.open(b);
  const [left, right] = [new Uint8Array(PIECE), new Uint8Array(PIECE)];
  for (;;) {
    const [n, m] = [await readFull(first, left), await readFull(second, right)];
    if (n !== m || left.subarray(0, n).some((byte, i) => byte !== right[i])) return false;
    if (n < PIECE) return true;
  }
}
