/** Copies of what was read from servers, in a folder that does not grow beyond a bound. The server is asked each time whether one still holds. */
import { createHash } from "node:crypto";
import { join } from "node:path";
import { ifThereSync } from "../../if_there.ts";
import { UserError } from "../../user_error.ts";
import { crc32c } from "../crc32c.ts";
import { joinBytes } from "../bytes.ts";
import { type Environment, environment } from "./profile.ts";

/** Copies by name. */
export interface ObjectCache {
  /** @param limit longest copy that is read */
  read(name: string, limit: number): Promise<Kept | undefined>;
  keep(name: string, tag: string, bytes: Uint8Array): Promise<void>;
}

/** A copy, and what the server calls its contents. */
export interface Kept {
  readonly tag: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** MiB. */
const MOST = 1024;
/** Shares of the bound: what stays when there is too much, and what a process adds before it looks again. */
const SHARE_LEFT = 0.8;
const SHARE_UNSEEN = 1 / 16;

/** The cache of this user: `CCBOOST_CACHE`, else in the usual folder; undefined where it is switched off, or may not be looked for. */
export function objectCache(env: Environment = environment): ObjectCache | undefined {
  const given = env("CCBOOST_CACHE");
  if (given === "off") return undefined;
  const home = env("HOME");
  const usual = env("XDG_CACHE_HOME") ?? (home === undefined ? undefined : join(home, ".cache"));
  const folder = given ?? (usual === undefined ? undefined : join(usual, "ccboost"));
  const most = Number(env("CCBOOST_CACHE_MIB") ?? MOST);
  if (!(most >= 0)) {
    throw new UserError(
      `CCBOOST_CACHE_MIB is ${env("CCBOOST_CACHE_MIB")}; expected a number of MiB, 0 or more`,
    );
  }
  return folder === undefined || most === 0 ? undefined : cacheIn(folder, most * 2 ** 20);
}

/**
 * A cache in a folder. Where the folder cannot be written, nothing is kept: it only saves time.
 * @param most bytes of all copies
 */
export function cacheIn(folder: string, most: number): ObjectCache {
  let since = Infinity; // bytes that were kept since it was looked how many there are
  let isUsable = true;
  const fileOf = (name: string) => {
    const id = createHash("sha256").update(name).digest("hex").slice(0, 40);
    return join(folder, id.slice(0, 2), id);
  };
  return {
    // deno-lint-ignore require-await -- rejects instead of throwing
    async read(name, limit) {
      const path = fileOf(name);
      const kept = unsealed(ifReadable(() => readUpTo(path, limit + LONGEST_HEAD)));
      if (kept !== undefined) ifReadable(() => Deno.utimeSync(path, new Date(), new Date()));
      return kept;
    },
    // deno-lint-ignore require-await -- rejects instead of throwing
    async keep(name, tag, bytes) {
      if (!isUsable || bytes.length > most / 4) return;
      const path = fileOf(name);
      isUsable = isDone(() => {
        Deno.mkdirSync(join(path, ".."), { recursive: true, mode: 0o700 });
        const partial = `${path}.${crypto.randomUUID()}.partial`;
        Deno.writeFileSync(partial, sealed(tag, bytes), { mode: 0o600 });
        Deno.renameSync(partial, path);
        since += bytes.length;
        if (since < most * SHARE_UNSEEN) return;
        since = 0;
        dropOldest(folder, most);
      });
    },
  };
}

const LONGEST_HEAD = 1024;

/** A line of JSON, then the bytes. */
function sealed(tag: string, bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const head = JSON.stringify({ tag, length: bytes.length, crc32c: crc32c(bytes) });
  return joinBytes([new TextEncoder().encode(`${head}\n`), bytes]);
}

/** Undefined where it is damaged: it is fetched again. */
function unsealed(file: Uint8Array<ArrayBuffer> | undefined): Kept | undefined {
  const end = file?.subarray(0, LONGEST_HEAD).indexOf(10) ?? -1;
  if (file === undefined || end < 0) return undefined;
  const bytes = file.subarray(end + 1);
  const { tag, length, crc32c: sum } = headOf(new TextDecoder().decode(file.subarray(0, end)));
  return typeof tag === "string" && length === bytes.length && sum === crc32c(bytes)
    ? { tag, bytes }
    : undefined;
}

function headOf(text: string): { readonly [key: string]: unknown } {
  try {
    return Object(JSON.parse(text)) as { readonly [key: string]: unknown };
  } catch (cause) {
    if (cause instanceof SyntaxError) return {};
    throw cause;
  }
}

function readUpTo(path: string, most: number): Uint8Array<ArrayBuffer> | undefined {
  const size = ifThereSync(() => Deno.statSync(path))?.size;
  return size === undefined || size > most ? undefined : ifThereSync(() => Deno.readFileSync(path));
}

/** What a cache that fails gives: nothing, so that the server is asked. */
function ifReadable<T>(read: () => T): T | undefined {
  let found: T | undefined;
  isDone(() => void (found = read()));
  return found;
}

/** Whether it could be done; what the disk says is no error of a cache, which only saves time. */
function isDone(work: () => void): boolean {
  try {
    work();
    return true;
  } catch (cause) {
    if (
      cause instanceof Error &&
      ("code" in cause || Object.values(Deno.errors).some((kind) => cause instanceof kind))
    ) {
      return false;
    }
    throw cause;
  }
}

interface CacheFile {
  readonly path: string;
  readonly bytes: number;
  readonly used: number;
}

function filesIn(folder: string): CacheFile[] {
  return Array.from(Deno.readDirSync(folder)).flatMap(({ name, isDirectory }) =>
    isDirectory && /^[0-9a-f]{2}$/.test(name)
      ? Array.from(Deno.readDirSync(join(folder, name))).flatMap((file) => {
        const path = join(folder, name, file.name);
        const state = ifThereSync(() => Deno.statSync(path));
        return state === undefined ? [] : [{ path, bytes: state.size, used: state.mtime?.getTime() ?? 0 }];
      })
      : []
  );
}

/** Where there is too much, removes what was used longest ago. Other processes may do so at the same time. */
function dropOldest(folder: string, most: number): void {
  const files = filesIn(folder).sort((a, b) => a.used - b.used);
  let held = files.reduce((sum, { bytes }) => sum + bytes, 0);
  if (held <= most * (1 - SHARE_UNSEEN)) return;
  for (const { path, bytes } of files) {
    if (held <= most * SHARE_LEFT) break;
    ifThereSync(() => Deno.removeSync(path));
    held -= bytes;
  }
}
