/** A file of our own making whose contents are not what was written. */
import { UserError } from "../user_error.ts";

/** Tells which file is damaged, so that what can be computed again is. */
export class DamagedError extends UserError {
  override name = "DamagedError";

  /**
   * @param file path of the damaged file
   * @param found what is wrong with it
   */
  constructor(readonly file: string, readonly found: string, options: ErrorOptions = {}) {
    super(`${file}: damaged: ${found}; check the disk, then make or copy it again`, options);
  }
}
