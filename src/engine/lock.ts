/**
 * One run at a time in a folder. The operating system's lock on the journal ends with its process; `lock.json` beside it says who
 * has it, and keeps out runs on other machines where the file system does not share such locks.
 */
import { join } from "node:path";
import { UserError } from "../user_error.ts";
import { fileError } from "../volume/file.ts";
import { formatDuration } from "./format.ts";

/** A folder that is ours. */
export interface FolderLock {
  /** Who had it before and did not give it back, because it was killed. */
  readonly staleOwner: string | undefined;
  /** Gives the folder back. */
  release(): Promise<void>;
}

/** What `lock.json` holds. */
interface LockOwner {
  readonly pid: number;
  readonly host: string;
  /** ISO 8601, UTC. */
  readonly since: string;
}

const NAME = "lock.json";

/** How often the owner shows that it lives by touching `lock.json`, and after how long without that it is taken for dead; ms. */
const BEAT = 10_000;
export const DEAD = 60_000;

/** What who finds a run at work can do. */
const WAIT_FOR_IT = "wait for it, or use another folder and another outFileName";

/**
 * Makes a folder ours.
 * @param file the folder's journal, open
 * @param advice what to do where another process has it
 * @throws {UserError} where another run has it
 */
export async function lockFolder(
  folder: string,
  file: Deno.FsFile,
  advice = WAIT_FOR_IT,
): Promise<FolderLock> {
  const path = join(folder, NAME);
  const own: LockOwner = { pid: Deno.pid, host: hostName(), since: new Date().toISOString() };
  const isFree = await tryLockAgain(file);
  const known = await readOwner(path);
  if (isFree === false) throw inUse(folder, known?.owner, advice);
  // With a lock of our own, only a machine that does not share it can still be at work.
  if (known !== undefined && (isFree === undefined || isElsewhere(known.owner, own))) {
    const silent = await timeOf(folder) - known.touched;
    if (silent < DEAD) {
      throw inUse(
        folder,
        known.owner,
        `${advice}; its last sign was ${formatDuration(silent / 1000)} ago: if it was killed, wait a minute`,
      );
    }
  }
  await writeOwner(path, own);
  const timer = setInterval(() => void touch(path), BEAT);
  Deno.unrefTimer(timer);
  return {
    staleOwner: known && describeOwner(known.owner),
    async release() {
      clearInterval(timer);
      await removeIfThere(path);
    },
  };
}

/** Killed at any moment it leaves a whole name, the old one or the new: without it the next run would not know of a killed one. */
async function writeOwner(path: string, owner: LockOwner): Promise<void> {
  const temporary = `${path}.${crypto.randomUUID()}.tmp`;
  try {
    await Deno.writeTextFile(temporary, JSON.stringify(owner));
    await Deno.rename(temporary, path);
  } catch (cause) {
    throw fileError(path, "write", cause);
  }
}

/** The time on the file system's clock, which may be another than this machine's. */
export async function timeOf(folder: string): Promise<number> {
  const path = join(folder, `${NAME}.${crypto.randomUUID()}.tmp`);
  await Deno.writeTextFile(path, "");
  const { mtime } = await Deno.stat(path);
  await Deno.remove(path);
  return mtime?.getTime() ?? Date.now();
}

/** Who only looks whether a run lives holds the lock for a moment. */
export async function tryLockAgain(file: Deno.FsFile): Promise<boolean | undefined> {
  for (let tried = 1;; tried++) {
    const isFree = await tryLock(file);
    if (isFree !== false || tried === TRIES) return isFree;
    await new Promise((resolve) => setTimeout(resolve, TRY_AGAIN));
  }
}

const TRIES = 5;
const TRY_AGAIN = 40;

/**
 * Whether the run that worked in a folder was killed: it is noted in `lock.json`, but nobody holds its lock. False also where that cannot
 * be told, as of a run on another machine.
 * @param journal the file that the run has locked
 */
export async function isAbandoned(folder: string, journal: string): Promise<boolean> {
  const known = await readOwner(join(folder, NAME));
  if (known === undefined || known.owner.host !== hostName() || known.owner.host === UNKNOWN) return false;
  let file: Deno.FsFile;
  try {
    file = await Deno.open(journal, { read: true });
  } catch (cause) {
    if (isRefused(cause) || cause instanceof Deno.errors.NotFound) return false;
    throw cause;
  }
  using _file = file; // closing it gives the lock back
  return await tryLock(file, false) === true;
}

/** Undefined where the file system has no locks. */
async function tryLock(file: Deno.FsFile, isExclusive = true): Promise<boolean | undefined> {
  try {
    return await file.tryLock(isExclusive);
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
    if (code === "ENOTSUP" || code === "EOPNOTSUPP" || code === "ENOSYS" || code === "ENOLCK") {
      return undefined;
    }
    throw cause;
  }
}

function inUse(folder: string, owner: LockOwner | undefined, advice: string): UserError {
  const who = owner ? describeOwner(owner) : "another run";
  return new UserError(
    `${folder} is in use by ${who}; ${advice}`,
  );
}

function describeOwner({ pid, host, since }: LockOwner): string {
  return `process ${pid} on host ${host} (started ${since})`;
}

/** Who works in a folder now, as far as `lock.json` tells; undefined where nobody has shown himself for a minute. */
export async function liveOwner(folder: string): Promise<string | undefined> {
  const known = await readOwner(join(folder, NAME));
  if (known === undefined || await timeOf(folder) - known.touched > DEAD) return undefined;
  return describeOwner(known.owner);
}

/** Waits until nobody shows himself in a folder, but not much longer than it takes to tell that its owner was killed. */
export async function waitForOwner(folder: string, signal?: AbortSignal): Promise<void> {
  for (let waited = 0; waited < 1.5 * DEAD && await liveOwner(folder) !== undefined; waited += WAIT) {
    signal?.throwIfAborted();
    await new Promise((resolve) => setTimeout(resolve, WAIT));
  }
}

const WAIT = 1000;

async function readOwner(
  path: string,
): Promise<{ readonly owner: LockOwner; readonly touched: number } | undefined> {
  try {
    const { mtime } = await Deno.stat(path);
    const { pid, host, since } = JSON.parse(await Deno.readTextFile(path)) as Partial<LockOwner>;
    const owner = { pid: pid ?? 0, host: host ?? "unknown", since: since ?? "an unknown time" };
    return { owner, touched: mtime?.getTime() ?? 0 };
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound || cause instanceof SyntaxError) return undefined;
    throw cause;
  }
}

/** Gives a file the present time. */
export async function touch(path: string): Promise<void> {
  const now = new Date();
  try {
    await Deno.utime(path, now, now);
  } catch (cause) {
    if (!isRefused(cause)) throw cause; // a folder that cannot be written is told by whoever has something to write
  }
}

async function removeIfThere(path: string): Promise<void> {
  try {
    await Deno.remove(path);
  } catch (cause) {
    // Where even this fails, the next run finds a lock that nobody holds.
    if (!isRefused(cause)) throw cause;
  }
}

/** Whether the operating system, or Deno in its place, would not do what was asked. */
function isRefused(cause: unknown): boolean {
  return cause instanceof Deno.errors.NotCapable || (cause instanceof Error && "code" in cause);
}

const UNKNOWN = "unknown";

function isElsewhere({ host }: LockOwner, own: LockOwner): boolean {
  return host !== own.host && host !== UNKNOWN && own.host !== UNKNOWN;
}

/** This machine's name, as far as the permissions allow to ask for it. */
export function hostName(): string {
  if (Deno.permissions.querySync({ name: "sys", kind: "hostname" }).state === "granted") {
    return Deno.hostname();
  }
  const path = "/etc/hostname";
  // asked first, or Deno would ask its user
  if (Deno.permissions.querySync({ name: "read", path }).state !== "granted") return UNKNOWN;
  try {
    return Deno.readTextFileSync(path).trim();
  } catch (cause) {
    if (isRefused(cause)) return UNKNOWN;
    throw cause;
  }
}
