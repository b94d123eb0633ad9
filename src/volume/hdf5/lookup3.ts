/** The checksum of HDF5's metadata: Bob Jenkins' lookup3, `hashlittle` with an initial value of 0 (burtleburtle.net/bob/c/lookup3.c). */

function rotate(value: number, bits: number): number {
  return value << bits | value >>> 32 - bits;
}

/** The checksum of bytes, 0 ... 2^32 - 1. */
export function lookup3(bytes: Uint8Array): number {
  let a = 0xdeadbeef + bytes.length | 0, b = a, c = a;
  // 12 bytes at a time; the last 1 to 12 are filled up with zeros and mixed in another way
  const padded = new Uint8Array(Math.max(12, Math.ceil(bytes.length / 12) * 12));
  padded.set(bytes);
  const words = new DataView(padded.buffer);
  if (bytes.length === 0) return c >>> 0;
  for (let at = 0;; at += 12) {
    a = a + words.getInt32(at, true) | 0;
    b = b + words.getInt32(at + 4, true) | 0;
    c = c + words.getInt32(at + 8, true) | 0;
    if (at + 12 === padded.length) break;
    [a, b, c] = mix(a, b, c);
  }
  c = (c ^ b) - rotate(b, 14) | 0;
  a = (a ^ c) - rotate(c, 11) | 0;
  b = (b ^ a) - rotate(a, 25) | 0;
  c = (c ^ b) - rotate(b, 16) | 0;
  a = (a ^ c) - rotate(c, 4) | 0;
  b = (b ^ a) - rotate(a, 14) | 0;
  c = (c ^ b) - rotate(b, 24) | 0;
  return c >>> 0;
}

function mix(a: number, b: number, c: number): [number, number, number] {
  a = a - c ^ rotate(c, 4);
  c = c + b | 0;
  b = b - a ^ rotate(a, 6);
  a = a + c | 0;
  c = c - b ^ rotate(b, 8);
  b = b + a | 0;
  a = a - c ^ rotate(c, 16);
  c = c + b | 0;
  b = b - a ^ rotate(a, 19);
  a = a + c | 0;
  c = c - b ^ rotate(b, 4);
  b = b + a | 0;
  return [a, b, c];
}
