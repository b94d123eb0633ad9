/** Mutations of bytes, whatever they mean. */
import type { Random } from "./random.ts";

/** Integers at which programs go wrong: 0, 1, -1, ends of types, powers of two, and what is next to them. */
const INTERESTING: readonly [bigint, ...bigint[]] = [
  0n,
  1n,
  2n,
  127n,
  128n,
  255n,
  256n,
  32767n,
  32768n,
  65535n,
  65536n,
  (1n << 24n) - 1n,
  1n << 24n,
  (1n << 31n) - 1n,
  1n << 31n,
  (1n << 32n) - 1n,
  1n << 32n,
  1n << 40n,
  1n << 52n,
  (1n << 53n) - 1n,
  1n << 53n,
  1n << 60n,
  (1n << 63n) - 1n,
  1n << 63n,
  (1n << 64n) - 1n,
];

type Bytes = Uint8Array<ArrayBuffer>;

/** Puts parts together. */
function join(...parts: readonly Uint8Array[]): Bytes {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/** A range of bytes, mostly short. */
function rangeOf(bytes: Uint8Array, random: Random): readonly [from: number, to: number] {
  const from = random.below(bytes.length + 1);
  const most = random.percent(70) ? 16 : bytes.length;
  return [from, Math.min(bytes.length, from + random.below(most + 1))];
}

/** Writes an interesting integer of 1, 2, 4 or 8 bytes at `at`, in either byte order. */
export function writeInteresting(bytes: Bytes, at: number, random: Random): void {
  const size = random.pick([1, 2, 4, 8] as const);
  const value = random.pick(INTERESTING);
  const isLittle = random.percent(50);
  for (let index = 0; index < size; index++) {
    const shift = BigInt(8 * (isLittle ? index : size - 1 - index));
    if (at + index < bytes.length) bytes[at + index] = Number((value >> shift) & 255n);
  }
}

const MUTATIONS: readonly [
  (bytes: Bytes, random: Random, others: readonly Uint8Array[]) => Bytes,
  ...((bytes: Bytes, random: Random, others: readonly Uint8Array[]) => Bytes)[],
] = [
  function flipBit(bytes, random) {
    const at = random.below(bytes.length);
    bytes[at] = (bytes[at] ?? 0) ^ (1 << random.below(8));
    return bytes;
  },
  function setByte(bytes, random) {
    bytes[random.below(bytes.length)] = random.below(256);
    return bytes;
  },
  function setInteger(bytes, random) {
    writeInteresting(bytes, random.below(bytes.length), random);
    return bytes;
  },
  function setIntegerInHead(bytes, random) {
    writeInteresting(bytes, random.below(Math.min(64, bytes.length)), random);
    return bytes;
  },
  function cutEnd(bytes, random) {
    return bytes.slice(0, random.below(bytes.length));
  },
  function remove(bytes, random) {
    const [from, to] = rangeOf(bytes, random);
    return join(bytes.subarray(0, from), bytes.subarray(to));
  },
  function repeat(bytes, random) {
    const [from, to] = rangeOf(bytes, random);
    const times = random.percent(90) ? 1 : 1 + random.below(200);
    const copies = Array.from({ length: times }, () => bytes.subarray(from, to));
    return join(bytes.subarray(0, to), ...copies, bytes.subarray(to));
  },
  function insert(bytes, random) {
    const at = random.below(bytes.length + 1);
    const noise = Uint8Array.from({ length: 1 + random.below(8) }, () => random.below(256));
    return join(bytes.subarray(0, at), noise, bytes.subarray(at));
  },
  function overwrite(bytes, random) {
    const [from, to] = rangeOf(bytes, random);
    bytes.copyWithin(random.below(bytes.length), from, to);
    return bytes;
  },
  function splice(bytes, random, others) {
    const other = others[random.below(others.length)] ?? bytes;
    const [from, to] = rangeOf(other, random);
    const at = random.below(bytes.length + 1);
    return join(
      bytes.subarray(0, at),
      other.subarray(from, to),
      bytes.subarray(Math.min(bytes.length, at + to - from)),
    );
  },
];

/** Longest mutated file. */
const LONGEST = 1 << 20;

/** One to a few mutations. @param others files of the same kind, to splice from */
export function mutateBytes(original: Uint8Array, random: Random, others: readonly Uint8Array[]): Bytes {
  let bytes: Bytes = original.slice() as Bytes;
  const times = random.percent(60) ? 1 : 1 + random.below(8);
  for (let time = 0; time < times; time++) {
    if (bytes.length === 0) break;
    bytes = random.pick(MUTATIONS)(bytes, random, others).slice(0, LONGEST);
  }
  return bytes;
}
