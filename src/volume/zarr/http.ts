/** Zarr arrays on a web server, read by parts over http and https. */
import type { AbsolutePath, RangeQuery } from "zarrita";
import { dividePick, withPick } from "../../config/pick.ts";
import { reasonOf, UserError } from "../../user_error.ts";
import { programName } from "../../program_name.ts";
import { joinBytes } from "../bytes.ts";

/** What zarrita needs to read an array that is elsewhere. */
export interface HttpStore {
  /** How many keys were taken for absent because the server forbids them. */
  readonly forbidden: () => number;
  get(key: AbsolutePath): Promise<Uint8Array | undefined>;
  getRange(key: AbsolutePath, range: RangeQuery): Promise<Uint8Array | undefined>;
}

/** Milliseconds for one answer, to its last byte, and before each further attempt. */
const PATIENCE: { readonly timeout: number; readonly delays: readonly number[] } = {
  timeout: 60_000,
  delays: [500, 2000, 8000],
};
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
  const { text, pick } = dividePick(address);
  return text.includes("#") ? address : withPick(text + FORBIDDEN_IS_ABSENT, pick);
}

/** @throws UserError where an address has another mark than there is */
function takesForbidden(address: string): boolean {
  const { hash } = new URL(address);
  if (hash === "" || hash === FORBIDDEN_IS_ABSENT) return hash !== "";
  throw new UserError(
    `${address}: ends in ${hash}; expected nothing there, or ${FORBIDDEN_IS_ABSENT} if the server answers 403 for missing files`,
  );
}
const PARTIAL = 206;
/** Longest file that is read whole for a part of it. */
const MOST_WHOLE = 2 ** 25;
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
  // The last file of a server that gives no parts: chunks of a shard are asked for one after the other.
  let whole: { readonly address: string; readonly bytes: Uint8Array } | undefined;
  const fetchIfThere = async (key: string, range: RangeQuery | undefined) => {
    const address = addressBelow(base, key);
    try {
      return await fetchBytes(address, limit, range, patience, (bytes) => whole = { address, bytes });
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
      if (whole?.address === address) return partOf(whole.bytes, range);
      const bytes = await fetchIfThere(key, range);
      if (bytes === undefined || bytes.length <= length) return bytes;
      throw new UserError(
        `${address}: the server sends a different part than requested; download the array and use the copy`,
      );
    },
  };
}

function headerOf(range: RangeQuery): string {
  return "suffixLength" in range
    ? `bytes=-${range.suffixLength}`
    : `bytes=${range.offset}-${range.offset + range.length - 1}`;
}

/** A part of a whole file. */
function partOf<T extends ArrayBufferLike>(bytes: Uint8Array<T>, range: RangeQuery): Uint8Array<T> {
  if (!("suffixLength" in range)) return bytes.subarray(range.offset, range.offset + range.length);
  return bytes.subarray(Math.max(0, bytes.length - range.suffixLength));
}

/**
 * The bytes at an address; undefined where there is nothing.
 *
 * @param range undefined for the whole
 * @param onWhole is told the whole file where the server gives no parts, from which the part is taken then
 * @throws ForbiddenError if the server forbids it
 * @throws UserError if the server cannot be reached, gives an error, a web page or more than `limit` bytes, or the network is not
 * allowed
 */
export async function fetchBytes(
  address: string,
  limit: number,
  range: RangeQuery | undefined,
  patience = PATIENCE,
  onWhole?: (bytes: Uint8Array) => void,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  for (let attempt = 0;; attempt++) {
    const delay = patience.delays[attempt];
    try {
      const answer = await fetch(address, {
        headers: range === undefined ? {} : { range: headerOf(range) },
        signal: AbortSignal.timeout(patience.timeout),
      });
      if (answer.ok) {
        if (range === undefined || answer.status === PARTIAL) return await readBody(address, answer, limit);
        const found = await readWhole(address, answer);
        onWhole?.(found);
        return partOf(found, range);
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
          { cause },
        );
      }
      await pause(delay);
    }
  }
}

/** The answer of a server that ignores the range, where it is small. */
async function readWhole(address: string, answer: Response): Promise<Uint8Array<ArrayBuffer>> {
  const wrong = () =>
    new UserError(
      `${address}: the server cannot send parts of files, and the whole file has more than ` +
        `${MOST_WHOLE / 2 ** 20} MiB; download the array and use the copy`,
    );
  return await readBody(address, answer, MOST_WHOLE, wrong);
}

async function readBody(
  address: string,
  answer: Response,
  limit: number,
  tooLong = () => new UserError(`${address}: more than ${limit} bytes, the maximum; check the address`),
): Promise<Uint8Array<ArrayBuffer>> {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let length = 0;
  for await (const part of answer.body ?? []) {
    length += part.length;
    if (length > limit) {
      throw tooLong();
    }
    parts.push(part);
  }
  const bytes = joinBytes(parts);
  if (isWebPage(bytes)) {
    throw new UserError(
      `${address}: the server sends a web page instead of data, probably a login page; check the address and your access rights`,
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
    `${address}: the server answers 403 (forbidden), so the file may exist but cannot be read; check your access rights. If the ` +
      `server answers 403 for missing files, end the array's address in ${FORBIDDEN_IS_ABSENT} or use --absent-403`,
  );
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((done) => setTimeout(done, milliseconds));
}

function notAllowed(address: string, cause: unknown): UserError {
  const { host } = new URL(address);
  return new UserError(
    `${address}: no permission to use the network; start it as ${programName()}, which grants it for addresses on the command line ` +
      `(for one in a configuration: ${programName()} --allow-net=${host} ...), or add --allow-net=${host} to deno run`,
    { cause },
  );
}
