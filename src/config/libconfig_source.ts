/** The text that a libconfig reader stands in, and its stack of included files. */
import { dirname, isAbsolute, join, normalize, relative } from "node:path";
import { formatPosition, type Position } from "./config_value.ts";
import { UserError } from "../user_error.ts";

/** Most files that may include one another; libconfig's own limit. */
const MAX_INCLUDE_DEPTH = 10;

/** A text and how far it is read. `lineStart` is the index at which the current line begins. */
export interface Source {
  readonly file: string;
  readonly text: string;
  index: number;
  line: number;
  lineStart: number;
}

export function createSource(text: string, file: string): Source {
  const start = text.startsWith("\uFEFF") ? 1 : 0; // a byte order mark that an editor left
  return { file, text, index: start, line: 1, lineStart: start };
}

/** The place of the next character. */
export function positionOf(source: Source): Position {
  return { file: source.file, line: source.line, column: source.index - source.lineStart + 1 };
}

/** Moves to `end` and counts the lines passed. */
export function advanceTo(source: Source, end: number): void {
  for (let index = source.index; index < end; index++) {
    if (source.text.charAt(index) !== "\n") continue;
    source.line += 1;
    source.lineStart = index + 1;
  }
  source.index = end;
}

/** A `UserError` that begins with the place. */
export function errorAt(position: Position | undefined, message: string, options?: ErrorOptions): UserError {
  return new UserError(`${formatPosition(position)}: ${message}`, options);
}

/** Whether a path leads out of a folder. */
export function leavesFolder(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return isAbsolute(way) || /^\.\.(?:[/\\]|$)/.test(way);
}

/**
 * Opens a file that `open` (innermost last) includes at `position`.
 *
 * @throws UserError when the file lies outside the folder of the outermost file, files include one another in a circle or too deeply, or the file cannot be read
 */
export function openInclude(
  open: readonly Source[],
  name: string,
  position: Position,
  readText: ((path: string) => string) | undefined,
): Source {
  if (readText === undefined) {
    throw errorAt(position, `@include is not possible here; write the settings themselves`);
  }
  if (name === "") throw errorAt(position, `@include without a file name; write @include "file.cfg"`);
  const file = isAbsolute(name) ? normalize(name) : join(dirname(position.file), name);
  const folder = dirname(open[0]?.file ?? position.file);
  if (leavesFolder(folder, file)) {
    throw errorAt(
      position,
      `@include of ${file} leads outside the configuration's folder ${folder}; copy that file into the folder`,
    );
  }
  if (open.some((source) => normalize(source.file) === file)) {
    throw errorAt(
      position,
      `@include of ${file} is circular: that file is already being read; remove one of the two`,
    );
  }
  if (open.length > MAX_INCLUDE_DEPTH) {
    throw errorAt(
      position,
      `@include of ${file} is nested deeper than ${MAX_INCLUDE_DEPTH} files; merge some of them`,
    );
  }
  try {
    return createSource(readText(file), file);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw errorAt(position, `the included file cannot be read: ${reason}`, { cause });
  }
}
