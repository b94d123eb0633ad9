/** Follows a file of JSON lines that another process or thread is still writing. */
import { ifThere } from "../if_there.ts";
import { readFull } from "../volume/file.ts";

/** The whole lines after a place in a file. */
interface TailedLines {
  /** One value a line, oldest first; lines that are no JSON object are left out. */
  readonly values: readonly Readonly<Record<string, unknown>>[];
  /** Bytes up to the end of the last whole line: where to go on next time. */
  readonly offset: number;
  /** Whether there is more to read now. */
  readonly more: boolean;
  /** Whether the file is shorter than `offset` was: it was replaced, and was read from its beginning. */
  readonly restarted: boolean;
}

/** Bytes read at once where the caller names no other number. */
const MOST_BYTES = 1 << 20;

/**
 * Reads the whole lines from byte `offset` on, at most about `most` bytes of them. The file is neither locked nor changed; one that
 * does not exist is empty.
 *
 * @param offset where a line begins: 0, or what an earlier call returned
 */
export async function readTail(path: string, offset: number, most = MOST_BYTES): Promise<TailedLines> {
  using file = await ifThere(() => Deno.open(path, { read: true }));
  if (file === undefined) return { values: [], offset: 0, more: false, restarted: offset > 0 };
  const { size } = await file.stat();
  const restarted = size < offset;
  const from = restarted ? 0 : offset;
  const bytes = await readAt(file, from, Math.min(most, size - from));
  const end = bytes.lastIndexOf(10) + 1;
  // A line longer than `most` would otherwise be waited for without end.
  if (end === 0 && bytes.length === most) return await readTail(path, from, most * 4);
  const values = linesOf(bytes.subarray(0, end));
  return { values, offset: from + end, more: end > 0 && from + bytes.length < size, restarted };
}

async function readAt(file: Deno.FsFile, offset: number, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  await file.seek(offset, Deno.SeekMode.Start);
  return bytes.subarray(0, await readFull(file, bytes));
}

function linesOf(bytes: Uint8Array): Record<string, unknown>[] {
  return new TextDecoder().decode(bytes).split("\n").flatMap((line) => {
    const value = line === "" ? undefined : parseObject(line);
    return value ? [value] : [];
  });
}

function parseObject(line: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
    return isObject ? value as Record<string, unknown> : undefined;
  } catch (cause) {
    if (cause instanceof SyntaxError) return undefined;
    throw cause;
  }
}
