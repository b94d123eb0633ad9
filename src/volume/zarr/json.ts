/** The JSON of metadata, of Zarr unless told otherwise, and how messages speak of it. */
import { readSmallText } from "../../config/small_file.ts";
import { reasonOf, shorten, UserError } from "../../user_error.ts";

/** Most bytes of a metadata file. */
export const MAX_METADATA = 4 << 20;
/** Most brackets inside one another; a deeper text would exhaust the stack of whoever walks it. */
const MAX_DEPTH = 64;

/** The object in a JSON file. */
export function readJson(path: string): Record<string, unknown> {
  return parseJson(path, readSmallText(path, MAX_METADATA, "Zarr metadata"));
}

/** What the metadata describe, unless told otherwise. */
const ZARR = "a Zarr array";

/**
 * The object in a JSON text.
 * @param path what messages call it
 * @param what the metadata describe
 */
export function parseJson(path: string, text: string, what = ZARR): Record<string, unknown> {
  requireShallow(path, text, what);
  let value: unknown;
  try {
    value = JSON.parse(text, keepDigits as Parameters<typeof JSON.parse>[1]);
  } catch (cause) {
    throw new UserError(
      `${path}: not ${what} that can be read: damaged JSON (${reasonOf(cause)}); save it again`,
      { cause },
    );
  }
  if (isObject(value)) return value;
  throw problem(path, "its JSON", value, "an object { }", what);
}

/** Keeps the digits of a fill value that no double holds. */
function keepDigits(this: unknown, key: string, value: unknown, { source }: { source?: string }): unknown {
  const isFill = key === "fill_value" && isObject(this) && typeof value === "number";
  return isFill && Number.isInteger(value) && !Number.isSafeInteger(value) && /^-?\d+$/.test(source ?? "")
    ? source
    : value;
}

function requireShallow(path: string, text: string, what: string): void {
  let depth = 0;
  let inString = false;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 0x22) inString = !inString;
    else if (inString) at += code === 0x5c ? 1 : 0;
    else if (code === 0x5b || code === 0x7b) depth++;
    else if (code === 0x5d || code === 0x7d) depth--;
    if (depth <= MAX_DEPTH) continue;
    throw new UserError(
      `${path}: brackets nested more than ${MAX_DEPTH} deep; these are not the metadata of ${what}: save it again`,
    );
  }
}

/** Whether a value is an object { }. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The list that a value is; an empty one where it is none. */
export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** Whether a value is a path that leads to something inside the folder that it is told in. */
export function isBelow(path: unknown): path is string {
  return typeof path === "string" && path !== "" && !/^[/\\]|(^|[/\\])\.\.([/\\]|$)/.test(path);
}

/** A value of metadata in a message. */
export function describe(value: unknown): string {
  return typeof value === "string" ? shorten(value, 80) : shorten(JSON.stringify(value) ?? "nothing", 80);
}

/** That a field of metadata is not what it should be. */
export function problem(
  file: string,
  key: string,
  found: unknown,
  expected: string,
  what = ZARR,
): UserError {
  return new UserError(
    `${file}: not ${what} that can be read: ${key} is ${describe(found)}; expected ${expected}: ` +
      "save it again",
  );
}
