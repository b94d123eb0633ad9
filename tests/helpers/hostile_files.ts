/** What tests of hostile files share: the one way in which a reader may fail, and files that are larger than they seem. */
import assert from "node:assert/strict";
import { deflateRawSync, gzipSync } from "node:zlib";
import { UserError } from "../../src/user_error.ts";

/** Bytes that the process may have grown by while a file was rejected. */
const MOST_GROWTH = 300 * 2 ** 20;

/**
 * Checks that work fails as it should: with an error for users of one or two short lines, without a stack trace in it, and without
 * having taken much memory.
 *
 * @returns the message
 */
export async function rejected(work: () => unknown, expected: RegExp): Promise<string> {
  const before = Deno.memoryUsage().rss;
  let error: unknown;
  try {
    await work();
  } catch (cause) {
    error = cause;
  }
  assert.ok(error instanceof UserError, error instanceof Error ? error.stack : "no error");
  const { message } = error;
  assert.match(message, expected);
  const lines = message.split("\n");
  assert.ok(lines.length <= 2 && lines.every((line) => line.length <= 800), `a long message: ${message}`);
  assert.doesNotMatch(message, /^\s*at .*:\d+:\d+/m);
  // deno-lint-ignore no-control-regex -- they must not reach a terminal
  assert.doesNotMatch(message, /[\x00-\x09\x0b-\x1f\x7f]/);
  const growth = Deno.memoryUsage().rss - before;
  assert.ok(growth < MOST_GROWTH, `${Math.round(growth / 2 ** 20)} MiB taken for: ${message}`);
  return message;
}

/** Puts parts together. */
export function concat(...parts: readonly (string | Uint8Array)[]): Uint8Array<ArrayBuffer> {
  const bytes = parts.map((part) => typeof part === "string" ? new TextEncoder().encode(part) : part);
  const out = new Uint8Array(bytes.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of bytes) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/** A Deflate stream of so many MiB of zeros, about 1 KiB for each; without checksums, which come after. */
export function deflateBomb(mebibytes: number): Uint8Array<ArrayBuffer> {
  const piece = deflateRawSync(new Uint8Array(2 ** 20), { finishFlush: 2 });
  return concat(...Array.from({ length: mebibytes }, () => piece), new Uint8Array([3, 0]));
}

/** The same as a zlib stream, whose checksum is wrong. */
export function zlibBomb(mebibytes: number): Uint8Array<ArrayBuffer> {
  return concat(new Uint8Array([0x78, 0x9c]), deflateBomb(mebibytes), new Uint8Array(4));
}

/** The same as a gzip file, whose checksum is wrong. */
export function gzipBomb(mebibytes: number): Uint8Array<ArrayBuffer> {
  return concat(gzipSync(new Uint8Array(0)).subarray(0, 10), deflateBomb(mebibytes), new Uint8Array(8));
}
