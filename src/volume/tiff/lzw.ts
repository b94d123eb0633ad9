/** LZW as TIFF has it (TIFF 6.0, section 13): codes of 9 to 12 bits, most significant bit first. */

const CLEAR = 256;
const END = 257;
const FIRST_FREE = 258;
const TABLE = 4096;
const MAX_BITS = 12;

/**
 * Decodes a strip or tile; a stream that ends without the code for it is whole up to there.
 *
 * @param length most bytes that it may have
 * @throws RangeError if it has more, or a code that no table holds
 */
export function decodeLzw(stored: Uint8Array, length: number): Uint8Array {
  const out = new Uint8Array(length);
  // An entry is the text of an earlier code and one byte: where in `out` it began when it was made, and how long it is.
  const starts = new Uint32Array(TABLE);
  const lengths = new Uint32Array(TABLE);
  let free = FIRST_FREE;
  let bits = 9;
  let buffer = 0;
  let held = 0;
  let to = 0;
  let before = -1; // where the text of the previous code begins; -1 after CLEAR
  for (let at = 0;;) {
    while (held < bits && at < stored.length) {
      buffer = ((buffer << 8) | (stored[at++] ?? 0)) & 0xffffff;
      held += 8;
    }
    if (held < bits) break;
    held -= bits;
    const code = (buffer >> held) & ((1 << bits) - 1);
    if (code === END) break;
    if (code === CLEAR) {
      free = FIRST_FREE;
      bits = 9;
      before = -1;
      continue;
    }
    // The text of the previous code and the byte after it, which is the first byte of this code's text.
    if (before >= 0 && free < TABLE) {
      starts[free] = before;
      lengths[free] = to - before + 1;
      free++;
    }
    if (code >= free || (before < 0 && code > 255)) {
      throw new RangeError(`LZW code ${code} is not in the table`);
    }
    const count = code < 256 ? 1 : lengths[code] ?? 0;
    if (to + count > length) throw new RangeError(`more than ${length} bytes`);
    before = to;
    if (code < 256) {
      out[to++] = code;
    } else {
      // Byte by byte: where this code was made just now, its last byte is one that is written here.
      for (let from = starts[code] ?? 0, end = to + count; to < end; to++, from++) out[to] = out[from] ?? 0;
    }
    // Codes grow one earlier than they must.
    if (free + 1 >= 1 << bits && bits < MAX_BITS) bits++;
  }
  return out.subarray(0, to);
}
