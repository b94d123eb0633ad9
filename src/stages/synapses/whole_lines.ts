/** Text files in pieces that end with lines. */
import { fileError } from "../../volume/file.ts";

export const NEWLINE = 10;
const PIECE = 2 ** 20;

/**
 * The bytes of a file in pieces that end with lines.
 * @param most bytes read at once
 * @throws {UserError} where it cannot be read
 */
export async function* wholeLines(path: string, most = PIECE): AsyncGenerator<Uint8Array> {
  using file = await opened(path);
  let held = new Uint8Array(0);
  for (;;) {
    const piece = new Uint8Array(most);
    const read = await file.read(piece);
    if (read === null) break;
    const end = piece.subarray(0, read).lastIndexOf(NEWLINE) + 1;
    const bytes = new Uint8Array(held.length + (end || read));
    bytes.set(held);
    bytes.set(piece.subarray(0, end || read), held.length);
    held = end === 0 ? bytes : piece.slice(end, read);
    if (end > 0) yield bytes;
  }
  if (held.length > 0) yield held;
}

async function opened(path: string): Promise<Deno.FsFile> {
  try {
    return await Deno.open(path);
  } catch (cause) {
    throw fileError(path, "read", cause);
  }
}

/** The lines of a file, without their ends, some at a time. @throws {UserError} as {@linkcode wholeLines} */
export async function* someLines(path: string, most?: number): AsyncGenerator<string[]> {
  const decoder = new TextDecoder();
  for await (const lines of wholeLines(path, most)) {
    yield decoder.decode(lines).replace(/\r?\n$/, "").split(/\r?\n/);
  }
}
