/** The file that tells of each block which numbers its parts of synapses have. */
import { readSealedFile, writeSealedFile } from "../../../engine/mod.ts";
import { DamagedError } from "../../../volume/damaged_error.ts";
import type { Region } from "../../../volume/region.ts";
import type { FoundBlock, JoinedParts } from "./join.ts";

const MAGIC = 0x4e594e53; // "SNYN"
const HEAD = 3;
/** Of a block: where it starts, the place of its first part, how many it has. */
const ENTRY = 5;

/** Writes the numbers of all blocks, whole or not at all. */
export async function writeNumberFile(
  path: string,
  blocks: readonly FoundBlock[],
  { numbers, bases }: Pick<JoinedParts, "numbers" | "bases">,
): Promise<void> {
  const words = new Uint32Array(HEAD + ENTRY * blocks.length + numbers.length);
  words.set([MAGIC, blocks.length, numbers.length]);
  for (const [i, { write, counts }] of blocks.entries()) {
    words.set([...write.start, bases[i] ?? 0, counts.parts], HEAD + ENTRY * i);
  }
  words.set(numbers, HEAD + ENTRY * blocks.length);
  await writeSealedFile(path, new Uint8Array(words.buffer));
}

/** Bytes of the file, and of what a worker keeps of it. */
export function numberBytes(blocks: number, parts: number): number {
  // twice while it is read; entries are also kept as a map
  return 2 * (4 * parts + 4 * ENTRY * blocks) + 150 * blocks;
}

/**
 * Reads the numbers of all blocks.
 * @returns those of a block
 * @throws {DamagedError} where the file is not what was written
 */
export async function readNumbers(path: string): Promise<(write: Region) => Uint32Array> {
  const bytes = await readSealedFile(path);
  const words = new Uint32Array(bytes.buffer, 0, bytes.length >> 2);
  const [magic, blocks = 0, parts = 0] = words;
  const first = HEAD + ENTRY * blocks;
  if (magic !== MAGIC || words.length !== first + parts) {
    throw new DamagedError(path, "it is not a complete table of numbers of synapses");
  }
  const entryOf = new Map<string, number>();
  for (let at = HEAD; at < first; at += ENTRY) entryOf.set(words.subarray(at, at + 3).join(), at);
  return ({ start }) => {
    const at = entryOf.get(start.join());
    if (at === undefined) throw new DamagedError(path, `it has no block at ${start.join(", ")}`);
    const [base = 0, count = 0] = words.subarray(at + 3, at + ENTRY);
    return words.subarray(first + base, first + base + count);
  };
}
