/** Files of chunks on a web server or in a bucket, read as a whole or in parts. */
import type { AbsolutePath, RangeQuery } from "zarrita";
import { dividePick, withPick } from "../../config/pick.ts";
import { UserError } from "../../user_error.ts";
import { accessTo } from "./access.ts";
import { type ObjectCache, objectCache } from "./cache.ts";
import { FORBIDDEN_IS_ABSENT, ForbiddenError, shownAddress } from "./failures.ts";
import { type Fetched, fetchTagged, headerOf, LONG_PATIENCE, partOf, type Patience } from "./fetch.ts";

/** What zarrita needs to read an array that is elsewhere. */
export interface HttpStore {
  /** How many keys were taken for absent because the server forbids them. */
  readonly forbidden: () => number;
  get(key: AbsolutePath): Promise<Uint8Array | undefined>;
  getRange(key: AbsolutePath, range: RangeQuery): Promise<Uint8Array | undefined>;
}

/** How a store asks, and what it keeps. */
export interface HttpStoreOptions {
  readonly patience?: Patience;
  /** Undefined: nothing is kept. */
  readonly cache?: ObjectCache | undefined;
}

/** More keys than this are not counted. */
const MOST_COUNTED = 1 << 17;

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
    `${shownAddress(address)}: ends in ${hash}; expected nothing there, or ${FORBIDDEN_IS_ABSENT} if ` +
      "the server answers 403 for missing files",
  );
}

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
export function httpStore(
  base: string,
  limit: number,
  { patience = LONG_PATIENCE, cache = objectCache() }: HttpStoreOptions = {},
): HttpStore {
  const isAbsent = takesForbidden(base);
  const access = accessTo(base);
  const forbidden = new Set<string>();
  // The last file of a server that gives no parts: chunks of a shard are asked for one after the other.
  let whole: { readonly address: string; readonly bytes: Uint8Array<ArrayBuffer> } | undefined;
  let last: Promise<unknown> = Promise.resolve();
  const inTurn = (read: () => Promise<Fetched>) => {
    const next = last.then(read);
    last = next.catch(() => {}); // told to whoever waits for it
    return next;
  };
  const onWholeOf = (address: string) => (bytes: Uint8Array<ArrayBuffer>) =>
    void (whole = { address, bytes });

  async function fetchIfThere(key: string, range: RangeQuery | undefined) {
    const address = addressBelow(base, key);
    const name = `${address} ${range === undefined ? "" : headerOf(range)}`;
    const kept = await cache?.read(name, limit);
    const options = { patience, access, onWhole: onWholeOf(address), inTurn, known: kept?.tag };
    try {
      const found = await fetchTagged(address, limit, range, options);
      if (found === undefined) return undefined;
      if (found.bytes === undefined) return kept?.bytes;
      if (found.tag !== undefined && whole?.address !== address) {
        await cache?.keep(name, found.tag, found.bytes);
      }
      return found.bytes;
    } catch (cause) {
      if (!isAbsent || !(cause instanceof ForbiddenError)) throw cause;
      if (forbidden.size < MOST_COUNTED) forbidden.add(key);
      return undefined;
    }
  }

  return {
    forbidden: () => forbidden.size,
    get: (key) => fetchIfThere(key, undefined),
    async getRange(key, range) {
      const address = addressBelow(base, key);
      const length = "suffixLength" in range ? range.suffixLength : range.length;
      if (length > limit) {
        throw new UserError(
          `${shownAddress(address)}: damaged: a part of ${length} bytes, expected at most ${limit}; ` +
            "copy it again",
        );
      }
      if (whole?.address === address) return partOf(whole.bytes, range);
      const bytes = await fetchIfThere(key, range);
      if (bytes === undefined || bytes.length <= length) return bytes;
      throw new UserError(
        `${shownAddress(address)}: the server sends a different part than requested; download the ` +
          "array and use the copy",
      );
    },
  };
}
