/** One worker as the pool sees it: a message out, an answer back. */
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

/** Starts a worker on a module that calls `serveWorker`. */
export function startWorker(module: URL): PoolWorker {
  const worker = new Worker(module, { type: "module" });
  const pulse = new SharedArrayBuffer(4);
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
    worker.terminate();
    settle()?.reject(reason);
  };
  const died = (cause: Error) => end(new WorkerDiedError(`a worker died: ${cause.message}`, { cause }));
  worker.onmessage = (event: MessageEvent<FromWorker>) => {
    const answer = event.data;
    if (answer.ok === undefined) died(receiveError(answer.died));
    else if (answer.ok) settle()?.resolve(answer.result);
    else settle()?.reject(receiveError(answer.error));
  };
  // Comes where the module cannot be loaded, or the worker could not even say what happened.
  worker.onerror = (event) => {
    event.preventDefault(); // else it would end the whole process
    died(new Error(event.message));
  };
  worker.onmessageerror = () => end(new WorkerDiedError("a worker sent a message that cannot be read"));
  return {
    get alive() {
      return alive;
    },
    pulse: () => Atomics.load(beats, 0),
    init: (init) => ask({ kind: "init", init, pulse }),
    ask,
    end,
  };

  function ask(message: ToWorker): Promise<unknown> {
    if (!alive || waiting) return Promise.reject(new Error("the worker has ended or is busy"));
    return new Promise((resolve, reject) => {
      waiting = { resolve, reject };
      try {
        worker.postMessage(message);
      } catch (error) {
        settle();
        reject(error);
      }
    });
  }
}
