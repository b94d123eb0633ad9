/** Files put together from pieces, and taken apart; memory that is given back. */
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

/**
 * Gives back at once what arrays take, which otherwise waits for a garbage collection until there are 64 MB more. They are empty afterwards.
 * @param arrays each with a buffer of its own, which nobody else uses
 */
export function discard(...arrays: readonly ArrayBufferView<ArrayBuffer>[]): void {
  for (const { buffer } of arrays) buffer.transfer(0);
}
