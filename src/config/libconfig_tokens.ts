/** Divides a libconfig text into names, values and symbols; follows `@include`. */
import type { ConfigFloat, ConfigInteger, ConfigScalar, Position } from "./config_value.ts";
import {
  advanceTo,
  createSource,
  errorAt,
  openInclude,
  positionOf,
  type Source,
} from "./libconfig_source.ts";
import { decodeString } from "./libconfig_string.ts";
import { shorten } from "../user_error.ts";

export type Token =
  | { readonly kind: "name"; readonly text: string; readonly position: Position }
  | { readonly kind: "scalar"; readonly value: ConfigScalar; readonly position: Position }
  | { readonly kind: "symbol"; readonly text: string; readonly position: Position }
  | { readonly kind: "end"; readonly position: Position };

/** A text's tokens one after the other; after the last, `end` again and again. */
export interface Tokens {
  peek(): Token;
  next(): Token;
}

const BLANK = /[\s]+/y;
const LINE_COMMENT = /(?:#|\/\/)[^\n]*/y;
const INCLUDE = /@include[ \t]*(?=")/y;
const NAME = /[A-Za-z*][-A-Za-z0-9_*]*/y;
const NUMBER_RUN = /[-+.0-9A-Za-z_]+/y;
const SYMBOLS = "=:;,{}[]()";

function matchAt(pattern: RegExp, source: Source): string | undefined {
  pattern.lastIndex = source.index;
  return pattern.exec(source.text)?.[0];
}

/** Most tokens of a text with what it includes, unless told otherwise; far more than a configuration has. */
const MAX_TOKENS = 500_000;
/** Most files that a text includes, one file counting each time. */
const MAX_INCLUDES = 1000;
/** Most characters that the included files have together. */
const MAX_INCLUDED = 4 * 2 ** 20;

/**
 * @param readText reads an included file; without it `@include` is an error
 * @param mostTokens a longer text is an error
 */
export function createTokens(
  text: string,
  file: string,
  readText?: (path: string) => string,
  mostTokens = MAX_TOKENS,
): Tokens {
  const outermost = createSource(text, file);
  const open: Source[] = [outermost];
  let ahead: Token | undefined;
  let tokens = 0;
  let includes = 0;
  let included = 0;

  function include(name: string, position: Position): void {
    const source = openInclude(open, name, position, readText);
    included += source.text.length;
    if (++includes > MAX_INCLUDES || included > MAX_INCLUDED) {
      throw errorAt(
        position,
        `@include of ${name}: more than ${MAX_INCLUDES} files or ${MAX_INCLUDED} characters included; include fewer`,
      );
    }
    open.push(source);
  }

  function read(): Token {
    if (++tokens > mostTokens) {
      const position = positionOf(open.at(-1) ?? outermost);
      throw errorAt(position, `more than ${mostTokens} names, values and symbols; shorten the text`);
    }
    for (;;) {
      const source = open.at(-1) ?? outermost;
      skipBlanks(source);
      if (source.index < source.text.length) {
        const position = positionOf(source);
        const directive = matchAt(INCLUDE, source);
        if (directive === undefined) return readToken(source, position);
        advanceTo(source, source.index + directive.length);
        include(readString(source), position);
      } else if (open.length > 1) {
        open.pop();
      } else {
        return { kind: "end", position: positionOf(source) };
      }
    }
  }

  return {
    peek: () => ahead ??= read(),
    next() {
      const token = ahead ?? read();
      ahead = undefined;
      return token;
    },
  };
}

function skipBlanks(source: Source): void {
  for (;;) {
    const blank = matchAt(BLANK, source) ?? matchAt(LINE_COMMENT, source);
    if (blank !== undefined) {
      advanceTo(source, source.index + blank.length);
    } else if (source.text.startsWith("/*", source.index)) {
      const end = source.text.indexOf("*/", source.index + 2);
      if (end === -1) throw errorAt(positionOf(source), `the comment that begins here never ends; add */`);
      advanceTo(source, end + 2);
    } else {
      return;
    }
  }
}

function readToken(source: Source, position: Position): Token {
  const first = source.text.charAt(source.index);
  if (SYMBOLS.includes(first)) {
    advanceTo(source, source.index + 1);
    return { kind: "symbol", text: first, position };
  }
  if (first === '"') {
    const value = readString(source);
    return { kind: "scalar", value: { type: "string", value, position }, position };
  }
  const name = matchAt(NAME, source);
  if (name !== undefined) {
    advanceTo(source, source.index + name.length);
    const lower = name.toLowerCase();
    if (lower !== "true" && lower !== "false") return { kind: "name", text: name, position };
    return { kind: "scalar", value: { type: "boolean", value: lower === "true", position }, position };
  }
  const run = matchAt(NUMBER_RUN, source);
  if (run !== undefined) {
    advanceTo(source, source.index + run.length);
    return { kind: "scalar", value: { ...parseNumber(run, position), position }, position };
  }
  if (first === "@") {
    throw errorAt(position, `"@" is not followed by a known directive; write @include "file.cfg"`);
  }
  const character = String.fromCodePoint(source.text.codePointAt(source.index) ?? 0);
  throw errorAt(
    position,
    `${JSON.stringify(character)} is not part of the libconfig syntax; remove it or quote the text`,
  );
}

/** Reads the string whose opening quote is next. */
function readString(source: Source): string {
  const { text } = source;
  const position = positionOf(source);
  let end = source.index + 1;
  while (end < text.length && text.charAt(end) !== '"') end += text.charAt(end) === "\\" ? 2 : 1;
  if (end >= text.length) throw errorAt(position, `the string that begins here never ends; add a closing "`);
  const value = decodeString(text.slice(source.index + 1, end), position);
  advanceTo(source, end + 1);
  return value;
}

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
function parseNumber(text: string, position: Position): ConfigInteger | ConfigFloat {
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
