/** An error that the user can mend: its message says where, what was found, what was expected and what to do. */
export class UserError extends Error {
  /** `UserError`. */
  override name = "UserError";
}
