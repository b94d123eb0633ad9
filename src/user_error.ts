/** Longest line of a message; what a file holds may be of any length. */
const LONGEST_LINE = 800;

/** Control characters, and those that change the direction of writing. */
// deno-lint-ignore no-control-regex -- they are what must be found
const HIDDEN = /[\0-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/g;

/** An error that the user can mend: its message says where, what was found, what was expected and what to do. */
export class UserError extends Error {
  /** `UserError`. */
  override name = "UserError";

  /**
   * Control characters in the message but line breaks become escapes, since names and values come from files and the message
   * goes to a terminal; lines that are too long lose their middle.
   */
  constructor(message: string, options?: ErrorOptions) {
    super(message.split("\n").map(tidyLine).join("\n"), options);
  }
}

function tidyLine(line: string): string {
  const escaped = shorten(line, LONGEST_LINE).replace(HIDDEN, escape);
  return shorten(escaped, LONGEST_LINE);
}

function escape(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

/** What another error says, in one short line: texts of files may be part of it. */
export function reasonOf(cause: unknown): string {
  return shorten((cause instanceof Error ? cause.message : String(cause)).replace(/\s+/g, " "), 200);
}

/** A text of at most `longest` characters: the middle of a longer one is left out. */
export function shorten(text: string, longest: number): string {
  if (text.length <= longest) return text;
  const head = Math.ceil(longest * 0.7);
  return `${text.slice(0, head - 3)}...${text.slice(text.length - (longest - head))}`;
}
