/** The same work on every core at once: what the machine does, where other lines say what one thread does. */
import { type KernelCase, type Measurement, timeRuns } from "./measure.ts";
import type { Setting } from "./part.ts";
import type { Kind } from "./sizes.ts";

/** What a thread is to measure. */
export interface ThreadRequest {
  readonly line: "stumps" | "features" | "slic";
  readonly kind: Kind;
  readonly setting: Setting;
  /** From 0; names the thread's files. */
  readonly thread: number;
}

const MODULE = new URL("./thread.ts", import.meta.url);

/** Runs a line in as many threads as there are cores, each on data of its own. */
export async function measureThreads(
  setting: Setting,
  line: ThreadRequest["line"],
  kind: Kind,
  bound: number,
): Promise<Measurement> {
  const threads = Array.from(
    { length: navigator.hardwareConcurrency },
    () => new Worker(MODULE, { type: "module" }),
  );
  try {
    const prepared = [];
    // one after the other: volumes of one name are generated once
    for (const [thread, worker] of threads.entries()) {
      const request: ThreadRequest = { line, kind, setting, thread };
      prepared.push(await ask(worker, request) as Omit<KernelCase, "run">);
    }
    const [first] = prepared;
    if (!first) throw new Error("there are no threads");
    const seconds = await timeRuns(
      setting.repeat,
      () => Promise.all(threads.map((worker) => ask(worker, "run"))),
    );
    const { unit, note } = first;
    return {
      name: `${line} ${kind}, all cores`,
      unit,
      amount: prepared.reduce((sum, { amount }) => sum + amount, 0),
      seconds,
      bound,
      note: `${threads.length} threads${note === undefined ? "" : `, each ${note}`}`,
    };
  } finally {
    for (const worker of threads) worker.terminate();
  }
}

function ask(worker: Worker, message: ThreadRequest | "run"): Promise<unknown> {
  const { promise, resolve, reject } = Promise.withResolvers<unknown>();
  worker.onmessage = ({ data }) => resolve(data);
  worker.onerror = (event) => {
    event.preventDefault();
    reject(new Error(event.message));
  };
  worker.postMessage(message);
  return promise;
}
