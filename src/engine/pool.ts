/** A pool of workers that share out tasks. The worker's side is in `worker.ts`. */
import { UserError } from "../user_error.ts";
import { formatDuration } from "./format.ts";
import { type HelperOptions, type PoolWorker, startWorker, WorkerDiedError } from "./pool_worker.ts";

/** What a pool is made of. */
export interface PoolOptions<Task> {
  /** Module of the workers; it calls `serveWorker`. */
  readonly module: URL;
  /** How many workers, at least 1. They start when the first tasks are handed out. */
  readonly workers: number;
  /** Threads that compute, the workers among them; the others help them, about as many each. Default: the workers alone. */
  readonly threads?: number | undefined;
  /** Module of the threads that help; it calls `serveHelper`. */
  readonly helperModule?: URL | undefined;
  /** Passed to the `init` of every worker; copied as `structuredClone` does. */
  readonly init: unknown;
  /** Names a task in an error, for example `block 12 (0,0,64+64,64,64)`. Default: its fields. */
  readonly describe?: ((task: Task) => string) | undefined;
  /** How long tasks in flight may go on after a stop, in milliseconds. Default 5000. */
  readonly graceTime?: number | undefined;
  /**
   * Least time in milliseconds without a beat after which a busy worker is taken for one that hangs, and replaced; also at
   * least 20 times the longest task so far. Default 5 minutes.
   */
  readonly silence?: number | undefined;
}

/** How results are taken and the work is stopped. */
export interface RunOptions<Task, Result> {
  /**
   * Takes a result, in the order in which tasks finish; the worker gets its next task once this is done. `seconds` is the time
   * from handing out the task to its answer.
   */
  onResult(task: Task, result: Result, seconds: number): void | Promise<void>;
  /** Stops the run: nothing more is handed out, and tasks in flight get the grace time. */
  readonly signal?: AbortSignal | undefined;
}

/** A pool of workers. */
export interface Pool<Task, Result> {
  /**
   * Computes all tasks, each once.
   *
   * A task that fails, or whose worker dies or stops responding, is tried again in a fresh worker, up to 3 times in all. Whatever ends
   * the run early, tasks in flight get the grace time and their results still go to `onResult`.
   *
   * @throws {UserError} the one that a worker threw; it is not tried again
   * @throws {TaskError} where a task failed 3 times
   * @throws the signal's reason where it was aborted, or what `onResult` or `tasks` threw
   */
  run(tasks: Iterable<Task> | AsyncIterable<Task>, options: RunOptions<Task, Result>): Promise<void>;
  /** Ends all workers at once. A run under way rejects. */
  close(): void;
}

/** A task failed as often as it may; `cause` is the last failure. */
export class TaskError extends Error {
  override name = "TaskError";
}

const ATTEMPTS = 3;
const GRACE_TIME = 5000;

/** A worker that does nothing for so long, and for so many times the longest task, is taken for one that hangs. */
const SILENCE = 300_000;
const SILENCE_FACTOR = 20;
const TICK = 1000;

/** The state of one call of `run`. */
interface Run<Task, Result> {
  readonly source: TaskSource<Task>;
  readonly options: RunOptions<Task, Result>;
  /** Aborted by the first thing that ends the run early; its reason is that thing. */
  readonly stopped: AbortController;
}

/** Makes a pool. It holds no worker until `run`, and keeps its workers from one run to the next until `close`. */
export function createPool<Task, Result>(options: PoolOptions<Task>): Pool<Task, Result> {
  const { module, init } = options;
  const describe = options.describe ?? inspectTask;
  const slots: (PoolWorker | undefined)[] = new Array(options.workers).fill(undefined);
  let running: AbortController | undefined;
  let closed = false;
  const leastSilence = options.silence ?? SILENCE;
  /** Longest task so far, ms. */
  let longest = 0;

  const endAll = (reason: Error) => {
    for (const [slot, worker] of slots.entries()) {
      worker?.end(reason);
      slots[slot] = undefined;
    }
  };

  /**
   * The answer, unless the worker stops responding for long. Counts ticks and not time, so that a machine that slept does not
   * take its workers for dead.
   */
  const watched = async (
    worker: PoolWorker,
    answer: Promise<unknown>,
    least = leastSilence,
  ): Promise<unknown> => {
    let pulse = worker.pulse();
    let silent = 0;
    const tick = Math.min(TICK, least / 4);
    const timer = setInterval(() => {
      silent = worker.pulse() === pulse ? silent + tick : 0;
      pulse = worker.pulse();
      if (silent < Math.max(least, SILENCE_FACTOR * longest)) return;
      worker.end(new WorkerDiedError(`a worker stopped responding ${formatDuration(silent / 1000)} ago`));
    }, tick);
    try {
      return await answer;
    } finally {
      clearInterval(timer);
    }
  };

  const helpersOf = (slot: number): HelperOptions | undefined => {
    const { helperModule, workers, threads = workers } = options;
    if (helperModule === undefined) return undefined;
    const count = Math.floor((threads - slot - 1) / workers);
    return { module: helperModule, count, isCrowded: threads > navigator.hardwareConcurrency };
  };

  /** The slot's worker, started anew where there is none alive. */
  const workerOf = async (slot: number): Promise<PoolWorker> => {
    const known = slots[slot];
    if (known?.alive) return known;
    const worker = startWorker(module, helpersOf(slot));
    slots[slot] = worker;
    await watched(worker, worker.init(init), Math.max(leastSilence, SILENCE)); // loading cannot beat
    return worker;
  };

  const attempt = async (slot: number, task: Task): Promise<Result> => {
    try {
      const worker = await workerOf(slot);
      const begin = performance.now();
      const result = await watched(worker, worker.ask({ kind: "task", task })) as Result;
      longest = Math.max(longest, performance.now() - begin);
      return result;
    } catch (error) {
      slots[slot]?.end(toError(error)); // its memory may be in any state
      slots[slot] = undefined;
      throw error;
    }
  };

  const compute = async (slot: number, task: Task, stopped: AbortSignal): Promise<Result> => {
    for (let attempts = 1;; attempts++) {
      try {
        return await attempt(slot, task);
      } catch (cause) {
        if (cause instanceof UserError || stopped.aborted) throw cause;
        if (attempts === ATTEMPTS) {
          const message = `${describe(task)} failed ${ATTEMPTS} times, last with: ${toError(cause).message}`;
          throw new TaskError(message, { cause });
        }
      }
    }
  };

  const work = async (slot: number, run: Run<Task, Result>): Promise<void> => {
    const { source, options, stopped } = run;
    try {
      while (!stopped.signal.aborted) {
        const item = await source.next();
        if (item.done || stopped.signal.aborted) return;
        const begin = performance.now();
        const result = await compute(slot, item.value, stopped.signal);
        await options.onResult(item.value, result, (performance.now() - begin) / 1000);
      }
    } catch (error) {
      stopped.abort(error); // has no effect where the run was stopped by something before
    }
  };

  const run = async (tasks: Iterable<Task> | AsyncIterable<Task>, runOptions: RunOptions<Task, Result>) => {
    if (closed || running) {
      throw new Error(closed ? "the pool is closed" : "the pool is busy with another run");
    }
    const stopped = running = new AbortController();
    const source = openTaskSource(tasks, stopped.signal);
    let timer: ReturnType<typeof setTimeout> | undefined;
    onAbort(stopped.signal, () => {
      const end = () => endAll(toError(stopped.signal.reason));
      timer = setTimeout(end, options.graceTime ?? GRACE_TIME);
      Deno.unrefTimer(timer); // workers that still compute keep the process alive, the timer alone must not
    });
    const { signal } = runOptions;
    const release = signal ? onAbort(signal, () => stopped.abort(signal.reason)) : undefined;
    await Promise.all(slots.map((_, slot) => work(slot, { source, options: runOptions, stopped })));
    release?.();
    if (timer !== undefined) clearTimeout(timer);
    running = undefined;
    if (stopped.signal.aborted) {
      source.close();
      throw stopped.signal.reason;
    }
  };

  return {
    run,
    close() {
      closed = true;
      const reason = new Error("the pool was closed");
      running?.abort(reason);
      endAll(reason);
    },
  };
}

function toError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}

/** A task by its fields. */
export function inspectTask(task: unknown): string {
  return `task ${Deno.inspect(task, { breakLength: Infinity, iterableLimit: 8, strAbbreviateSize: 200 })}`;
}

/** A list of tasks whose takers wait for each other, and give up when the run is stopped. */
interface TaskSource<Task> {
  /** The next task, or done. Rejects where the list throws or, at once, where the signal is aborted. */
  next(): Promise<IteratorResult<Task>>;
  /** Tells the list that nothing more will be drawn. */
  close(): void;
}

/** Makes one source of an iterable, also of an asynchronous one that cannot take two calls at a time. */
function openTaskSource<Task>(
  tasks: Iterable<Task> | AsyncIterable<Task>,
  signal: AbortSignal,
): TaskSource<Task> {
  const iterator = Symbol.asyncIterator in tasks ? tasks[Symbol.asyncIterator]() : tasks[Symbol.iterator]();
  let last: Promise<unknown> = Promise.resolve();
  return {
    next() {
      const item = last.then(() => iterator.next());
      last = item.catch(() => undefined); // the taker that drew it has the error
      return untilAborted(item, signal);
    },
    close() {
      // The run ends with the error that stopped it; a list that fails to close cannot change that.
      Promise.resolve(last).then(() => iterator.return?.()).catch(() => undefined);
    },
  };
}

/** The promise, or a rejection with the signal's reason if that comes first. */
function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const release = onAbort(signal, () => reject(signal.reason));
    promise.then(resolve, reject).finally(release);
  });
}

/** Calls `f` once when the signal is aborted, at once if it is already. Returns what takes that back. */
function onAbort(signal: AbortSignal, f: () => void): () => void {
  if (signal.aborted) {
    f();
    return () => {};
  }
  signal.addEventListener("abort", f, { once: true });
  return () => signal.removeEventListener("abort", f);
}
