/** MurmurHash3_x86_128 (A. Appleby, public domain) of one 64-bit number, as shards of precomputed volumes use it. */

const C1 = 0x239b961b;
const C2 = 0xab0e9789;
const C3 = 0x38b34ae5;
const LENGTH = 8;

/** The lower 64 bits of the hash of 8 bytes, little-endian, with seed 0. */
export function murmurHash128(value: bigint): bigint {
  const low = Number(value & 0xffffffffn);
  const high = Number((value >> 32n) & 0xffffffffn);
  let h1 = Math.imul(rotated(Math.imul(low, C1), 15), C2) ^ LENGTH;
  let h2 = Math.imul(rotated(Math.imul(high, C2), 16), C3) ^ LENGTH;
  let h3 = LENGTH;
  let h4 = LENGTH;
  h1 = (h1 + h2 + h3 + h4) | 0;
  [h2, h3, h4] = [(h2 + h1) | 0, (h3 + h1) | 0, (h4 + h1) | 0];
  [h1, h2, h3, h4] = [mixed(h1), mixed(h2), mixed(h3), mixed(h4)];
  h1 = (h1 + h2 + h3 + h4) | 0;
  h2 = (h2 + h1) | 0;
  return (BigInt(h2 >>> 0) << 32n) | BigInt(h1 >>> 0);
}

function rotated(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits));
}

function mixed(value: number): number {
  let h = value ^ (value >>> 16);
  h = Math.imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2ae35);
  return h ^ (h >>> 16);
}
