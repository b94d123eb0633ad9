/** libconfig's escapes in strings. */
import type { Position } from "./config_value.ts";
import { errorAt } from "./libconfig_source.ts";
import { shorten } from "../user_error.ts";

const ESCAPE = /(?:\\x[0-9A-Fa-f]{2})+|\\[nrtf"\\]/gi;
const PLAIN = new Map([["n", "\n"], ["r", "\r"], ["t", "\t"], ["f", "\f"]]);

/**
 * Replaces the escapes of a string's text between the quotes. `\xNN` is a byte of UTF-8; a backslash that begins no
 * escape stands for itself, as in libconfig.
 *
 * @throws UserError when escaped bytes are not UTF-8
 */
export function decodeString(text: string, position: Position): string {
  return text.replace(ESCAPE, (escape) => {
    const letter = escape.charAt(1);
    if (letter === "x" || letter === "X") return decodeBytes(escape, position);
    if (letter === '"' || letter === "\\") return letter;
    return PLAIN.get(letter) ?? escape;
  });
}

function decodeBytes(escapes: string, position: Position): string {
  const bytes = Array.from(escapes.matchAll(/[0-9A-Fa-f]{2}/g), ([digits]) => Number.parseInt(digits, 16));
  try {
    // ignoreBOM keeps an escaped byte order mark as part of the string
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(Uint8Array.from(bytes));
  } catch (cause) {
    throw errorAt(
      position,
      `the bytes ${shorten(escapes, 40)} in this string are not UTF-8; write the characters themselves`,
      { cause },
    );
  }
}

/** The text of a string with its quotes; the inverse of `decodeString`. Control characters become escapes. */
export function encodeString(value: string): string {
  // deno-lint-ignore no-control-regex -- control characters are what must be escaped
  const body = value.replace(/["\\\x00-\x1f\x7f]/g, (character) => {
    for (const [letter, plain] of PLAIN) {
      if (plain === character) return `\\${letter}`;
    }
    if (character === '"' || character === "\\") return `\\${character}`;
    return `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`;
  });
  return `"${body}"`;
}
