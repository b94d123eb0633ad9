/** Zarr arrays on a web server, read by parts over http and https. */
import type { AbsolutePath, RangeQuery } from "zarrita";
import { reasonOf, UserError } from "../../config/user_error.ts";
import { joinBytes } from "../bytes.ts";

/** What zarrita needs to read an array that is elsewhere. */
export interface HttpStore {
  /** How many keys were taken for absent because the server forbids them. */
  readonly forbidden: () => number;
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
/** What servers say of keys that there are not. */
const MISSING = [404, 410];
/** What servers say of keys that may be there; stores of objects say it of absent ones too to those who may not list. */
const FORBIDDEN = 403;
/** Behind an address: what the server forbids is absent. It is never sent to the server. */
const FORBIDDEN_IS_ABSENT = "#absent=403";
/** More keys than this are not counted. */
const MOST_COUNTED = 1 << 17;

/** The server forbids what is at an address. */
export class ForbiddenError extends UserError {
  override name = "ForbiddenError";
}

/** The address with the mark that what its server forbids is absent. */
export function forbiddenIsAbsent(address: string): string {
  return address.includes("#") ? address : address + FORBIDDEN_IS_ABSENT;
}

/** @throws UserError where an address has another mark than there is */
function takesForbidden(address: string): boolean {
  const { hash } = new URL(address);
  if (hash === "" || hash === FORBIDDEN_IS_ABSENT) return hash !== "";
  throw new UserError(
    `${address}: ends in ${hash}; expected nothing there, or ${FORBIDDEN_IS_ABSENT} where the server says 403 of what is absent`,
  );
}
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
  const isAbsent = takesForbidden(base);
  const forbidden = new Set<string>();
  const fetchIfThere = async (key: string, range: string | undefined) => {
    try {
      return await fetchBytes(addressBelow(base, key), limit, range, patience);
    } catch (cause) {
      if (!isAbsent || !(cause instanceof ForbiddenError)) throw cause;
      if (forbidden.size < MOST_COUNTED) forbidden.add(key);
      return undefined;
    }
  };
  return {
    forbidden: () => forbidden.size,
    get: (key) => fetchIfThere(key, undefined),
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
      const bytes = await fetchIfThere(key, header);
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
 * @throws ForbiddenError if the server forbids it
 * @throws UserError if the server cannot be reached, gives an error, a web page or more than `limit` bytes, or the network is not
 * allowed
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
      if (answer.status === FORBIDDEN) throw forbiddenError(address);
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
  const bytes = joinBytes(parts);
  if (isWebPage(bytes)) {
    throw new UserError(
      `${address}: the server sends a web page instead of data, as where one must log in; check the address and your rights`,
    );
  }
  return bytes;
}

/** No metadata and no chunk begin like this. */
function isWebPage(bytes: Uint8Array): boolean {
  const begin = new TextDecoder("latin1").decode(bytes.subarray(0, 256)).replace(/^(\xef\xbb\xbf)?\s*/, "");
  return /^(<\?xml[^>]*>\s*)?(<!--[^]*?-->\s*)?<(!doctype html|html)\b/i.test(begin);
}

function forbiddenError(address: string): ForbiddenError {
  return new ForbiddenError(
    `${address}: the server answers 403 (forbidden), so that it may be there and not be read; check your rights, or where the ` +
      `server says so of what is absent, end the array's address in ${FORBIDDEN_IS_ABSENT} or give --absent-403`,
  );
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
