/** Labels in blocks with a table of their values each (github.com/google/neuroglancer, compressed segmentation format). */

const BITS = [0, 1, 2, 4, 8, 16, 32];

/**
 * Decodes a chunk of labels to bytes, x fastest, channels slowest.
 * @param shape of the chunk and of a block, x, y, z
 * @param words of a label: 1 or 2 of 32 bits
 * @throws RangeError if anything it says leads out of it
 */
export function decodeSegmentation(
  stored: Uint8Array,
  { shape, block, channels, words }: {
    readonly shape: readonly number[];
    readonly block: readonly number[];
    readonly channels: number;
    readonly words: 1 | 2;
  },
): Uint8Array {
  if (stored.length % 4 !== 0) throw new RangeError(`${stored.length} bytes, expected a multiple of 4`);
  const input = new Uint32Array(new Uint8Array(stored).buffer);
  const [width = 1, height = 1, depth = 1] = shape;
  const voxels = width * height * depth;
  const out = new Uint32Array(voxels * channels * words);
  const grid = shape.map((length, axis) => Math.ceil(length / (block[axis] ?? 1)));
  const [columns = 1, rows = 1, slices = 1] = grid;
  for (let channel = 0; channel < channels; channel++) {
    const data = input.subarray(input[channel] ?? input.length);
    if (data.length < 2 * columns * rows * slices) {
      throw new RangeError(`${4 * data.length} bytes of labels, too few for the headers of its blocks`);
    }
    const labels = out.subarray(channel * voxels * words, (channel + 1) * voxels * words);
    for (let index = 0; index < columns * rows * slices; index++) {
      const at = [index % columns, Math.floor(index / columns) % rows, Math.floor(index / (columns * rows))];
      decodeBlock(data, index, at, { shape, block, words }, labels);
    }
  }
  return new Uint8Array(out.buffer);
}

function decodeBlock(
  data: Uint32Array,
  index: number,
  at: readonly number[],
  { shape, block, words }: {
    readonly shape: readonly number[];
    readonly block: readonly number[];
    readonly words: 1 | 2;
  },
  out: Uint32Array,
): void {
  const header = data[2 * index] ?? 0;
  const table = header & 0xffffff;
  const bits = header >>> 24;
  const values = data[2 * index + 1] ?? 0;
  if (!BITS.includes(bits)) throw new RangeError(`a block of ${bits} bits a label`);
  const [width = 1, height = 1] = shape;
  const [blockWidth = 1, blockHeight = 1] = block;
  const [x0 = 0, y0 = 0, z0 = 0] = at.map((place, axis) => place * (block[axis] ?? 1));
  const [x1 = 0, y1 = 0, z1 = 0] = [x0, y0, z0].map((start, axis) =>
    Math.min(start + (block[axis] ?? 1), shape[axis] ?? 0)
  );
  const mask = bits === 32 ? 0xffffffff : 2 ** bits - 1;
  for (let z = z0; z < z1; z++) {
    for (let y = y0; y < y1; y++) {
      const row = blockWidth * (y - y0 + blockHeight * (z - z0));
      for (let x = x0; x < x1; x++) {
        const bit = bits * (x - x0 + row);
        const word = bits === 0 ? 0 : data[values + Math.floor(bit / 32)];
        const entry = table + words * (((word ?? 0) >>> (bit % 32) & mask) >>> 0);
        if (word === undefined || entry + words > data.length) {
          throw new RangeError(`block ${at} leads to a label behind its end`);
        }
        const to = words * (x + width * (y + height * z));
        out[to] = data[entry] ?? 0;
        if (words === 2) out[to + 1] = data[entry + 1] ?? 0;
      }
    }
  }
}
