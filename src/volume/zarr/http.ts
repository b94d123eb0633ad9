/** Zarr arrays on a web server, read by parts over http and https. */
import type { AbsolutePath, RangeQuery } from "zarrita";
import { reasonOf, UserError } from "../../config/user_error.ts";
import { joinBytes } from "../bytes.ts";

/** What zarrita needs to read an array that is elsewhere. */
export interface HttpStore {
  get(key: AbsolutePath): Promise<Uint8Array | undefined>;
  getRange(key: AbsolutePath, range: RangeQuery): Promise<Uint8Array | undefined>;
}

/** How patient to be with a server. */
export interface HttpPatience {
  /** Milliseconds for one answer, to its last byte. */
  readonly timeout: number;
  /** Milliseconds before each further attempt, as many as there are. */
  readonly delays: readonly number[];
}

const PATIENCE: HttpPatience = { timeout: 60_000, delays: [500, 2000, 8000] };
/** What servers say of keys that there are not; stores of objects say 403 to those who may not list. */
const MISSING = [403, 404, 410];
const PARTIAL = 206;
const TOO_MANY = 429;
const SERVER_FAULT = 500;

/** An address of something below another; what follows a question mark, such as a signature, stays at the end. */
export function addressBelow(base: string, path: string): string {
  const address = new URL(base);
  address.pathname = `${address.pathname.replace(/\/+$/, "")}/${path.replace(/^\/+/, "")}`;
  return address.href;
}

/**
 * The store of the folder at an address. What is missing is `undefined`; servers that fail or do not answer are asked again.
 *
 * @param limit most bytes of a file or a part that are read
 */
export function httpStore(base: string, limit: number, patience = PATIENCE): HttpStore {
  return {
    get: (key) => fetchBytes(addressBelow(base, key), limit, undefined, patience),
    async getRange(key, range) {
      const address = addressBelow(base, key);
      const length = "suffixLength" in range ? range.suffixLength : range.length;
      if (length > limit) {
        throw new UserError(
          `${address}: damaged: a part of ${length} bytes, expected at most ${limit}; copy it again`,
        );
      }
      const header = "suffixLength" in range
        ? `bytes=-${length}`
        : `bytes=${range.offset}-${range.offset + length - 1}`;
      const bytes = await fetchBytes(address, limit, header, patience);
      if (bytes === undefined || bytes.length <= length) return bytes;
      throw new UserError(
        `${address}: the server gives no parts of files; download the array and name the copy`,
      );
    },
  };
}

/**
 * The bytes at an address; undefined where there is nothing.
 *
 * @param range value of the Range header; undefined for the whole
 * @throws UserError if the server cannot be reached, gives an error or more than `limit` bytes, or the network is not allowed
 */
export async function fetchBytes(
  address: string,
  limit: number,
  range: string | undefined,
  patience = PATIENCE,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  for (let attempt = 0;; attempt++) {
    const delay = patience.delays[attempt];
    try {
      const answer = await fetch(address, {
        headers: range === undefined ? {} : { range },
        signal: AbortSignal.timeout(patience.timeout),
      });
      if (answer.ok) {
        return await readBody(address, answer, range === undefined ? limit : limitOf(answer, limit));
      }
      await answer.body?.cancel();
      if (MISSING.includes(answer.status)) return undefined;
      const isPassing = answer.status >= SERVER_FAULT || answer.status === TOO_MANY;
      if (isPassing && delay !== undefined) await pause(delay);
      else throw new UserError(`${address}: the server answers ${answer.status}; check the address`);
    } catch (cause) {
      if (cause instanceof UserError) throw cause;
      if (cause instanceof Deno.errors.NotCapable) throw notAllowed(address, cause);
      if (delay === undefined) {
        throw new UserError(
          `${address}: cannot be read (${reasonOf(cause)}); check the address and the network`,
          {
            cause,
          },
        );
      }
      await pause(delay);
    }
  }
}

/** A server that ignores the range sends the whole file, of which nothing is of use. */
function limitOf(answer: Response, limit: number): number {
  return answer.status === PARTIAL ? limit : Math.min(limit, 1 << 16);
}

async function readBody(address: string, answer: Response, limit: number): Promise<Uint8Array<ArrayBuffer>> {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let length = 0;
  for await (const part of answer.body ?? []) {
    length += part.length;
    if (length > limit) {
      throw new UserError(`${address}: more than ${limit} bytes, as many as it may have; check the address`);
    }
    parts.push(part);
  }
  return joinBytes(parts);
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((done) => setTimeout(done, milliseconds));
}

function notAllowed(address: string, cause: unknown): UserError {
  const { host } = new URL(address);
  return new UserError(
    `${address}: the program may not use the network; write deno task ccboost:net instead of deno task ccboost, or start it with ` +
      `--allow-net=${host}`,
    { cause },
  );
}
