/** Scores as 32-bit integers in the same order: the sign bit turned, and for negative numbers all others too. */

/**
 * Replaces each float by its key, in the same memory: a < b exactly where key(a) < key(b), and -0 and 0 have one key.
 * NaN has a key above that of Infinity or below that of -Infinity.
 */
export function toKeys(scores: Float32Array): Uint32Array {
  const keys = new Uint32Array(scores.buffer, scores.byteOffset, scores.length);
  for (let i = 0; i < keys.length; i++) {
    const bits = keys[i] ?? 0;
    // Not ">=": so -0, which is 0x80000000, gets the key of 0.
    keys[i] = bits > 0x80000000 ? ~bits : bits | 0x80000000;
  }
  return keys;
}

/** The score that has a key. */
export function scoreOfKey(key: number): number {
  const view = new DataView(new ArrayBuffer(4));
  view.setUint32(0, key >= 0x80000000 ? key & 0x7fffffff : ~key);
  return view.getFloat32(0);
}

const LOWEST = 0x007fffff; // -Infinity
const HIGHEST = 0xff800000; // Infinity

/** Whether a key is that of NaN. */
export function isNotANumber(key: number): boolean {
  return key < LOWEST || key > HIGHEST;
}

/** The least key whose score is at least a threshold, which may lie between two scores. */
export function keyFrom(threshold: number): number {
  const nearest = Math.fround(threshold);
  const [key = 0] = toKeys(Float32Array.of(nearest));
  return nearest < threshold ? key + 1 : key;
}
