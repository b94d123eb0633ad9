/** The files that a configuration is read from and names. */
import { UserError } from "./user_error.ts";

/** Access to files; tests give their own. */
export interface ConfigFiles {
  /** The text of a file. Throws `UserError` when it cannot be read. */
  readonly readText: (path: string) => string;
  /** Whether there is a file or a folder. */
  readonly exists: (path: string) => boolean;
}

/** The files of this machine. */
export const diskFiles: ConfigFiles = {
  readText(path) {
    try {
      return Deno.readTextFileSync(path);
    } catch (cause) {
      throw new UserError(`${path}: ${describeFailure(cause)}`, { cause });
    }
  },
  exists(path) {
    try {
      Deno.statSync(path);
      return true;
    } catch (cause) {
      if (cause instanceof Deno.errors.NotFound || cause instanceof Deno.errors.NotADirectory) return false;
      throw new UserError(`${path}: ${describeFailure(cause)}`, { cause });
    }
  },
};

function describeFailure(cause: unknown): string {
  if (cause instanceof Deno.errors.NotFound || cause instanceof Deno.errors.NotADirectory) {
    return "there is no such file; check the path";
  }
  if (cause instanceof Deno.errors.IsADirectory) {
    return "this is a folder, not a file; give the path of a configuration file in it";
  }
  if (cause instanceof Deno.errors.PermissionDenied || cause instanceof Deno.errors.NotCapable) {
    return "permission to read this file is denied; allow it to be read";
  }
  return `this file cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`;
}
