/** What tells an input from a changed one without reading all of it: size, time of change, and a hash of samples. */
import { createHash, type Hash } from "node:crypto";
import { basename, join, resolve } from "node:path";
import { fileState, openForReading, readExactly } from "./file.ts";

/** A file, or a folder of chunks, as it was at one moment. */
export interface FileIdentity {
  /** Absolute. */
  readonly path: string;
  /** Size; of a folder, of those files in it that were looked at. */
  readonly bytes: number;
  /** Time of the last change in ms; of a folder the latest of those files. */
  readonly mtime: number;
  /** SHA-256 of the header and of samples of the contents, the first 16 digits; of several files also of their names and sizes. */
  readonly samples: string;
  /** Of several files, a checksum of their times of change. */
  readonly times?: string;
}

/** Bytes at the beginning and at the end that are always looked at: headers, and directories that stand behind the voxels. */
const ENDS = 1 << 16;
const SAMPLES = 16;
const SAMPLE_BYTES = 4096;
const MOST_FILES = 4096;
const MOST_READ = 64;

/** Identifies a file or, for Zarr arrays, a folder. @throws UserError if it is missing or may not be read */
export function identify(path: string): FileIdentity {
  const hash = createHash("sha256");
  const times = createHash("sha256");
  const state = fileState(path);
  let bytes = state?.bytes ?? 0, mtime = state?.mtime ?? 0;
  if (state?.isDirectory) {
    bytes = 0;
    mtime = 0;
    const names = filesBelow(path).sort();
    hash.update(`${names.length}`);
    for (const name of spread(names, MOST_FILES)) {
      const file = fileState(join(path, name));
      bytes += file?.bytes ?? 0;
      mtime = Math.max(mtime, file?.mtime ?? 0);
      hash.update(`${name} ${file?.bytes}\n`);
      times.update(`${file?.mtime}\n`);
    }
    const metadata = names.filter((name) => /^(zarr\.json|\.z(array|attrs)|attributes\.json)$/.test(name));
    for (const name of [...metadata, ...spread(names, MOST_READ)]) hashSamples(join(path, name), hash);
  } else hashSamples(path, hash);
  const found = { path: resolve(path), bytes, mtime, samples: digestOf(hash) };
  return state?.isDirectory ? { ...found, times: digestOf(times) } : found;
}

function digestOf(hash: Hash): string {
  return hash.digest("hex").slice(0, 16);
}

/**
 * Identifies the files of a stack by all their sizes and times of change, and samples of some.
 * @param name what the stack is called
 */
export function identifyAll(name: string, files: readonly string[]): FileIdentity {
  const hash = createHash("sha256");
  const times = createHash("sha256");
  let bytes = 0, mtime = 0;
  for (const path of files) {
    const file = fileState(path);
    bytes += file?.bytes ?? 0;
    mtime = Math.max(mtime, file?.mtime ?? 0);
    hash.update(`${basename(path)} ${file?.bytes}\n`);
    times.update(`${file?.mtime}\n`);
  }
  for (const path of spread(files, MOST_READ)) hashSamples(path, hash);
  return { path: resolve(name), bytes, mtime, samples: digestOf(hash), times: digestOf(times) };
}

function hashSamples(path: string, hash: Hash): void {
  using file = openForReading(path);
  const { size } = file.statSync();
  const add = (offset: number, length: number) => {
    const bytes = new Uint8Array(Math.min(length, size - offset));
    readExactly(file, path, offset, bytes);
    hash.update(bytes);
  };
  add(0, ENDS);
  if (size <= ENDS) return;
  add(Math.max(ENDS, size - ENDS), ENDS);
  const between = size - 2 * ENDS;
  for (let i = 0; i < SAMPLES && between > 0; i++) {
    add(ENDS + Math.floor((between * (i + 0.5)) / SAMPLES), SAMPLE_BYTES);
  }
}

/** Paths of all files below a folder, from there on. */
function filesBelow(folder: string, below = ""): string[] {
  const found: string[] = [];
  for (const { name, isDirectory } of Deno.readDirSync(join(folder, below))) {
    const path = join(below, name);
    if (isDirectory) found.push(...filesBelow(folder, path));
    else found.push(path);
  }
  return found;
}

/** At most `most` of the items, evenly spread, the first and the last among them. */
function spread<T>(items: readonly T[], most: number): T[] {
  if (items.length <= most) return [...items];
  return Array.from({ length: most }, (_, i) => items[Math.round((i * (items.length - 1)) / (most - 1))])
    .filter((item): item is T => item !== undefined);
}
