/** Files that appear whole or not at all. */
import { basename, dirname, join } from "node:path";
import { UserError } from "../user_error.ts";
import { fileError } from "../volume/file.ts";

/**
 * Writes a file so that a reader, and a run after a kill or a power cut, finds either the old contents or all of the new. The bytes go
 * to a temporary file beside it, reach the disk, and then take the name.
 *
 * Folders are not made: a mistyped path should be an error before hours of work and not a new tree of folders.
 *
 * @throws {UserError} where the folder does not exist or cannot be written; the temporary file is removed
 */
export async function writeFileAtomic(path: string, contents: Uint8Array | string): Promise<void> {
  const bytes = typeof contents === "string" ? new TextEncoder().encode(contents) : contents;
  const folder = dirname(path);
  const temporary = join(folder, `.${basename(path)}.${crypto.randomUUID()}.tmp`);
  try {
    await writeSynced(temporary, bytes);
    await Deno.rename(temporary, path);
  } catch (cause) {
    await removeIfThere(temporary);
    if (cause instanceof Deno.errors.NotFound && !await exists(folder)) {
      throw new UserError(`cannot write ${path}: there is no folder ${folder}; make it first`, { cause });
    }
    throw fileError(path, "write", cause, bytes.length);
  }
  await syncFolder(folder);
}

async function writeSynced(path: string, bytes: Uint8Array): Promise<void> {
  using file = await Deno.open(path, { write: true, createNew: true });
  for (let sent = 0; sent < bytes.length;) sent += await file.write(bytes.subarray(sent));
  await file.sync();
}

/** Makes the new name itself last. Windows cannot open a folder, and keeps names by its own journal. */
async function syncFolder(folder: string): Promise<void> {
  if (Deno.build.os === "windows") return;
  using file = await Deno.open(folder, { read: true });
  await file.sync();
}

async function removeIfThere(path: string): Promise<void> {
  try {
    await Deno.remove(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await Deno.stat(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
