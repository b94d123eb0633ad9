/** A folder as a store of zarrita: keys are paths below the folder, beginning with a slash. */
import type { AbsolutePath, RangeQuery } from "zarrita";
import { fileError, openForReading, readExactly, writeWhole } from "./file.ts";

/** What zarrita needs to read and to create arrays. */
export interface FolderStore {
  get(key: AbsolutePath): Uint8Array | undefined;
  getRange(key: AbsolutePath, range: RangeQuery): Uint8Array | undefined;
  set(key: AbsolutePath, value: Uint8Array): Promise<void>;
}

/** The store of the folder `path`. A missing file is `undefined`, as zarrita expects; any other failure is thrown. */
export function folderStore(path: string): FolderStore {
  return {
    get: (key) => readFileIfExists(`${path}${key}`),
    getRange(key, range) {
      const name = `${path}${key}`;
      const size = sizeIfExists(name);
      if (size === undefined) return undefined;
      const [offset, length] = "suffixLength" in range
        ? [Math.max(0, size - range.suffixLength), Math.min(size, range.suffixLength)]
        : [range.offset, range.length];
      using file = openForReading(name);
      const bytes = new Uint8Array(length);
      readExactly(file, name, offset, bytes);
      return bytes;
    },
    set: (key, value) => writeWhole(`${path}${key}`, value),
  };
}

/** All bytes of a file; undefined where there is none. */
export function readFileIfExists(path: string): Uint8Array<ArrayBuffer> | undefined {
  try {
    return Deno.readFileSync(path);
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound) return undefined;
    // A file where a folder is expected, or the other way round: no chunk here.
    if (cause instanceof Deno.errors.NotADirectory) return undefined;
    throw fileError(path, "read", cause);
  }
}

function sizeIfExists(path: string): number | undefined {
  try {
    return Deno.statSync(path).size;
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound) return undefined;
    throw fileError(path, "read", cause);
  }
}
