/** The file that a block's parts of synapses are kept in. */
import { readSealedFile, writeSealedFile } from "../../../engine/mod.ts";
import { SUM_FIELDS } from "../../../analysis/synapse_sums.ts";
import { DamagedError } from "../../../volume/damaged_error.ts";
import type { BlockParts } from "./parts.ts";

const MAGIC = 0x50594e53; // "SNYP"
const HEAD = 4;

/** Writes a block's parts, whole or not at all. */
export async function writeParts(path: string, { sums, border, runs }: BlockParts): Promise<void> {
  const bytes = new Uint8Array(4 * HEAD + sums.byteLength + border.byteLength + runs.byteLength);
  new Uint32Array(bytes.buffer, 0, HEAD).set([MAGIC, sums.length, border.length, runs.length]);
  let at = 4 * HEAD;
  for (const { buffer, byteOffset, byteLength } of [sums, border, runs]) {
    bytes.set(new Uint8Array(buffer, byteOffset, byteLength), at);
    at += byteLength;
  }
  await writeSealedFile(path, bytes);
}

/** @throws {DamagedError} where the file is not what was written */
export async function readParts(path: string): Promise<BlockParts> {
  const bytes = await readSealedFile(path);
  const head = new Uint32Array(bytes.buffer, 0, Math.min(HEAD, bytes.length >> 2));
  const [magic, sums = 0, border = 0, runs = 0] = head;
  if (
    magic !== MAGIC || bytes.length !== 4 * HEAD + 8 * sums + 4 * (border + runs) || sums % SUM_FIELDS > 0
  ) {
    throw new DamagedError(path, "it is not a complete table of parts of synapses");
  }
  const place = 4 * HEAD + 8 * sums;
  return {
    sums: new Float64Array(bytes.buffer, 4 * HEAD, sums),
    border: new Int32Array(bytes.buffer, place, border),
    runs: new Int32Array(bytes.buffer, place + 4 * border, runs),
  };
}
