/** Which values a viewer should show from black to white, found while the voxels stream by. */
import { dtypeOf, isBig, type Voxels } from "./dtype.ts";

/** Values that viewers need for contrast. */
export interface ContrastWindow {
  /** Smallest and largest value. */
  readonly min: number;
  readonly max: number;
  /** Shown black and white. */
  readonly start: number;
  readonly end: number;
}

/** Counts voxels in any order and in any parts. */
export interface ContrastCounter {
  add(voxels: Voxels): void;
  window(): ContrastWindow;
}

const KEYS = 65536;

/** Share of the voxels that may be darker than black, and brighter than white. */
const CLIPPED = 0.001;

/**
 * Begins to count voxels of one type of up to 16 bits, or floats. The window spans all values but the outermost 0.1 % at either end, of
 * floats with the precision of their upper 16 bits. Values that are not finite do not count.
 */
export function createContrastCounter(): ContrastCounter {
  const counts = new Float64Array(KEYS);
  const part = new Uint32Array(KEYS);
  let min = Infinity, max = -Infinity;
  let valueOf = (key: number) => key;
  return {
    add(voxels) {
      if (voxels instanceof Float64Array || isBig(voxels)) {
        throw new TypeError(`no contrast of ${dtypeOf(voxels)}`);
      }
      if (voxels instanceof Float32Array) {
        valueOf = floatOfKey;
        const [low, high] = countFloats(voxels, part);
        min = Math.min(min, low);
        max = Math.max(max, high);
      } else if (voxels instanceof Int8Array || voxels instanceof Int16Array) {
        valueOf = (key) => key - SIGN;
        for (let i = 0; i < voxels.length; i++) increment(part, (voxels[i] ?? 0) + SIGN);
      } else for (let i = 0; i < voxels.length; i++) increment(part, voxels[i] ?? 0);
      for (let key = 0; key < KEYS; key++) counts[key] = (counts[key] ?? 0) + (part[key] ?? 0);
      part.fill(0);
    },
    window() {
      const total = counts.reduce((sum, count) => sum + count, 0);
      if (total === 0) return { min: 0, max: 1, start: 0, end: 1 };
      // What the keys of whole numbers tell exactly, floats tell themselves; -0 and 0 are one value.
      const isFloat = valueOf === floatOfKey;
      const lowest = isFloat ? min + 0 : valueOf(keyAtRank(counts, 0));
      const highest = isFloat ? max + 0 : valueOf(keyAtRank(counts, total - 1));
      const clipped = Math.floor(total * CLIPPED);
      const start = Math.max(lowest, valueOf(keyAtRank(counts, clipped)));
      const end = Math.min(highest, valueOf(keyAtRank(counts, total - 1 - clipped)));
      const [low, high] = start < end ? [start, end] : [lowest, highest];
      return { min: lowest, max: highest, start: low, end: low < high ? high : low + 1 };
    },
  };
}

/** Counts floats by keys of 16 bits, a larger float having no smaller key, and finds the smallest and the largest. */
function countFloats(voxels: Float32Array, counts: Uint32Array): readonly [low: number, high: number] {
  const bits = new Uint32Array(voxels.buffer, voxels.byteOffset, voxels.length);
  let low = Infinity, high = -Infinity;
  for (let i = 0; i < bits.length; i++) {
    const upper = (bits[i] ?? 0) >>> 16;
    if ((upper & EXPONENT) === EXPONENT) continue; // not finite
    const value = voxels[i] ?? 0;
    if (value < low) low = value;
    if (value > high) high = value;
    increment(counts, upper >= SIGN ? 0xffff - upper : upper + SIGN);
  }
  return [low, high];
}

function increment(counts: Uint32Array, key: number): void {
  counts[key] = (counts[key] ?? 0) + 1;
}

const EXPONENT = 0x7f80;
const SIGN = 0x8000;

/** The float of a key with the lower bits 0. */
function floatOfKey(key: number): number {
  const upper = key < SIGN ? 0xffff - key : key - SIGN;
  return new Float32Array(Uint32Array.of(upper << 16).buffer)[0] ?? 0;
}

function keyAtRank(counts: Float64Array, rank: number): number {
  let before = 0;
  for (const [key, count] of counts.entries()) {
    before += count;
    if (before > rank) return key;
  }
  return counts.length - 1;
}
