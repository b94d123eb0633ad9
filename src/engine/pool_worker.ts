/** One worker as the pool sees it: a message out, an answer back. */
import { createTeamControl, dissolveTeam, type HelperSeat, type LeaderSeat } from "../kernels/mod.ts";
import { type FromWorker, receiveError, type ToWorker } from "./messages.ts";

/** A worker that was started. */
export interface PoolWorker {
  /** False once the worker has died or was ended. */
  readonly alive: boolean;
  /** Changes while the worker computes. */
  pulse(): number;
  /** Sends the first message. */
  init(init: unknown): Promise<unknown>;
  /** Sends a message and waits for its answer; rejects with the worker's error or with {@linkcode WorkerDiedError}. */
  ask(message: ToWorker): Promise<unknown>;
  /** Ends the worker at once; a question under way rejects with `reason`. */
  end(reason: Error): void;
}

/** A worker ended without answering. */
export class WorkerDiedError extends Error {
  override name = "WorkerDiedError";
}

/** Threads that help a worker. */
export interface HelperOptions {
  /** Module that calls `serveHelper`. */
  readonly module: URL;
  /** How many, from 0. */
  readonly count: number;
  /** Whether there are more threads in all than processors. */
  readonly isCrowded: boolean;
}

/** Starts a worker on a module that calls `serveWorker`, and its helpers. They live and die together. */
export function startWorker(module: URL, helping?: HelperOptions): PoolWorker {
  const worker = new Worker(module, { type: "module" });
  const pulse = new SharedArrayBuffer(4);
  const team = helping && helping.count > 0 ? startTeam(helping, pulse) : undefined;
  const beats = new Int32Array(pulse);
  let alive = true;
  let waiting: { resolve(value: unknown): void; reject(error: Error): void } | undefined;
  const settle = () => {
    const settled = waiting;
    waiting = undefined;
    return settled;
  };
  const end = (reason: Error) => {
    if (!alive) return;
    alive = false;
    if (team) dissolveTeam(team.seat.control);
    for (const ended of [worker, ...team?.helpers ?? []]) ended.terminate();
    settle()?.reject(reason);
  };
  const died = (cause: Error) => end(new WorkerDiedError(`a worker died: ${cause.message}`, { cause }));
  worker.onmessage = (event: MessageEvent<FromWorker>) => {
    const answer = event.data;
    if (answer.ok === undefined) died(receiveError(answer.died));
    else if (answer.ok) settle()?.resolve(answer.result);
    else settle()?.reject(receiveError(answer.error));
  };
  for (const one of [worker, ...team?.helpers ?? []]) {
    // Comes where the module cannot be loaded, or the worker could not even say what happened.
    one.onerror = (event) => {
      event.preventDefault(); // else it would end the whole process
      died(new Error(event.message));
    };
  }
  for (const helper of team?.helpers ?? []) {
    helper.onmessage = ({ data }: MessageEvent<FromWorker>) => {
      if (data.ok === undefined) died(receiveError(data.died));
    };
  }
  worker.onmessageerror = () => end(new WorkerDiedError("a worker sent a message that cannot be read"));
  return {
    get alive() {
      return alive;
    },
    pulse: () => Atomics.load(beats, 0),
    init: (init) => ask({ kind: "init", init, pulse, seat: team?.seat }, [...team?.seat.ports ?? []]),
    ask,
    end,
  };

  function ask(message: ToWorker, transfer: MessagePort[] = []): Promise<unknown> {
    if (!alive || waiting) return Promise.reject(new Error("the worker has ended or is busy"));
    return new Promise((resolve, reject) => {
      waiting = { resolve, reject };
      try {
        worker.postMessage(message, transfer);
      } catch (error) {
        settle();
        reject(error);
      }
    });
  }
}

/** Starts the helpers of a thread, which is given their seat. The memory goes from the leader to them directly: what this thread held, it would hold until it collects garbage. */
export function startTeam(
  { module, count, isCrowded }: HelperOptions,
  pulse: SharedArrayBuffer,
): { readonly seat: LeaderSeat; readonly helpers: readonly Worker[] } {
  const control = createTeamControl(isCrowded);
  const threads = count + 1;
  const ports: MessagePort[] = [];
  const helpers = Array.from({ length: count }, (_, i) => {
    const { port1, port2 } = new MessageChannel();
    ports.push(port1);
    const helper = new Worker(module, { type: "module" });
    const seat: HelperSeat = { control, threads, thread: i + 1, port: port2 };
    helper.postMessage({ kind: "help", seat, pulse } satisfies ToWorker, [port2]);
    return helper;
  });
  return { seat: { control, threads, ports }, helpers };
}
