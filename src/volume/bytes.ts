/** Files put together from pieces, and taken apart. */
import { bytesOf } from "./dtype.ts";

/** The pieces one after the other. */
export function joinBytes(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** Fills arrays one after the other, whose bytes stand so from a place on. */
export function takeApart(bytes: Uint8Array, from: number, arrays: readonly ArrayBufferView[]): void {
  for (const array of arrays) {
    bytesOf(array).set(bytes.subarray(from, from + array.byteLength));
    from += array.byteLength;
  }
}
