/** The files that a configuration is read from and names. */
import { describeFailure, readSmallText } from "./small_file.ts";
import type { PathTest } from "./location.ts";
import { UserError } from "../user_error.ts";
import { isMissing } from "../if_there.ts";

/** Longest configuration file, and the most that it may include, in bytes. */
const MAX_CONFIG_BYTES = 4 * 2 ** 20;

/** Access to files; tests give their own. */
export interface ConfigFiles {
  /** The text of a file. Throws `UserError` when it cannot be read. */
  readonly readText: (path: string) => string;
  /** Whether there is a file or a folder. */
  readonly exists: PathTest;
  /** The absolute path that a path leads to through all links; without it there are no links. */
  readonly realPath?: (path: string) => string;
}

/** The files of this machine. */
export const diskFiles: ConfigFiles = {
  readText: (path) => readSmallText(path, MAX_CONFIG_BYTES, "a configuration file"),
  exists: Object.assign((path: string) => stateOf(path) !== undefined, {
    isFile: (path: string) => stateOf(path)?.isFile === true,
  }),
  realPath(path) {
    try {
      return Deno.realPathSync(path);
    } catch (cause) {
      throw new UserError(`${path}: ${describeFailure(cause)}`, { cause });
    }
  },
};

function stateOf(path: string): Deno.FileInfo | undefined {
  try {
    return Deno.statSync(path);
  } catch (cause) {
    if (isMissing(cause)) return undefined;
    throw new UserError(`${path}: ${describeFailure(cause)}`, { cause });
  }
}
