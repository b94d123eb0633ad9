/** The worker's side of the pool. A worker's module calls {@linkcode serveWorker} once and does nothing else. */
import type { HelperSeat, LeaderSeat, TeamMemory } from "../kernels/mod.ts";
import { type FromWorker, sendError, type ToWorker } from "./messages.ts";

/** A task's answer. */
interface Reply<Result> {
  readonly result: Result;
  /** Buffers of the result that move to the main thread instead of being copied; the worker cannot use them any more. */
  readonly transfer?: readonly Transferable[] | undefined;
}

/** Computes one task. It is called for one task at a time. */
export type Handler<Task, Result> = (task: Task) => Reply<Result> | Promise<Reply<Result>>;

/** What a worker does. */
export interface WorkerService<Init, Task, Result> {
  /**
   * Prepares the worker, for example loads the kernels, and returns what computes a task.
   * @param beat to be called again and again while something is computed: without it, a long task passes for a worker that hangs
   * @param seat of the leader of a team
   */
  init(
    init: Init,
    beat: () => void,
    seat?: LeaderSeat,
  ): Handler<Task, Result> | Promise<Handler<Task, Result>>;
}

/** The global scope of a worker, as far as this file uses it. */
interface WorkerScope {
  onmessage: ((event: MessageEvent<ToWorker>) => void) | null;
  postMessage(message: FromWorker, transfer: Transferable[]): void;
  addEventListener(type: "error", listener: (event: ErrorEvent) => void): void;
  addEventListener(type: "unhandledrejection", listener: (event: PromiseRejectionEvent) => void): void;
}

/** A module of workers, as a pool that computes in the main thread loads it. */
export interface WorkerModule {
  /** Takes whatever the pool is given; the module knows what that is. */
  readonly service: WorkerService<never, never, unknown>;
}

/**
 * Answers the pool's messages. Does nothing where the module was loaded in the main thread. What `init` or a handler throws goes to the
 * pool as an error of the task; the pool then decides whether to try again. After an error outside of them, such as a rejection that
 * nobody handles, the pool replaces the worker.
 *
 * ```ts
 * export const service: WorkerService<{ scale: number }, number[], Float32Array> = {
 *   init: ({ scale }) => (values) => {
 *     const result = Float32Array.from(values, (value) => value * scale);
 *     return { result, transfer: [result.buffer] };
 *   },
 * };
 * serveWorker(service);
 * ```
 */
export function serveWorker<Init, Task, Result>(service: WorkerService<Init, Task, Result>): void {
  if (!("WorkerGlobalScope" in globalThis)) return;
  const scope = globalThis as unknown as WorkerScope;
  let handler: Handler<Task, Result> | undefined;
  let beat = () => {};
  const answer = async (message: ToWorker): Promise<void> => {
    try {
      if (message.kind === "help") throw new Error("a worker was taken for a helper");
      if (message.kind === "init") {
        beat = beatOf(message.pulse);
        handler = await service.init(message.init as Init, beat, message.seat);
        scope.postMessage({ ok: true, result: undefined }, []);
        return;
      }
      if (!handler) throw new Error("the worker got a task before it was initialised");
      beat();
      const { result, transfer } = await handler(message.task as Task);
      scope.postMessage({ ok: true, result }, [...transfer ?? []]);
    } catch (error) {
      scope.postMessage({ ok: false, error: sendError(error) }, []);
    }
  };
  reportDeath(scope);
  scope.onmessage = (event) => void answer(event.data);
}

/**
 * The side of a worker's helper. Its module calls it once and does nothing else. What is thrown ends the whole team.
 * @param help is called when the leader's memory is there, and returns when the team is dissolved
 */
export function serveHelper(
  help: (seat: HelperSeat, memory: TeamMemory, beat: () => void) => Promise<void>,
): void {
  const scope = globalThis as unknown as WorkerScope;
  reportDeath(scope);
  scope.onmessage = ({ data: message }) => {
    if (message.kind !== "help") throw new Error("a helper was taken for a worker");
    const { seat, pulse } = message;
    seat.port.onmessage = async ({ data: memory }: MessageEvent<TeamMemory>) => {
      await help(seat, memory, beatOf(pulse));
      seat.port.close();
    };
  };
}

function beatOf(buffer: SharedArrayBuffer): () => void {
  const pulse = new Int32Array(buffer);
  return () => void Atomics.add(pulse, 0, 1);
}

function reportDeath(scope: WorkerScope): void {
  // What is thrown outside a handler would be printed over the progress line, and reach the pool without its stack.
  const die = (event: Event, error: unknown) => {
    event.preventDefault();
    scope.postMessage({ ok: undefined, died: sendError(error) }, []);
  };
  scope.addEventListener("error", (event) => die(event, event.error));
  scope.addEventListener("unhandledrejection", (event) => die(event, event.reason));
}
