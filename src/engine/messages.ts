/** What the pool and its workers send each other, and how an error crosses from one to the other. */
import { UserError } from "../user_error.ts";
import type { HelperSeat, LeaderSeat } from "../kernels/mod.ts";
import { DamagedError } from "../volume/damaged_error.ts";

/**
 * Main thread to worker. The first message of a worker is `init`; `pulse` is one i32 that the worker counts up while it lives. `seat` is for
 * one with helpers, whose first and last message is `help`.
 */
export type ToWorker =
  | {
    readonly kind: "init";
    readonly init: unknown;
    readonly pulse: SharedArrayBuffer;
    readonly seat?: LeaderSeat | undefined;
  }
  | { readonly kind: "help"; readonly seat: HelperSeat; readonly pulse: SharedArrayBuffer }
  | { readonly kind: "task"; readonly task: unknown };

/** Worker to main thread: one answer for every message, or at any time that the worker is past use. */
export type FromWorker =
  | { readonly ok: true; readonly result: unknown }
  | { readonly ok: false; readonly error: SentError }
  | { readonly ok: undefined; readonly died: SentError };

/** An error as plain data. */
interface SentError {
  readonly name: string;
  readonly message: string;
  readonly stack?: string | undefined;
  readonly cause?: SentError | undefined;
  /** Of a `DamagedError`. */
  readonly damaged?: { readonly file: string; readonly found: string } | undefined;
}

const MAX_CAUSES = 5;

/** Turns anything thrown into plain data that can be posted. */
export function sendError(error: unknown, depth = 0): SentError {
  if (!(error instanceof Error)) return { name: "Error", message: String(error) };
  const { name, message, stack, cause } = error;
  const hasCause = cause !== undefined && depth < MAX_CAUSES;
  const damaged = error instanceof DamagedError ? { file: error.file, found: error.found } : undefined;
  return { name, message, stack, damaged, cause: hasCause ? sendError(cause, depth + 1) : undefined };
}

/**
 * The opposite of {@linkcode sendError}: a `UserError` and a `DamagedError` come back as what they were, every other error as an
 * `Error` of that name.
 */
export function receiveError(sent: SentError): Error {
  const options = sent.cause ? { cause: receiveError(sent.cause) } : {};
  const error = errorOf(sent, options);
  error.name = sent.name;
  if (sent.stack !== undefined) error.stack = sent.stack;
  return error;
}

function errorOf({ name, message, damaged }: SentError, options: ErrorOptions): Error {
  if (damaged !== undefined) return new DamagedError(damaged.file, damaged.found, options);
  return name === "UserError" ? new UserError(message, options) : new Error(message, options);
}
