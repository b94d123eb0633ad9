/**
 * Heaps of HDF5 files, looked at before the library does: it follows a damaged one round in a circle for ever (HDF5 File Format
 * Specification 3.0, III.D "Disk Format: Level 1D - Local Heaps" and III.E "Global Heap").
 */

import { Buffer } from "node:buffer";

/** Where heaps are read from. */
export interface HeapFile {
  /** Bytes of the file. */
  readonly size: number;
  /** Bytes from a position on, fewer at the end of the file. */
  at(position: number, length: number): Uint8Array;
}

/** Signature and version. */
const GLOBAL = [0x47, 0x43, 0x4f, 0x4c, 1];
const LOCAL = [0x48, 0x45, 0x41, 0x50, 0];
const HEADER_BYTES = 32;
/** Bytes before an object of a global heap, and the least that one takes. */
const OBJECT_HEADER = 16;
/** What a local heap's list of free blocks ends with. */
const LAST_FREE = 1;

/** The places in `bytes` where a heap may begin, also where the end cuts its signature off. */
export function heapsIn(bytes: Uint8Array): number[] {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  return [GLOBAL, LOCAL].flatMap((signature) => {
    const whole = Uint8Array.from(signature);
    const found: number[] = [];
    for (let at = text.indexOf(whole); at >= 0; at = text.indexOf(whole, at + 1)) found.push(at);
    for (let length = 1; length < signature.length; length++) {
      const at = bytes.length - length;
      if (at >= 0 && signature.every((byte, index) => index >= length || bytes[at + index] === byte)) {
        found.push(at);
      }
    }
    return found;
  });
}

/** How a file writes numbers. */
export interface NumberSizes {
  /** Where its addresses count from. */
  readonly base: number;
  /** Bytes of an address. */
  readonly offsetBytes: number;
  /** Bytes of a length. */
  readonly lengthBytes: number;
}

/** What the superblock says. @param base where it is */
export function numberSizes(file: HeapFile, base: number): NumberSizes {
  const head = file.at(base, 16);
  const at = (head[8] ?? 0) < 2 ? 13 : 9;
  return { base, offsetBytes: head[at] ?? 8, lengthBytes: head[at + 1] ?? 8 };
}

/** What is wrong with the heap at a position, in words; undefined where it is sound or there is none. */
export function heapFault(file: HeapFile, position: number, sizes: NumberSizes): string | undefined {
  const head = file.at(position, HEADER_BYTES);
  const begins = (signature: readonly number[]) => signature.every((byte, index) => head[index] === byte);
  if (begins(GLOBAL)) return globalFault(file, position, head, sizes);
  if (begins(LOCAL)) return localFault(file, position, head, sizes);
  return undefined;
}

function globalFault(
  file: HeapFile,
  position: number,
  head: Uint8Array,
  { lengthBytes }: NumberSizes,
): string | undefined {
  const size = numberAt(head, 8, lengthBytes);
  if (size > file.size - position) return undefined; // the library tells it
  for (let at = OBJECT_HEADER; at + OBJECT_HEADER <= size;) {
    const object = file.at(position + at, OBJECT_HEADER);
    const index = numberAt(object, 0, 2);
    const length = numberAt(object, 8, lengthBytes);
    const step = index === 0 ? length : OBJECT_HEADER + 8 * Math.ceil(length / 8);
    if (step < OBJECT_HEADER || at + step > size) {
      return `object ${index} at byte ${position + at} of a global heap has a length of ${length}`;
    }
    at += step;
  }
  return undefined;
}

function localFault(
  file: HeapFile,
  position: number,
  head: Uint8Array,
  { base, offsetBytes, lengthBytes }: NumberSizes,
): string | undefined {
  const size = numberAt(head, 8, lengthBytes);
  const data = base + numberAt(head, 8 + 2 * lengthBytes, offsetBytes);
  if (data + size > file.size) return undefined; // the library tells it
  const seen = new Set<number>();
  for (
    let free = numberAt(head, 8 + lengthBytes, lengthBytes);
    free !== LAST_FREE && free + 2 * lengthBytes <= size;
    free = numberAt(file.at(data + free, lengthBytes), 0, lengthBytes)
  ) {
    if (seen.has(free)) {
      return `free blocks of the name heap at byte ${position} form a cycle`;
    }
    seen.add(free);
  }
  return undefined;
}

/** An unsigned little-endian number; above 2^53 rounded, which is too large for any file. */
function numberAt(bytes: Uint8Array, at: number, length: number): number {
  let value = 0;
  for (let index = length - 1; index >= 0; index--) value = value * 256 + (bytes[at + index] ?? 0);
  return value;
}
