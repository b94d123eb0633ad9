/** Arrays and folders that stages keep in the work folder, and steps that are done once. */
import { basename, dirname, join, relative, resolve } from "node:path";
import { fingerprintOf, openJson, sealJson } from "../engine/mod.ts";
import { UserError } from "../user_error.ts";
import { createZarr, type CreateZarrOptions, openZarr, type ZarrVolume } from "../volume/zarr/mod.ts";
import { removeIfExists, writeFileAtomic } from "../volume/file.ts";
import { ifThere } from "../if_there.ts";

/** Something that a stage fills part by part. */
export interface Filled<T> {
  readonly target: T;
  /**
   * New whenever the target is made anew, so that a journal that knows parts as done is not believed after the target was
   * removed. It belongs into what the stage depends on; no result depends on it.
   */
  readonly generation: string;
}

/** Opens the array that a stage with these dependencies began to fill, or makes it anew. It stores all chunks where nothing else is said. */
export async function stageArray(
  path: string,
  dependsOn: unknown,
  options: CreateZarrOptions,
): Promise<Filled<ZarrVolume>> {
  const { storesAll = true } = options;
  const fingerprint = await fingerprintOf({ dependsOn, storesAll });
  const existing = await openIfThere(path);
  const known = existing?.attributes["generation"];
  if (existing && existing.attributes["fingerprint"] === fingerprint && typeof known === "string") {
    return { target: existing, generation: known };
  }
  const generation = crypto.randomUUID();
  const attributes = { ...options.attributes, fingerprint, generation };
  await removeFolder(path); // also what has lost its metadata
  return { target: await createZarr(path, { ...options, attributes, storesAll }), generation };
}

/** Removes an array of the work folder that has lost its metadata; what is left of it would be in the way of a new one. */
export async function removeIfUnusable(path: string): Promise<void> {
  if (await exists(path) && !await exists(join(path, "zarr.json"))) await removeFolder(path);
}

async function openIfThere(path: string): Promise<ZarrVolume | undefined> {
  try {
    return await openZarr(path);
  } catch (cause) {
    if (cause instanceof UserError) return undefined; // missing or unreadable: it is made anew
    throw cause;
  }
}

/** What `stage.json` in a stage's folder holds. */
interface FolderNote {
  readonly fingerprint?: unknown;
  readonly generation?: unknown;
  /** Paths of the results that were made of the files, from the folder on. */
  readonly results?: readonly string[];
}

const NOTE = "stage.json";

/**
 * Opens the folder that a stage with these dependencies began to fill, or empties and makes it.
 * @param results paths of what is made of the files; where they are made, the folder does not need its files any more
 * @returns with it whether the results were made of the files already, which are gone
 */
export async function stageFolder(
  path: string,
  dependsOn: unknown,
  results: readonly string[] = [],
): Promise<Filled<string> & { readonly isUsed: boolean }> {
  const fingerprint = await fingerprintOf({ dependsOn });
  const known = await readNote(path);
  if (known.fingerprint === fingerprint && typeof known.generation === "string") {
    const made = known.results?.map((result) => resolve(path, result));
    if (!made) return { target: path, generation: known.generation, isUsed: false };
    const there = await Promise.all(
      results.map(async (result) => made.includes(result) && await exists(result)),
    );
    if (there.every(Boolean)) return { target: path, generation: known.generation, isUsed: true };
  }
  await removeFolder(path);
  await Deno.mkdir(path, { recursive: true });
  const generation = crypto.randomUUID();
  await writeFileAtomic(join(path, NOTE), sealJson({ fingerprint, generation }));
  return { target: path, generation, isUsed: false };
}

/** Removes the files of a stage's folder after these results were made of them. */
export async function emptyStageFolder(path: string, results: readonly string[]): Promise<void> {
  const note = { ...await readNote(path), results: results.map((result) => relative(path, result)) };
  await writeFileAtomic(join(path, NOTE), sealJson(note));
  for await (const { name } of Deno.readDir(path)) if (name !== NOTE) await Deno.remove(join(path, name));
}

/** Whether results were made of a stage's files, which were removed then. */
export async function isEmptied(path: string): Promise<boolean> {
  return (await readNote(path)).results !== undefined;
}

async function readNote(path: string): Promise<FolderNote> {
  const text = await ifThere(() => Deno.readTextFile(join(path, NOTE)));
  return openJson(text ?? "") ?? {}; // damaged: filled anew
}

/** Removes a folder with everything in it; one that does not exist is fine. */
export async function removeFolder(path: string): Promise<void> {
  await ifThere(() => Deno.remove(path, { recursive: true }));
}

/** The path of a result as stages are named after it: from the folder on in which the work folder is, so that both can be moved. */
export function shownPath(workFolder: string, path: string): string {
  return relative(dirname(workFolder), path);
}

/** How names of a run's results begin, as the path or the name of its usual work folder says. */
export function resultPrefix(workFolder: string): string {
  return workFolder.replace(/-work$/, "");
}

/** Whether a file or folder exists. */
export async function exists(path: string): Promise<boolean> {
  return await ifThere(() => Deno.stat(path)) !== undefined;
}

/** Names that no other process uses end so. */
const UNNAMED = /\.[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\.(partial|tmp)$/;

/** Removes what a killed run left under way, from its work folder and from beside its results: files that nothing will ever read. */
export function removeUnfinishedFiles(workFolder: string, outFileName: string): void {
  const prefix = `${basename(outFileName)}-`; // with its hyphen: a run of `out2` may be at work beside one of `out`
  const isOwn = (name: string) => name.startsWith(prefix) || name.startsWith(`.${prefix}`);
  removeIn(dirname(outFileName), isOwn, false);
  removeIn(workFolder, () => true, true);
}

function removeIn(folder: string, isOwn: (name: string) => boolean, isDeep: boolean): void {
  for (const { name, isDirectory } of Array.from(Deno.readDirSync(folder))) {
    const path = join(folder, name);
    if (!isDirectory) {
      if (UNNAMED.test(name) && isOwn(name)) removeIfExists(path);
    } else if (isDeep) removeIn(path, isOwn, true);
  }
}
