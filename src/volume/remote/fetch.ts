/** Bytes from web servers and buckets, also from those that fail for a while. */
import type { RangeQuery } from "zarrita";
import { reasonOf, UserError } from "../../user_error.ts";
import { joinBytes } from "../bytes.ts";
import { type Access, accessTo, type Asked } from "./access.ts";
import { errorCode, notAllowed, refusal, shownAddress } from "./failures.ts";

/** Milliseconds for one answer, to its last byte, and before each further attempt. */
export interface Patience {
  readonly timeout: number;
  readonly delays: readonly number[];
}

/** For metadata, of which all the rest depends: whoever mistypes an address wants to know. */
export const PATIENCE: Patience = { timeout: 60_000, delays: [500, 2000, 8000] };
/** For the rest, when much may have been read before: about two minutes. */
export const LONG_PATIENCE: Patience = {
  timeout: 60_000,
  delays: [500, 1000, 2000, 4000, 8000, 16_000, 30_000, 60_000],
};

/** What servers say of keys that there are not. */
const MISSING = [404, 410];
const PARTIAL = 206;
const UNCHANGED = 304;
/** Statuses below those of servers' faults that pass: timeout, too early, too many. */
const PASSING = [408, 425, 429];
const SERVER_FAULT = 500;
/** Longest that a server may ask to wait, ms. */
const LONGEST_WAIT = 60_000;
/** Longest file that is read whole for a part of it. */
const MOST_WHOLE = 2 ** 25;

/** How something is asked for. */
export interface FetchOptions {
  readonly patience?: Patience;
  readonly access?: Access;
  /** Is told the whole file where the server gives no parts, from which the part is taken then. */
  readonly onWhole?: (bytes: Uint8Array<ArrayBuffer>) => void;
  /** Has whole files read one after the other, since each may be large. */
  readonly inTurn?: (read: () => Promise<Fetched>) => Promise<Fetched>;
  /** What a copy is known by that is there already. */
  readonly known?: string | undefined;
}

/** What is at an address. */
export interface Fetched {
  /** Undefined where it is still what was known. */
  readonly bytes: Uint8Array<ArrayBuffer> | undefined;
  /** What tells it from another content; undefined where the server does not tell. */
  readonly tag: string | undefined;
}

/** The bytes at an address; as `fetchTagged`. */
export async function fetchBytes(
  address: string,
  limit: number,
  range: RangeQuery | undefined,
  options: FetchOptions = {},
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  return (await fetchTagged(address, limit, range, options))?.bytes;
}

/**
 * What is at an address; undefined where there is nothing.
 *
 * @param range undefined for the whole
 * @throws ForbiddenError if the server forbids it
 * @throws UserError if the server cannot be reached, gives an error, a web page or more than `limit` bytes, or the network is not
 * allowed
 */
export async function fetchTagged(
  address: string,
  limit: number,
  range: RangeQuery | undefined,
  options: FetchOptions = {},
): Promise<Fetched | undefined> {
  const { access = accessTo(address), known, onWhole, inTurn = (read) => read() } = options;
  const headers = {
    ...(range === undefined ? {} : { range: headerOf(range) }),
    ...(known === undefined ? {} : { "if-none-match": known }),
  };
  let size: number | undefined;
  const found = await ask(address, { headers }, { ...options, access }, async (answer) => {
    if (MISSING.includes(answer.status)) return undefined;
    const tag = tagOf(answer);
    if (answer.status === UNCHANGED) return { bytes: undefined, tag: known };
    if (range === undefined) return { bytes: await readBody(address, answer, limit), tag };
    if (answer.status === PARTIAL) {
      const part = partOfAnswer(answer);
      if (part !== undefined && "suffixLength" in range && part.to !== part.size - 1) size = part.size;
      return { bytes: await readPart(address, answer, limit, range), tag };
    }
    return await inTurn(async () => {
      const whole = await readWhole(address, answer);
      onWhole?.(whole);
      return { bytes: partOf(whole, range), tag };
    });
  });
  if (size === undefined || range === undefined || !("suffixLength" in range)) return found;
  // A server that cannot count from the end.
  const offset = Math.max(0, size - range.suffixLength);
  return await fetchTagged(address, limit, { offset, length: size - offset }, options);
}

/**
 * Sends a request until the server answers it, and takes what is made of the answer: of one that is a success, says that there is
 * nothing (404, 410), or that it is as known (304). `take` is called again where it fails with what may pass.
 *
 * @throws UserError otherwise
 */
export async function ask<T>(
  address: string,
  asked: Asked & { readonly body?: Uint8Array<ArrayBuffer> },
  { access = accessTo(address), patience = PATIENCE }: Pick<FetchOptions, "access" | "patience">,
  take: (answer: Response) => Promise<T>,
): Promise<T> {
  for (let attempt = 0;; attempt++) {
    const delay = patience.delays[attempt];
    try {
      const { url, method, headers } = await access.request(address, asked);
      const answer = await fetch(url, {
        method,
        headers,
        body: asked.body ?? null,
        signal: AbortSignal.timeout(patience.timeout),
        redirect: access.isBucket ? "manual" : "follow",
      });
      if (answer.ok || answer.status === UNCHANGED) return await take(answer);
      const code = access.isBucket ? await errorCode(answer) : undefined;
      await answer.body?.cancel();
      if (access.isElsewhere(answer) && delay !== undefined) continue;
      if (MISSING.includes(answer.status) && code !== "NoSuchBucket") return await take(answer);
      if (!isPassing(answer.status, code) || delay === undefined) {
        throw refusal(address, access, answer.status, code);
      }
      await pause(waitOf(answer, delay));
    } catch (cause) {
      if (cause instanceof UserError) throw cause;
      if (cause instanceof Deno.errors.NotCapable) throw notAllowed(address, access, cause);
      if (delay === undefined) {
        throw new UserError(
          `${shownAddress(address)}: the server gives no complete answer (${shownReason(cause)}); ` +
            "check the address and the network",
          { cause },
        );
      }
      await pause(jittered(delay));
    }
  }
}

function isPassing(status: number, code: string | undefined): boolean {
  return status >= SERVER_FAULT || PASSING.includes(status) || code === "RequestTimeout" ||
    code === "SlowDown";
}

/** Requests that failed together do not come back together. */
function jittered(delay: number): number {
  return delay * (0.5 + Math.random());
}

function waitOf(answer: Response, delay: number): number {
  const seconds = Number(answer.headers.get("retry-after") ?? NaN);
  return seconds > 0 ? Math.min(Math.max(seconds * 1000, jittered(delay)), LONGEST_WAIT) : jittered(delay);
}

/** What went wrong without the address, in which there may be a signature. */
function shownReason(cause: unknown): string {
  return reasonOf(cause).replace(/(\bhttps?:\/\/[^\s?]*)\?[^\s)]*/g, "$1?...");
}

/** Weak tags say no more than that contents are alike. */
function tagOf(answer: Response): string | undefined {
  const tag = answer.headers.get("etag");
  return tag === null || !/^"[\x21\x23-\x7e]{1,200}"$/.test(tag) ? undefined : tag;
}

export function headerOf(range: RangeQuery): string {
  return "suffixLength" in range
    ? `bytes=-${range.suffixLength}`
    : `bytes=${range.offset}-${range.offset + range.length - 1}`;
}

/** A part of a whole file. */
export function partOf<T extends ArrayBufferLike>(bytes: Uint8Array<T>, range: RangeQuery): Uint8Array<T> {
  if (!("suffixLength" in range)) return bytes.subarray(range.offset, range.offset + range.length);
  return bytes.subarray(Math.max(0, bytes.length - range.suffixLength));
}

/** @throws Error where the answer breaks off before what it announces */
async function readPart(address: string, answer: Response, limit: number, range: RangeQuery) {
  const bytes = await readBody(address, answer, limit);
  const part = partOfAnswer(answer);
  if (part === undefined) return bytes;
  const isOther = !("suffixLength" in range) && part.from !== range.offset;
  if (!isOther && part.to - part.from + 1 === bytes.length) return bytes;
  throw new Error(`${bytes.length} bytes of the part from ${part.from} to ${part.to}`);
}

/** Which part of how many bytes an answer has, as it tells itself. */
function partOfAnswer(answer: Response) {
  const [, from, to, size] = /^bytes (\d+)-(\d+)\/(\d+)$/.exec(answer.headers.get("content-range") ?? "") ??
    [];
  return size === undefined ? undefined : { from: Number(from), to: Number(to), size: Number(size) };
}

/** The answer of a server that ignores the range, where it is small. */
async function readWhole(address: string, answer: Response): Promise<Uint8Array<ArrayBuffer>> {
  const wrong = () =>
    new UserError(
      `${shownAddress(address)}: the server cannot send parts of files, and the whole file has more than ` +
        `${MOST_WHOLE / 2 ** 20} MiB; download the array and use the copy`,
    );
  return await readBody(address, answer, MOST_WHOLE, wrong);
}

/** @throws Error where the answer breaks off before what it announces */
export async function readBody(
  address: string,
  answer: Response,
  limit: number,
  tooLong = () =>
    new UserError(`${shownAddress(address)}: more than ${limit} bytes, the maximum; check the address`),
): Promise<Uint8Array<ArrayBuffer>> {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let length = 0;
  for await (const part of answer.body ?? []) {
    length += part.length;
    if (length > limit) throw tooLong();
    parts.push(part);
  }
  const bytes = joinBytes(parts);
  const announced = answer.headers.get("content-length");
  if (announced !== null && !answer.headers.has("content-encoding") && Number(announced) !== length) {
    throw new Error(`the answer breaks off after ${length} of ${announced} bytes`);
  }
  if (isWebPage(bytes)) {
    throw new UserError(
      `${shownAddress(address)}: the server sends a web page instead of data, probably a login page; ` +
        "check the address and your access rights",
    );
  }
  return bytes;
}

/** No metadata and no chunk begin like this. */
function isWebPage(bytes: Uint8Array): boolean {
  const begin = new TextDecoder("latin1").decode(bytes.subarray(0, 256)).replace(/^(\xef\xbb\xbf)?\s*/, "");
  return /^(<\?xml[^>]*>\s*)?(<!--[^]*?-->\s*)?<(!doctype html|html)\b/i.test(begin);
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((done) => setTimeout(done, milliseconds));
}
