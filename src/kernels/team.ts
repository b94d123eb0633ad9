/**
 * A team: threads that share one memory of kernels and divide loops among them. One of them, the leader, runs the code of a block; the
 * others wait until it shares a loop. A loop consists of pieces that depend on nothing but their number, so that it does not matter which
 * thread computes which, nor how many threads there are.
 */
import { UserError } from "../user_error.ts";
import type { Kernels, SharedKernels, SharedLoop, Team } from "./kernels.ts";

/** All loops by name. */
export type LoopTable = ReadonlyMap<string, SharedLoop<never>>;

/** What every thread of a team is given. */
interface TeamSeat {
  readonly control: SharedArrayBuffer;
  /** Including the leader. */
  readonly threads: number;
}

/** What the leader is given. */
export interface LeaderSeat extends TeamSeat {
  /** To each helper. */
  readonly ports: readonly MessagePort[];
}

/** What a helper is given. */
export interface HelperSeat extends TeamSeat {
  /** To the leader. */
  readonly port: MessagePort;
  /** From 1. */
  readonly thread: number;
}

/** What the leader tells its helpers first. */
export interface TeamMemory {
  readonly memory: WebAssembly.Memory;
}

// Places of i32 in the control block.
/** Counts the loops that were shared; helpers wait for it to change. */
const LOOPS = 0;
/** 1 while there may be pieces to take. */
const OPEN = 1;
/** The next piece to take. */
const NEXT = 2;
const PIECES = 3;
/** Helpers that are in a loop; the leader waits for 0. */
const ACTIVE = 4;
/** 1 once the team is dissolved. */
const CLOSED = 5;
/** Length of what names the loop and its arguments. */
const WORDS = 6;
/** Length of what the first piece that failed in a helper says. */
const FAILURE = 7;
/** Pages of the memory: where the leader has grown it, another thread may not have heard of it before it asks. */
const PAGES = 8;
const PAGE_BYTES = 65536;
/** How often a thread looks at the control block before it sleeps. */
const LOOKS = 9;
/** Bytes of these, then those of the texts, UTF-16. */
const HEAD_BYTES = 64;
const MOST_WORDS = 16384;
const MOST_FAILURE = 2048;

/** Of processors enough: some 20 microseconds, about what waking a thread takes. */
const MOST_LOOKS = 4000;
/** A sleeping thread looks after this many milliseconds whether the team was dissolved: nothing wakes it where the leader has died. */
const NAP = 100;

/**
 * A control block for a team.
 * @param isCrowded whether there are more threads than processors: then a thread that waits makes room at once
 */
export function createTeamControl(isCrowded = false): SharedArrayBuffer {
  const control = new SharedArrayBuffer(HEAD_BYTES + 2 * (MOST_WORDS + MOST_FAILURE));
  headOf(control)[LOOKS] = isCrowded ? 0 : MOST_LOOKS;
  return control;
}

/** Dissolves a team: helpers end, and the leader's present loop throws. A worker cannot be ended from outside while it computes or sleeps. */
export function dissolveTeam(control: SharedArrayBuffer): void {
  const head = headOf(control);
  Atomics.store(head, CLOSED, 1);
  Atomics.notify(head, LOOPS);
  Atomics.notify(head, ACTIVE);
}

/** Whether threads can share a memory here. */
export function canShareMemory(): boolean {
  try {
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
    return memory.buffer instanceof SharedArrayBuffer;
  } catch (cause) {
    if (cause instanceof TypeError || cause instanceof RangeError || cause instanceof ReferenceError) {
      return false;
    }
    throw cause;
  }
}

/** Computes all pieces of a loop: the team's threads share them, or where there is no team the caller takes one after the other. */
export function share<Args>(kernels: Kernels, loop: SharedLoop<Args>, pieces: number, args: Args): void {
  if (kernels.team !== undefined && pieces > 1) return kernels.team.share(kernels, loop, pieces, args);
  for (let piece = 0; piece < pieces; piece++) loop.piece(kernels, args, piece, 0);
}

/** Number of threads that may compute pieces. */
export function threadsOf({ team }: Pick<Kernels, "team">): number {
  return team?.threads ?? 1;
}

/** Leads a team. */
export function leadTeam({ control, threads }: TeamSeat): Team {
  const head = headOf(control);
  const words = new Uint16Array(control, HEAD_BYTES, MOST_WORDS);
  const failure = new Uint16Array(control, HEAD_BYTES + 2 * MOST_WORDS, MOST_FAILURE);
  const looks = Atomics.load(head, LOOKS);
  const waitForHelpers = () => {
    for (let i = 0; i < looks; i++) if (Atomics.load(head, ACTIVE) === 0) return;
    for (;;) {
      const active = Atomics.load(head, ACTIVE);
      if (active === 0) return;
      if (Atomics.load(head, CLOSED) === 1) throw new Error("the team was dissolved");
      Atomics.wait(head, ACTIVE, active, NAP);
    }
  };
  return {
    threads,
    share(kernels, loop, pieces, args) {
      if (Atomics.load(head, CLOSED) === 1) throw new Error("the team was dissolved");
      Atomics.store(head, WORDS, writeText(words, `${loop.name} ${JSON.stringify(args)}`));
      Atomics.store(head, FAILURE, 0);
      Atomics.store(head, PAGES, kernels.arena.memory.buffer.byteLength / PAGE_BYTES);
      Atomics.store(head, PIECES, pieces);
      Atomics.store(head, NEXT, 0);
      Atomics.store(head, OPEN, 1);
      Atomics.add(head, LOOPS, 1);
      Atomics.notify(head, LOOPS, pieces - 1);
      try {
        takePieces(head, (piece) => loop.piece(kernels, args, piece, 0));
      } finally {
        Atomics.store(head, NEXT, pieces); // where this thread failed, the others need not go on
        Atomics.store(head, OPEN, 0);
        waitForHelpers();
      }
      const failed = Atomics.load(head, FAILURE);
      if (failed > 0) throw failureOf(readText(failure, failed));
    },
  };
}

/** Helps the leader of a team with its loops until the team is dissolved. Blocks the thread. */
export function helpTeam(
  { control, thread }: HelperSeat,
  { memory }: TeamMemory,
  kernels: SharedKernels,
  loops: LoopTable,
): void {
  const head = headOf(control);
  const words = new Uint16Array(control, HEAD_BYTES, MOST_WORDS);
  const failure = new Uint16Array(control, HEAD_BYTES + 2 * MOST_WORDS, MOST_FAILURE);
  const help = () => {
    try {
      if (Atomics.load(head, PAGES) > memory.buffer.byteLength / PAGE_BYTES) memory.grow(0);
      const text = readText(words, Atomics.load(head, WORDS));
      const space = text.indexOf(" ");
      const loop = loops.get(text.slice(0, space));
      if (loop === undefined) throw new Error(`there is no loop ${text.slice(0, space)}`);
      const args = JSON.parse(text.slice(space + 1)) as never;
      takePieces(head, (piece) => loop.piece(kernels, args, piece, thread));
    } catch (cause) {
      Atomics.store(head, NEXT, Atomics.load(head, PIECES));
      const { name, message } = cause instanceof Error ? cause : { name: "Error", message: String(cause) };
      // of several threads that fail one is heard
      if (Atomics.compareExchange(head, FAILURE, 0, -1) !== 0) return;
      Atomics.store(head, FAILURE, writeText(failure, `${name} ${message}`));
    }
  };
  const looks = Atomics.load(head, LOOKS);
  for (let seen = -1;;) {
    for (let i = 0; i < looks && Atomics.load(head, LOOPS) === seen; i++);
    while (Atomics.load(head, LOOPS) === seen && Atomics.load(head, CLOSED) === 0) {
      Atomics.wait(head, LOOPS, seen, NAP);
    }
    if (Atomics.load(head, CLOSED) === 1) return;
    seen = Atomics.load(head, LOOPS);
    // The leader closes a loop and then waits for 0 here: whoever counts himself in and finds it open is waited for.
    Atomics.add(head, ACTIVE, 1);
    if (Atomics.load(head, OPEN) === 1) help();
    if (Atomics.sub(head, ACTIVE, 1) === 1) Atomics.notify(head, ACTIVE);
  }
}

/** What a user can mend stays what it is; anything else is told where it was thrown. */
function failureOf(text: string): Error {
  const space = text.indexOf(" ");
  const name = text.slice(0, space), message = text.slice(space + 1);
  return name === "UserError"
    ? new UserError(message)
    : new Error(`in a thread of a team: ${name}: ${message}`);
}

function headOf(control: SharedArrayBuffer): Int32Array<SharedArrayBuffer> {
  return new Int32Array(control, 0, HEAD_BYTES / 4);
}

function takePieces(head: Int32Array<SharedArrayBuffer>, compute: (piece: number) => void): void {
  const pieces = Atomics.load(head, PIECES);
  for (let piece = Atomics.add(head, NEXT, 1); piece < pieces; piece = Atomics.add(head, NEXT, 1)) {
    compute(piece);
  }
}

/** Writes as much of the text as there is room for; returns how long that is. */
function writeText(to: Uint16Array, text: string): number {
  if (text.length > to.length && to.length === MOST_WORDS) {
    throw new RangeError(
      `the arguments of a shared loop take ${text.length} characters, more than ${MOST_WORDS}`,
    );
  }
  const length = Math.min(text.length, to.length);
  for (let i = 0; i < length; i++) to[i] = text.charCodeAt(i);
  return length;
}

function readText(from: Uint16Array, length: number): string {
  return String.fromCharCode(...from.subarray(0, length));
}
