/** Tasks that several takers draw from one list. */

/** A list of tasks whose takers wait for each other, and give up when the run is stopped. */
export interface TaskSource<Task> {
  /** The next task, or done. Rejects where the list throws or, at once, where the signal is aborted. */
  next(): Promise<IteratorResult<Task>>;
  /** Tells the list that nothing more will be drawn. */
  close(): void;
}

/** Makes one source of an iterable, also of an asynchronous one that cannot take two calls at a time. */
export function openTaskSource<Task>(
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
export function onAbort(signal: AbortSignal, f: () => void): () => void {
  if (signal.aborted) {
    f();
    return () => {};
  }
  signal.addEventListener("abort", f, { once: true });
  return () => signal.removeEventListener("abort", f);
}
