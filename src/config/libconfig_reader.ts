/** Reads libconfig text. */
import {
  type ConfigGroup,
  type ConfigScalar,
  type ConfigSetting,
  type ConfigValue,
  describeValue,
  formatPosition,
  type Position,
} from "./config_value.ts";
import { errorAt } from "./libconfig_source.ts";
import { createTokens, type Token, type Tokens } from "./libconfig_tokens.ts";
import { shorten } from "../user_error.ts";

/** Most groups, arrays and lists inside one another. */
const MAX_CONFIG_DEPTH = 100;

export interface ReadConfigOptions {
  /** The text's path, for messages; included files are relative to its folder. */
  readonly file: string;
  /** Reads an included file; without it `@include` is an error. */
  readonly readText?: (path: string) => string;
  /** Most names, values and symbols, default 500,000; a value takes some 100 bytes of memory. */
  readonly mostTokens?: number;
}

/**
 * Reads a whole libconfig text.
 *
 * @returns the text's settings as a group; every value keeps its place
 * @throws UserError at the first departure from the syntax, with file, line and column
 */
export function parseLibconfig(text: string, options: ReadConfigOptions): ConfigGroup {
  const tokens = createTokens(text, options.file, options.readText, options.mostTokens);
  const position = { file: options.file, line: 1, column: 1 };
  return { type: "group", settings: readSettings(tokens, undefined, 0), position };
}

/** Reads a text that is one value, such as `3`, `[1, 2]` or `"text"`. */
export function parseLibconfigValue(text: string, options: ReadConfigOptions): ConfigValue {
  const tokens = createTokens(text, options.file, options.readText);
  const value = readValue(tokens, 0);
  const rest = tokens.next();
  if (rest.kind !== "end") throw unexpected(rest, "nothing after the value");
  return value;
}

/** @param opening where the group's `{` stands; undefined for a whole text */
function readSettings(
  tokens: Tokens,
  opening: Position | undefined,
  depth: number,
): Map<string, ConfigSetting> {
  const settings = new Map<string, ConfigSetting>();
  for (;;) {
    const token = tokens.next();
    if (token.kind === "end" && opening === undefined) return settings;
    if (token.kind === "end") throw unclosed(token, "{", "}", opening);
    if (isSymbol(token, "}") && opening !== undefined) return settings;
    if (token.kind !== "name") {
      throw unexpected(token, opening ? "a setting's name or }" : "a setting's name");
    }
    const earlier = settings.get(token.text);
    if (earlier !== undefined) {
      const first = formatPosition(earlier.position);
      throw errorAt(
        token.position,
        `${shorten(token.text, 80)} is set twice, first at ${first}; remove one of the two`,
      );
    }
    const equals = tokens.next();
    if (!isSymbol(equals, "=") && !isSymbol(equals, ":")) {
      throw unexpected(equals, `= after ${shorten(token.text, 80)}`);
    }
    settings.set(token.text, { value: readValue(tokens, depth), position: token.position });
    if (isSymbol(tokens.peek(), ";") || isSymbol(tokens.peek(), ",")) tokens.next();
  }
}

function readValue(tokens: Tokens, depth: number): ConfigValue {
  const token = tokens.next();
  const { position } = token;
  if (token.kind === "scalar") return joinStrings(tokens, token.value);
  if (token.kind === "name") {
    throw errorAt(position, `found ${shorten(token.text, 80)}, expected a value; put text in double quotes`);
  }
  if (token.kind !== "symbol" || !"{[(".includes(token.text)) throw unexpected(token, "a value");
  if (depth >= MAX_CONFIG_DEPTH) {
    throw errorAt(
      position,
      `groups, arrays and lists are nested deeper than ${MAX_CONFIG_DEPTH}; flatten the text`,
    );
  }
  if (token.text === "{") {
    return { type: "group", settings: readSettings(tokens, position, depth + 1), position };
  }
  if (token.text === "(") {
    return { type: "list", elements: readElements(tokens, position, ")", depth + 1), position };
  }
  return { type: "array", elements: scalarsOf(readElements(tokens, position, "]", depth + 1)), position };
}

function joinStrings(tokens: Tokens, first: ConfigScalar): ConfigScalar {
  if (first.type !== "string") return first;
  const parts = [first.value];
  for (
    let token = tokens.peek();
    token.kind === "scalar" && token.value.type === "string";
    token = tokens.peek()
  ) {
    parts.push(token.value.value);
    tokens.next();
  }
  return { ...first, value: parts.join("") };
}

function readElements(tokens: Tokens, opening: Position, closing: ")" | "]", depth: number): ConfigValue[] {
  const elements: ConfigValue[] = [];
  const open = closing === ")" ? "(" : "[";
  for (;;) {
    if (isSymbol(tokens.peek(), closing)) break;
    if (tokens.peek().kind === "end") throw unclosed(tokens.peek(), open, closing, opening);
    elements.push(readValue(tokens, depth));
    const token = tokens.peek();
    if (isSymbol(token, closing)) break;
    if (token.kind === "end") throw unclosed(token, open, closing, opening);
    if (!isSymbol(token, ",")) throw unexpected(token, `, or ${closing}`);
    tokens.next();
  }
  tokens.next();
  return elements;
}

function scalarsOf(elements: readonly ConfigValue[]): ConfigScalar[] {
  let kind: string | undefined;
  return elements.map((element) => {
    if (element.type === "group" || element.type === "array" || element.type === "list") {
      throw errorAt(
        element.position,
        `found ${describeValue(element)} in an array [ ]; write a list ( ) instead`,
      );
    }
    const found = typeof element.value;
    kind ??= found;
    if (found === kind) return element;
    throw errorAt(
      element.position,
      `found ${describeValue(element)} in an array [ ] of ${kind}s; use only one type, or write a list ( )`,
    );
  });
}

function isSymbol(token: Token, text: string): boolean {
  return token.kind === "symbol" && token.text === text;
}

function unclosed(token: Token, open: string, close: string, opening: Position | undefined): Error {
  return errorAt(
    token.position,
    `the text ends before the ${open} at ${formatPosition(opening)} is closed; add ${close}`,
  );
}

function unexpected(token: Token, expected: string): Error {
  const found = token.kind === "end"
    ? "the end of the text"
    : token.kind === "scalar"
    ? describeValue(token.value)
    : `"${shorten(token.text, 80)}"`;
  return errorAt(token.position, `found ${found}, expected ${expected}`);
}
