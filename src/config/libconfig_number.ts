/** libconfig's notations for numbers. */
import type { ConfigFloat, ConfigInteger, Position } from "./config_value.ts";
import { errorAt } from "./libconfig_source.ts";
import { shorten } from "../user_error.ts";

const DECIMAL = /^[-+]?[0-9]+L{0,2}$/;
const RADIX = /^0(?:[xX][0-9A-Fa-f]+|[bB][01]+|[oOqQ][0-7]+)L{0,2}$/;
const FLOAT = /^[-+]?(?:(?:[0-9]+\.[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?|[0-9]+[eE][-+]?[0-9]+)$/;

/** Whether a text is a number as a whole. */
export function isNumber(text: string): boolean {
  return DECIMAL.test(text) || RADIX.test(text) || FLOAT.test(text);
}

/**
 * Reads an integer (decimal, `0x`, `0b`, `0o` or `0q`, with or without `L`) or a float.
 *
 * @throws UserError when the text is no number, an integer is beyond 2^53 - 1 or a float beyond the range of 64 bits
 */
export function parseNumber(text: string, position: Position): ConfigInteger | ConfigFloat {
  if (FLOAT.test(text)) {
    const value = Number(text);
    if (Number.isFinite(value)) return { type: "float", value };
    throw errorAt(position, `${shorten(text, 40)} is too large for a 64-bit float`);
  }
  const decimal = DECIMAL.test(text);
  if (!decimal && !RADIX.test(text)) {
    throw errorAt(
      position,
      `${JSON.stringify(shorten(text, 40))} is not a number; put text in double quotes`,
    );
  }
  const digits = text.replace(/L+$/, "").replace(/^0[qQ]/, "0o");
  const value = Number(digits) + 0; // "-0" is the integer 0
  if (Number.isSafeInteger(value)) return { type: "integer", value };
  throw errorAt(
    position,
    `${shorten(text, 40)} is too large; an integer may be at most ${Number.MAX_SAFE_INTEGER} in magnitude`,
  );
}
