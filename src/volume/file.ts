/** Files in parts and as a whole: exact reads and writes at any offset below 2^53, and files that appear at once. */
import { dirname } from "node:path";
import { reasonOf, UserError } from "../config/user_error.ts";

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
  for (let done = 0; done < bytes.length;) done += file.writeSync(bytes.subarray(done));
}

/** Opens a file for reading. @throws UserError if it is missing, no regular file or may not be read */
export function openForReading(path: string): Deno.FsFile {
  try {
    // To open a pipe waits for its writer, and a device may have no end.
    if (!Deno.statSync(path).isFile) {
      throw new UserError(`${path}: no regular file; check the path`);
    }
    return Deno.openSync(path, { read: true });
  } catch (cause) {
    throw fileError(path, "read", cause);
  }
}

/** Size in bytes and time of the last change in ms; undefined where nothing exists. */
export function fileState(path: string): { bytes: number; mtime: number; isDirectory: boolean } | undefined {
  try {
    const { size, mtime, isDirectory } = Deno.statSync(path);
    return { bytes: size, mtime: mtime?.getTime() ?? 0, isDirectory };
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound) return undefined;
    throw fileError(path, "read", cause);
  }
}

/** Removes a file or folder with all that is in it, or does nothing where there is none. */
export function removeIfExists(path: string): void {
  try {
    Deno.removeSync(path, { recursive: true });
  } catch (cause) {
    if (!(cause instanceof Deno.errors.NotFound)) throw cause;
  }
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
        const file = createFile(temporary);
        written.push({ file, temporary, path });
        writeExactly(file, 0, bytes);
      } catch (cause) {
        throw fileError(path, "write", cause);
      }
    },
    pending: () => written.length,
    async complete() {
      try {
        await Promise.all(written.map(({ file }) => file.syncData()));
        for (const { temporary, path } of written) Deno.renameSync(temporary, path);
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

function createFile(path: string): Deno.FsFile {
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

/** What went wrong with a file, said to the user. */
export function fileError(path: string, action: "read" | "write", cause: unknown): UserError {
  if (cause instanceof UserError) return cause;
  if (cause instanceof Deno.errors.NotFound) {
    return new UserError(`${path}: cannot ${action}: no such file or folder; check the path`, { cause });
  }
  const advice = action === "write" ? "check free space and permissions" : "check permissions";
  return new UserError(`${path}: cannot ${action}: ${reasonOf(cause)}; ${advice}`, { cause });
}
