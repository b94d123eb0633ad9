/** Files that are read as a whole: of at most so many bytes, and never what has no end. */
import { reasonOf, UserError } from "../user_error.ts";
import { isMissing } from "../if_there.ts";

/**
 * All bytes of a file. A folder, device or pipe is not opened, and no more than `limit` bytes are held, whatever the file's size
 * is said to be.
 *
 * @param limit bytes
 * @param kind what the file should be, for messages: `a configuration file`
 * @throws UserError where it cannot be read, is no regular file or is longer
 */
export function readSmallFile(path: string, limit: number, kind: string): Uint8Array<ArrayBuffer> {
  try {
    const { isFile, isDirectory, size } = Deno.statSync(path);
    if (isDirectory) {
      throw new UserError(`${path}: this is a folder; give the path of ${kind} in it`);
    }
    if (!isFile) throw new UserError(`${path}: this is not a regular file; give the path of ${kind}`);
    if (size > limit) throw tooLong(path, limit, kind);
    using file = Deno.openSync(path, { read: true });
    const bytes = new Uint8Array(size + 1);
    let length = 0;
    while (length < bytes.length) {
      const count = file.readSync(bytes.subarray(length));
      if (count === null || count === 0) return bytes.subarray(0, length);
      length += count;
    }
    throw new UserError(`${path}: it is growing while it is read; give the path of ${kind} that is complete`);
  } catch (cause) {
    if (cause instanceof UserError) throw cause;
    throw new UserError(`${path}: ${describeFailure(cause)}`, { cause });
  }
}

/** The text of a file, UTF-8; otherwise as `readSmallFile`. */
export function readSmallText(path: string, limit: number, kind: string): string {
  return new TextDecoder().decode(readSmallFile(path, limit, kind));
}

function tooLong(path: string, limit: number, kind: string): UserError {
  return new UserError(`${path}: longer than ${limit / 2 ** 20} MiB; give the path of ${kind}`);
}

/** Why a file cannot be read, and what to do. */
export function describeFailure(cause: unknown): string {
  if (isMissing(cause)) return "no such file; check the path";
  if (cause instanceof Deno.errors.PermissionDenied || cause instanceof Deno.errors.NotCapable) {
    return "no permission to read this file; change its permissions";
  }
  return `this file cannot be read: ${reasonOf(cause)}`;
}
