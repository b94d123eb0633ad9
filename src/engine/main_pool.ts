/** A pool without workers: tasks are computed in the main thread, one after the other, where a profiler and a debugger see them. */
import { UserError } from "../user_error.ts";
import { inspectTask, type Pool, type PoolOptions, TaskError } from "./pool.ts";
import { nextTurn } from "./turn.ts";
import type { Handler, WorkerModule } from "./worker.ts";

/**
 * Makes a pool that computes in the main thread. A task that fails is not tried again. While one is computed nothing else happens
 * in this thread: a stop waits for its end.
 *
 * @param load loads the module of the workers
 */
export function createMainPool<Task, Result>(
  load: () => Promise<WorkerModule>,
  { init, describe = inspectTask }: Pick<PoolOptions<Task>, "init" | "describe">,
): Pool<Task, Result> {
  let handler: Handler<never, unknown> | undefined;
  let isClosed = false;
  const compute = async (task: Task): Promise<Result> => {
    try {
      handler ??= await (await load()).service.init(init as never, () => {});
      return (await handler(task as never)).result as Result;
    } catch (cause) {
      if (cause instanceof UserError) throw cause;
      const message = cause instanceof Error ? cause.message : String(cause);
      throw new TaskError(`${describe(task)} failed: ${message}`, { cause });
    }
  };
  return {
    async run(tasks, { onResult, signal }) {
      for await (const task of tasks) {
        await nextTurn();
        signal?.throwIfAborted();
        if (isClosed) throw new Error("the pool is closed");
        const begin = performance.now();
        const result = await compute(task);
        await onResult(task, result, (performance.now() - begin) / 1000);
      }
    },
    close() {
      isClosed = true;
      handler = undefined;
    },
  };
}
