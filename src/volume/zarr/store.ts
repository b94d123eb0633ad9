/** A folder as a store of zarrita: keys are paths below the folder, beginning with a slash. */
import { UserError } from "../../user_error.ts";
import type { AbsolutePath, RangeQuery } from "zarrita";
import { fileError, fileState, openForReading, readExactly, writeWhole } from "../file.ts";

/** What zarrita needs to read and to create arrays. */
export interface FolderStore {
  get(key: AbsolutePath): Uint8Array | undefined;
  getRange(key: AbsolutePath, range: RangeQuery): Uint8Array | undefined;
  set(key: AbsolutePath, value: Uint8Array): Promise<void>;
}

/** Most bytes of a stored file beyond those that its contents should have. */
export const MAX_STORED = 1 << 22;

/**
 * The store of the folder `path`. A missing file is `undefined`, as zarrita expects; any other failure is thrown.
 *
 * @param limit most bytes of a file that are read
 */
export function folderStore(path: string, limit = MAX_STORED): FolderStore {
  return {
    get: (key) => readFileIfExists(`${path}${key}`, limit),
    getRange(key, range) {
      const name = `${path}${key}`;
      const size = sizeIfExists(name);
      if (size === undefined) return undefined;
      const [offset, length] = "suffixLength" in range
        ? [Math.max(0, size - range.suffixLength), Math.min(size, range.suffixLength)]
        : [range.offset, range.length];
      if (offset + length > size || length > limit) {
        throw new UserError(
          `${name}: truncated or damaged: ${length} bytes expected at byte ${offset} of ${size}; copy the array again`,
        );
      }
      using file = openForReading(name);
      const bytes = new Uint8Array(length);
      readExactly(file, name, offset, bytes);
      return bytes;
    },
    set: (key, value) => writeWhole(`${path}${key}`, value),
  };
}

/**
 * All bytes of a file; undefined where there is none.
 * @throws UserError if it is longer than `limit` bytes, no regular file, or cannot be read
 */
export function readFileIfExists(path: string, limit: number): Uint8Array<ArrayBuffer> | undefined {
  const size = sizeIfExists(path);
  if (size === undefined) return undefined;
  if (size > limit) {
    throw new UserError(`${path}: damaged: ${size} bytes, expected at most ${limit}; copy the array again`);
  }
  try {
    return Deno.readFileSync(path);
  } catch (cause) {
    throw fileError(path, "read", cause);
  }
}

/** Bytes of a regular file; undefined where there is none. @throws UserError if something else is there */
export function sizeIfExists(path: string): number | undefined {
  const state = fileState(path);
  if (state === undefined || state.isFile) return state?.bytes;
  throw new UserError(`${path}: not a regular file; copy the array again`);
}

/** Opens a chunk's file; undefined where there is none. What is no regular file is not opened: a pipe would be waited for. */
export function openIfExists(path: string): Deno.FsFile | undefined {
  if (sizeIfExists(path) === undefined) return undefined;
  try {
    return Deno.openSync(path, { read: true });
  } catch (cause) {
    throw fileError(path, "read", cause);
  }
}
