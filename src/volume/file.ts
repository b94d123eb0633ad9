/** Files in parts and as a whole: exact reads and writes at any offset below 2^53, and files that appear at once. */
import { basename, dirname, join } from "node:path";
import { ifThereSync, isMissing } from "../if_there.ts";
import { reasonOf, UserError } from "../user_error.ts";

/**
 * Fills `into` from byte `offset` of an open file.
 * @throws UserError if the file ends before
 */
export function readExactly(file: Deno.FsFile, path: string, offset: number, into: Uint8Array): void {
  file.seekSync(offset, Deno.SeekMode.Start);
  let done = 0;
  while (done < into.length) {
    const count = file.readSync(into.subarray(done));
    if (count === null || count === 0) {
      throw new UserError(
        `${path}: truncated: ${into.length} bytes expected at byte ${offset}, found ${done}; copy the file again`,
      );
    }
    done += count;
  }
}

/** Writes all of `bytes` at byte `offset` of an open file. */
export function writeExactly(file: Deno.FsFile, offset: number, bytes: Uint8Array): void {
  file.seekSync(offset, Deno.SeekMode.Start);
  writeFully(file, bytes);
}

/** Writes all of `bytes` where the last writing ended. */
export function writeFully(file: Deno.FsFile, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length;) done += file.writeSync(bytes.subarray(done));
}

/** Reads from where a file is until `bytes` are full or it ends. @returns how many were read */
export async function readFull(file: Deno.FsFile, bytes: Uint8Array): Promise<number> {
  let read = 0;
  while (read < bytes.length) {
    const count = await file.read(bytes.subarray(read));
    if (count === null) break;
    read += count;
  }
  return read;
}

/** Opens a file for reading. @throws UserError if it is missing, no regular file or may not be read */
export function openForReading(path: string): Deno.FsFile {
  try {
    // To open a pipe waits for its writer, and a device may have no end.
    if (!Deno.statSync(path).isFile) {
      throw new UserError(`${path}: not a regular file; check the path`);
    }
    return Deno.openSync(path, { read: true });
  } catch (cause) {
    throw fileError(path, "read", cause);
  }
}

/** Size in bytes and time of the last change in ms; undefined where nothing exists. */
export function fileState(path: string) {
  try {
    const { size, mtime, isFile, isDirectory } = Deno.statSync(path);
    return { bytes: size, mtime: mtime?.getTime() ?? 0, isFile, isDirectory };
  } catch (cause) {
    if (isMissing(cause)) return undefined;
    throw fileError(path, "read", cause);
  }
}

/** What is at a path and not known: an entry of a folder, or a file itself; undefined where there is none. */
export function strangerAt(path: string, isKnown: (name: string) => boolean): string | undefined {
  const state = fileState(path);
  if (state === undefined) return undefined;
  return state.isDirectory
    ? Array.from(Deno.readDirSync(path), ({ name }) => name).find((name) => !isKnown(name))
    : path;
}

/** Whether there is a regular file. */
export function isAFile(path: string): boolean {
  return fileState(path)?.isFile === true;
}

/** Removes a file or folder with all that is in it, or does nothing where there is none. */
export function removeIfExists(path: string): void {
  ifThereSync(() => Deno.removeSync(path, { recursive: true }));
}

/** A name beside `path` that no other process or worker uses (workers share a process id). */
export function temporaryName(path: string): string {
  return `${path}.${crypto.randomUUID()}.partial`;
}

/**
 * Files that readers see whole or not at all, also after a power cut: their bytes are on the disk before they have their
 * names. Written together they reach the disk several times faster than one by one.
 */
export interface WholeFiles {
  /** Writes a file without a name yet; makes its folder where it is missing. */
  add(path: string, bytes: Uint8Array): void;
  /** Takes a file that another thread has written under a temporary name; does nothing where there is none. */
  adopt(path: string, temporary: string): void;
  /** How many files have no name yet. */
  pending(): number;
  /** Flushes all to the disk, and names them. */
  complete(): Promise<void>;
  /** Removes those that have no name yet. */
  abandon(): void;
}

/** Begins a set of files. Exactly one of `complete`, perhaps several times, and `abandon` must come last. */
export function wholeFiles(): WholeFiles {
  const written: { readonly file: Deno.FsFile; readonly temporary: string; readonly path: string }[] = [];
  return {
    add(path, bytes) {
      const temporary = temporaryName(path);
      try {
        const file = createTemporary(temporary);
        written.push({ file, temporary, path });
        writeExactly(file, 0, bytes);
      } catch (cause) {
        throw fileError(path, "write", cause, bytes.length);
      }
    },
    adopt(path, temporary) {
      if (fileState(temporary) === undefined) return;
      try {
        written.push({ file: Deno.openSync(temporary, { write: true }), temporary, path });
      } catch (cause) {
        throw fileError(path, "write", cause);
      }
    },
    pending: () => written.length,
    async complete() {
      try {
        await Promise.all(written.map(({ file }) => file.syncData()));
        for (const { temporary, path } of written) Deno.renameSync(temporary, path);
        await Promise.all([...new Set(written.map(({ path }) => dirname(path)))].map(syncFolder));
      } catch (cause) {
        throw fileError(written[0]?.path ?? "", "write", cause);
      }
      for (const { file } of written.splice(0)) file.close();
    },
    abandon() {
      for (const { file, temporary } of written.splice(0)) {
        file.close();
        removeIfExists(temporary);
      }
    },
  };
}

/**
 * Gives a file another name; where the file system cannot, the name is of a copy, which is on the disk then.
 * @throws UserError if neither is possible
 */
export async function linkOrCopy(from: string, to: string): Promise<void> {
  try {
    Deno.linkSync(from, to);
  } catch (cause) {
    if (isMissing(cause)) throw fileError(from, "read", cause);
    try {
      Deno.copyFileSync(from, to);
      using file = Deno.openSync(to, { write: true });
      await file.syncData();
    } catch (failure) {
      throw fileError(to, "write", failure);
    }
  }
}

/** Makes the names in a folder last. Windows cannot open a folder, and keeps names by its own journal. */
export async function syncFolder(folder: string): Promise<void> {
  if (Deno.build.os === "windows") return;
  using file = await Deno.open(folder, { read: true });
  await file.sync();
}

/** Writes a file under a temporary name, for another thread to adopt. @throws UserError if it cannot be written */
export function writeTemporary(temporary: string, path: string, bytes: Uint8Array): void {
  try {
    using file = createTemporary(temporary);
    writeExactly(file, 0, bytes);
  } catch (cause) {
    throw fileError(path, "write", cause, bytes.length);
  }
}

/** Makes the folder of a file. @throws {UserError} where it cannot be made */
export async function makeFolderOf(path: string): Promise<void> {
  try {
    await Deno.mkdir(dirname(path), { recursive: true });
  } catch (cause) {
    throw fileError(path, "write", cause);
  }
}

/** Creates a file that is not there yet, and its folder where it is missing. */
export function createTemporary(path: string): Deno.FsFile {
  try {
    return Deno.openSync(path, { write: true, createNew: true });
  } catch (cause) {
    if (!(cause instanceof Deno.errors.NotFound)) throw cause;
    Deno.mkdirSync(dirname(path), { recursive: true });
    return Deno.openSync(path, { write: true, createNew: true });
  }
}

/** Writes one file as `wholeFiles` does. @throws UserError if it cannot be written */
export async function writeWhole(path: string, bytes: Uint8Array): Promise<void> {
  const files = wholeFiles();
  try {
    files.add(path, bytes);
    await files.complete();
  } catch (cause) {
    files.abandon();
    throw cause;
  }
}

/**
 * Writes a file so that a reader, and a run after a kill or a power cut, finds either the old contents or all of the new, as
 * `writeWhole` does. But folders are not made: a mistyped path should be an error before hours of work and not a new tree of folders.
 *
 * @throws UserError where the folder does not exist or cannot be written; the temporary file is removed
 */
export async function writeFileAtomic(path: string, contents: Uint8Array | string): Promise<void> {
  const bytes = typeof contents === "string" ? new TextEncoder().encode(contents) : contents;
  const folder = dirname(path);
  const temporary = join(folder, `.${basename(path)}.${crypto.randomUUID()}.tmp`);
  try {
    await writeSynced(temporary, bytes);
    await Deno.rename(temporary, path);
  } catch (cause) {
    removeIfExists(temporary);
    if (cause instanceof Deno.errors.NotFound && fileState(folder) === undefined) {
      throw new UserError(`cannot write ${path}: no folder ${folder}; create it first`, { cause });
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

/**
 * What went wrong with a file, said to the user.
 * @param bytes how many were to be written
 */
export function fileError(path: string, action: "read" | "write", cause: unknown, bytes?: number): UserError {
  if (cause instanceof UserError) return cause;
  return new UserError(`${path}: cannot ${action}: ${whatFailed(action, cause, bytes)}`, { cause });
}

function whatFailed(action: "read" | "write", cause: unknown, bytes: number | undefined): string {
  const size = bytes === undefined ? "" : ` for ${bytes} bytes`;
  switch (systemCode(cause)) {
    case "ENOENT":
      return "no such file or folder; check the path";
    case "ENOSPC":
    case "EDQUOT":
      return `no space left${size}; free some space, then run the same command again to resume`;
    case "EROFS":
      return "the file system is read-only; mount it for writing or use another folder";
    case "EACCES":
    case "EPERM":
      return "permission denied; change its permissions or use another";
  }
  if (cause instanceof Deno.errors.NotCapable) {
    return `Deno has no permission; start it with --allow-${action} for this folder`;
  }
  return `${reasonOf(cause)}; ` +
    `${action === "write" ? "check free space and permissions" : "check permissions"}`;
}

/** The operating system's name for a failure, such as `ENOSPC`; undefined for other errors. */
function systemCode(cause: unknown): string | undefined {
  const isCoded = cause instanceof Error && "code" in cause && typeof cause.code === "string";
  return isCoded && /^E[A-Z]+$/.test(String(cause.code)) ? String(cause.code) : undefined;
}

/** A failure of the operating system, met while something was read or written in `folder`, said to the user; else `cause`. */
export function explainSystemError(cause: unknown, folder: string): unknown {
  if (systemCode(cause) === undefined) return cause;
  // A message of opening names the path, one of writing does not.
  const [, path] = /: \w+ ['"](.+)['"]/.exec(cause instanceof Error ? cause.message : "") ?? [];
  const isReading = systemCode(cause) === "ENOENT";
  return fileError(path ?? folder, isReading ? "read" : "write", cause);
}
