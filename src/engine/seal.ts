/** Checksums of what stages keep beside Zarr arrays: of JSON objects on one line, and of whole files. */
import { CHECKSUM_BYTES, checksumBytes, checksumText, crc32c, storedChecksum } from "../volume/crc32c.ts";
import { DamagedError } from "../volume/damaged_error.ts";
import { fileError, openForReading, readExactly, writeExactly, writeFileAtomic } from "../volume/file.ts";
import { nextTurn } from "./turn.ts";

const KEY = ',"crc32c":"';
const TAIL = KEY.length + 8 + 2;

/** JSON of an object that has keys, on one line with `crc32c` as its last key: the checksum of the JSON without that key. */
export function sealJson(value: object): string {
  const text = JSON.stringify(value);
  return `${text.slice(0, -1)}${KEY}${checksumOfText(text)}"}`;
}

/** The object of a text that `sealJson` made; undefined where the text is anything else. */
export function openJson(text: string): object | undefined {
  const tail = text.slice(-TAIL);
  const plain = `${text.slice(0, -TAIL)}}`;
  if (!tail.startsWith(KEY) || tail !== `${KEY}${checksumOfText(plain)}"}`) return undefined;
  const value: unknown = JSON.parse(plain);
  return typeof value === "object" && value !== null ? value : undefined;
}

function checksumOfText(text: string): string {
  return checksumText(crc32c(new TextEncoder().encode(text)));
}

/** Writes a file whole or not at all, with a checksum behind its bytes. @throws {UserError} where it cannot be written */
export async function writeSealedFile(path: string, bytes: Uint8Array): Promise<void> {
  const sealed = new Uint8Array(bytes.length + CHECKSUM_BYTES);
  sealed.set(bytes);
  sealed.set(checksumBytes(crc32c(bytes)), bytes.length);
  await writeFileAtomic(path, sealed);
}

/**
 * The bytes of a file that `writeSealedFile` wrote, in a buffer of their own.
 * @throws {DamagedError} where they are not what was written
 */
export async function readSealedFile(path: string): Promise<Uint8Array<ArrayBuffer>> {
  const stored = await readAll(path);
  const bytes = stored.subarray(0, Math.max(0, stored.length - CHECKSUM_BYTES));
  requireChecksum(path, crc32c(bytes), stored);
  return bytes;
}

async function readAll(path: string): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return await Deno.readFile(path);
  } catch (cause) {
    throw missingOr(path, cause);
  }
}

/** Adds a checksum to the end of a file that was written, and flushes it to the disk. */
export function sealFile(path: string): void {
  try {
    using file = Deno.openSync(path, { read: true, write: true });
    const { size } = file.statSync();
    writeExactly(file, size, checksumBytes(checksumOf(file, path, size)));
    file.syncDataSync();
  } catch (cause) {
    throw fileError(path, "write", cause);
  }
}

/** Reads a sealed file to its end. @throws {DamagedError} where it is missing or its contents are not what was written */
export function checkSealedFile(path: string): void {
  using file = openOwn(path);
  const { size } = file.statSync();
  const tail = new Uint8Array(Math.min(size, CHECKSUM_BYTES));
  readExactly(file, path, size - tail.length, tail);
  requireChecksum(path, checksumOf(file, path, size - tail.length), tail);
}

/** Opens a file of our own making for reading. @throws {DamagedError} where it is missing */
export function openOwn(path: string): Deno.FsFile {
  try {
    return openForReading(path);
  } catch (cause) {
    throw missingOr(path, cause instanceof Error ? cause.cause ?? cause : cause);
  }
}

function missingOr(path: string, cause: unknown): unknown {
  return cause instanceof Deno.errors.NotFound ? new DamagedError(path, "it is missing", { cause }) : cause;
}

function requireChecksum(path: string, found: number, stored: Uint8Array): void {
  if (stored.length < CHECKSUM_BYTES) throw new DamagedError(path, `only ${stored.length} bytes are left`);
  if (found !== storedChecksum(stored)) {
    throw new DamagedError(path, "its checksum is wrong");
  }
}

const PIECE = 1 << 22;

/** Checksum of the first `length` bytes of an open file. */
export function checksumOf(file: Deno.FsFile, path: string, length: number): number {
  let checksum = 0;
  for (const piece of piecesOf(file, path, length)) checksum = crc32c(piece, checksum);
  return checksum;
}

/** The first `length` bytes of an open file, one piece after the other in the same buffer. */
function* piecesOf(file: Deno.FsFile, path: string, length: number): Generator<Uint8Array> {
  const buffer = new Uint8Array(Math.min(PIECE, length));
  for (let at = 0; at < length; at += buffer.length) {
    const piece = buffer.subarray(0, Math.min(buffer.length, length - at));
    readExactly(file, path, at, piece);
    yield piece;
  }
}

/** Length and checksum of a file. */
export interface FileSum {
  readonly bytes: number;
  /** Hexadecimal. */
  readonly crc32c: string;
}

/** Reads a file to its end. @throws the signal's reason when it is aborted */
export async function fileSum(path: string, signal?: AbortSignal): Promise<FileSum> {
  using file = openForReading(path);
  const { size } = file.statSync();
  let checksum = 0;
  for (const piece of piecesOf(file, path, size)) {
    checksum = crc32c(piece, checksum);
    await nextTurn();
    signal?.throwIfAborted();
  }
  return { bytes: size, crc32c: checksumText(checksum) };
}
