/** Files that the page may name: those in the folder of a stack, or below it. */
import { isAbsolute, relative } from "node:path";
import { isAddress, resolveLocation } from "../config/location.ts";
import { UserError } from "../user_error.ts";

/** What there is in the folder of a stack. */
export interface NearStack {
  readonly folder: string;
  /** Names of what may be read. */
  readonly names: readonly string[];
  /** How far a file is read: from 0 to 1, null where none is. */
  readonly done: number | null;
}

/** Names that are told. */
const MOST_NAMES = 200;

/**
 * The place of a file from its path, which starts from a folder.
 * @param what it is
 * @param advice what to do with others, after "give a path inside of ..., "
 * @throws {UserError} where it leads out of the folder
 */
export function placeIn(folder: string, path: string, what: string, advice: string): string {
  const how = `give a path inside of ${folder}, ${advice}`;
  // deno-lint-ignore no-control-regex
  if (path === "" || path.length > 1000 || /[\x00-\x1f]/.test(path) || isAddress(path)) {
    throw new UserError(`${JSON.stringify(path.slice(0, 80))} is no path of ${what}; ${how}`);
  }
  const location = resolveLocation(folder, path);
  const below = relative(folder, location);
  if (below === "" || below.startsWith("..") || isAbsolute(below)) {
    throw new UserError(`${path} lies outside of the stack's folder; ${how}`);
  }
  return location;
}

/** What in a folder is called so. @param others names that are left out */
export function namesIn(folder: string, name: RegExp, others: readonly string[]): string[] {
  return Array.from(Deno.readDirSync(folder), (entry) => entry.name)
    .filter((one) => !one.startsWith(".") && name.test(one) && !others.includes(one))
    .sort().slice(0, MOST_NAMES);
}
