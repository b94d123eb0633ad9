/** Arrays and folders that stages keep in the work folder, and steps that are done once. */
import { join } from "node:path";
import { fingerprint, type Json, writeFileAtomic } from "../engine/mod.ts";
import { UserError } from "../config/user_error.ts";
import { createZarr, type CreateZarrOptions, openZarr, type ZarrVolume } from "../volume/zarr.ts";
import type { RunContext } from "./run_context.ts";

/** Something that a stage fills part by part. */
export interface Filled<T> {
  readonly target: T;
  /**
   * New whenever the target is made anew, so that a journal that knows parts as done is not believed after the target was
   * removed. It belongs into what the stage depends on; no result depends on it.
   */
  readonly generation: string;
}

/** Opens the array that a stage with these dependencies began to fill, or makes it anew. */
export async function stageArray(
  path: string,
  dependsOn: unknown,
  options: CreateZarrOptions,
): Promise<Filled<ZarrVolume>> {
  const print = await fingerprint({ dependsOn });
  const existing = await openIfThere(path);
  const known = existing?.attributes["generation"];
  if (existing && existing.attributes["fingerprint"] === print && typeof known === "string") {
    return { target: existing, generation: known };
  }
  const generation = crypto.randomUUID();
  const attributes = { ...options.attributes, fingerprint: print, generation };
  return { target: await createZarr(path, { ...options, attributes }), generation };
}

async function openIfThere(path: string): Promise<ZarrVolume | undefined> {
  try {
    return await openZarr(path);
  } catch (cause) {
    if (cause instanceof UserError) return undefined; // missing or unreadable: it is made anew
    throw cause;
  }
}

/** Opens the folder that a stage with these dependencies began to fill, or empties and makes it. */
export async function stageFolder(path: string, dependsOn: unknown): Promise<Filled<string>> {
  const print = await fingerprint({ dependsOn });
  const note = join(path, "stage.json");
  try {
    const known = JSON.parse(await Deno.readTextFile(note)) as {
      fingerprint?: unknown;
      generation?: unknown;
    };
    if (known.fingerprint === print && typeof known.generation === "string") {
      return { target: path, generation: known.generation };
    }
  } catch (cause) {
    if (!(cause instanceof Deno.errors.NotFound || cause instanceof SyntaxError)) throw cause;
  }
  await removeFolder(path);
  await Deno.mkdir(path, { recursive: true });
  const generation = crypto.randomUUID();
  await writeFileAtomic(note, JSON.stringify({ fingerprint: print, generation }));
  return { target: path, generation };
}

/** Removes a folder with everything in it; one that does not exist is fine. */
export async function removeFolder(path: string): Promise<void> {
  try {
    await Deno.remove(path, { recursive: true });
  } catch (cause) {
    if (!(cause instanceof Deno.errors.NotFound)) throw cause;
  }
}

/** Whether a file or folder exists. */
export async function exists(path: string): Promise<boolean> {
  try {
    await Deno.stat(path);
    return true;
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound) return false;
    throw cause;
  }
}

/**
 * Runs a step that ends whole or not at all, unless the journal has it with the same dependencies and what it made is
 * still there.
 * @param made what the step leaves behind
 */
export async function once<T extends Json>(
  { journal }: RunContext,
  stage: string,
  dependsOn: unknown,
  made: readonly string[],
  step: () => Promise<T>,
): Promise<T> {
  const print = await fingerprint({ stage, dependsOn });
  const known = journal.events.findLast((event) =>
    event.event === "stage-done" && event.stage === stage && event.fingerprint === print
  );
  const there = await Promise.all(made.map(exists));
  if (known?.event === "stage-done" && there.every(Boolean)) return known.result as T;
  const begin = performance.now();
  const result = await step();
  const seconds = Math.round(performance.now() - begin) / 1000;
  await journal.append({ event: "stage-done", stage, fingerprint: print, seconds, result });
  return result;
}
